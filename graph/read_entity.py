"""Reading an entity: its names, its facts with what supports each, what is disputed, and what was inferred.

The cost is bounded: at most `ASSERTED_LIMIT` stated triples are read, and `VALUES_SHOWN` inferred values of a property.
Somebody else's things are read the same way: everything that is said of them is shown, with the graph that says it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from graph.iris import DCT, LITERAL_FORM, PREF_LABEL, RDF_TYPE
from graph.layout import GraphName
from graph.rdf import DefaultGraph, Literal, NamedNode, Quad, QuerySolutions, Term, Triple
from graph.read import Reader, Text, Value, pick
from graph.read_claims import Citation, Citations

ASSERTED_LIMIT = 5000
VALUES_SHOWN = 50


@dataclass(frozen=True)
class Fact:
    """One value with its origin: `claim`, `editorial`, `description` (of a document), `ontology` or `inferred`.

    What is somebody else's has the origin `stated`, or `graph` where *graphs* are the named ones that state it.
    """

    value: Value
    origin: str
    citations: tuple[Citation, ...] = ()
    graphs: tuple[Value, ...] = ()

    @property
    def accepted(self) -> bool:
        """False where only claims that are not accepted say so: a plain query does not see it."""
        return self.origin != "claim" or any(citation.accepted for citation in self.citations)


@dataclass(frozen=True)
class FactGroup:
    """The values of one property; *total* tells where more exist than are listed."""

    predicate: Value
    definition: str
    facts: tuple[Fact, ...]
    total: int

    @property
    def accepted(self) -> tuple[Fact, ...]:
        """The facts that a plain query sees."""
        return tuple(fact for fact in self.facts if fact.accepted)

    @property
    def is_plain_type(self) -> bool:
        """True for types that the record gives without a passage: the page's head names them already."""
        return self.predicate.iri == RDF_TYPE.value and not any(fact.citations for fact in self.facts)

    @property
    def disputed(self) -> tuple[Fact, ...]:
        """The facts that only claims state which are not accepted."""
        return tuple(fact for fact in self.facts if not fact.accepted)

    def is_opposed(self, fact: Fact) -> bool:
        """True where a claim for another value of this property contradicts a claim for *fact*."""
        others = {citation.claim for other in self.facts if other != fact for citation in other.citations}
        return any(claim in others for citation in fact.citations for claim in citation.contradicts)


@dataclass(frozen=True)
class NameForm:
    """A name with the claims that attest it, or its *origin* where no passage prints it."""

    iri: str
    text: Text
    script: str
    given: str
    origin: str
    citations: tuple[Citation, ...]

    @property
    def accepted(self) -> bool:
        """False where no accepted claim attests it."""
        return any(citation.accepted for citation in self.citations) or not self.citations


@dataclass(frozen=True)
class Entity:
    """A thing as its page shows it."""

    iri: str
    label: Text
    labels: tuple[Text, ...]
    types: tuple[Value, ...]
    other_types: tuple[Value, ...]
    date: str
    names: tuple[NameForm, ...]
    facts: tuple[FactGroup, ...]
    bounds: tuple[FactGroup, ...]
    inferred: tuple[FactGroup, ...]
    restated: tuple[FactGroup, ...]
    complete: bool

    @property
    def is_apart(self) -> bool:
        """True where only graphs apart from the record say something about the thing."""
        return bool(self.facts) and all(fact.origin == "graph" for group in self.facts for fact in group.facts)

    @property
    def is_conflicted(self) -> bool:
        """True where claims that are not accepted say something about the thing too."""
        return any(group.disputed for group in self.facts)


@dataclass(frozen=True)
class _Stated:
    """Where one triple of the entity is stated."""

    graphs: tuple[GraphName, ...]


def is_redacted(reader: Reader, subject: NamedNode) -> bool:
    """True where *subject* is a redacted claim, or where nothing is left of it but redacted claims about it."""
    status, redacted = reader.names.term("status"), reader.names.voc("redacted")
    if reader.holds(subject):
        return bool(reader.one(subject, status) == redacted)
    if reader.layout.kind != "record":
        return False
    claims = reader.store.quads_for_pattern(None, reader.names.term("about"), subject, DefaultGraph())
    states = {reader.one(quad.subject, status) for quad in claims if isinstance(quad.subject, NamedNode)}
    return states == {redacted}


