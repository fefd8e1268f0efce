"""Applying a change of the stated graphs to a store, and with it what a plain query sees: the default graph."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from graph.delta import Delta
from graph.layout import GraphName, Layout
from graph.rdf import DefaultGraph, NamedNode, Quad, Store, Triple


@dataclass(frozen=True)
class Viewed:
    """What became stated in the default graph and what is stated there no more (that may still be inferred)."""

    added: frozenset[Triple] = frozenset()
    removed: frozenset[Triple] = frozenset()

    def then(self, later: Viewed) -> Viewed:
        """This change and *later*, which was made on its result, as one."""
        return Viewed(
            (self.added - later.removed) | (later.added - self.removed),
            (self.removed - later.added) | (later.removed - self.added),
        )


def apply(store: Store, layout: Layout, delta: Delta) -> Viewed:
    """Make *delta*, a change of stated graphs, in *store*; accepted statements and the default graph follow.

    What was inferred and is stated now leaves the inferred graph; what is stated no more leaves the default graph even
    where it follows from the rest: that is for `graph.maintain` to find.
    """
    _write(store, delta)
    if layout.kind == "plain":
        return Viewed(frozenset(_default(delta.added)), frozenset(_default(delta.removed)))
    accepted = _accepted_change(store, layout, delta) if layout.kind == "record" else Delta()
    _write(store, accepted)
    gone = {quad.triple for quad in (*delta.removed, *accepted.removed) if _is_seen(layout, quad.graph_name)}
    come = {quad.triple for quad in (*delta.added, *accepted.added) if _is_seen(layout, quad.graph_name)}
    removed = frozenset(triple for triple in gone - come if not _stands(store, layout, triple))
    added = frozenset(
        triple for triple in come
        if _in(triple, layout.inferred) in store or _in(triple, DefaultGraph()) not in store
    )  # fmt: skip
    _write(store, Delta(
        frozenset(_in(triple, DefaultGraph()) for triple in added),
        frozenset((*(_in(triple, DefaultGraph()) for triple in removed), *(_in(t, layout.inferred) for t in added))),
    ))  # fmt: skip
    return Viewed(added, removed)


def _in(triple: Triple, graph: GraphName) -> Quad:
    return Quad(triple.subject, triple.predicate, triple.object, graph)


def _default(quads: Iterable[Quad]) -> Iterable[Triple]:
    return (quad.triple for quad in quads if isinstance(quad.graph_name, DefaultGraph))


def _write(store: Store, delta: Delta) -> None:
    for quad in delta.removed:
        store.remove(quad)
    if delta.added:
        store.extend(delta.added)


def _is_seen(layout: Layout, graph: GraphName) -> bool:
    return layout.is_served(graph) or graph == layout.accepted


def _stands(store: Store, layout: Layout, triple: Triple) -> bool:
    """True where a graph that the default graph repeats still holds *triple*."""
    quads = store.quads_for_pattern(triple.subject, triple.predicate, triple.object, None)
    return any(_is_seen(layout, quad.graph_name) for quad in quads)


def _accepted_change(store: Store, layout: Layout, delta: Delta) -> Delta:
    """How the graph of accepted statements must follow a change, made already, of claims and of their status."""
    names = layout.names
    status, accepting = names.term("status"), names.voc("accepted")
    meta, claims = names.graph("meta"), names.claim("").value
    touched: set[Triple] = set()
    for quad in (*delta.added, *delta.removed):
        graph = quad.graph_name
        if isinstance(graph, NamedNode) and graph.value.startswith(claims):
            touched.add(quad.triple)
        elif graph == meta and quad.predicate == status and quad.object == accepting:
            touched |= {q.triple for q in store.quads_for_pattern(None, None, None, quad.subject)}

    def is_accepted(triple: Triple) -> bool:
        graphs = {q.graph_name for q in store.quads_for_pattern(triple.subject, triple.predicate, triple.object, None)}
        held = [g for g in graphs if isinstance(g, NamedNode) and g.value.startswith(claims)]
        return any(Quad(claim, status, accepting, meta) in store for claim in held)

    added, removed = set(), set()
    for triple in touched:
        quad, wanted = _in(triple, layout.accepted), is_accepted(triple)
        if wanted and quad not in store:
            added.add(quad)
        elif not wanted and quad in store:
            removed.add(quad)
    return Delta(frozenset(added), frozenset(removed))
