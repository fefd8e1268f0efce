"""Reading RDF from outside: every format alike, streamed, the same names each time, and errors with their places."""

from __future__ import annotations

import gzip
import io
import itertools
import json
from collections.abc import Callable

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from graph.errors import SourceError, UsageError
from graph.inputs import Input
from graph.rdf import BlankNode, DefaultGraph, Literal, NamedNode, Quad, RdfFormat, serialize
from graph.read_rdf import Reading, read_placed, read_quads
from tests.graph.listener import listening
from tests.graph.samples import (
    EX,
    FORMS,
    JSON_LD,
    N_TRIPLES,
    RDF_XML,
    SAMPLES,
    TURTLE,
    Endless,
    given,
    quads_of,
    zipped,
)

HEAD = f"@prefix e: <{EX}> .\n"
XML_HEAD = RDF_XML.partition("  <rdf:Description")[0]


def iri(name: str) -> NamedNode:
    return NamedNode(EX + name)


EXPECTED = {
    Quad(iri("a"), iri("name"), Literal("Ä")), Quad(iri("a"), iri("knows"), iri("b")),
    Quad(iri("b"), iri("name"), Literal("B")), Quad(BlankNode("b0"), iri("in"), iri("a")),
}  # fmt: skip


def refusal(source: Input, **settings: object) -> SourceError:
    with pytest.raises(SourceError) as caught:
        quads_of(source, **settings)
    return caught.value


@pytest.mark.parametrize("extension", SAMPLES)
def test_every_format_gives_the_same_quads(extension: str) -> None:
    assert set(quads_of(given(SAMPLES[extension], FORMS[extension]))) == EXPECTED


@pytest.mark.parametrize("extension", SAMPLES)
def test_a_byte_order_mark_is_no_content(extension: str) -> None:
    assert set(quads_of(given(b"\xef\xbb\xbf" + SAMPLES[extension].encode(), FORMS[extension]))) == EXPECTED


@pytest.mark.parametrize("extension", SAMPLES)
def test_two_readings_give_the_same_names_in_the_same_order(extension: str) -> None:
    source = given(SAMPLES[extension], FORMS[extension])
    assert quads_of(source) == quads_of(source)


NESTED = "[] e:p [ e:q ( 1 [] _:x ) ], _:x . _:x e:p _:y ."


def test_unlabelled_blank_nodes_are_named_in_order_of_appearance() -> None:
    first, second = quads_of(given(HEAD + NESTED)), quads_of(given(HEAD + NESTED))
    assert first == second
    names = [t.value for q in first for t in (q.subject, q.object) if isinstance(t, BlankNode)]
    assert list(dict.fromkeys(names)) == [f"b{number}" for number in range(len(set(names)))]


def test_blank_nodes_of_two_inputs_are_kept_apart_by_their_prefixes() -> None:
    one, other = (quads_of(given(f"_:x <{EX}p> 1 ."), blank_prefix=prefix) for prefix in ("one-", "other-"))
    assert one[0].subject != other[0].subject


@pytest.mark.parametrize("extension", ["ttl", "nt", "rdf"])
def test_triples_go_to_the_graph_that_was_asked_for(extension: str) -> None:
    quads = quads_of(given(SAMPLES[extension], FORMS[extension]), graph=iri("g"))
    assert {quad.graph_name for quad in quads} == {iri("g")}


@pytest.mark.parametrize(
    ("form", "text"),
    [
        (RdfFormat.TRIG, f"{HEAD} e:a e:p 1 . e:own {{ e:a e:p 2 }} _:g {{ e:a e:p 3 }}"),
        (RdfFormat.N_QUADS, "".join(f"<{EX}a> <{EX}p> \"\" {graph}.\n" for graph in ("", f"<{EX}own> ", "_:g "))),
        (RdfFormat.JSON_LD, json.dumps([
            {f"{EX}p": 1}, {"@id": f"{EX}own", "@graph": [{f"{EX}p": 2}]}, {"@id": "_:g", "@graph": [{f"{EX}p": 3}]},
        ])),
    ],
)  # fmt: skip
def test_quads_keep_their_graphs_and_only_those_without_one_go_to_the_one_asked_for(form: RdfFormat, text: str) -> None:
    graphs = [quad.graph_name for quad in quads_of(given(text, form), graph=iri("g"))]
    assert graphs[:2] == [iri("g"), iri("own")]
    assert isinstance(graphs[2], BlankNode) and graphs[2].value.startswith("b")


