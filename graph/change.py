"""Making a change in what is staged: only what makes a difference; shapes aside, which are a file and not stored."""

from __future__ import annotations

from collections.abc import Iterable

from graph.delta import Delta, difference
from graph.errors import DerivedGraphError
from graph.layout import Layout
from graph.rdf import NamedNode, Quad, Store
from graph.schema import read_shape_quads
from graph.skolem import skolemize
from graph.versions import Version
from graph.view import apply


def make_change(
    store: Store, parent: Version | None, layout: Layout, added: Iterable[Quad], removed: Iterable[Quad]
) -> Delta:
    """Add and remove in *store*, which starts as *parent*; what that changed of the stated graphs and of the shapes.

    A write to a default graph that only repeats others goes to the graph that `Layout.target` names, and blank nodes
    of the ontology and of the shapes get names. DerivedGraphError where a graph is written that nobody writes.
    """
    come, gone = ({place(quad, layout) for quad in quads} for quads in (added, removed))
    data = difference(store, _without(come, layout), _without(gone, layout))
    apply(store, layout, data)
    shapes = shape_change(parent, layout, come, gone)
    return Delta(data.added | shapes.added, data.removed | shapes.removed)


def place(quad: Quad, layout: Layout) -> Quad:
    """The quad where a write of it goes; DerivedGraphError for a graph that nobody writes."""
    graph = layout.target(quad.graph_name)
    if not layout.is_stated(graph):
        raise DerivedGraphError(graph.value if isinstance(graph, NamedNode) else "")
    if layout.kind != "plain" and graph in layout.schema:
        return next(skolemize((quad,), layout.names, graph))
    return quad if graph == quad.graph_name else Quad(quad.subject, quad.predicate, quad.object, graph)


def shape_change(parent: Version | None, layout: Layout, added: Iterable[Quad], removed: Iterable[Quad]) -> Delta:
    """What adding and removing these quads would change of the shapes of *parent*."""
    if layout.kind == "plain":
        return Delta()
    graph = layout.shapes
    come, gone = ({quad for quad in quads if quad.graph_name == graph} for quads in (added, removed))
    if not come and not gone:
        return Delta()
    known = read_shape_quads(parent, layout)
    return Delta(frozenset(come - known), frozenset((gone - come) & known))


def _without(quads: Iterable[Quad], layout: Layout) -> Iterable[Quad]:
    """The quads that are no shapes."""
    return (quad for quad in quads if layout.kind == "plain" or quad.graph_name != layout.shapes)
