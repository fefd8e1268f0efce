"""What an ontology says that no conclusions are drawn from, parted from what the reasoner takes.

In an ontology of our own such an axiom is refused (`graph.rules`). Somebody else's is taken as it is: each such axiom
is left out whole, so that what is left never means more than the ontology says, and is told of. Of what is left, every
rule and denial can be made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from graph.iris import OWL, RDF_TYPE, RDFS, XSD
from graph.rdf import BlankNode, Literal, NamedNode, Quad, Term
from graph.report import Finding
from graph.rules import BETWEEN_NAMES, MAXIMA, NOTHING, UNSUPPORTED, UNSUPPORTED_KINDS

GROUP = 100
"""Members of an axiom that says of each pair of them that they differ; one with more would mean too many denials."""

TOLD = 100
"""Axioms of one construct that are told of one by one."""

LARGEST = 100
"""Parts of a class expression, with theirs."""

_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_FIRST, _REST, _NIL = f"{_RDF}first", f"{_RDF}rest", NamedNode(f"{_RDF}nil")
_EVERYTHING = NamedNode(f"{OWL}Thing")
_SUBCLASS, _EQUIVALENT, _DISJOINT = f"{RDFS}subClassOf", f"{OWL}equivalentClass", f"{OWL}disjointWith"
_COMPLEMENT, _ON_PROPERTY, _ON_CLASS = f"{OWL}complementOf", f"{OWL}onProperty", f"{OWL}onClass"
_SOME, _VALUE, _INTERSECTION = f"{OWL}someValuesFrom", f"{OWL}hasValue", f"{OWL}intersectionOf"
_UNION, _PARTS, _DISTINCT = f"{OWL}disjointUnionOf", f"{OWL}members", f"{OWL}distinctMembers"
_CHAIN = f"{OWL}propertyChainAxiom"
_DISJOINT_PROPERTY = f"{OWL}propertyDisjointWith"
_PAIRED = (_UNION, _PARTS, _DISTINCT)
_OF_PROPERTIES = frozenset(
    f"{OWL}{name}Property" for name in ("Functional", "InverseFunctional", "Asymmetric", "Irreflexive", "Symmetric",
                                        "Transitive")
)  # fmt: skip
_KINDS_OF_PROPERTIES = tuple(f"{OWL}{name}Property" for name in ("Object", "Datatype", "Annotation"))
_DATATYPES = (XSD, f"{RDFS}Literal", f"{_RDF}langString", f"{_RDF}XMLLiteral", f"{_RDF}HTML", f"{_RDF}PlainLiteral")
_GROUPS = frozenset(f"{OWL}{name}" for name in ("AllDisjointClasses", "AllDisjointProperties", "AllDifferent"))
_NEGATIVE = f"{OWL}NegativePropertyAssertion"
_ASSERTED = tuple(
    f"{OWL}{name}" for name in ("sourceIndividual", "assertionProperty", "targetIndividual", "targetValue")
)


@dataclass(frozen=True, order=True)
class LeftOut:
    """An axiom that is left out: the *construct* it is written with, and what it is *about*."""

    construct: str
    about: str


def leave_out(quads: Iterable[Quad]) -> tuple[list[Quad], list[LeftOut]]:
    """What of an ontology can be compiled to rules and denials, and what is left out of it, in a fixed order."""
    parting = _Parting(_Axioms(quads))
    parting.part()
    told = {one.about for one in parting.found if one.construct not in BETWEEN_NAMES}
    found = (one for one in parting.found if one.construct not in BETWEEN_NAMES or one.about not in told)
    kept = parting.axioms.kept()  # that a domain has no name is no news beside what it is made of
    return [*kept, *_objects(parting.axioms, kept)], sorted(found)


def _objects(axioms: _Axioms, kept: Iterable[Quad]) -> list[Quad]:
    """That a property leads to things, where no more is said of it than a class as its range, as RDFS allows."""
    properties = {
        quad.subject for quad in kept
        if quad.predicate.value == f"{RDFS}range" and not quad.object.value.startswith(_DATATYPES)
        and not axioms.is_a(quad.object, f"{RDFS}Datatype")
        and not axioms.is_a(quad.subject, *_KINDS_OF_PROPERTIES)
    }  # fmt: skip
    kind = NamedNode(f"{OWL}ObjectProperty")
    return [Quad(subject, RDF_TYPE, kind) for subject in sorted(properties, key=str)]


def to_findings(left_out: Iterable[LeftOut]) -> list[Finding]:
    """An Info for each; of one construct at most `TOLD`, and one more that tells how many others there are."""
    found: list[Finding] = []
    by_construct: dict[str, list[LeftOut]] = {}
    for one in left_out:
        by_construct.setdefault(one.construct, []).append(one)
    for construct, group in by_construct.items():
        found += [_finding(construct, one.about, f"on {one.about}") for one in group[:TOLD]]
        if len(group) > TOLD:
            found.append(_finding(construct, construct, f"on {len(group) - TOLD} more"))
    return found


def is_left_out(finding: Finding) -> bool:
    """True for a finding that tells of an axiom that is left out."""
    return finding.severity == "Info" and finding.component == finding.shape and finding.shape.startswith((OWL, RDFS))


def _finding(construct: str, about: str, where: str) -> Finding:
    name = construct.replace(OWL, "owl:").replace(RDFS, "rdfs:")
    return Finding(
        severity="Info", shape=construct, focus=about, path=None, value=None, component=construct,
        message=f"the reasoner draws no conclusions from {name} {where}",
        remedy="Where data should be checked by it, say it as a SHACL shape.",
    )  # fmt: skip


class _Axioms:
    """The quads of an ontology, looked up by what stands in them; those that were dropped are not found any more."""

    def __init__(self, quads: Iterable[Quad]) -> None:
        self._quads = dict.fromkeys(quads)
        self._of: dict[Term, list[Quad]] = {}
        self._to: dict[Term, list[Quad]] = {}
        self._by: dict[str, list[Quad]] = {}
        self._about: dict[Term, str] = {}
        for quad in self._quads:
            self._of.setdefault(quad.subject, []).append(quad)
            self._to.setdefault(quad.object, []).append(quad)
            self._by.setdefault(quad.predicate.value, []).append(quad)

    def kept(self) -> list[Quad]:
        """What was not dropped."""
        return list(self._quads)

    def drop(self, quad: Quad) -> bool:
        """Drop *quad*; False where that was done already."""
        return self._quads.pop(quad, False) is None

    def is_kept(self, quad: Quad) -> bool:
        """True for what was not dropped."""
        return quad in self._quads

    def of(self, node: Term) -> list[Quad]:
        """What is said of *node*."""
        return [quad for quad in self._of.get(node, ()) if quad in self._quads]

    def uses(self, node: Term) -> list[Quad]:
        """What leads to *node*."""
        return [quad for quad in self._to.get(node, ()) if quad in self._quads]

    def by(self, *predicates: str) -> list[Quad]:
        """What is said with one of *predicates*."""
        return [quad for predicate in predicates for quad in self._by.get(predicate, ()) if quad in self._quads]

    def of_kinds(self, kinds: Iterable[str]) -> list[Quad]:
        """What says that something is of one of *kinds*."""
        return [quad for kind in kinds for quad in self.uses(NamedNode(kind)) if quad.predicate == RDF_TYPE]

    def is_a(self, node: Term, *kinds: str) -> bool:
        """True where *node* is said to be of one of *kinds*."""
        return any(kind.value in kinds for kind in self.values(node, RDF_TYPE.value))

    def values(self, node: Term, predicate: str) -> list[Term]:
        """The values of *predicate*."""
        return [quad.object for quad in self.of(node) if quad.predicate.value == predicate]

    def members(self, node: Term) -> list[Term] | None:
        """The members of a list; None where it is broken, runs in a circle, or has a literal in it."""
        found: list[Term] = []
        seen: set[Term] = set()
        while node != _NIL:
            firsts, rests = self.values(node, _FIRST), self.values(node, _REST)
            if node in seen or len(firsts) != 1 or len(rests) != 1 or isinstance(firsts[0], Literal):
                return None
            seen.add(node)
            found.append(firsts[0])
            node = rests[0]
        return found

    def parts(self, node: Term) -> list[Term]:
        """The expressions that a class expression without a name is made of."""
        if not isinstance(node, BlankNode):
            return []
        lists = [self.members(items) or () for items in self.values(node, _INTERSECTION)]
        return [*(part for members in lists for part in members), *self.values(node, _SOME)]

    def has_body(self, node: Term) -> bool:
        """True for a class that a rule can have as its condition: a name, an intersection, or some value of such."""
        if not isinstance(node, BlankNode):
            return isinstance(node, NamedNode)
        is_one = any(self.values(node, predicate) for predicate in (_INTERSECTION, _SOME, _VALUE))
        return is_one and all(map(self.has_body, self.parts(node)))

    def too_large(self) -> list[Term]:
        """Class expressions that hold themselves, or more than `LARGEST` parts."""
        found: list[Term] = []
        sizes: dict[Term, int] = {}

        def measure(node: Term, above: frozenset[Term]) -> int:
            if node not in sizes:
                parts = self.parts(node)
                within = above | {node}
                is_too_large = len(within) > LARGEST or not within.isdisjoint(parts)
                size = 1 if is_too_large else 1 + sum(measure(part, within) for part in parts)
                if is_too_large or size > LARGEST:
                    found.append(node)
                    size = 1
                sizes[node] = size
            return sizes[node]

        for quad in self.by(_INTERSECTION, _SOME):
            measure(quad.subject, frozenset())
        return found

    def about(self, node: Term) -> str:
        """The nearest thing with a name that *node* is part of, else one that it speaks of, else itself."""
        if isinstance(node, NamedNode):
            return str(node.value)
        if node not in self._about:
            above = _nearest(node, lambda at: [quad.subject for quad in self._to.get(at, ())])
            below = _nearest(node, lambda at: [quad.object for quad in self._of.get(at, ())
                                               if quad.predicate != RDF_TYPE])  # fmt: skip
            self._about[node] = above or below or f"_:{node.value}"
        return self._about[node]


def _nearest(node: Term, around: Callable[[Term], Iterable[Term]]) -> str:
    """The IRI nearest to *node* by way of blank nodes: of several the first in order; empty where there is none."""
    seen, ring = {node}, [node]
    while ring:
        others = {other for at in ring for other in around(at)} - seen
        names: list[str] = sorted(other.value for other in others if isinstance(other, NamedNode) and other != _NIL)
        if names:
            return names[0]
        seen |= others
        ring = [other for other in others if isinstance(other, BlankNode)]
    return ""


class _Parting:
    """One ontology, from which axioms are taken until the rest can be compiled."""

    def __init__(self, axioms: _Axioms) -> None:
        self.axioms = axioms
        self.found: set[LeftOut] = set()

    def part(self) -> None:
        """Take out what is not supported: first constructs, then what is malformed, then what cannot be denied."""
        for step in (
            self._constructs, self._unnamed, self._restrictions, self._lists, self._circles, self._conditions,
            self._expressions, self._maxima, self._groups, self._assertions,
        ):  # fmt: skip
            for quad in list(step()):
                self._drop(quad)

    def _drop(self, quad: Quad, construct: str | None = None) -> None:
        if self.axioms.drop(quad):
            about = self.axioms.about(quad.subject)
            self.found.add(LeftOut(construct or self._construct(quad), about))

    def _construct(self, quad: Quad) -> str:
        """What an axiom is written with: of one that has many parts its kind."""
        predicate = quad.predicate.value
        if quad.predicate == RDF_TYPE:
            return str(quad.object.value)
        if predicate in (_PARTS, _DISTINCT):
            kinds = {kind.value for kind in self.axioms.values(quad.subject, RDF_TYPE.value)} & _GROUPS
            return min(kinds, default=str(predicate))
        is_part = predicate in _ASSERTED
        return _NEGATIVE if is_part else str(predicate)

    def _constructs(self) -> Iterator[Quad]:
        yield from self.axioms.by(*UNSUPPORTED)
        yield from self.axioms.of_kinds(UNSUPPORTED_KINDS)

    def _unnamed(self) -> Iterator[Quad]:
        """Axioms between properties, classes and things that need a name, and have none."""
        for quad in self.axioms.by(*BETWEEN_NAMES, _DISJOINT_PROPERTY):
            is_free = quad.predicate.value not in (f"{RDFS}subPropertyOf", _DISJOINT_PROPERTY)
            if not isinstance(quad.object, NamedNode) or not (is_free or isinstance(quad.subject, NamedNode)):
                yield quad
        for quad in self.axioms.of_kinds(_OF_PROPERTIES):
            if not isinstance(quad.subject, NamedNode):
                yield quad

    def _restrictions(self) -> Iterator[Quad]:
        """Restrictions of no property, or of one that was left out, and expressions that say two things at once."""
        for quad in self.axioms.by(_SOME, _VALUE, *MAXIMA):
            if len(self.axioms.values(quad.subject, _ON_PROPERTY)) != 1:
                yield quad
        for quad in self.axioms.by(_SOME, _VALUE, _INTERSECTION, _ON_CLASS):
            values = self.axioms.values(quad.subject, quad.predicate.value)
            if len(values) > 1 and isinstance(quad.subject, BlankNode):
                yield quad

    def _lists(self) -> Iterator[Quad]:
        """What has a list that is empty, broken, too long, or of what cannot stand in it."""
        for quad in self.axioms.by(_INTERSECTION, _CHAIN, *_PAIRED):
            members, predicate = self.axioms.members(quad.object), quad.predicate.value
            is_too_long = members is not None and predicate in _PAIRED and len(set(members)) > GROUP
            if not members or is_too_long or (predicate == _CHAIN and not self._is_chain(quad.subject, members)):
                yield quad

    def _is_chain(self, subject: Term, links: Iterable[Term]) -> bool:
        return isinstance(subject, NamedNode) and all(map(self._is_link, links))

    def _is_link(self, part: Term) -> bool:
        inverses = self.axioms.values(part, f"{OWL}inverseOf")
        return isinstance(part, NamedNode) or (len(inverses) == 1 and isinstance(inverses[0], NamedNode))

    def _circles(self) -> Iterator[Quad]:
        """Class expressions that stand within themselves, and those of too many parts."""
        for node in self.axioms.too_large():
            yield from (part for part in self.axioms.of(node) if part.predicate.value in (_INTERSECTION, _SOME))

    def _conditions(self) -> Iterator[Quad]:
        """What can be denied of a class, and is used otherwise than as the class above another."""
        for quad in self.axioms.by(_COMPLEMENT, *MAXIMA):
            node, construct = quad.subject, quad.predicate.value
            if construct == _COMPLEMENT and not isinstance(node, BlankNode):
                continue
            unequal = set() if construct == _COMPLEMENT else {_EQUIVALENT}
            for below in self.axioms.of(node):
                if below.predicate.value in unequal | {_SUBCLASS, _DISJOINT}:
                    self._drop(below, construct)
            for above in self.axioms.uses(node):
                if above.predicate.value in unequal | {_DISJOINT}:
                    self._drop(above, construct)
                elif above.predicate.value not in (_SUBCLASS, _EQUIVALENT):
                    yield quad  # what it is part of then has a part that means nothing, and no rule is made of it

    def _expressions(self) -> Iterator[Quad]:
        """Classes that would be denied, and are not classes, intersections and values of them."""
        has_body = self.axioms.has_body
        for quad in self.axioms.by(_DISJOINT):
            if not (has_body(quad.subject) and has_body(quad.object)):
                yield quad
        for quad in self.axioms.by(_UNION):
            if not all(map(has_body, self.axioms.members(quad.object) or ())):
                yield quad
        for quad in self.axioms.by(_COMPLEMENT):
            if not has_body(quad.object):
                yield quad
            elif isinstance(quad.subject, BlankNode):
                yield from self._bodiless_below(quad.subject)
        yield from self._bodiless_below(NamedNode(NOTHING))

    def _bodiless_below(self, node: Term) -> Iterator[Quad]:
        """What puts something directly below *node* that has no body."""
        for quad in self.axioms.uses(node):
            if quad.predicate.value in (_SUBCLASS, _EQUIVALENT) and not self.axioms.has_body(quad.subject):
                yield quad
        for quad in self.axioms.of(node):
            if quad.predicate.value == _EQUIVALENT and not self.axioms.has_body(quad.object):
                yield quad

    def _maxima(self) -> Iterator[Quad]:
        for quad in self.axioms.by(*MAXIMA):
            kinds = self.axioms.values(quad.subject, _ON_CLASS)
            is_plain = all(kind == _EVERYTHING or self.axioms.has_body(kind) for kind in kinds)
            if quad.object.value not in ("0", "1") or not is_plain:
                yield quad
            else:
                yield from (use for use in self.axioms.uses(quad.subject)
                            if use.predicate.value == _SUBCLASS and not self.axioms.has_body(use.subject))  # fmt: skip

    def _groups(self) -> Iterator[Quad]:
        """Axioms on pairs whose members cannot be told apart, and those that are left without members."""
        for quad in self.axioms.of_kinds(_GROUPS):
            is_of_classes = quad.object.value == f"{OWL}AllDisjointClasses"
            lists = [part for part in self.axioms.of(quad.subject) if part.predicate.value in (_PARTS, _DISTINCT)]
            for part in lists:
                members = self.axioms.members(part.object) or ()
                if not all(map(self.axioms.has_body if is_of_classes else _is_named, members)):
                    self._drop(part)
            if not any(map(self.axioms.is_kept, lists)):
                yield quad

    def _assertions(self) -> Iterator[Quad]:
        """Negative assertions that lack a part, or have a part twice."""
        parts = [*self.axioms.of_kinds((_NEGATIVE,)), *self.axioms.by(*_ASSERTED)]
        yield from (part for part in parts if not self._is_whole(part.subject))

    def _is_whole(self, node: Term) -> bool:
        subjects, properties, things, literals = (self.axioms.values(node, part) for part in _ASSERTED)
        is_one = len(subjects) == len(properties) == len(things) + len(literals) == 1
        are_named = all(isinstance(term, NamedNode) for term in (*subjects, *properties, *things))
        return is_one and are_named and all(isinstance(term, Literal) for term in literals)


def _is_named(term: Term) -> bool:
    return isinstance(term, NamedNode)