@pytest.mark.parametrize("extension", ["ttl", "trig", "rdf", "jsonld"])
def test_relative_iris_are_resolved_against_the_base(extension: str) -> None:
    text = SAMPLES[extension].replace(f'"{EX}a"', '"a"').replace("e:a e:name", "<a> e:name").replace('"e:a",', '"a",')
    assert Quad(iri("a"), iri("name"), Literal("Ä")) in quads_of(given(text, FORMS[extension]), base=EX)


@pytest.mark.parametrize(
    ("extension", "text", "line"),
    [
        ("ttl", "\n<a> <b> <c> .", 2), ("nt", f"{N_TRIPLES}<a> <{EX}b> <{EX}c> .", 5),
        ("rdf", RDF_XML.replace(f'about="{EX}b"', 'about="b"'), 7),
        ("jsonld", JSON_LD.replace('"@id": "e:b", "e:name"', '"@id": "b", "e:name"'), 4),
    ],
)  # fmt: skip
def test_a_relative_iri_without_a_base_is_an_error(extension: str, text: str, line: int) -> None:
    error = refusal(given(text, FORMS[extension]))
    assert "no absolute IRI" in error.message or "relative IRI" in error.message
    assert error.spot.line == line


def test_a_base_that_is_no_iri_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="no IRI"):
        quads_of(given(TURTLE), base="not an iri")


@pytest.mark.parametrize(
    ("extension", "text", "line", "column"),
    [
        ("ttl", f"{HEAD}e:a e:b e:c .\n  e:a e:b f:c .\n", 3, 11),
        ("trig", f"{HEAD}e:g {{\n e:a e:b }}\n", 3, 10),
        ("nt", f"<{EX}a> <{EX}b> \"Ä\" .\n<{EX}a> <{EX}b> 5 .\n", 2, 47),
        ("nq", f"<{EX}a> <{EX}b> \"Ä\" .\n<{EX}a> <{EX}b> .\n", 2, 47),
        ("rdf", RDF_XML.replace("Ä</e:name>", "Ä</e:names>"), 4, 16),
        ("rdf", RDF_XML.replace(f'<rdf:Description rdf:about="{EX}b"', '<rdf:Description rdf:ID="1 2"'), 7, 3),
        ("jsonld", '{"http://example.org/p":\n  1 2}', 2, 5),
    ],
)  # fmt: skip
def test_a_parse_error_names_line_and_column(extension: str, text: str, line: int, column: int) -> None:
    error = refusal(given(text, FORMS[extension], "claims/a"))
    assert (error.spot.file, error.spot.line) == ("claims/a", line)
    assert f"column {column}: " in error.message


def test_a_parse_error_of_json_ld_that_is_right_as_json_names_the_line() -> None:
    error = refusal(given(JSON_LD.replace('"@id": "e:b", "e:name"', '"@id": 5, "e:name"'), RdfFormat.JSON_LD))
    assert error.spot.line == 4


@pytest.mark.parametrize("extension", ["ttl", "trig", "rdf", "jsonld"])
def test_an_input_that_ends_in_the_middle_is_an_error(extension: str) -> None:
    content = SAMPLES[extension].rstrip()
    end = content.rindex("</rdf:RDF>") if extension == "rdf" else len(content) - 1
    assert refusal(given(content[:end], FORMS[extension])).spot.line >= 4


@pytest.mark.parametrize("extension", SAMPLES)
def test_what_is_not_utf8_is_an_error_with_its_place(extension: str) -> None:
    raw = SAMPLES[extension].encode()
    lines = raw[: raw.index("Ä".encode())].decode().split("\n")
    error = refusal(given(raw.replace("Ä".encode(), b"\xc4"), FORMS[extension]))
    assert "UTF-8" in error.message
    assert error.spot.line == len(lines)
    assert f"column {len(lines[-1]) + 1}: " in error.message


def test_a_character_cut_off_at_the_end_is_an_error() -> None:
    assert "UTF-8" in refusal(given(f"{HEAD}# Ä".encode()[:-1])).message


