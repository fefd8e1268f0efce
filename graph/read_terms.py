"""Which classes and properties data use, and how often: what there is to say of any data, with an ontology or without.

The cost is bounded: so many statements are counted, and whoever shows the numbers can tell that there are more.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from graph.iris import RDF_TYPE
from graph.layout import GraphName, Kind
from graph.rdf import BlankNode, NamedNode, QuerySolutions, Store

COUNTED = 500_000
"""Statements that are counted."""
LISTED = 1_000
"""Terms that are listed, the most used first."""
NAMED_GRAPHS = 100
"""Named graphs that are listed."""

GENID = "/.well-known/genid/"
"""Where the names of blank nodes of the ontology are."""


@dataclass(frozen=True)
class Counts:
    """How often each term is used, the most used first; *is_whole* tells that nothing was left uncounted."""

    terms: tuple[tuple[str, int], ...]
    is_whole: bool


def count_classes(store: Store, kind: Kind, limit: int = COUNTED) -> Counts:
    """How many things each class has, among the first *limit* statements of that."""
    return _count(store, kind, f"?thing {RDF_TYPE} ?term", limit)


def count_properties(store: Store, kind: Kind, limit: int = COUNTED) -> Counts:
    """How many statements each property makes, among the first *limit*."""
    return _count(store, kind, "?thing ?term ?value", limit)


def _count(store: Store, kind: Kind, pattern: str, limit: int) -> Counts:
    once = "DISTINCT " if kind == "plain" else ""  # in its graphs together a triple may stand several times
    variables = "?thing ?term ?value" if "?value" in pattern else "?thing ?term"
    rows = store.query(
        f"SELECT ?term (COUNT(*) AS ?n) WHERE {{ {{ SELECT {once}{variables} WHERE {{ {pattern} }} "
        f"LIMIT {limit + 1} }} }} GROUP BY ?term",
        use_default_graph_as_union=kind == "plain",
    )
    assert isinstance(rows, QuerySolutions)  # noqa: S101 - a SELECT
    found = [(row["term"], int(row["n"].value)) for row in rows]
    named = [(term.value, number) for term, number in found if isinstance(term, NamedNode) and GENID not in term.value]
    named.sort(key=lambda pair: (-pair[1], pair[0]))
    is_whole = sum(number for _, number in found) <= limit and len(named) <= LISTED
    return Counts(tuple(named[:LISTED]), is_whole)


def find_graphs(store: Store) -> tuple[list[NamedNode | BlankNode], bool]:
    """The named graphs in a fixed order, and whether these are all: at most `NAMED_GRAPHS` are read."""
    found: list[NamedNode | BlankNode] = []
    for graph in store.named_graphs():
        if len(found) == NAMED_GRAPHS:
            return sorted(found, key=str), False
        found.append(graph)
    return sorted(found, key=str), True


def find_thing(store: Store, graph: GraphName | None) -> NamedNode | None:
    """Something that *graph*, or any where that is None, is about; None where there is nothing with a name."""
    return next(_things(store, graph, RDF_TYPE), None) or next(_things(store, graph, None), None)


def _things(store: Store, graph: GraphName | None, predicate: NamedNode | None) -> Iterator[NamedNode]:
    for number, quad in enumerate(store.quads_for_pattern(None, predicate, None, graph)):
        if number == LISTED:
            return
        if isinstance(quad.subject, NamedNode) and not _is_vocabulary(quad.object) and GENID not in quad.subject.value:
            yield quad.subject


def _is_vocabulary(term: object) -> bool:
    """True for the kinds of terms, which are no data."""
    spaces = ("http://www.w3.org/2002/07/owl#", "http://www.w3.org/2000/01/rdf-schema#", "http://www.w3.org/1999/02/22")
    return isinstance(term, NamedNode) and term.value.startswith(spaces)
