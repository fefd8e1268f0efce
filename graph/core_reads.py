"""What SHACL Core shapes read, as steps from the focus node on, and which nodes they look at.

Walked forwards from a node, the steps give every triple that can decide whether it fulfils its shapes; walked back from
a triple, the nodes whose shapes may read it. Class membership is no step but a mark on a state (*classes*), so that a
type that changes nothing about it is not followed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from graph.iris import OWL, RDF_TYPE, RDFS, SH
from graph.rdf import BlankNode, NamedNode, RdfFormat, Term, Triple, serialize
from graph.sight import Sight, Targets
from graph.steps import Path, Place, Steps

_RDF = RDF_TYPE.value.removesuffix("type")
_TARGETS = {"targetClass": "classes", "targetSubjectsOf": "subjects_of", "targetObjectsOf": "objects_of",
            "targetNode": "nodes"}  # fmt: skip
_NESTED = ("property", "node", "not", "qualifiedValueShape")
_NESTED_LISTS = ("and", "or", "xone")
_PAIRS = ("equals", "disjoint", "lessThan", "lessThanOrEquals")
_READ_NOTHING = frozenset((
    "path", "name", "description", "order", "group", "defaultValue", "message", "severity", "deactivated", "sparql",
    "nodeKind", "datatype", "minCount", "maxCount", "minExclusive", "minInclusive", "maxExclusive", "maxInclusive",
    "minLength", "maxLength", "pattern", "flags", "languageIn", "uniqueLang", "in", "hasValue", "ignoredProperties",
    "qualifiedMinCount", "qualifiedMaxCount", "rule", "prefixes", "declare", "prefix", "namespace",
))  # fmt: skip
"""What a shape may say and needs no triple for beyond those of its path."""
_KNOWN = _READ_NOTHING.union(
    _TARGETS, _NESTED, _NESTED_LISTS, _PAIRS, ("class", "closed", "qualifiedValueShapesDisjoint")
)
_PATHS = {"alternativePath": "|", "inversePath": "^", "zeroOrMorePath": "*", "oneOrMorePath": "+",
          "zeroOrOnePath": "?"}  # fmt: skip


@dataclass
class CoreReads:
    """What the Core shapes of one view read.

    *states* tells where the steps of each shape begin, *targets* what those with targets look at, *classes* which
    classes a value is asked for in a state. *unknown* names what the shapes use of SHACL and is not known here: then
    it is not known either what they read.
    """

    steps: Steps = field(default_factory=Steps)
    states: dict[Term, int] = field(default_factory=dict)
    targets: dict[Term, Targets] = field(default_factory=dict)
    classes: dict[int, set[NamedNode]] = field(default_factory=dict)
    unknown: set[str] = field(default_factory=set)
    facts: dict[Term, list[Triple]] = field(default_factory=dict)

    def affected(self, sight: Sight) -> set[Term]:
        """The nodes that are targets, or were, and about which what changed may decide otherwise."""
        starts: set[Place] = set()
        for step in self.steps.steps:
            changed = sight.changed.values() if step.predicate is None else (sight.changed.get(step.predicate, ()),)
            starts |= {(step.source, t.object if step.inverse else t.subject) for triples in changed for t in triples}
        for state, wanted in self.classes.items():
            starts |= {(state, node) for node, classes in sight.moved.items() if not wanted.isdisjoint(classes)}
        roots = {self.states[shape]: targets for shape, targets in self.targets.items()}
        read = self.steps.walk(starts, sight.find, back=True)
        found = {node for targets in roots.values() for node in sight.retargeted(targets)}
        for state, node in read:
            if node not in found and state in roots and sight.is_target(node, roots[state], "either"):
                found.add(node)
        return found

    def aims(self, sight: Sight, nodes: Iterable[Term]) -> list[tuple[Term, Term]]:
        """Each shape that now looks at one of *nodes*, with the node."""
        return [(shape, node) for node in nodes for shape, targets in self.targets.items()
                if sight.is_target(node, targets, "now")]  # fmt: skip

    def extract(self, sight: Sight, aims: Collection[tuple[Term, Term]]) -> set[Triple]:
        """The triples that decide whether these nodes fulfil these shapes."""
        found = {t for shape, node in aims if isinstance(node, BlankNode)
                 for t in sight.target_triples(node, self.targets[shape])}  # fmt: skip
        starts = {(self.states[shape], node) for shape, node in aims}
        read = self.steps.walk(starts, lambda s, p, o: sight.find(s, p, o, "now"), collect=found)
        for node in {node for state, node in read if state in self.classes}:
            found.update(sight.class_triples(node))
        return found

    def aimed(self, aims: Collection[tuple[Term, Term]]) -> bytes:
        """The shapes in *aims* as N-Triples, each with its nodes for its only targets.

        A blank node cannot be named as a target, so a shape that looks at one keeps its own targets.
        """
        as_they_are = {shape for shape, node in aims if isinstance(node, BlankNode)}
        triples: set[Triple] = set()
        seen: set[Term] = set()
        queue = list({shape for shape, _ in aims})
        while queue:
            subject = queue.pop()
            if subject not in seen:
                seen.add(subject)
                facts = self.facts.get(subject, ())
                triples.update(t for t in facts if subject in as_they_are or not _is_target(t))
                queue += [t.object for t in facts if t.object in self.facts]
        named = NamedNode(f"{SH}targetNode")
        triples.update(Triple(shape, named, node) for shape, node in aims if not isinstance(node, BlankNode))
        return serialize(triples, RdfFormat.N_TRIPLES)


@lru_cache(maxsize=16)
def read_core(triples: tuple[Triple, ...]) -> CoreReads:
    """What the Core shapes described by *triples* read."""
    return _Compiler(triples).compile()


def _is_target(triple: Triple) -> bool:
    kinds = (f"{RDFS}Class", f"{OWL}Class")
    name = triple.predicate.value.removeprefix(SH)
    return name in _TARGETS or (triple.predicate == RDF_TYPE and triple.object.value in kinds)


class _Compiler:
    """Makes the steps of one view's shapes."""

    def __init__(self, triples: Iterable[Triple]) -> None:
        self._reads = CoreReads()
        for triple in triples:
            if triple.predicate.value != f"{SH}sparql":
                self._reads.facts.setdefault(triple.subject, []).append(triple)
        self._waiting: list[Term] = []

    def compile(self) -> CoreReads:
        """All shapes with targets, and those that they lead to."""
        reads = self._reads
        for shape in reads.facts:
            targets = self._targets(shape)
            if targets != Targets():
                reads.targets[shape] = targets
                self._state(shape)
        while self._waiting:
            self._shape(self._waiting.pop())
        return reads

    def _values(self, subject: Term, name: str) -> list[Term]:
        iri = name if name.startswith("http") else f"{SH}{name}"
        return [t.object for t in self._reads.facts.get(subject, ()) if t.predicate.value == iri]

    def _list(self, head: Term) -> Iterator[Term]:
        seen: set[Term] = set()
        while head not in seen:
            seen.add(head)
            yield from self._values(head, f"{_RDF}first")
            head = next(iter(self._values(head, f"{_RDF}rest")), head)

    def _targets(self, shape: Term) -> Targets:
        """The targets of a shape; a shape that is a class looks at its instances."""
        found = {kind: frozenset(self._values(shape, name)) for name, kind in _TARGETS.items()}
        types = {term.value for term in self._values(shape, RDF_TYPE.value)}
        if f"{RDFS}Class" in types and types & {f"{SH}NodeShape", f"{SH}PropertyShape"}:
            found["classes"] |= {shape}
        return Targets(**found)

    def _state(self, shape: Term) -> int:
        """Where the steps of *shape* begin; it is compiled in its turn."""
        if shape not in self._reads.states:
            self._reads.states[shape] = self._reads.steps.state()
            self._waiting.append(shape)
        return self._reads.states[shape]

    def _shape(self, shape: Term) -> None:
        reads, steps = self._reads, self._reads.steps
        names = {t.predicate.value for t in reads.facts.get(shape, ())}
        reads.unknown |= {n for n in names if n.startswith(SH) and n.removeprefix(SH) not in _KNOWN}
        focus = value = reads.states[shape]
        for path in self._values(shape, "path"):
            value = steps.state()
            steps.path(self._path(path, ()), focus, value)
        for name in _PAIRS:
            for predicate in self._values(shape, name):
                steps.step(focus, steps.state(), predicate)
        if any(term.value in ("true", "1") for term in self._values(shape, "closed")):
            steps.step(value, steps.state(), None)
        if classes := set(self._values(shape, "class")):
            reads.classes.setdefault(value, set()).update(classes)
        for nested in self._nested(shape):
            steps.link(value, self._state(nested))
        self._siblings(shape)

    def _nested(self, shape: Term) -> Iterator[Term]:
        for name in _NESTED:
            yield from self._values(shape, name)
        for name in _NESTED_LISTS:
            for head in self._values(shape, name):
                yield from self._list(head)

    def _siblings(self, shape: Term) -> None:
        """With `sh:qualifiedValueShapesDisjoint` a value is held against the qualified shapes of its siblings too."""
        properties = self._values(shape, "property")
        others = [qualified for p in properties for qualified in self._values(p, "qualifiedValueShape")]
        for prop in properties:
            if self._values(prop, "qualifiedValueShapesDisjoint"):
                for path in self._values(prop, "path"):
                    value = self._reads.steps.state()
                    self._reads.steps.path(self._path(path, ()), self._state(prop), value)
                    for qualified in others:
                        self._reads.steps.link(value, self._state(qualified))

    def _path(self, node: Term, within: tuple[Term, ...]) -> Path:
        if node in within:
            self._reads.unknown.add(f"a path within itself ({node})")
            return Path("any")
        within = (*within, node)
        if isinstance(node, NamedNode):
            return Path("iri", iri=node.value)
        if self._values(node, f"{_RDF}first"):
            return Path("/", tuple(self._path(part, within) for part in self._list(node)))
        for name, kind in _PATHS.items():
            for value in self._values(node, name):
                parts = self._list(value) if kind == "|" else (value,)
                return Path(kind, tuple(self._path(part, within) for part in parts))
        self._reads.unknown.add(f"a path that is none ({node})")
        return Path("any")
