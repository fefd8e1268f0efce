"""Removed words are found as words, however they are written, and nothing is left of them."""

from __future__ import annotations

import pytest

from graph.wording import BLACKED, Wording, repeats

WORDING = Wording(["Alfa Anchor", "Альфа Анкор", "Union (U.)", "Bo"], ["born in May"])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Alfa Anchor", BLACKED),
        ("of ALFA\n  anchor's kin", f"of {BLACKED}'s kin"),
        ("АЛЬФА АНКОР, Alfa Anchor", f"{BLACKED}, {BLACKED}"),
        ("the Union (U.) of", f"the {BLACKED} of"),
        ("Alfa Anchorage, xAlfa Anchor, Alfa, Bo", "Alfa Anchorage, xAlfa Anchor, Alfa, Bo"),
        ("born in May", "born in May"),
    ],
)
def test_names_are_blacked_out_as_whole_words_in_any_case(text: str, expected: str) -> None:
    assert WORDING.black_out(text) == expected
    assert WORDING.mentions(text) == (text != expected)


def test_messages_lose_every_removed_text() -> None:
    assert WORDING.scrub("Alfa Anchor, Born in  may") == f"{BLACKED}, {BLACKED}"


def test_the_longest_of_names_that_begin_alike_is_taken() -> None:
    assert Wording(["Alfa", "Alfa Anchor"], []).black_out("Alfa Anchor and Alfa") == f"{BLACKED} and {BLACKED}"


def test_without_words_nothing_is_found() -> None:
    empty = Wording([], [])
    assert (empty.black_out("a"), empty.scrub("a"), empty.mentions("a")) == ("a", "a", False)


@pytest.mark.parametrize(
    ("message", "texts", "expected"),
    [
        ("for alfa  ANCHOR", ["Alfa Anchor"], True), ("xalfa anchorx", ["Alfa Anchor"], True),
        ("May", ["May"], False), ("maybe", ["mayb"], True), ("asked", [], False),
    ],
)  # fmt: skip
def test_a_message_repeats_a_text_of_more_than_three_characters(message: str, texts: list[str], expected: bool) -> None:
    assert repeats(message, texts) is expected
