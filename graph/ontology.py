"""The ontology as curators and code use it: classes, keys, concept schemes, and the bounds that dated keys carry."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from graph.errors import SourceError, Spot
from graph.iris import CANONICAL_BASE, OWL, RDF_TYPE, RDFS, SCHEMA, Names
from graph.rdf import Literal, NamedNode, Quad, Term, name_blank_nodes, parse_file

_PROPERTY_KINDS = {
    f"{OWL}ObjectProperty": "object",
    f"{OWL}DatatypeProperty": "data",
    f"{OWL}AnnotationProperty": "data",
}


@dataclass(frozen=True)
class Property:
    """A property that claims may use under its *key*.

    *kind* is `object` or `data`; *datatypes* are the XSD datatypes of a data property; *schemes* the concept schemes
    that an object property takes its values from; *editorial* statements go to the base graph, wherever they stand;
    *earliest* and *latest* are the bound properties of a dated one.
    """

    key: str
    iri: NamedNode
    kind: str
    datatypes: tuple[str, ...] = ()
    schemes: tuple[NamedNode, ...] = ()
    editorial: bool = False
    earliest: NamedNode | None = None
    latest: NamedNode | None = None


@dataclass(frozen=True)
class Ontology:
    """The terms of the ontology modules, and the quads they were read from."""

    names: Names
    quads: tuple[Quad, ...]
    classes: dict[str, NamedNode] = field(repr=False)
    properties: dict[str, Property] = field(repr=False)

    @cached_property
    def superclasses(self) -> dict[NamedNode, set[NamedNode]]:
        """Each class with itself and everything above it, by the asserted `rdfs:subClassOf`."""
        above: dict[NamedNode, set[NamedNode]] = {}
        for quad in self.quads:
            if quad.predicate.value == f"{RDFS}subClassOf" and isinstance(quad.subject, NamedNode):
                above.setdefault(quad.subject, set())
                if isinstance(quad.object, NamedNode):
                    above[quad.subject].add(quad.object)
        return {start: _reachable(start, above) for start in set(self.classes.values()) | set(above)}

    @cached_property
    def letters(self) -> dict[NamedNode, str]:
        """The letter that opaque identifiers of a class start with, inherited from the class above."""
        own = {q.subject: q.object.value for q in self.quads if q.predicate == self.names.term("idLetter")}
        found = {}
        for name, above in self.superclasses.items():
            letters = {own[cls] for cls in above if cls in own}
            if letters:
                found[name] = own.get(name) or sorted(letters)[0]
        return found


def _reachable(start: NamedNode, above: dict[NamedNode, set[NamedNode]]) -> set[NamedNode]:
    seen, queue = {start}, [start]
    while queue:
        for parent in above.get(queue.pop(), ()):
            if parent not in seen:
                seen.add(parent)
                queue.append(parent)
    return seen


def read_ontology(folder: Path, names: Names, shown: str = "ontology") -> Ontology:
    """The ontology of all Turtle modules in *folder*; SourceError names file and line of what is wrong."""
    files = sorted(folder.glob("*.ttl"))
    if not files:
        raise SourceError(Spot(shown, 1), "no ontology module (*.ttl) in this folder.", "Add one, or name another.")
    quads: list[Quad] = []
    for path in files:
        read = parse_file(path, f"{shown}/{path.name}", replace=(CANONICAL_BASE, names.base))
        quads += name_blank_nodes(read, path.stem)
    return make_ontology(quads, names)


def make_ontology(quads: Iterable[Quad], names: Names) -> Ontology:
    """The ontology that *quads* describe."""
    quads = tuple(quads)
    return Ontology(names, quads, _classes(quads, names), _properties(quads, names))


def _classes(quads: Iterable[Quad], names: Names) -> dict[str, NamedNode]:
    own = names.term("").value
    found = {"Concept": NamedNode("http://www.w3.org/2004/02/skos/core#Concept")}
    for quad in quads:
        is_class = quad.predicate == RDF_TYPE and quad.object == NamedNode(f"{OWL}Class")
        if is_class and isinstance(quad.subject, NamedNode) and quad.subject.value.startswith(own):
            found[quad.subject.value.removeprefix(own)] = quad.subject
    return found


def _properties(quads: Iterable[Quad], names: Names) -> dict[str, Property]:
    about: dict[NamedNode, list[tuple[str, Term]]] = {}
    for quad in quads:
        if isinstance(quad.subject, NamedNode):
            about.setdefault(quad.subject, []).append((quad.predicate.value, quad.object))
    found = {}
    for iri, facts in about.items():
        made = _property(iri, facts, names)
        if made is not None:
            found[made.key] = made
    return found


def _property(iri: NamedNode, facts: list[tuple[str, Term]], names: Names) -> Property | None:
    kinds = {_PROPERTY_KINDS[o.value] for p, o in facts if p == RDF_TYPE.value and o.value in _PROPERTY_KINDS}
    own = names.term("").value
    keys = [o.value for p, o in facts if p == f"{own}key"]
    if not kinds or not keys:
        return None

    def values(predicate: str) -> list[Term]:
        return [o for p, o in facts if p == predicate]

    def one(predicate: str) -> NamedNode | None:
        found = values(f"{own}{predicate}")
        return NamedNode(found[0].value) if found else None

    return Property(
        key=keys[0],
        iri=iri,
        kind="object" if "object" in kinds else "data",
        datatypes=tuple(sorted(t.value for t in values(f"{SCHEMA}rangeIncludes") if isinstance(t, NamedNode))),
        schemes=tuple(NamedNode(t.value) for t in values(f"{own}scheme")),
        editorial=any(isinstance(t, Literal) and t.value == "true" for t in values(f"{own}editorial")),
        earliest=one("earliest"),
        latest=one("latest"),
    )
