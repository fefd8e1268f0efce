"""Matching: every way to meet a body, its premises in the order of the patterns, whichever is looked up first."""

from __future__ import annotations

from graph.match import match_body, unify
from graph.rdf import Literal, NamedNode, Quad, Triple, open_memory
from graph.rules import Pattern

A, B, C, P, Q = (NamedNode(f"http://e/{name}") for name in "abcpq")


def test_the_premises_of_a_match_stand_in_the_order_of_the_patterns() -> None:
    first, second = Triple(A, P, B), Triple(B, Q, C)
    store = open_memory(Quad(t.subject, t.predicate, t.object) for t in (first, second))
    body = (Pattern("?x", P.value, "?y"), Pattern("?y", Q.value, C.value))
    assert list(match_body(store, body, {})) == [(first, second)]
    assert list(match_body(store, body[::-1], {})) == [(second, first)]


def test_a_literal_that_is_bound_is_no_subject() -> None:
    store = open_memory([Quad(A, P, Literal("b"))])
    assert list(match_body(store, (Pattern("?x", P.value, "?y"), Pattern("?y", Q.value, "?z")), {})) == []


def test_a_variable_that_comes_twice_means_one_thing() -> None:
    assert unify(Pattern("?x", P.value, "?x"), Triple(A, P, A), {}) == {"?x": A}
    assert unify(Pattern("?x", P.value, "?x"), Triple(A, P, B), {}) is None
