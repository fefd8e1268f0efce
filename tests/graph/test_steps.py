"""Property paths as steps: walked forwards they read what the path reads, back they find from where it is read."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from graph.rdf import DefaultGraph, NamedNode, Quad, Store, Term, Triple, open_memory
from graph.steps import Find, Path, Steps


def ex(name: str) -> NamedNode:
    return NamedNode(f"http://example.org/{name}")


P, Q = Path("iri", iri=ex("p").value), Path("iri", iri=ex("q").value)


def store_of(*triples: str) -> Store:
    return open_memory(Quad(*map(ex, triple.split())) for triple in triples)


def find_in(store: Store) -> Find:
    def find(subject: Term | None, predicate: Term | None, obj: Term | None) -> Iterator[Triple]:
        return (quad.triple for quad in store.quads_for_pattern(subject, predicate, obj, DefaultGraph()))

    return find


STORE = ("a p b", "b p c", "c p a", "b q d", "d q e")
CASES = [
    (P, "b"),
    (Path("any"), "b"),
    (Path("^", (P,)), "c"),
    (Path("/", (P, Q)), "d"),
    (Path("^", (Path("/", (P, P)),)), "b"),
    (Path("|", (P, Path("^", (P,)))), "b c"),
    (Path("?", (P,)), "a b"),
    (Path("*", (P,)), "a b c"),
    (Path("+", (P,)), "a b c"),
    (Path("/", (Path("*", (P,)), Path("+", (Q,)))), "d e"),
]


@pytest.mark.parametrize(("path", "ends"), CASES, ids=str)
def test_a_path_leads_where_sparql_says(path: Path, ends: str) -> None:
    steps = Steps()
    first, last = steps.state(), steps.state()
    steps.path(path, first, last)
    find = find_in(store_of(*STORE))
    reached = {node for state, node in steps.walk({(first, ex("a"))}, find) if state == last}
    assert reached == set(map(ex, ends.split()))
    for end in reached:
        assert (first, ex("a")) in steps.walk({(last, end)}, find, back=True), "and back again"


def test_a_walk_tells_every_triple_that_it_read_and_no_other() -> None:
    steps = Steps()
    first, last = steps.state(), steps.state()
    steps.path(Path("/", (P, Q)), first, last)
    read: set[Triple] = set()
    steps.walk({(first, ex("a"))}, find_in(store_of(*STORE)), collect=read)
    assert read == {Triple(ex("a"), ex("p"), ex("b")), Triple(ex("b"), ex("q"), ex("d"))}
