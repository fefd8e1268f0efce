"""Making a change in what is staged: only what makes a difference; shapes aside, which are a file and not stored."""

from __future__ import annotations

from collections.abc import Iterable

from graph.delta import Delta, difference
from graph.layout import Layout
from graph.rdf import Quad, Store
from graph.schema import read_shape_quads
from graph.skolem import skolemize
from graph.versions import Version
from graph.view import apply


def make_change(
    store: Store, parent: Version | None, layout: Layout, added: Iterable[Quad], removed: Iterable[Quad]
) -> Delta:
    """Add and remove in *store*, which starts as *parent*; what that changed of the stated graphs and of the shapes.

    A write to a default graph that only repeats others goes to the graph that `Layout.target` names.
    """
    come, gone = (
        {Quad(q.subject, q.predicate, q.object, layout.target(q.graph_name)) for q in quads}
        for quads in (added, removed)
    )
    data = difference(store, _without(come, layout), _without(gone, layout))
    apply(store, layout, data)
    shapes = shape_change(parent, layout, come, gone)
    return Delta(data.added | shapes.added, data.removed | shapes.removed)


def shape_change(parent: Version | None, layout: Layout, added: Iterable[Quad], removed: Iterable[Quad]) -> Delta:
    """What adding and removing these quads would change of the shapes of *parent*; blank nodes get names."""
    if layout.kind == "plain":
        return Delta()
    graph = layout.shapes
    come = set(skolemize((q for q in added if q.graph_name == graph), layout.names, graph))
    gone = {quad for quad in removed if quad.graph_name == graph}
    if not come and not gone:
        return Delta()
    known = frozenset() if parent is None else read_shape_quads(parent, layout)
    return Delta(frozenset(come - known), frozenset((gone - come) & known))


def _without(quads: Iterable[Quad], layout: Layout) -> Iterable[Quad]:
    """The quads that are no shapes; blank nodes of an ontology get names."""
    for quad in quads:
        if layout.kind != "plain" and quad.graph_name == layout.ontology:
            yield from skolemize((quad,), layout.names, layout.ontology)
        elif layout.kind == "plain" or quad.graph_name != layout.shapes:
            yield quad