@pytest.mark.parametrize(
    ("extension", "text", "line"),
    [
        ("ttl", f"{HEAD}e:a e:p 1 .\ne:a e:p <<( e:a e:p 1 )>> .", 3),
        ("ttl", f"{HEAD}e:a e:p 1 .\n<< e:a e:p 1 >> e:p 1 .", 3),
        ("ttl", f"{HEAD}e:a e:p 1 .\ne:a e:p 'x'@en--ltr .", 3),
        ("nt", f"{N_TRIPLES}<{EX}a> <{EX}b> <<( <{EX}a> <{EX}b> <{EX}c> )>> .\n", 5),
        ("nq", f"{N_TRIPLES}<{EX}a> <{EX}b> \"x\"@ar--rtl .\n", 5),
        ("jsonld", '[{"@id": "x:a",\n"x:p": {"@value": "x", "@language": "en", "@direction": "ltr"}}]', 2),
    ],
)  # fmt: skip
def test_what_rdf_1_1_does_not_have_is_refused_with_its_line(extension: str, text: str, line: int) -> None:
    error = refusal(given(text, FORMS[extension]))
    assert "RDF 1.2" in error.message and error.spot.line == line


@pytest.mark.parametrize(
    "bad",
    [
        '"@id": "http://example.org/a b"', '"x:p": {"@id": "x:<>"}', '"x:p q": 1',
        '"x:p": {"@value": "x", "@type": "x: "}', '"x:p": {"@value": "x", "@language": "not a language"}',
    ],
)  # fmt: skip
def test_json_ld_is_refused_where_its_parser_would_drop_a_statement(bad: str) -> None:
    text = f'[{{"@id": "x:good", "x:r": 1}},\n{{{bad}, "x:q": 1}}]'
    assert refusal(given(text, RdfFormat.JSON_LD)).spot.line == 2


@pytest.mark.parametrize("context", ["URL", ["URL"], {"@import": "URL"}, {"x:p": {"@context": "URL", "@id": "x:p"}}])
def test_a_context_elsewhere_is_never_fetched(context: object) -> None:
    with listening() as listener:
        document = {"@context": context, "@id": "x:a", "x:p": {"x:p": 1}}
        text = json.dumps(document).replace("URL", listener.url)
        error = refusal(given("\n\n" + text, RdfFormat.JSON_LD))
        assert listener.stop() == []
    assert "none is ever fetched" in error.message and error.spot.line == 3


def test_the_entities_of_a_document_are_never_fetched() -> None:
    with listening() as listener:
        doctype = f'<!DOCTYPE r [<!ENTITY x SYSTEM "{listener.url}">]>\n'
        error = refusal(given(RDF_XML.replace("<rdf:RDF", f"{doctype}<rdf:RDF").replace("Ä", "&x;"), RdfFormat.RDF_XML))
        assert listener.stop() == []
    assert "entity" in error.message and error.spot.line == 2


@pytest.mark.parametrize(
    "damage", [lambda raw: raw[:-9], lambda raw: raw[:30] + b"\0\0\0" + raw[33:], lambda raw: b"x" + raw]
)
def test_damaged_gzip_is_an_error_of_the_input(damage: Callable[[bytes], bytes]) -> None:
    error = refusal(zipped(damage(gzip.compress(TURTLE.encode()))))
    assert "gzip" in error.message


def test_a_bomb_is_refused_at_the_limit() -> None:
    raw = gzip.compress(f"<{EX}a> <{EX}p> \"x\" .\n".encode() * 100_000)
    assert len(raw) < 20_000
    error = refusal(zipped(raw, RdfFormat.N_TRIPLES), limit_bytes=20_000)
    assert "20000 bytes" in error.message and "decompression" in error.message


def test_an_input_as_large_as_the_limit_is_read() -> None:
    assert len(quads_of(given(TURTLE), limit_bytes=len(TURTLE.encode()))) == 4


def test_an_input_that_is_gone_is_an_error_of_the_input() -> None:
    def gone() -> io.BytesIO:
        raise FileNotFoundError(2, "No such file")

    assert "No such file" in refusal(Input("a.ttl", RdfFormat.TURTLE, gone)).message


