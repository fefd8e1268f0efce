"""Literals: the form that a property's datatype asks for, kept as it was written."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.errors import SourceError
from graph.iris import XSD
from graph.literals import LANG_STRING, LANGUAGES, read_literals
from graph.ontology import Ontology, Property
from graph.rdf import Literal, NamedNode
from graph.sourcefile import Mapping, Text
from tests.graph.conftest import SPOT

Read = Callable[[str], Mapping]
IRI = NamedNode("http://example.org/p")


def prop(*datatypes: str) -> Property:
    return Property("key", IRI, "data", tuple(t if ":" in t else XSD + t for t in datatypes))


def literals(text: str, *datatypes: str) -> list[Literal]:
    return [literal for literal, _ in read_literals(Text(text, SPOT), prop(*datatypes))]


@pytest.mark.parametrize(
    ("text", "datatype"),
    [("true", "boolean"), ("24", "integer"), ("-3", "integer"), ("24", "nonNegativeInteger"), ("86.8", "decimal"),
     ("7", "decimal"), ("2023-02-07", "date"), ("https://example.org/a", "anyURI")],
)  # fmt: skip
def test_a_value_gets_the_datatype_and_keeps_its_text(text: str, datatype: str) -> None:
    assert literals(text, datatype) == [Literal(text, datatype=NamedNode(XSD + datatype))]


@pytest.mark.parametrize(
    ("text", "datatype"),
    [("True", "boolean"), ("yes", "boolean"), ("two", "integer"), ("1,000", "integer"), ("2.5", "integer"),
     ("٢٤", "integer"), ("-1", "nonNegativeInteger"), ("1,5", "decimal"), ("1.", "decimal"), ("1e3", "decimal"),
     ("2023-2-7", "date"), ("2023-02-30", "date"), ("٢٠٢٣-٠٢-٠٧", "date"), ("ftp://example.org", "anyURI"),
     ("javascript:alert(1)", "anyURI"), ("", "integer")],
)  # fmt: skip
def test_a_value_of_the_wrong_form_is_refused_and_says_what_was_expected(text: str, datatype: str) -> None:
    with pytest.raises(SourceError) as caught:
        literals(text, datatype)
    assert caught.value.spot == SPOT


def test_a_text_without_a_language_is_english_where_languages_are_taken() -> None:
    assert literals("Harbour", LANG_STRING) == [Literal("Harbour", language="en")]


def test_a_mapping_gives_a_text_for_each_language(yaml: Read) -> None:
    value = yaml("label: {en: Harbour, be: Гавань}").take_map("label")
    assert value is not None
    found = {literal for literal, _ in read_literals(value, prop(LANG_STRING))}
    assert found == {Literal("Harbour", language="en"), Literal("Гавань", language="be")}


@pytest.mark.parametrize(
    ("text", "expected"), [("label: {xx: Harbour}", "language"), ("label: {en: [a, b]}", "single")]
)
def test_a_language_that_is_not_used_or_a_list_under_one_is_refused(yaml: Read, text: str, expected: str) -> None:
    value = yaml(text).take_map("label")
    assert value is not None
    with pytest.raises(SourceError, match=expected):
        list(read_literals(value, prop(LANG_STRING)))


def test_languages_where_plain_values_are_taken_are_refused(yaml: Read) -> None:
    value = yaml("number: {en: '3'}").take_map("number")
    assert value is not None
    with pytest.raises(SourceError, match="plain values"):
        list(read_literals(value, prop("integer")))


def test_a_list_gives_a_literal_for_each_item_with_its_own_line(yaml: Read) -> None:
    (value,) = yaml("number:\n- '1'\n- '2'\n").values()
    found = [(literal.value, text.spot.line) for literal, text in read_literals(value, prop("integer"))]
    assert found == [("1", 2), ("2", 3)]


@given(st.text(max_size=20), st.data())
def test_any_text_under_any_key_is_kept_unchanged_in_a_datatype_of_the_key_or_refused(
    ontology: Ontology, text: str, data: st.DataObject
) -> None:
    keys = sorted(key for key, p in ontology.properties.items() if p.kind == "data" and p.earliest is None)
    chosen = ontology.properties[data.draw(st.sampled_from(keys))]
    try:
        ((literal, _),) = read_literals(Text(text, SPOT), chosen)
    except SourceError:
        return
    assert literal.value == text
    assert literal.language in LANGUAGES or literal.datatype.value in (*chosen.datatypes, f"{XSD}string")
