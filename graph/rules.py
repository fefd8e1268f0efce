"""Rules and denials compiled from the ontology: what follows from what, what must not hold together, by which axiom.

A rule is the contract between three readers: the Datalog engine that draws conclusions (`graph.infer`), the one that
explains them (`graph.explain`), and people (its text). A denial says where data contradict the ontology
(`graph.contradict`); the data it looks at have all their conclusions already, so it is read from the axioms as they are
written. Constructs that have neither are refused, so that nothing is silently not concluded.

Names are unique here: two IRIs are two things, and two literals that are written differently two values. So where OWL
would conclude from a functional property that two values are one, there is a contradiction: Letapis never merges by
guess. Of `owl:disjointUnionOf` the parts are subclasses and disjoint; that there is no other instance of the whole is
nothing that an open world can contradict.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations, count
from typing import NoReturn

from rdflib import BNode, Graph, URIRef
from rdflib.collection import Collection
from rdflib.namespace import OWL, RDF, RDFS
from rdflib.term import Node

from graph.close import close_ontology, read_axioms
from graph.errors import SourceError, Spot
from graph.iris import RDF_TYPE
from graph.rdf import BlankNode, Literal, NamedNode, Quad, Term, open_memory

TYPE = RDF_TYPE.value
NOTHING = str(OWL.Nothing)
_ABOVE = frozenset(map(str, (RDFS.subClassOf, OWL.equivalentClass)))


def _owl(*names: str) -> frozenset[str]:
    return frozenset(str(OWL[name]) for name in names)


UNSUPPORTED = _owl(
    "hasKey", "minCardinality", "minQualifiedCardinality", "cardinality", "qualifiedCardinality", "allValuesFrom",
    "sameAs", "oneOf", "unionOf", "hasSelf", "onDataRange",
)  # fmt: skip
UNSUPPORTED_KINDS = _owl("ReflexiveProperty")
MAXIMA = _owl("maxCardinality", "maxQualifiedCardinality")
_DENYING = MAXIMA | _owl(
    "disjointWith", "disjointUnionOf", "complementOf", "propertyDisjointWith", "differentFrom", "members",
    "distinctMembers", "sourceIndividual", "assertionProperty", "targetIndividual", "targetValue",
)  # fmt: skip
_DENYING_KINDS = _owl(
    "FunctionalProperty", "InverseFunctionalProperty", "AsymmetricProperty", "IrreflexiveProperty", "AllDifferent",
    "AllDisjointClasses", "AllDisjointProperties", "NegativePropertyAssertion",
)  # fmt: skip
BETWEEN_NAMES = frozenset(map(str, (RDFS.domain, RDFS.range, RDFS.subPropertyOf, OWL.onProperty, OWL.hasValue)))


@dataclass(frozen=True, order=True)
class Pattern:
    """A triple pattern; each part is an IRI or, where it starts with `?`, a variable.

    The object may be a literal too, written as in N-Triples (it starts with `"`), in the form in which a store gives
    it back. Only denials have such patterns.
    """

    subject: str
    predicate: str
    object: str


@dataclass(frozen=True, order=True)
class Rule:
    """*head* follows wherever all of *body* holds; *axiom* names the OWL construct it comes from."""

    axiom: str
    head: Pattern
    body: tuple[Pattern, ...]


@dataclass(frozen=True)
class Denial:
    """A contradiction wherever all of *body* holds and the two variables in *differ*, if any, are different terms."""

    axiom: str
    body: tuple[Pattern, ...]
    differ: tuple[str, str] | None = None

    def __lt__(self, other: Denial) -> bool:
        return self._order() < other._order()

    def _order(self) -> tuple[str, tuple[Pattern, ...], tuple[str, ...]]:
        return self.axiom, self.body, self.differ or ()


def compile_rules(quads: Iterable[Quad]) -> list[Rule]:
    """The rules of an ontology, each once, in a fixed order; SourceError for a construct without rule and denial."""
    quads = list(quads)
    _refuse_unsupported(quads)
    closed = close_ontology([*(quad for quad in quads if not _denies(quad)), *_parts_of_unions(quads)])
    return sorted({rule for rule in _all_rules(closed) if rule.head not in rule.body})


def compile_denials(quads: Iterable[Quad]) -> list[Denial]:
    """The denials of an ontology, each once, in a fixed order; SourceError for an axiom that is not whole.

    Any ontology denies that something is in `owl:Nothing`, and that two things are the same and different.
    """
    quads = list(quads)
    _refuse_unsupported(quads)
    axioms = read_axioms(quads)
    found = {*(_ALWAYS if quads else ()), *_class_denials(axioms), *_property_denials(axioms),
             *_individual_denials(axioms), *_negative_denials(quads), *_maximum_denials(axioms, quads)}  # fmt: skip
    return sorted(found)


def _denies(quad: Quad) -> bool:
    """True for what only denials are made of; owlrl would conclude from it that things are the same, or everything."""
    predicate, value = quad.predicate.value, quad.object.value
    is_empty = predicate in _ABOVE and NOTHING in (quad.subject.value, value)
    return is_empty or predicate in _DENYING or (predicate == TYPE and value in _DENYING_KINDS)


def _parts_of_unions(quads: list[Quad]) -> Iterator[Quad]:
    axioms = read_axioms(quads)
    for whole, parts in axioms.subject_objects(OWL.disjointUnionOf):
        for part in _members(axioms, parts):
            yield Quad(_term(part), NamedNode(str(RDFS.subClassOf)), _term(whole))


def _term(node: Node) -> NamedNode | BlankNode:
    return BlankNode(str(node)) if isinstance(node, BNode) else NamedNode(str(node))


def _refuse_unsupported(quads: Iterable[Quad]) -> None:
    denying = {q.subject: q.predicate.value for q in quads if _is_denying_class(q)}
    for quad in quads:
        predicate, value = quad.predicate.value, quad.object.value
        if predicate in UNSUPPORTED:
            _refuse(predicate, quad.subject)
        if predicate == TYPE and value in UNSUPPORTED_KINDS:
            _refuse(value, quad.subject)
        is_named = isinstance(quad.object, NamedNode)
        if predicate == str(RDFS.subPropertyOf):
            is_named = is_named and isinstance(quad.subject, NamedNode)
        if predicate in BETWEEN_NAMES and not is_named:
            _refuse(f"{predicate} with something that has no IRI", quad.subject)
        _refuse_as_condition(quad, denying)


def _is_denying_class(quad: Quad) -> bool:
    """True for what makes a class expression of its subject that can be denied, but not be a condition of a rule."""
    is_complement = quad.predicate.value == str(OWL.complementOf) and isinstance(quad.subject, BlankNode)
    return is_complement or quad.predicate.value in MAXIMA


def _refuse_as_condition(quad: Quad, denying: dict[Term, str]) -> None:
    predicate = quad.predicate.value
    for node, is_below in ((quad.subject, True), (quad.object, False)):
        construct = denying.get(node)
        if construct is None:
            continue
        is_equal = predicate == str(OWL.equivalentClass) and construct == str(OWL.complementOf)
        is_stray = predicate in (*_ABOVE, str(OWL.disjointWith)) if is_below else predicate != str(RDFS.subClassOf)
        if is_stray and not is_equal:
            _refuse(f"{construct} elsewhere than as the class above another", node)


def _refuse(construct: str, subject: object) -> NoReturn:
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
        if below == above or above in (OWL.Thing, RDFS.Resource, OWL.Nothing) or below == OWL.Nothing:
            continue
        body = _body_of_class(closed, below, count())
        if body is None:
            continue
        if isinstance(above, URIRef):
            yield Rule("subclass", Pattern("?x", TYPE, str(above)), tuple(body))
        elif (value := closed.value(above, OWL.hasValue)) is not None:
            prop = closed.value(above, OWL.onProperty)
            yield Rule("has value", Pattern("?x", str(prop), str(value)), tuple(body))


def _body_of_class(closed: Graph, cls: Node, numbers: Iterator[int], variable: str = "?x") -> list[Pattern] | None:
    """The patterns that make *variable* an instance of a class expression, or None for one that has no such body.

    Further variables take their numbers from *numbers*.
    """
    if isinstance(cls, URIRef):
        return [Pattern(variable, TYPE, str(cls))]
    members = closed.value(cls, OWL.intersectionOf)
    if members is not None:
        parts = [_body_of_class(closed, member, numbers, variable) for member in _members(closed, members)]
        return None if None in parts else [pattern for part in parts for pattern in part or ()]
    prop = closed.value(cls, OWL.onProperty)
    if (value := closed.value(cls, OWL.hasValue)) is not None:
        return [Pattern(variable, str(prop), str(value))]
    filler = closed.value(cls, OWL.someValuesFrom)
    if filler is not None:
        other = f"?y{next(numbers)}"
        inner = [] if filler == OWL.Thing else _body_of_class(closed, filler, numbers, other)
        return None if inner is None else [Pattern(variable, str(prop), other), *inner]
    return None


def _members(graph: Graph, items: Node) -> list[Node]:
    try:
        return list(Collection(graph, items))
    except ValueError:
        _refuse("a list that runs in a circle", items)


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
        body = [_link(closed, part, f"?v{i}", f"?v{i + 1}") for i, part in enumerate(_members(closed, chain))]
        yield Rule("property chain", Pattern("?v0", str(prop), f"?v{len(body)}"), tuple(body))


def _link(closed: Graph, part: Node, left: str, right: str) -> Pattern:
    if isinstance(part, BNode):
        inverse = closed.value(part, OWL.inverseOf)
        return Pattern(right, str(inverse), left)
    return Pattern(left, str(part), right)


_ALWAYS = (
    Denial("empty class", (Pattern("?x", TYPE, NOTHING),)),
    *(Denial("different individuals", (Pattern("?x", str(OWL.differentFrom), "?y"), same))
      for same in (Pattern("?x", str(OWL.sameAs), "?y"), Pattern("?y", str(OWL.sameAs), "?x"))),
)  # fmt: skip


def _class_denials(axioms: Graph) -> Iterator[Denial]:
    pairs = [("disjoint classes", one, other) for one, other in axioms.subject_objects(OWL.disjointWith)]
    pairs += [("disjoint classes", *pair) for group in _groups(axioms, OWL.AllDisjointClasses) for pair in group]
    for _, parts in axioms.subject_objects(OWL.disjointUnionOf):
        pairs += [("disjoint classes", *pair) for pair in combinations(_members(axioms, parts), 2)]
    for cls, other in axioms.subject_objects(OWL.complementOf):
        within = [cls] if isinstance(cls, URIRef) else _directly_below(axioms, cls)
        pairs += [("complement", one, other) for one in within]
    for axiom, *classes in pairs:
        yield Denial(axiom, _body_of_all(axioms, sorted(classes, key=lambda cls: (isinstance(cls, BNode), cls))))
    for cls in _directly_below(axioms, OWL.Nothing):
        yield Denial("empty class", _body_of_all(axioms, [cls]))


def _directly_below(axioms: Graph, cls: Node) -> set[Node]:
    return {*axioms.subjects(RDFS.subClassOf, cls), *axioms.subjects(OWL.equivalentClass, cls),
            *axioms.objects(cls, OWL.equivalentClass)} - {cls}  # fmt: skip


def _body_of_all(axioms: Graph, classes: Iterable[Node]) -> tuple[Pattern, ...]:
    """The patterns that make `?x` an instance of all *classes*."""
    numbers = count()
    return tuple(dict.fromkeys(part for cls in classes for part in _denied(axioms, cls, numbers)))


def _denied(axioms: Graph, cls: Node, numbers: Iterator[int], variable: str = "?x") -> list[Pattern]:
    body = _body_of_class(axioms, cls, numbers, variable)
    if body is None:
        _refuse("in what must not be something other than classes, intersections and values", cls)
    return body


def _groups(axioms: Graph, kind: URIRef) -> Iterator[Iterable[tuple[Node, Node]]]:
    """The pairs of members of each axiom of *kind*; owlrl reads such lists itself, but leaves the last member out."""
    for axiom in axioms.subjects(RDF.type, kind):
        lists = [*axioms.objects(axiom, OWL.members), *axioms.objects(axiom, OWL.distinctMembers)]
        if not lists:
            _refuse(f"{kind} without members", axiom)
        for items in lists:
            yield combinations(sorted(set(_members(axioms, items)), key=str), 2)


def _property_denials(axioms: Graph) -> Iterator[Denial]:
    def of(kind: str) -> list[str]:
        return [_name(prop, OWL[kind]) for prop in axioms.subjects(RDF.type, OWL[kind])]

    for prop in of("FunctionalProperty"):
        yield Denial("functional property", (Pattern("?x", prop, "?y"), Pattern("?x", prop, "?z")), ("?y", "?z"))
    for prop in of("InverseFunctionalProperty"):
        shared = (Pattern("?x", prop, "?y"), Pattern("?z", prop, "?y"))
        yield Denial("inverse functional property", shared, ("?x", "?z"))
    for prop in of("AsymmetricProperty"):
        yield Denial("asymmetric property", (Pattern("?x", prop, "?y"), Pattern("?y", prop, "?x")))
    for prop in of("IrreflexiveProperty"):
        yield Denial("irreflexive property", (Pattern("?x", prop, "?x"),))
    pairs = list(axioms.subject_objects(OWL.propertyDisjointWith))
    pairs += [pair for group in _groups(axioms, OWL.AllDisjointProperties) for pair in group]
    for pair in pairs:
        one, other = sorted(_name(prop, OWL.propertyDisjointWith) for prop in pair)
        body = tuple(dict.fromkeys((Pattern("?x", one, "?y"), Pattern("?x", other, "?y"))))
        yield Denial("disjoint properties", body)


def _name(node: Node, construct: URIRef) -> str:
    if not isinstance(node, URIRef):
        _refuse(f"{construct} with something that has no IRI", node)
    return str(node)


def _individual_denials(axioms: Graph) -> Iterator[Denial]:
    for pair in (pair for group in _groups(axioms, OWL.AllDifferent) for pair in group):
        one, other = (_name(individual, OWL.AllDifferent) for individual in pair)
        for subject, value in ((one, other), (other, one)):
            yield Denial("different individuals", (Pattern(subject, str(OWL.sameAs), value),))


def _negative_denials(quads: list[Quad]) -> Iterator[Denial]:
    """One for each negative assertion, which names a subject, a property, and a thing or a literal as its value."""
    parts = [str(OWL[name]) for name in ("sourceIndividual", "assertionProperty", "targetIndividual", "targetValue")]
    said: dict[Term, list[tuple[str, Term]]] = {}
    for quad in quads:
        is_one = quad.predicate.value == TYPE and quad.object.value == str(OWL.NegativePropertyAssertion)
        if is_one or quad.predicate.value in parts:
            said.setdefault(quad.subject, []).append((quad.predicate.value, quad.object))
    for node, facts in said.items():
        subjects, properties, things, literals = ([o for p, o in facts if p == part] for part in parts)
        values = [*things, *literals]
        named = [term for term in (*subjects, *properties, *things) if isinstance(term, NamedNode)]
        is_whole = len(subjects) == len(properties) == len(values) == 1 and len(named) + len(literals) == 3
        if not is_whole or not all(isinstance(literal, Literal) for literal in literals):
            _refuse("owl:NegativePropertyAssertion without one subject, property and value that have names", node)
        written = values[0].value if things else _as_stored(values[0])
        pattern = Pattern(subjects[0].value, properties[0].value, written)
        yield Denial("negative property assertion", (pattern,))


def _as_stored(literal: Term) -> str:
    """The literal as a store gives it back: of some datatypes it keeps the value, not how it was written."""
    node = BlankNode("x")
    (quad,) = open_memory([Quad(node, RDF_TYPE, literal)])
    return str(quad.object)


def _maximum_denials(axioms: Graph, quads: list[Quad]) -> Iterator[Denial]:
    """For each class that may have at most no value, or at most one, of a property."""
    for quad in quads:
        if quad.predicate.value not in MAXIMA:
            continue
        restriction = (BNode if isinstance(quad.subject, BlankNode) else URIRef)(quad.subject.value)
        prop = axioms.value(restriction, OWL.onProperty)
        if quad.object.value not in ("0", "1") or prop is None:
            _refuse(f"{quad.predicate.value} {quad.object.value}", quad.subject)
        kind = axioms.value(restriction, OWL.onClass)
        for cls in axioms.subjects(RDFS.subClassOf, restriction):
            yield _maximum_denial(axioms, cls, str(prop), kind, is_one=quad.object.value == "1")


def _maximum_denial(axioms: Graph, cls: Node, prop: str, kind: Node | None, *, is_one: bool) -> Denial:
    numbers = count()
    body = _denied(axioms, cls, numbers)
    variables = ("?v", "?w") if is_one else ("?v",)
    for variable in variables:
        of_kind = [] if kind in (None, OWL.Thing) else _denied(axioms, kind, numbers, variable)
        body += [Pattern("?x", prop, variable), *of_kind]
    return Denial("maximum cardinality", tuple(body), ("?v", "?w") if is_one else None)
