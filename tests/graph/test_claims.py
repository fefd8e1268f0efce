"""Claims files: what is read, what is filled in, and what is refused at its line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from graph.claims import ClaimsFile, read_claims, read_entities
from graph.documents import read_documents
from graph.errors import SourceError
from graph.project import Project

DOCUMENT = f"a: Document\nspeaker: O9001\nciteAs: X\nsha256: {'0' * 64}\ncharacters: 100\n"
PASSAGE = "- locator: para. 1\n  at: 10-20\n  phrase: some words\n  claims:\n  - facts: {P0001: {a: Person}}\n"
SEGMENTS = """\
- segments:
  - {locator: para. 1, at: 10-20, phrase: some words}
  - {locator: footnote 2, at: 30-40, phrase: more words}
  claims:
  - facts: {P0001: {a: Person}}
"""

Read = Callable[[str], ClaimsFile]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Reads a claims file on a document of 100 code points; its passages start in line 3."""
    (tmp_path / "documents").mkdir()
    (tmp_path / "claims").mkdir()
    (tmp_path / "documents/x.yml").write_text(DOCUMENT)

    def read(passages: str) -> ClaimsFile:
        (tmp_path / "claims/x.yml").write_text(f"document: x\npassages:\n{passages}")
        (file,) = read_claims(tmp_path / "claims", read_documents(tmp_path / "documents", "documents"), "claims")
        return file

    return read


def test_a_claim_is_asserted_and_accepted_unless_it_says_otherwise(read: Read) -> None:
    (claim,) = read(PASSAGE).claims
    assert (claim.modality, claim.status, claim.speaker, claim.cites) == ("asserted", "accepted", None, ())
    assert claim.spot.line == 7


def test_a_passage_of_several_segments_has_all_their_locators_and_offsets(read: Read) -> None:
    (passage,) = read(SEGMENTS).passages
    assert passage.locator == "para. 1; footnote 2"
    assert passage.fragment == "10-20_30-40"


def test_an_aside_keeps_its_reason(read: Read) -> None:
    file = read(PASSAGE + "aside:\n- {locator: footnote 1, reason: a bare reference}\n")
    assert [(aside.locator, aside.reason) for aside in file.asides] == [("footnote 1", "a bare reference")]


def test_single_values_and_lists_are_read_alike(read: Read) -> None:
    one = read(PASSAGE + "    cites: D0001\n").claims[0]
    many = read(PASSAGE + "    cites: [D0001, D0002]\n").claims[0]
    assert (one.cites, many.cites) == (("D0001",), ("D0001", "D0002"))


@pytest.mark.parametrize(
    ("old", "new", "line", "expected"),
    [
        ("at: 10-20", "at: 20-10", 4, "START < END"),
        ("at: 10-20", "at: 10-10", 4, "START < END"),
        ("at: 10-20", "at: 10", 4, "range"),
        ("at: 10-20", "at: 90-101", 4, "beyond the text"),
        ("  phrase: some words\n", "", 3, "`phrase` is missing"),
        ("- locator: para. 1\n  at", "- at", 3, "`locator` is missing"),
        ("phrase: some words", "phrase: " + "word " * 13, 5, "at most 12"),
        ("  claims:\n  - facts: {P0001: {a: Person}}\n", "", 3, "without claims"),
        ("facts: {P0001: {a: Person}}", "modality: alleged", 7, "without `facts:`"),
        ("facts: {", "factz: {", 7, "without `facts:`"),
        ("facts: {P0001: {a: Person}}", "facts: [P0001]", 7, "must be a mapping"),
        ("  - facts", "  - modality: rumoured\n    facts", 7, "alleged"),
        ("  - facts", "  - status: wrong\n    facts", 7, "rejected"),
        ("  - facts", "  - status: disputed\n    facts", 7, "needs a `note`"),
        ("  - facts", "  - modality: inferred\n    facts", 7, "needs a `note`"),
        ("  - facts", "  - speeker: O9001\n    facts", 7, "speaker"),
        ("  phrase", "  page: '3'\n  phrase", 5, "page"),
    ],
)
def test_a_malformed_passage_is_refused_at_its_line(read: Read, old: str, new: str, line: int, expected: str) -> None:
    with pytest.raises(SourceError, match=expected) as caught:
        read(PASSAGE.replace(old, new, 1))
    assert str(caught.value.spot) == f"claims/x.yml:{line}"


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("at: 30-40", "at: 15-40", "overlap"),
        ("at: 30-40", "at: 1-9", "out of order"),
        ("at: 30-40", "at: 90-101", "beyond the text"),
        ("more words}", "more words, page: 3}", "page"),
        ("more words}", "more words, claims: [{facts: {P0002: {a: Person}}}]}", "claims"),
        ("  claims:\n", "  locator: para. 1\n  claims:\n", "locator"),
    ],
)
def test_malformed_segments_are_refused_and_nothing_in_them_is_passed_over(
    read: Read, old: str, new: str, expected: str
) -> None:
    with pytest.raises(SourceError, match=expected):
        read(SEGMENTS.replace(old, new, 1))


@pytest.mark.parametrize(
    ("aside", "expected"),
    [("{locator: footnote 1}", "`reason` is missing"), ("{locator: a, reason: b, page: 3}", "page"), ("x", "mapping")],
)
def test_an_aside_without_a_reason_is_refused(read: Read, aside: str, expected: str) -> None:
    with pytest.raises(SourceError, match=expected):
        read(f"{PASSAGE}aside: [{aside}]\n")


def test_a_document_that_is_not_described_is_refused_and_the_described_ones_are_named(record: Project) -> None:
    (record.claims / "invented.yml").write_text("document: other\npassages: []\n")
    with pytest.raises(SourceError, match="`other` is not described.*invented"):
        read_claims(record.claims, read_documents(record.documents, "d"), "c")


def test_entities_are_read_in_the_order_of_files_and_lines(tmp_path: Path) -> None:
    (tmp_path / "b.yml").write_text("P0003: {a: Person}\n")
    (tmp_path / "a.yml").write_text("P0002: {a: Person}\nP0001: {a: Person}\n")
    assert [str(name) for name, _ in read_entities(tmp_path, "e")] == ["P0002", "P0001", "P0003"]


def test_an_entity_that_is_no_mapping_is_refused_at_its_line(tmp_path: Path) -> None:
    (tmp_path / "a.yml").write_text("P0002: {a: Person}\nP0001: Alfa\n")
    with pytest.raises(SourceError, match="must be a mapping") as caught:
        read_entities(tmp_path, "e")
    assert str(caught.value.spot) == "e/a.yml:2"
