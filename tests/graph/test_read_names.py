"""What names a thing: words that can be read, and those that an IRI ends with where there are none."""

from __future__ import annotations

import pytest

from graph.read_names import is_readable, words_of


@pytest.mark.parametrize(
    ("iri", "words"),
    [
        ("https://schema.org/PostalAddress", "Postal address"),
        ("https://schema.org/addressLocality", "address locality"),
        ("http://xmlns.com/foaf/0.1/based_near", "based near"),
        ("http://example.org/hasURL", "has URL"),
        ("http://www.wikidata.org/prop/direct/P31", "P31"),
        ("http://example.org/onto#Person", "Person"),
        ("http://example.org/Дом", "Дом"),
        ("http://example.org/", ""),
        ("http://example.org/2024", ""),
        ("urn:isbn:123", "urn:isbn:123"),
    ],
)
def test_an_iri_ends_with_words(iri: str, words: str) -> None:
    assert words_of(iri) == words


@pytest.mark.parametrize(("text", "is_so"), [("a", True), (" я ", True), ("", False), (" \t\n", False),
                                             ("\u202e\u2066", False), ("\u200b", False)])  # fmt: skip
def test_what_shows_nothing_is_no_name(text: str, is_so: bool) -> None:
    assert is_readable(text) == is_so
