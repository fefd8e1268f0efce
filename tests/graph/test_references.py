"""References: what each form names, what it makes, and what is none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.errors import SourceError
from graph.iris import CANONICAL_BASE, Names
from graph.references import Step, paragraph_of, provision_steps, resolve, resolve_wikidata
from graph.sourcefile import Text
from tests.graph.conftest import SPOT

NAMES = Names()
PARTS = st.lists(st.tuples(st.sampled_from(["part", "para", "item"]), st.integers(1, 9999)), max_size=4)


def test_each_form_names_one_iri() -> None:
    expected = {
        "P0001": f"{CANONICAL_BASE}id/P0001",
        "law/by/criminal-code/art-361-1-part-1": f"{CANONICAL_BASE}id/law/by/criminal-code/art-361-1-part-1",
        "undoc/A-HRC-50-58/para-83": f"{CANONICAL_BASE}id/undoc/A-HRC-50-58/para-83",
        "doc/a-77-195": f"{CANONICAL_BASE}id/doc/a-77-195",
        "imprisonment": f"{CANONICAL_BASE}voc/imprisonment",
        "voc/imprisonment": f"{CANONICAL_BASE}voc/imprisonment",
        "Detention": f"{CANONICAL_BASE}ontology#Detention",
        "https://example.org/a?b=c": "https://example.org/a?b=c",
    }
    assert {text: resolve(Text(text, SPOT), NAMES)[0].value for text in expected} == expected


def test_words_after_an_identifier_are_kept_to_be_checked() -> None:
    assert resolve(Text("P0001  Alfa   Anchor", SPOT), NAMES) == (NAMES.id("P0001"), ("Alfa", "Anchor"))


@pytest.mark.parametrize(
    "text",
    [
        "", "  ", "P001", "P0000001", "P٠٠٠١", "Alfa Anchor", "imprisonment now", "law/", "law/../etc",
        "law//by", "law/by/", "id/P0001", "javascript:alert(1)", "http://[", "https://exa mple.org", "<P0001>",
        "P0001;",
    ],
)  # fmt: skip
def test_what_is_no_reference_is_refused_at_its_line(text: str) -> None:
    with pytest.raises(SourceError) as caught:
        resolve(Text(text, SPOT), NAMES)
    assert caught.value.spot == SPOT


@given(st.text(max_size=30))
def test_any_text_names_an_iri_or_is_refused(text: str) -> None:
    try:
        iri, words = resolve(Text(text, SPOT), NAMES)
    except SourceError:
        return
    assert iri.value.startswith(("http://", "https://"))
    assert all(word in text for word in words)


def test_wikidata_items_are_q_and_a_number() -> None:
    assert resolve_wikidata(Text("Q42", SPOT)).value == "http://www.wikidata.org/entity/Q42"
    for text in ("42", "q42", "Q0", "Q042", "P42", "Q42 ", "Q٤"):
        with pytest.raises(SourceError):
            resolve_wikidata(Text(text, SPOT))


def test_an_article_with_a_hyphen_is_an_article_and_a_part_lies_in_it() -> None:
    assert provision_steps("law/xx/code/art-361-1-part-2") == [
        Step("law/xx/code/art-361-1", "361-1", "law/xx/code"),
        Step("law/xx/code/art-361-1-part-2", "2", "law/xx/code/art-361-1"),
    ]


@pytest.mark.parametrize(
    "local", ["law/xx/code", "law/xx/code/art-", "law/xx/code/art-10-", "law/xx/code/art-10-line-2", "P0001",
              "undoc/A-1/para-2", "law/xx/code/art-1-2-3"],
)  # fmt: skip
def test_what_is_no_provision_has_no_levels(local: str) -> None:
    assert provision_steps(local) == []


@given(st.integers(1, 9999), PARTS)
def test_the_levels_of_a_provision_form_one_line_up_to_its_act(article: int, parts: list[tuple[str, int]]) -> None:
    local = f"law/xx/code/art-{article}" + "".join(f"-{kind}-{number}" for kind, number in parts)
    steps = provision_steps(local)
    assert [step.parent for step in steps] == ["law/xx/code", *(step.local for step in steps[:-1])]
    assert steps[-1].local == local
    assert [step.number for step in steps] == [str(article), *(str(number) for _, number in parts)]


def test_a_paragraph_names_its_document_and_number() -> None:
    assert paragraph_of("undoc/A-HRC-50-58/para-83") == ("undoc/A-HRC-50-58", "83")
    assert paragraph_of("undoc/A-HRC-50-58") is None
