"""Rules compiled from the closed ontology: each says which triple follows from which, and by which axiom.

A rule is the contract between three readers: the Datalog engine that draws conclusions (`graph.infer`), the one that
explains them (`graph.explain`), and people (its text). Constructs of OWL 2 RL that have no rule here are refused, so
that nothing is silently not concluded.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from rdflib import BNode, Graph, URIRef
from rdflib.collection import Collection
from rdflib.namespace import OWL, RDF, RDFS
from rdflib.term import Node

from graph.close import close_ontology
from graph.errors import SourceError, Spot
from graph.iris import RDF_TYPE
from graph.rdf import NamedNode, Quad, Term

TYPE = RDF_TYPE.value
_UNSUPPORTED = frozenset(str(OWL[name]) for name in (
    "hasKey", "maxCardinality", "maxQualifiedCardinality", "minCardinality", "minQualifiedCardinality", "cardinality",
    "qualifiedCardinality", "disjointWith", "propertyDisjointWith", "allValuesFrom", "complementOf", "sameAs",
    "differentFrom", "oneOf", "unionOf", "disjointUnionOf", "hasSelf", "members",
))  # fmt: skip
_UNSUPPORTED_KINDS = frozenset(str(OWL[name]) for name in (
    "FunctionalProperty", "InverseFunctionalProperty", "AsymmetricProperty", "IrreflexiveProperty", "ReflexiveProperty",
    "AllDifferent", "AllDisjointClasses", "AllDisjointProperties", "NegativePropertyAssertion",
))  # fmt: skip
_BETWEEN_NAMES = frozenset(map(str, (RDFS.domain, RDFS.range, RDFS.subPropertyOf, OWL.onProperty, OWL.hasValue)))


@dataclass(frozen=True, order=True)
class Pattern:
    """A triple pattern; each part is an IRI or, where it starts with `?`, a variable."""

    subject: str
    predicate: str
    object: str


@dataclass(frozen=True, order=True)
class Rule:
    """*head* follows wherever all of *body* holds; *axiom* names the OWL construct it comes from."""

    axiom: str
    head: Pattern
    body: tuple[Pattern, ...]


def compile_rules(quads: Iterable[Quad]) -> list[Rule]:
    """The rules of an ontology, each once, in a fixed order; SourceError for a construct that has none."""
    quads = list(quads)
    _refuse_unsupported(quads)
    closed = close_ontology(quads)
    return sorted({rule for rule in _all_rules(closed) if rule.head not in rule.body})


def _refuse_unsupported(quads: Iterable[Quad]) -> None:
    for quad in quads:
        predicate, value = quad.predicate.value, quad.object.value
        if predicate in _UNSUPPORTED:
            _refuse(predicate, quad.subject)
        if predicate == TYPE and value in _UNSUPPORTED_KINDS:
            _refuse(value, quad.subject)
        is_named = isinstance(quad.object, NamedNode)
        if predicate == str(RDFS.subPropertyOf):
            is_named = is_named and isinstance(quad.subject, NamedNode)
        if predicate in _BETWEEN_NAMES and not is_named:
            _refuse(f"{predicate} with something that has no IRI", quad.subject)


def _refuse(construct: str, subject: Term) -> None:
    raise SourceError(
        Spot("ontology", 1),
        f"the ontology uses {construct} on {subject}, which the reasoner does not draw conclusions from.",
        "Say it as a SHACL shape instead, or leave it out (docs/decisions/0004-reasoner.md).",
    )


def _all_rules(closed: Graph) -> Iterator[Rule]:
    yield from _class_rules(closed)
    yield from _property_rules(closed)
    yield from _characteristic_rules(closed)
    yield from _chain_rules(closed)


def _class_rules(closed: Graph) -> Iterator[Rule]:
    for below, above in sorted(closed.subject_objects(RDFS.subClassOf), key=str):
        if below == above or above in (OWL.Thing, RDFS.Resource) or below == OWL.Nothing:
            continue
        body = _body_of_class(closed, below)
        if body is None:
            continue
        if isinstance(above, URIRef):
            yield Rule("subclass", Pattern("?x", TYPE, str(above)), tuple(body))
        elif (value := closed.value(above, OWL.hasValue)) is not None:
            prop = closed.value(above, OWL.onProperty)
            yield Rule("has value", Pattern("?x", str(prop), str(value)), tuple(body))


def _body_of_class(closed: Graph, cls: Node, variable: str = "?x", depth: int = 0) -> list[Pattern] | None:
    """The patterns that make *variable* an instance of a class expression, or None for one that has no such body."""
    if isinstance(cls, URIRef):
        return [Pattern(variable, TYPE, str(cls))]
    members = closed.value(cls, OWL.intersectionOf)
    if members is not None:
        body: list[Pattern] = []
        for number, member in enumerate(Collection(closed, members)):
            part = _body_of_class(closed, member, variable, depth + number)
            if part is None:
                return None
            body += part
        return body
    prop = closed.value(cls, OWL.onProperty)
    if (value := closed.value(cls, OWL.hasValue)) is not None:
        return [Pattern(variable, str(prop), str(value))]
    filler = closed.value(cls, OWL.someValuesFrom)
    if filler is not None:
        other = f"?y{depth}"
        inner = [] if filler == OWL.Thing else _body_of_class(closed, filler, other, depth + 1)
        return None if inner is None else [Pattern(variable, str(prop), other), *inner]
    return None


def _property_rules(closed: Graph) -> Iterator[Rule]:
    for below, above in sorted(closed.subject_objects(RDFS.subPropertyOf), key=str):
        if below != above and isinstance(below, URIRef) and isinstance(above, URIRef):
            yield Rule("subproperty", Pattern("?x", str(above), "?y"), (Pattern("?x", str(below), "?y"),))
    for one, other in sorted(closed.subject_objects(OWL.inverseOf), key=str):
        if isinstance(one, URIRef) and isinstance(other, URIRef):
            yield Rule("inverse", Pattern("?y", str(other), "?x"), (Pattern("?x", str(one), "?y"),))
            yield Rule("inverse", Pattern("?y", str(one), "?x"), (Pattern("?x", str(other), "?y"),))
    for prop, cls in sorted(closed.subject_objects(RDFS.domain), key=str):
        if isinstance(prop, URIRef) and isinstance(cls, URIRef) and cls not in (OWL.Thing, RDFS.Resource):
            yield Rule("domain", Pattern("?x", TYPE, str(cls)), (Pattern("?x", str(prop), "?y"),))
    for prop, cls in sorted(closed.subject_objects(RDFS.range), key=str):
        is_object = (prop, RDF.type, OWL.ObjectProperty) in closed
        if is_object and isinstance(cls, URIRef) and cls not in (OWL.Thing, RDFS.Resource):
            yield Rule("range", Pattern("?y", TYPE, str(cls)), (Pattern("?x", str(prop), "?y"),))


def _characteristic_rules(closed: Graph) -> Iterator[Rule]:
    for prop in sorted(closed.subjects(RDF.type, OWL.SymmetricProperty), key=str):
        yield Rule("symmetric", Pattern("?y", str(prop), "?x"), (Pattern("?x", str(prop), "?y"),))
    for prop in sorted(closed.subjects(RDF.type, OWL.TransitiveProperty), key=str):
        body = (Pattern("?x", str(prop), "?y"), Pattern("?y", str(prop), "?z"))
        yield Rule("transitive", Pattern("?x", str(prop), "?z"), body)


def _chain_rules(closed: Graph) -> Iterator[Rule]:
    for prop, chain in sorted(closed.subject_objects(OWL.propertyChainAxiom), key=str):
        body = [_link(closed, part, f"?v{i}", f"?v{i + 1}") for i, part in enumerate(Collection(closed, chain))]
        yield Rule("property chain", Pattern("?v0", str(prop), f"?v{len(body)}"), tuple(body))


def _link(closed: Graph, part: Node, left: str, right: str) -> Pattern:
    if isinstance(part, BNode):
        inverse = closed.value(part, OWL.inverseOf)
        return Pattern(right, str(inverse), left)
    return Pattern(left, str(part), right)
