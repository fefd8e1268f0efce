"""Which classes and properties data use: counted once each, and up to a limit."""

from __future__ import annotations

import pytest

from graph.iris import OWL, RDF_TYPE
from graph.rdf import BlankNode, DefaultGraph, Literal, NamedNode, Quad, Store, open_memory
from graph.read_terms import NAMED_GRAPHS, Counts, count_classes, count_properties, find_graphs, find_thing

EX = "http://example.org/"
A, B, CAT, NAME, GRAPH = (NamedNode(f"{EX}{name}") for name in ("a", "b", "Cat", "name", "g"))
CLASS = NamedNode(f"{OWL}Class")


@pytest.fixture
def store() -> Store:
    """Two cats, one of which two graphs tell of, and a third in a named graph."""
    quads = [Quad(A, RDF_TYPE, CAT), Quad(A, RDF_TYPE, CAT, GRAPH), Quad(A, NAME, Literal("a")),
             Quad(BlankNode("c"), RDF_TYPE, CAT, GRAPH)]  # fmt: skip
    return open_memory(quads)


def test_things_are_counted_in_all_graphs_once(store: Store) -> None:
    assert count_classes(store, "plain") == Counts(((CAT.value, 2),), is_whole=True)
    assert count_properties(store, "plain") == Counts(((RDF_TYPE.value, 2), (NAME.value, 1)), is_whole=True)


def test_in_a_union_the_default_graph_holds_all(store: Store) -> None:
    assert count_classes(store, "union") == Counts(((CAT.value, 1),), is_whole=True)


def test_of_very_many_statements_so_many_are_counted(store: Store) -> None:
    assert count_properties(store, "plain", limit=3).is_whole
    assert not count_properties(store, "plain", limit=2).is_whole


def test_names_of_blank_nodes_are_no_terms() -> None:
    hidden = NamedNode("https://data.example/.well-known/genid/f0")
    assert count_classes(open_memory([Quad(A, RDF_TYPE, hidden)]), "union").terms == ()


def test_graphs_are_listed_up_to_a_limit(store: Store) -> None:
    assert find_graphs(store) == ([GRAPH], True)
    many = open_memory(Quad(A, NAME, Literal("a"), NamedNode(f"{EX}{number}")) for number in range(NAMED_GRAPHS + 1))
    graphs, are_all = find_graphs(many)
    assert (len(graphs), are_all) == (NAMED_GRAPHS, False)


def test_an_example_is_a_thing_and_no_term(store: Store) -> None:
    assert find_thing(store, None) == A
    assert find_thing(open_memory([Quad(CAT, RDF_TYPE, CLASS), Quad(B, RDF_TYPE, CAT)]), DefaultGraph()) == B
    assert find_thing(open_memory([Quad(B, NAME, Literal("b"), GRAPH)]), GRAPH) == B
    assert find_thing(open_memory([Quad(B, NAME, Literal("b"), GRAPH)]), DefaultGraph()) is None
    assert find_thing(open_memory([Quad(BlankNode("x"), NAME, Literal("b"))]), None) is None
    assert find_thing(open_memory(), None) is None