def replacement(reader: Reader, subject: NamedNode) -> str:
    """The IRI of the thing that *subject* was merged into; empty where it was not."""
    return reader.word(subject, NamedNode(f"{DCT}isReplacedBy"))


def read_entity(reader: Reader, subject: NamedNode) -> Entity:
    """The entity as a page shows it; ask `Reader.holds` first whether there is one."""
    return _EntityReading(reader, subject).entity()


class _EntityReading:
    """One reading of one entity."""

    def __init__(self, reader: Reader, subject: NamedNode) -> None:
        self.reader = reader
        self.names = reader.names
        self.subject = subject
        self.is_ours = reader.is_ours(subject)
        self.citations = Citations(reader)
        self.stated, self.complete = self._read_stated()

    def entity(self) -> Entity:
        label = self.reader.value(self.subject)
        facts, bounds, restated = self._stated_groups()
        inferred, more = ((), ()) if self.reader.layout.kind == "plain" else self._inferred_groups()
        types = self.reader.types(self.subject)
        others = {t.value for t in self.reader.objects(self.subject, RDF_TYPE)} - set(types)
        return Entity(
            iri=self.subject.value, label=Text(label.text, label.language), labels=self._labels(),
            types=tuple(self.reader.term(NamedNode(iri)) for iri in types),
            other_types=self.reader.values(NamedNode(iri) for iri in others if self.is_ours),
            date=self.reader.date(self.subject), names=self._name_forms(),
            facts=facts, bounds=bounds, inferred=inferred, restated=(*restated, *more), complete=self.complete,
        )  # fmt: skip

    def _read_stated(self) -> tuple[dict[Triple, _Stated], bool]:
        """Every triple that some graph states of the subject, what was inferred left out."""
        found: dict[Triple, list[GraphName]] = {}
        number = 0
        for quad in islice(self._stated_quads(), ASSERTED_LIMIT + 1):
            number += 1
            found.setdefault(quad.triple, []).append(quad.graph_name)
        return {t: _Stated(tuple(sorted(graphs, key=str))) for t, graphs in found.items()}, number <= ASSERTED_LIMIT

    def _stated_quads(self) -> Iterator[Quad]:
        quads = self.reader.store.quads_for_pattern(self.subject, None, None, None)
        return (quad for quad in quads if self.reader.layout.is_stated(quad.graph_name))

    def _labels(self) -> tuple[Text, ...]:
        if not self.is_ours:  # they stand among the facts
            return ()
        return tuple(sorted(self.reader.texts(self.subject, PREF_LABEL), key=lambda text: (text.language, text.value)))

    def _name_forms(self) -> tuple[NameForm, ...]:
        predicate = self.names.term("nameForm")
        forms = [self._name_form(triple) for triple in self.stated if triple.predicate == predicate]
        return tuple(sorted(forms, key=lambda form: (form.text.language, form.text.value)))

    def _name_form(self, triple: Triple) -> NameForm:
        form, store = triple.object, self.reader.store
        said = list(store.quads_for_pattern(form, None, None, None)) if isinstance(form, NamedNode) else []

        def literal(predicate: NamedNode) -> Text:
            found = [q.object for q in said if q.predicate == predicate and isinstance(q.object, Literal)]
            return pick((Text(t.value, t.language or "") for t in found), self.reader.language) or Text("")

        return NameForm(
            form.value, literal(LITERAL_FORM), literal(self.names.term("script")).value,
            literal(self.names.term("givenName")).value, self._origin(said), self._cite(self.stated[triple]),
        )  # fmt: skip

    def _origin(self, said: list[Quad]) -> str:
        """The label of where the form comes from, empty where a passage prints it."""
        found = [q.object for q in said if q.predicate == self.names.term("origin")]
        elsewhere = [term for term in found if term != self.names.voc("attested")]
        return self.reader.value(elsewhere[0]).text if len(elsewhere) == len(found) and found else ""

    def _cite(self, stated: _Stated) -> tuple[Citation, ...]:
        found = [self.citations.cite(graph) for graph in stated.graphs if self.citations.is_claim(graph)]
        return tuple(sorted(found, key=lambda citation: (not citation.accepted, citation.order)))

    def _stated_groups(self) -> tuple[tuple[FactGroup, ...], tuple[FactGroup, ...], tuple[FactGroup, ...]]:
        """The groups that a page leads with, the day bounds of its dates, and statements outside the ontology."""
        by_property: dict[NamedNode, list[Fact]] = {}
        for triple, stated in self.stated.items():
            if not self.is_ours or triple.predicate not in (PREF_LABEL, self.names.term("nameForm")):
                by_property.setdefault(triple.predicate, []).append(self._fact(triple, stated))
        main: list[FactGroup] = []
        bounds: list[FactGroup] = []
        others: list[FactGroup] = []
        for predicate, facts in by_property.items():
            group = self._group(predicate, facts, len(facts))
            if predicate.value in self.reader.vocabulary.bounds:
                bounds.append(group)
            elif not self.is_ours or predicate.value in self.reader.vocabulary.terms or predicate == RDF_TYPE:
                main.append(group)
            else:
                others.append(group)
        return _ordered(main), _ordered(bounds), _ordered(others)

    def _fact(self, triple: Triple, stated: _Stated) -> Fact:
        citations, value = self._cite(stated), self.reader.value(triple.object)
        is_record = self.reader.layout.kind == "record"
        apart = [graph for graph in stated.graphs if self.reader.is_apart(graph)]
        own = {graph for graph in stated.graphs if graph not in apart}
        if self.names.graph("base") in own:
            return Fact(value, "editorial" if is_record else "stated", citations)
        if citations:
            return Fact(value, "claim", citations)
        if self.reader.layout.ontology in own:
            return Fact(value, "ontology")
        if own:
            return Fact(value, "description" if is_record else "stated")
        return Fact(value, "graph", graphs=self.reader.values(apart))

    def _group(self, predicate: NamedNode, facts: Iterable[Fact], total: int) -> FactGroup:
        entry = self.reader.vocabulary.terms.get(predicate.value)
        definition = pick(entry.definitions, self.reader.language) if entry else None
        name = Value(predicate, "type", "en") if predicate == RDF_TYPE else self.reader.term(predicate)
        ordered = sorted(facts, key=lambda f: (not f.accepted, f.value.text.casefold(), f.value.written))
        return FactGroup(name, definition.value if definition else "", tuple(ordered), total)

    def _inferred_groups(self) -> tuple[tuple[FactGroup, ...], tuple[FactGroup, ...]]:
        """What only inference says: in terms of the ontology, and in terms of other vocabularies."""
        graph = self.names.graph("inferred")
        rows = self.reader.store.query(
            f"SELECT ?p (COUNT(*) AS ?n) WHERE {{ GRAPH {graph} {{ {self.subject} ?p ?o }} "
            f"FILTER(?o != {self.subject}) }} GROUP BY ?p"
        )
        assert isinstance(rows, QuerySolutions)  # noqa: S101 - a SELECT
        own: list[FactGroup] = []
        others: list[FactGroup] = []
        for row in rows:
            predicate = row["p"]
            if predicate == RDF_TYPE:
                continue
            values = [self.reader.value(term) for term in self._first_values(graph, predicate)]
            group = self._group(predicate, [Fact(value, "inferred") for value in values], int(row["n"].value))
            is_main = not self.is_ours or predicate.value in self.reader.vocabulary.terms
            (own if is_main else others).append(group)
        return _ordered(own), _ordered(others)

    def _first_values(self, graph: NamedNode, predicate: NamedNode) -> list[Term]:
        rows = self.reader.store.query(
            f"SELECT ?o WHERE {{ GRAPH {graph} {{ {self.subject} {predicate} ?o }} "
            f"FILTER(?o != {self.subject}) }} LIMIT {VALUES_SHOWN}"
        )
        assert isinstance(rows, QuerySolutions)  # noqa: S101 - a SELECT
        return [row["o"] for row in rows]


def _ordered(groups: Iterable[FactGroup]) -> tuple[FactGroup, ...]:
    """The type first, then by the property's words."""
    def key(group: FactGroup) -> tuple[bool, str, str]:
        return group.predicate.iri != RDF_TYPE.value, group.predicate.text.casefold(), group.predicate.iri

    return tuple(sorted(groups, key=key))
