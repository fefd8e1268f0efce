"""How a dataset is laid out: which graphs are stated, which are derived from them, and what a plain query sees.

| layout | the default graph holds | a write to the default graph goes to |
|---|---|---|
| `record` | sources, meta, base, ontology, what the accepted claims say, labels, what was inferred | `graph/base` |
| `union` | every named graph but the shapes, and what was inferred | `graph/base` |
| `plain` | what was written to it, and nothing else | the default graph itself |

A graph is *stated* where writers write it, and *derived* where the gate alone does. The shapes are a graph to writers,
and a file of the version beside its quads: they are no data, and no view of the data holds them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal as OneOf
from typing import TypeAlias

from graph.iris import Names
from graph.rdf import BlankNode, DefaultGraph, NamedNode

Kind: TypeAlias = OneOf["record", "union", "plain"]
GraphName: TypeAlias = NamedNode | BlankNode | DefaultGraph

KINDS: tuple[Kind, ...] = ("record", "union", "plain")
DERIVED = ("accepted", "inferred", "labels")
"""The graphs that the gate alone writes."""

_SERVED = ("sources", "meta", "base", "ontology")


@dataclass(frozen=True)
class Layout:
    """The layout *kind* of a dataset whose own graphs are named by *names*."""

    kind: Kind
    names: Names

    @cached_property
    def derived(self) -> frozenset[GraphName]:
        """The graphs that are never written from outside."""
        return frozenset() if self.kind == "plain" else frozenset(self.names.graph(name) for name in DERIVED)

    @cached_property
    def schema(self) -> frozenset[GraphName]:
        """The graphs of the ontology and of the shapes: whoever changes them has everything checked again."""
        return frozenset() if self.kind == "plain" else frozenset((self.ontology, self.shapes))

    @cached_property
    def served(self) -> frozenset[NamedNode]:
        """The stated graphs that the default graph of a `record` repeats."""
        return frozenset(self.names.graph(name) for name in _SERVED)

    @property
    def ontology(self) -> NamedNode:
        """The graph of the ontology."""
        return self.names.graph("ontology")

    @property
    def shapes(self) -> NamedNode:
        """The graph of the shapes."""
        return self.names.graph("shapes")

    @property
    def accepted(self) -> NamedNode:
        """What the accepted claims say (`record` only)."""
        return self.names.graph("accepted")

    @property
    def inferred(self) -> NamedNode:
        """What follows by the ontology and is not stated."""
        return self.names.graph("inferred")

    @property
    def labels(self) -> NamedNode:
        """Labels composed for what has none (`record` only)."""
        return self.names.graph("labels")

    def is_stated(self, graph: GraphName) -> bool:
        """True for a graph that writers may write: in `plain` every one, else any but the derived and the default."""
        return self.kind == "plain" or (graph not in self.derived and not isinstance(graph, DefaultGraph))

    def is_served(self, graph: GraphName) -> bool:
        """True where the default graph repeats what is stated in *graph*."""
        if self.kind == "record":
            return graph in self.served
        return self.kind == "union" and isinstance(graph, NamedNode) and self.is_stated(graph) and graph != self.shapes

    def target(self, graph: GraphName) -> GraphName:
        """Where a write to *graph* goes: what is written to a default graph that repeats others goes to `base`."""
        if isinstance(graph, DefaultGraph) and self.kind != "plain":
            return self.names.graph("base")
        return graph
