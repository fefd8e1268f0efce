"""The guard before the parser: what would kill the process or fill the memory is refused, what is only large is not."""

from __future__ import annotations

import io
import json
from collections.abc import Callable

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from graph.errors import SourceError
from graph.guard_rdf import DEEPEST, LONGEST_ENTITY, Feed, FeedError
from graph.rdf import RdfFormat
from tests.graph.samples import EX, FORMS, RDF_XML, SAMPLES, given, quads_of

HEAD = f"@prefix e: <{EX}> .\n"


def triple_terms(depth: int) -> str:
    return f"{HEAD}e:a e:p " + "<<( e:a e:p " * depth + "1" + " )>>" * depth + " ."


def contexts(depth: int) -> str:
    return '{"@context":' + '{"x":{"@id":"x:y","@context":' * depth + "{}" + "}}" * depth + ',"@id":"x:a","x:p":1}'


def objects(depth: int) -> str:
    return '{"x:p":' * depth + "1" + "}" * depth


def elements(depth: int) -> str:
    body = "<e:T><e:p>" * depth + "</e:p></e:T>" * depth
    return RDF_XML.replace("</rdf:RDF>", f"{body}</rdf:RDF>")


@pytest.mark.parametrize(
    ("extension", "write"), [("ttl", triple_terms), ("jsonld", contexts), ("jsonld", objects), ("rdf", elements)]
)
def test_what_is_nested_so_deep_that_a_parser_dies_of_it_is_refused(
    extension: str, write: Callable[[int], str]
) -> None:
    with pytest.raises(SourceError, match=f"nested deeper than|more than {DEEPEST}"):
        quads_of(given(write(50_000), FORMS[extension]))


@pytest.mark.parametrize(("extension", "write"), [("jsonld", objects), ("rdf", elements)])
def test_what_is_nested_a_little_is_read(extension: str, write: Callable[[int], str]) -> None:
    assert quads_of(given(write(40), FORMS[extension]))


def test_collections_of_any_length_and_depth_are_read() -> None:
    assert len(quads_of(given(f"{HEAD}e:a e:p " + "(" * 5_000 + "1" + ")" * 5_000 + "."))) == 10_001


BRACKETS = st.text(st.sampled_from('{}[]"\\a'), max_size=20)
DOCUMENTS = st.recursive(BRACKETS | st.integers(), lambda c: st.lists(c) | st.dictionaries(BRACKETS, c), max_leaves=20)


def fed(text: str, size: int) -> Feed:
    """A feed that read all of a JSON text, some bytes at a time."""
    feed = Feed(io.BytesIO(text.encode()), RdfFormat.JSON_LD)
    while feed.read(size):
        pass
    return feed


@for_all(DOCUMENTS, st.integers(1, 9))
def test_brackets_in_strings_do_not_count_however_the_bytes_are_cut(document: object, size: int) -> None:
    around = '{"x": [' * (DEEPEST // 4) + "%s" + "]}" * (DEEPEST // 4)
    fed(around % json.dumps(document), size)
    with pytest.raises(FeedError, match="nested deeper"):
        fed(json.dumps([document])[:-1] + "," + "[" * (DEEPEST + 1), size)


def test_many_strings_full_of_brackets_are_read() -> None:
    document = [{"@id": f"{EX}{number}", f"{EX}p": '{["\\'} for number in range(DEEPEST * 2)]
    assert len(quads_of(given(json.dumps(document), RdfFormat.JSON_LD))) == DEEPEST * 2


def test_many_literals_with_signs_of_triple_terms_are_read() -> None:
    text = "".join(f'<{EX}{number}> <{EX}p> "<<(<<(" .\n' for number in range(DEEPEST * 2))
    assert len(quads_of(given(text, RdfFormat.N_TRIPLES))) == DEEPEST * 2


def with_entities(*declared: str, text: str = "Ä") -> str:
    doctype = f"<!DOCTYPE rdf:RDF [{' '.join(declared)}]>\n"
    return RDF_XML.replace("<rdf:RDF", f"{doctype}<rdf:RDF").replace("Ä", text)


def test_entities_that_abbreviate_iris_are_read() -> None:
    text = with_entities(f'<!ENTITY e "{EX}">').replace(f'about="{EX}a"', 'about="&e;a"')
    assert set(quads_of(given(text, RdfFormat.RDF_XML))) == set(quads_of(given(RDF_XML, RdfFormat.RDF_XML)))


@pytest.mark.parametrize(
    "entity",
    ['<!ENTITY a "x"> <!ENTITY b "&a;&a;">', f'<!ENTITY a "{"x" * (LONGEST_ENTITY + 1)}">', '<!ENTITY % a "x">',
     '<!ENTITY a SYSTEM "file:///etc/hostname">'],
)  # fmt: skip
def test_entities_that_could_grow_or_reach_out_are_refused(entity: str) -> None:
    with pytest.raises(SourceError, match="entity") as caught:
        quads_of(given(with_entities(entity), RdfFormat.RDF_XML))
    assert caught.value.spot.line == 2


@pytest.mark.parametrize("form", ["", ' rdf:parseType="Literal"'])
def test_a_text_that_entities_make_too_long_is_refused(form: str) -> None:
    text = "<b/>&a;" * 80_000 if form else "&a;" * 80_000
    document = with_entities(f'<!ENTITY a "{"x" * LONGEST_ENTITY}">', text=text)
    with pytest.raises(SourceError, match="a text is longer"):
        quads_of(given(document.replace("<e:name>", f"<e:name{form}>", 1), RdfFormat.RDF_XML))


def test_many_texts_that_are_long_together_are_read() -> None:
    text = "x" * 2**20
    body = f"<rdf:Description><e:p>{text}</e:p></rdf:Description>\n" * 20
    assert len(quads_of(given(RDF_XML.replace("</rdf:RDF>", f"{body}</rdf:RDF>"), RdfFormat.RDF_XML))) == 24


@pytest.mark.parametrize("extension", SAMPLES)
@pytest.mark.parametrize("by_piece", [False, True])
def test_a_feed_gives_every_byte_and_counts_lines(extension: str, by_piece: bool) -> None:
    raw = SAMPLES[extension].encode()
    feed = Feed(io.BytesIO(raw), FORMS[extension], by_piece=by_piece)
    assert b"".join(iter(lambda: feed.read(7), b"")) == raw
    assert feed.line == raw.count(b"\n")
