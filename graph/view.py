"""Applying a change of the stated graphs to a store, and with it what a plain query sees: the default graph."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from graph.delta import Delta
from graph.layout import GraphName, Layout
from graph.rdf import DefaultGraph, NamedNode, Quad, Store, Triple, in_graph


@dataclass(frozen=True)
class Viewed:
    """What became stated in the default graph and what is stated there no more (that may still be inferred)."""

    added: frozenset[Triple] = frozenset()
    removed: frozenset[Triple] = frozenset()


def apply(store: Store, layout: Layout, delta: Delta) -> None:
    """Make *delta*, a change of stated graphs, in *store*; accepted statements and the default graph follow.

    What was inferred stays so for now: `compare` tells what the change means, and `graph.maintain` what follows.
    """
    _write(store, delta)
    if layout.kind == "plain":
        return
    accepted = _accepted_change(store, layout, delta) if layout.kind == "record" else Delta()
    _write(store, accepted)
    come = {quad.triple for quad in (*delta.added, *accepted.added) if _is_seen(layout, quad.graph_name)}
    gone = {quad.triple for quad in (*delta.removed, *accepted.removed) if _is_seen(layout, quad.graph_name)} - come
    _write(store, Delta(
        frozenset(in_graph(triple, DefaultGraph()) for triple in come),
        frozenset(in_graph(triple, DefaultGraph()) for triple in gone if not _stands(store, layout, triple)),
    ))  # fmt: skip


def compare(before: Store, after: Store, layout: Layout, delta: Delta) -> Viewed:
    """What `apply`, with *delta* in one step or in many, has changed of what is stated."""
    touched = _touched(before, after, layout, delta)
    was = {triple for triple in touched if _is_stated(before, layout, triple)}
    is_now = {triple for triple in touched if _is_stated(after, layout, triple)}
    return Viewed(frozenset(is_now - was), frozenset(was - is_now))


def compare_accepted(before: Store, after: Store, layout: Layout, delta: Delta) -> Delta:
    """What `apply`, with *delta*, has changed of the accepted statements."""
    return follow(before, after, _touched(before, after, layout, delta), (layout.accepted,))


def _touched(before: Store, after: Store, layout: Layout, delta: Delta) -> set[Triple]:
    touched = {quad.triple for quad in (*delta.added, *delta.removed)}
    return touched | set(_judged(before, after, layout, delta)) if layout.kind == "record" else touched


def follow(before: Store, after: Store, triples: Iterable[Triple], graphs: Iterable[GraphName]) -> Delta:
    """How the membership of *triples* in *graphs* differs between two stores."""
    added, removed = set(), set()
    quads = [in_graph(triple, graph) for graph in graphs for triple in triples]
    for quad in quads:
        was, is_now = quad in before, quad in after
        if is_now and not was:
            added.add(quad)
        elif was and not is_now:
            removed.add(quad)
    return Delta(frozenset(added), frozenset(removed))


def settle(store: Store, layout: Layout, triples: Iterable[Triple]) -> None:
    """Make the default graph hold those of *triples* that some graph it repeats holds, and none of the others."""
    for triple in triples:
        quad = in_graph(triple, DefaultGraph())
        if _stands(store, layout, triple):
            store.add(quad)
        else:
            store.remove(quad)


def _is_stated(store: Store, layout: Layout, triple: Triple) -> bool:
    """True where a plain query sees *triple*, and not only because it was inferred."""
    if layout.kind == "plain":
        return in_graph(triple, DefaultGraph()) in store
    quads = store.quads_for_pattern(triple.subject, triple.predicate, triple.object, None)
    return any(_is_seen(layout, quad.graph_name) and quad.graph_name != layout.inferred for quad in quads)


def _judged(before: Store, after: Store, layout: Layout, delta: Delta) -> Iterator[Triple]:
    """What the claims say that *delta* accepts, or accepts no more."""
    names = layout.names
    for store, quads in ((before, delta.removed), (after, delta.added)):
        for quad in quads:
            if quad.predicate == names.term("status") and quad.graph_name == names.graph("meta"):
                for said in store.quads_for_pattern(None, None, None, quad.subject):
                    yield said.triple


def _write(store: Store, delta: Delta) -> None:
    for quad in delta.removed:
        store.remove(quad)
    if delta.added:
        store.extend(delta.added)


def _is_seen(layout: Layout, graph: GraphName) -> bool:
    return layout.is_served(graph) or graph in layout.derived


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
        quad, wanted = in_graph(triple, layout.accepted), is_accepted(triple)
        if wanted and quad not in store:
            added.add(quad)
        elif not wanted and quad in store:
            removed.add(quad)
    return Delta(frozenset(added), frozenset(removed))
