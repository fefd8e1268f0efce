"""What one view sees of a store that holds the result of a change: now, before the change, and at either time.

The view "accepted" sees the default graph, "claims" the union of all graphs; `GRAPH` sees the named graphs in both.
What was removed is looked up beside the store, so that links which existed only before are still found.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, islice
from typing import Literal as OneOf
from typing import TypeAlias

from graph.iris import RDF_TYPE, RDFS
from graph.rdf import DefaultGraph, Literal, NamedNode, Quad, Store, Term, Triple, open_memory

When: TypeAlias = OneOf["now", "before", "either"]
SUBCLASS = NamedNode(f"{RDFS}subClassOf")


@dataclass(frozen=True)
class Targets:
    """What a shape looks at: instances of *classes*, subjects and objects of properties, and *nodes* by name."""

    classes: frozenset[NamedNode] = frozenset()
    subjects_of: frozenset[NamedNode] = frozenset()
    objects_of: frozenset[NamedNode] = frozenset()
    nodes: frozenset[Term] = frozenset()


class Sight:
    """What the view *view* sees of *store*, to which *added* were added and from which *removed* were removed."""

    def __init__(self, store: Store, view: str, added: Iterable[Quad], removed: Iterable[Quad]) -> None:
        self._store = store
        self._gone = open_memory(removed)
        # As the store writes them: it keeps the value of some literals and not how they were written.
        self._come = frozenset(open_memory(added))
        self._graph = None if view == "claims" else DefaultGraph()
        self._above: dict[tuple[Term, When], frozenset[NamedNode]] = {}
        self._classes: dict[tuple[Term, When], frozenset[NamedNode]] = {}

    def find(
        self, subject: Term | None, predicate: Term | None, obj: Term | None, when: When = "either"
    ) -> Iterator[Triple]:
        """The triples with these terms, None for any; one that is in several graphs may come several times."""
        if _is_possible(subject, predicate):
            for quad in self._quads(subject, predicate, obj, self._graph, when):
                yield quad.triple

    def find_named(
        self, subject: Term | None, predicate: Term | None, obj: Term | None, graph: Term | None
    ) -> Iterator[Quad]:
        """The quads of named graphs with these terms, None for any, at either time."""
        if _is_possible(subject, predicate) and not isinstance(graph, Literal):
            for quad in self._quads(subject, predicate, obj, graph, "either"):
                if not isinstance(quad.graph_name, DefaultGraph):
                    yield quad

    def _quads(
        self, subject: Term | None, predicate: Term | None, obj: Term | None, graph: Term | DefaultGraph | None,
        when: When,
    ) -> Iterator[Quad]:  # fmt: skip
        for quad in self._store.quads_for_pattern(subject, predicate, obj, graph):
            if when != "before" or quad not in self._come:
                yield quad
        if when != "now":
            yield from self._gone.quads_for_pattern(subject, predicate, obj, graph)

    def holds(self, triple: Triple, when: When) -> bool:
        """True where the view sees *triple* at that time."""
        return any(True for _ in self.find(triple.subject, triple.predicate, triple.object, when))

    @cached_property
    def changed(self) -> dict[NamedNode, list[Triple]]:
        """The triples that the view saw and sees no more, and those that it did not see and sees now, by predicate."""
        found = {
            predicate: [triple for triple in triples if self.holds(triple, "now") != self.holds(triple, "before")]
            for predicate, triples in self.written.items()
        }
        return {predicate: triples for predicate, triples in found.items() if triples}

    @cached_property
    def written(self) -> dict[NamedNode, list[Triple]]:
        """The triples that were added to a graph of the view or removed from one, whether others hold them or not."""
        found: dict[NamedNode, list[Triple]] = {}
        for triple in {quad.triple for quad in chain(self._come, self._gone) if self._graph in (None, quad.graph_name)}:
            found.setdefault(triple.predicate, []).append(triple)
        return found

    @cached_property
    def changed_named(self) -> dict[NamedNode, list[Quad]]:
        """The quads of named graphs that changed, by predicate."""
        found: dict[NamedNode, list[Quad]] = {}
        for quad in chain(self._come, self._gone):
            if not isinstance(quad.graph_name, DefaultGraph):
                found.setdefault(quad.predicate, []).append(quad)
        return found

    @cached_property
    def moved(self) -> dict[Term, frozenset[NamedNode]]:
        """The nodes that became or ceased to be instances of classes, and of which; superclasses counted."""
        touched = {triple.subject for triple in self.changed.get(RDF_TYPE, ())}
        for triple in self.changed.get(SUBCLASS, ()):
            for cls in self._below(triple.subject):
                touched |= {found.subject for found in self.find(None, RDF_TYPE, cls)}
        moved = {node: self.classes(node, "now") ^ self.classes(node, "before") for node in touched}
        return {node: classes for node, classes in moved.items() if classes}

    def classes(self, node: Term, when: When) -> frozenset[NamedNode]:
        """The classes that *node* is an instance of, superclasses counted."""
        known = self._classes.get((node, when))
        if known is None:
            types = {triple.object for triple in self.find(node, RDF_TYPE, None, when)}
            known = frozenset[NamedNode]().union(*(self._superclasses(cls, when) for cls in types))
            self._classes[node, when] = known
        return known

    def class_triples(self, node: Term) -> Iterator[Triple]:
        """The triples that now make *node* an instance of its classes."""
        for typing in self.find(node, RDF_TYPE, None, "now"):
            yield typing
            for cls in self._superclasses(typing.object, "now"):
                yield from self.find(cls, SUBCLASS, None, "now")

    def is_target(self, node: Term, targets: Targets, when: When) -> bool:
        """True where *node* is a target at that time; for "either", it may have been one or be one."""
        return (
            node in targets.nodes
            or any(True for predicate in targets.subjects_of for _ in self.find(node, predicate, None, when))
            or any(True for predicate in targets.objects_of for _ in self.find(None, predicate, node, when))
            or (bool(targets.classes) and not targets.classes.isdisjoint(self.classes(node, when)))
        )

    def target_triples(self, node: Term, targets: Targets) -> Iterator[Triple]:
        """Triples that now make *node* a target: those of its classes, and one for each property."""
        yield from self.class_triples(node)
        for predicate in targets.subjects_of:
            yield from islice(self.find(node, predicate, None, "now"), 1)
        for predicate in targets.objects_of:
            yield from islice(self.find(None, predicate, node, "now"), 1)

    def retargeted(self, targets: Targets) -> Iterator[Term]:
        """The nodes that may have become targets or ceased to be some."""
        for node, classes in self.moved.items():
            if not classes.isdisjoint(targets.classes):
                yield node
        for predicate in targets.subjects_of:
            yield from (triple.subject for triple in self.changed.get(predicate, ()))
        for predicate in targets.objects_of:
            yield from (triple.object for triple in self.changed.get(predicate, ()))

    def _superclasses(self, cls: Term, when: When) -> frozenset[NamedNode]:
        """The class itself and what it is a subclass of, directly or not."""
        known = self._above.get((cls, when))
        if known is None:
            seen, queue = {cls}, [cls]
            while queue:
                above = {triple.object for triple in self.find(queue.pop(), SUBCLASS, None, when)} - seen
                seen |= above
                queue += above
            known = self._above[cls, when] = frozenset(seen)
        return known

    def _below(self, cls: Term) -> set[Term]:
        """The class itself and its subclasses at either time."""
        seen, queue = {cls}, [cls]
        while queue:
            below = {triple.subject for triple in self.find(None, SUBCLASS, queue.pop())} - seen
            seen |= below
            queue += below
        return seen


def _is_possible(subject: Term | None, predicate: Term | None) -> bool:
    """False where no triple can have these terms."""
    return not isinstance(subject, Literal) and (predicate is None or isinstance(predicate, NamedNode))
