"""Negotiation: what the client likes best, by q-value and by the most specific range, and what a browser is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import MIMEAccept
from werkzeug.http import parse_accept_header

from server.negotiate import CONTENT_TYPES, RDF_TYPES, SOLUTION_TYPES, by_name, choose, prefers_html

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"


def accept(header: str) -> MIMEAccept:
    return parse_accept_header(header, MIMEAccept)


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("", "ttl"),
        ("*/*", "ttl"),
        ("text/*", "ttl"),
        ("application/*", "jsonld"),
        ("application/rdf+xml", "rdf"),
        ("APPLICATION/RDF+XML", "rdf"),
        ("application/n-quads; charset=utf-8", "nq"),
        ("text/turtle;q=0.5, application/trig", "trig"),
        ("text/turtle;q=0.5, application/trig;q=0.4", "ttl"),
        ("text/turtle;q=0, */*", "jsonld"),
        ("*/*;q=0.1, application/n-triples;q=0.2", "nt"),
        ("application/*;q=0.9, application/ld+json;q=0.1, text/turtle;q=0.5", "nt"),
        ("text/turtle, application/rdf+xml", "ttl"),
        ("application/rdf+xml, text/turtle", "ttl"),
        ("text/plain", "nt"),
        ("image/png, application/trig;q=0.1", "trig"),
    ],
)
def test_the_format_liked_best_wins(header: str, expected: str) -> None:
    assert choose(accept(header), RDF_TYPES) == expected


@pytest.mark.parametrize(
    "header",
    ["image/png", "text/turtle;q=0", "*/*;q=0", "application/turtle", "text/html", "turtle", ";;;", "/", "\x00"],
)  # fmt: skip
def test_where_nothing_on_offer_is_liked_there_is_no_format(header: str) -> None:
    assert choose(accept(header), RDF_TYPES) is None


@pytest.mark.parametrize(
    ("header", "expected"),
    [("application/json", "json"), ("application/xml", "xml"), ("text/csv", "csv"),
     ("text/tab-separated-values", "tsv"), ("*/*", "json"), ("application/sparql-results+xml, */*;q=0.1", "xml")],
)  # fmt: skip
def test_results_have_the_plain_types_of_their_syntax_too(header: str, expected: str) -> None:
    assert choose(accept(header), SOLUTION_TYPES) == expected


@given(st.text(max_size=200))
def test_any_header_gives_a_format_or_none(header: str) -> None:
    found = choose(accept(header), RDF_TYPES)
    assert found is None or found in RDF_TYPES
    assert prefers_html(accept(header)) in (True, False)


@given(st.dictionaries(st.sampled_from([t for types in RDF_TYPES.values() for t in types]), st.integers(0, 1000)))
def test_no_format_is_liked_better_than_the_one_chosen(liked: dict[str, int]) -> None:
    chosen = choose(accept(", ".join(f"{name};q={q / 1000}" for name, q in liked.items())), RDF_TYPES)
    best = {name: max(liked.get(media_type, 0) for media_type in types) for name, types in RDF_TYPES.items()}
    if not liked:
        assert chosen == "ttl"
    elif max(best.values()) == 0:
        assert chosen is None
    else:
        assert chosen is not None and best[chosen] == max(best.values())


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (BROWSER, True),
        ("text/html", True),
        ("application/xhtml+xml", True),
        ("text/html, text/turtle", True),
        ("text/html;q=0.5, text/turtle;q=0.4", True),
        ("text/html;q=0.4, text/turtle;q=0.5", False),
        ("text/html;q=0.9, application/sparql-results+json", False),
        ("text/html;q=0", False),
        ("", False),
        ("*/*", False),
        ("text/*", False),
        ("text/turtle, */*;q=0.1", False),
        ("application/json", False),
    ],
)
def test_a_browser_is_who_names_html_and_likes_no_data_better(header: str, expected: bool) -> None:
    assert prefers_html(accept(header)) is expected


@pytest.mark.parametrize(
    ("name", "solutions", "graph"),
    [
        ("json", "json", "jsonld"), ("xml", "xml", "rdf"), ("csv", "csv", None), ("tsv", "tsv", None),
        ("ttl", None, "ttl"), ("turtle", None, "ttl"), ("Turtle", None, "ttl"), ("n3", None, "ttl"),
        ("nt", None, "nt"), ("rdf", None, "rdf"), ("rdf+xml", None, "rdf"), ("json-ld", None, "jsonld"),
        ("application/sparql-results+json", "json", None), ("application/sparql-results json", "json", None),
        ("text/turtle", None, "ttl"), ("text/plain", None, "nt"), ("xlsx", None, None), ("", None, None),
    ],
)  # fmt: skip
def test_a_named_format_means_what_clients_mean_by_it(name: str, solutions: str | None, graph: str | None) -> None:
    assert by_name(name) == (solutions, graph)


def test_every_format_has_its_own_name() -> None:
    assert all(by_name(form)[0] == form for form in SOLUTION_TYPES)
    assert all(by_name(form)[1] == form for form in RDF_TYPES)


def test_every_format_says_which_type_it_is_sent_as() -> None:
    for offers in (SOLUTION_TYPES, RDF_TYPES):
        for name, types in offers.items():
            assert CONTENT_TYPES[name].split(";")[0] == types[0]
