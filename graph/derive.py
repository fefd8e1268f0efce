"""What follows in a version from what is stated: accepted statements, labels, conclusions, the default graph.

`derive_change` follows a change at its own cost; `derive_whole` makes all of it from nothing. Both end in the same
quads: a version's digest does not tell which of them made it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from graph.delta import Delta
from graph.infer import infer
from graph.label import NAMING, Collected, Labeller
from graph.layout import GraphName, Layout
from graph.maintain import maintain
from graph.rdf import DefaultGraph, NamedNode, Quad, Store, Triple, in_graph
from graph.relabel import relabel
from graph.schema import Schema
from graph.view import compare, compare_accepted, follow, settle

Tell = Callable[[str], None]
"""Told of each stage as it begins."""


def derive_change(before: Store, store: Store, layout: Layout, schema: Schema, stated: Delta) -> Delta:
    """Make everything derived in *store* follow the change *stated*, which was made already; what that changed.

    *before* is the version that the change was made on. In layout `plain` nothing is derived.
    """
    if layout.kind == "plain":
        return Delta()
    accepted = labels = Delta()
    if layout.kind == "record":
        accepted = compare_accepted(before, store, layout, stated)
        touched = {quad.triple for delta in (stated, accepted) for quad in (*delta.added, *delta.removed)}
        labels = relabel(store, layout, schema.ontology, touched)
        _write(store, layout, labels)
    viewed = compare(before, store, layout, _sum((stated, labels)))
    for triple in viewed.added:
        store.remove(in_graph(triple, layout.inferred))
    made = maintain(store, schema.rules, layout.inferred, viewed)
    _write(store, layout, Delta(
        frozenset(in_graph(triple, layout.inferred) for triple in made.added),
        frozenset(in_graph(triple, layout.inferred) for triple in made.removed),
    ))  # fmt: skip
    seen = {*viewed.added, *viewed.removed, *made.added, *made.removed}
    return _sum((accepted, labels, follow(before, store, seen, (layout.inferred, DefaultGraph()))))


def derive_whole(store: Store, layout: Layout, schema: Schema, tell: Tell = lambda _: None) -> None:
    """Make everything derived in *store*, which holds what is stated and nothing else."""
    if layout.kind == "plain":
        return
    if layout.kind == "record":
        tell("accepting claims")
        store.bulk_extend(_accepted(store, layout))
        tell("composing labels")
        store.bulk_extend(_labels(store, layout, schema))
    tell("filling the default graph")
    store.bulk_extend(_served(store, layout))
    tell("inferring")
    inferred = infer(_triples(store, DefaultGraph()), schema.rules)
    for graph in (layout.inferred, DefaultGraph()):
        store.bulk_extend(in_graph(triple, graph) for triple in inferred)


def stated_quads(store: Store, layout: Layout) -> Iterator[Quad]:
    """The quads of *store* that were stated, without anything derived."""
    return (quad for quad in store if layout.is_stated(quad.graph_name))


def _sum(deltas: Iterable[Delta]) -> Delta:
    listed = list(deltas)
    return Delta(
        frozenset().union(*(delta.added for delta in listed)), frozenset().union(*(delta.removed for delta in listed))
    )


def _write(store: Store, layout: Layout, delta: Delta) -> None:
    """Make a change of derived graphs, and let the default graph follow."""
    for quad in delta.removed:
        store.remove(quad)
    store.extend(delta.added)
    settle(store, layout, {quad.triple for quad in (*delta.added, *delta.removed)})


def _triples(store: Store, graph: GraphName) -> Iterator[Triple]:
    return (quad.triple for quad in store.quads_for_pattern(None, None, None, graph))


def _accepted(store: Store, layout: Layout) -> Iterator[Quad]:
    names = layout.names
    accepting = store.quads_for_pattern(None, names.term("status"), names.voc("accepted"), names.graph("meta"))
    for quad in accepting:
        if quad.subject.value.startswith(names.claim("").value):
            for triple in _triples(store, quad.subject):
                yield in_graph(triple, layout.accepted)


def _labels(store: Store, layout: Layout, schema: Schema) -> Iterator[Quad]:
    graphs = [layout.names.graph(name) for name in NAMING]
    facts = Collected(triple for graph in graphs for triple in _triples(store, graph))
    for triple in Labeller(schema.ontology, facts).labels():
        yield in_graph(triple, layout.labels)


def _served(store: Store, layout: Layout) -> Iterator[Quad]:
    """What the default graph repeats, but for what is inferred."""
    if layout.kind == "record":
        seen = (*layout.served, layout.accepted, layout.labels)
        return (in_graph(triple, DefaultGraph()) for graph in seen for triple in _triples(store, graph))
    return (in_graph(quad.triple, DefaultGraph()) for quad in store if isinstance(quad.graph_name, NamedNode))
