"""Counts of a version for its manifest: made once, then kept at the cost of the change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from graph.iris import RDF_TYPE
from graph.layout import GraphName, Layout
from graph.rdf import DefaultGraph, NamedNode, Quad, Store

COUNTED = (
    "Document", "Passage", "Claim", "Person", "Organization", "LegalAct", "Provision", "Event", "Figure", "Place",
)  # fmt: skip
"""The classes of a record whose things are counted, in the order in which people read them."""


def count_whole(store: Store, layout: Layout, shapes: int) -> dict[str, int]:
    """The things of each counted class, triples that a plain query sees, inferred ones, named graphs and *shapes*."""
    counts = {}
    for name, cls in _classes(layout):
        counts[name] = _size(store.quads_for_pattern(None, RDF_TYPE, cls, DefaultGraph()))
    counts["triples"] = _size(store.quads_for_pattern(None, None, None, DefaultGraph()))
    counts["inferred"] = _size(store.quads_for_pattern(None, None, None, layout.inferred))
    counts["graphs"] = _size(store.named_graphs())
    return {**counts, "shapes": shapes}


def recount(
    counts: Mapping[str, int],
    layout: Layout,
    stores: tuple[Store, Store],
    change: tuple[Iterable[Quad], Iterable[Quad]],
    shapes: int,
) -> dict[str, int]:
    """The counts after a change that leads from the first of *stores* to the second."""
    result = {**counts, "shapes": shapes}
    classes = {cls: name for name, cls in _classes(layout)}
    graphs: set[GraphName] = set()
    for sign, quads in ((1, change[0]), (-1, change[1])):
        for quad in quads:
            graphs.add(quad.graph_name)
            if quad.graph_name == layout.inferred:
                result["inferred"] += sign
            if isinstance(quad.graph_name, DefaultGraph):
                result["triples"] += sign
                if quad.predicate == RDF_TYPE and quad.object in classes:
                    result[classes[quad.object]] += sign
    before, after = ({graph for graph in graphs if _exists(store, graph)} for store in stores)
    result["graphs"] += len(after) - len(before)
    return result


def _classes(layout: Layout) -> list[tuple[str, NamedNode]]:
    return [(name, layout.names.term(name)) for name in COUNTED] if layout.kind == "record" else []


def _exists(store: Store, graph: GraphName) -> bool:
    is_named = not isinstance(graph, DefaultGraph)
    return is_named and any(True for _ in store.quads_for_pattern(None, None, None, graph))


def _size(items: Iterable[object]) -> int:
    return sum(1 for _ in items)
