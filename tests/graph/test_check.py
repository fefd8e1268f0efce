"""Check: phrases and positions hold in the text, or the first that does not is named; no passage is passed over."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.check import check_anchors, check_segment, fold, locate, measure_coverage
from graph.claims import Segment
from graph.errors import AnchorError, SourceError
from graph.project import Project
from graph.sourcefile import Text
from tests.conftest import ROOT, TEXT, claims_text
from tests.graph.conftest import SPOT

WORDS = st.text(st.sampled_from("abc.( \n\t"), max_size=30)


def test_the_phrases_of_the_invented_record_stand_where_it_says(record: Project) -> None:
    checked = check_anchors(record)
    assert (checked.segments, checked.absent) == ({"invented": 3}, ())


def test_the_phrases_of_the_real_record_stand_where_it_says() -> None:
    if not (ROOT.parent / "shared" / "sources").is_dir():
        pytest.skip("the texts of the documents are not beside the project")
    checked = check_anchors(Project(ROOT, ROOT / "data"))
    assert checked.absent == ()
    assert all(checked.segments.values())


def test_a_phrase_that_moved_is_refused_with_its_line_and_where_it_stands_now(write: Callable[..., Project]) -> None:
    text = TEXT.replace("1. On 3 May", "1. As everybody knows, on a fine day, namely on 3 May")
    text = text.replace("was sentenced", "was, as one reads in the papers and hears in the street, sentenced")
    project = write(text=text, claims=claims_text())
    with pytest.raises(AnchorError) as caught:
        check_anchors(project)
    (start, end), *_ = locate(text, "Alfa Anchor, a lawyer of the Harbour Union")
    assert f"{start}-{end}" in str(caught.value)
    assert (caught.value.spot.file, caught.value.spot.line) == ("graph/claims/invented.yml", 5)


def test_the_first_that_fails_is_named_though_a_later_one_fails_too(write: Callable[..., Project]) -> None:
    claims = claims_text().replace("phrase: was sentenced", "phrase: was pardoned").replace("40 lawyers", "50 lawyers")
    with pytest.raises(AnchorError, match="nowhere in the text") as caught:
        check_anchors(write(claims=claims))
    line = 1 + claims[: claims.index("phrase: was pardoned")].count("\n")
    assert (caught.value.spot.file, caught.value.spot.line) == ("graph/claims/invented.yml", line)


def test_a_position_past_the_end_is_refused_without_the_text(write: Callable[..., Project]) -> None:
    text = claims_text()
    at = text[text.index("at: ") :].split()[1]
    project = write(claims=text.replace(at, f"{at.split('-')[0]}-{len(TEXT) + 1}", 1))
    (project.data / "sources" / "invented.txt").unlink()
    with pytest.raises(SourceError, match="beyond the text") as caught:
        check_anchors(project)
    assert caught.value.spot.line == 4


def test_a_text_of_another_length_than_described_is_refused(record: Project) -> None:
    path = record.documents / "invented.yml"
    path.write_text(path.read_text().replace(f"characters: {len(TEXT)}", f"characters: {len(TEXT) + 1}"))
    with pytest.raises(AnchorError, match="code points"):
        check_anchors(record)


def test_a_text_that_is_absent_is_said_and_not_taken_for_checked(record: Project) -> None:
    (record.data / "sources" / "invented.txt").unlink()
    checked = check_anchors(record)
    assert (checked.segments, checked.absent) == ({}, ("invented",))


def test_a_phrase_cut_by_a_line_end_is_recognised(record: Project) -> None:
    assert "Harbour\nUnion" in TEXT
    assert fold("Harbour\n  Union ") == "Harbour Union"
    assert locate(TEXT, "Harbour Union") == [(TEXT.index("Harbour"), TEXT.index("Union") + 5)]


def test_a_passage_reaches_from_its_first_words_to_the_nearest_last_ones() -> None:
    text = "one two three two one three"
    assert locate(text, "one", "three") == [(0, 13), (18, 27)]
    assert locate(text, "three", "one") == [(8, 21)]
    assert locate(text, "four") == []


@given(WORDS, st.data())
def test_what_stands_in_a_text_is_located_and_passes(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    phrase = fold(text[start:end])
    if not phrase:
        return
    segment = Segment("para. 1", start, end, Text(phrase, SPOT), SPOT)
    check_segment(segment, text)
    assert all(fold(text[first:last]) == phrase for first, last in locate(text, phrase))
    assert any(start <= first and last <= end for first, last in locate(text, phrase))


def test_coverage_tells_what_is_cited_set_aside_and_open(record: Project) -> None:
    path = record.documents / "invented.yml"
    path.write_text(path.read_text().replace("footnote 1]", "footnote 1..2]"))
    (row,) = measure_coverage(record)
    assert (row.cited, row.open) == (("para. 1", "para. 2"), ("footnote 2",))
    assert row.aside == {"footnote 1": "a bare reference"}
    assert row.claims == 5


def test_coverage_takes_apart_the_locators_of_one_segment(write: Callable[..., Project]) -> None:
    claims = claims_text().replace("locator: para. 2", "locator: para. 2; footnote 1").split("aside:")[0]
    (row,) = measure_coverage(write(claims=claims))
    assert row.open == ()