ENDLESS = {
    "ttl": (HEAD, "e:a#\n e:p [ e:q \"#\" ] .\n"), "trig": (HEAD, "e:g# { e:a e:p \"#\" }\n"),
    "nt": ("", f"<{EX}a> <{EX}p> \"#\" .\n"), "nq": ("", f"_:b# <{EX}p> \"#\" <{EX}g> .\n"),
    "rdf": (XML_HEAD, "<rdf:Description><e:p>#</e:p></rdf:Description>\n"),
    "jsonld": ("[{}", f",{{\"@id\": \"{EX}a#\", \"{EX}p\": #}}\n"),
}  # fmt: skip


@pytest.mark.parametrize("extension", ENDLESS)
def test_quads_come_before_the_input_ends_and_little_is_read_ahead(extension: str) -> None:
    beginning, piece = (part.encode() for part in ENDLESS[extension])
    endless = Endless(beginning, piece)
    source = Input("endless", FORMS[extension], lambda: io.BufferedReader(endless))
    assert len(list(itertools.islice(read_quads(source, base=None, blank_prefix="b"), 5_000))) == 5_000
    assert endless.given < 5_000 * (len(piece) + 10) + 20_000


def test_one_huge_line_is_read_and_its_error_is_placed() -> None:
    objects = ",".join(f'{{"@id":"{EX}{number}","{EX}p":"{"x" * 100}"}}' for number in range(20_000))
    assert len(quads_of(given(f"[{objects}]", RdfFormat.JSON_LD))) == 20_000
    error = refusal(given(f"[{objects} oops]", RdfFormat.JSON_LD))
    assert error.spot.line == 1 and f"column {len(objects) + 3}: " in error.message


def test_a_term_that_does_not_end_is_an_error() -> None:
    error = refusal(given(f"{HEAD}e:a e:p \"" + "x" * (17 * 2**20)))
    assert "longer than" in error.message and error.spot.line == 2


TERMS = st.sampled_from([iri("a"), iri("b"), BlankNode("x"), BlankNode("y")])
VALUES = TERMS | st.builds(Literal, st.text(st.characters(codec="utf-8"), max_size=8))
QUADS = st.lists(
    st.builds(Quad, TERMS, st.just(iri("p")), VALUES, st.sampled_from([DefaultGraph(), iri("g")])), max_size=8
)


@for_all(QUADS, st.sampled_from([RdfFormat.N_QUADS, RdfFormat.TRIG, RdfFormat.JSON_LD]))
def test_what_was_written_is_read_with_nothing_changed_but_the_names_of_blank_nodes(
    quads: list[Quad], form: RdfFormat
) -> None:
    read = quads_of(given(serialize(quads, form), form))
    names: dict[str, str] = {}
    pairs = {"b" + str(n): "xy"[n] for n in range(2)}, {"b" + str(n): "yx"[n] for n in range(2)}
    assert any({_renamed(quad, names | pair) for quad in read} == set(quads) for pair in pairs)


def _renamed(quad: Quad, names: dict[str, str]) -> Quad:
    terms = [BlankNode(names[t.value]) if isinstance(t, BlankNode) else t for t in (quad.subject, quad.object)]
    return Quad(terms[0], quad.predicate, terms[1], quad.graph_name)


@pytest.mark.parametrize("end", ["\n", ""])
@pytest.mark.parametrize("extension", ["nt", "nq"])
def test_the_line_of_a_quad_is_exact_where_each_has_its_own(extension: str, end: str) -> None:
    text = "# first\n\n" + N_TRIPLES.strip().replace("\n", "\n# between\n") + end
    placed = [spot.line for _, spot in read_placed(Reading(given(text, FORMS[extension]), None, "b"))]
    assert placed == [3, 5, 7, 9]


@pytest.mark.parametrize(("extension", "lines"), [("ttl", [2, 3, 4, 5]), ("trig", [2, 3, 4, 5]), ("rdf", [4, 5, 7, 8])])
def test_the_line_of_a_statement_is_where_its_last_term_stands(extension: str, lines: list[int]) -> None:
    source = given(SAMPLES[extension], FORMS[extension])
    assert [spot.line for _, spot in read_placed(Reading(source, None, "b"))] == lines
