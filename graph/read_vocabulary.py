"""Reading the ontology out of a version: each term with its labels, definition and place, for pages and for readers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from graph.iris import DCT, OWL, RDF_TYPE, RDFS, SCHEMA, SKOS, Names
from graph.rdf import Literal, NamedNode, Store, Term

LANGUAGES = ("en", "be", "ru")
_KINDS = {
    f"{OWL}Class": "class",
    f"{RDFS}Datatype": "datatype",
    f"{SKOS}ConceptScheme": "concept scheme",
    f"{OWL}ObjectProperty": "object property",
    f"{OWL}DatatypeProperty": "data property",
    f"{OWL}AnnotationProperty": "annotation property",
}


@dataclass(frozen=True)
class Text:
    """Words in a language; *language* is empty where none is known."""

    value: str
    language: str = ""


def pick(texts: Iterable[Text], language: str) -> Text | None:
    """The text in *language*, else in English, else the first by language tag; None where there is none."""
    best: dict[str, Text] = {}
    for text in sorted(texts, key=lambda t: (t.language, t.value)):
        best.setdefault(text.language, text)
        best.setdefault(text.language.split("-")[0], text)
    return best.get(language) or best.get("en") or next(iter(best.values()), None)


@dataclass(frozen=True)
class TermEntry:
    """A class, property, datatype or concept scheme of the ontology, as it stands there."""

    iri: str
    kind: str
    labels: tuple[Text, ...]
    definitions: tuple[Text, ...] = ()
    examples: tuple[Text, ...] = ()
    sources: tuple[str, ...] = ()
    module: str = ""
    parents: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    ranges: tuple[str, ...] = ()
    schemes: tuple[str, ...] = ()
    matches: tuple[str, ...] = ()
    key: str = ""

    @property
    def is_property(self) -> bool:
        """True for a property of any kind."""
        return self.kind.endswith("property")

    def label(self, language: str) -> Text:
        """The label in *language*, or the next best one."""
        return pick(self.labels, language) or Text(self.iri.rsplit("#", 1)[-1].rsplit("/", 1)[-1])


@dataclass(frozen=True)
class Module:
    """A file of the ontology: its IRI, its titles and what it says of itself."""

    iri: str
    labels: tuple[Text, ...]
    comments: tuple[Text, ...]
    terms: int


@dataclass(frozen=True)
class Vocabulary:
    """The terms of a version's ontology by IRI, its modules, and what its terms mean to a reader."""

    terms: dict[str, TermEntry] = field(repr=False)
    modules: tuple[Module, ...]
    bounds: dict[str, str] = field(repr=False)
    """The properties that hold the earliest or latest day of a dated one, each with the dated one."""

    def label(self, iri: str, language: str) -> Text | None:
        """The label of a term; None where *iri* is no term."""
        entry = self.terms.get(iri)
        return entry.label(language) if entry else None

    def above(self, iri: str) -> set[str]:
        """Everything above the term by asserted sub-class and sub-property axioms, without itself."""
        seen: set[str] = set()
        queue = [iri]
        while queue:
            entry = self.terms.get(queue.pop())
            for parent in entry.parents if entry else ():
                if parent not in seen:
                    seen.add(parent)
                    queue.append(parent)
        return seen - {iri}

    def most_specific_first(self, classes: Iterable[str]) -> list[str]:
        """The classes that are terms here, those deepest in the tree first."""
        known = [iri for iri in set(classes) if iri in self.terms]
        return sorted(known, key=lambda iri: (-len(self.above(iri)), iri))

    def below(self, iri: str) -> list[TermEntry]:
        """The terms directly below *iri*, by IRI."""
        return sorted((e for e in self.terms.values() if iri in e.parents), key=lambda e: e.iri)

    def roots(self) -> list[TermEntry]:
        """The classes with no class of the ontology above them, by IRI."""
        classes = [e for e in self.terms.values() if e.kind == "class"]
        return sorted((e for e in classes if not any(p in self.terms for p in e.parents)), key=lambda e: e.iri)

    def properties(self) -> list[TermEntry]:
        """The properties, by IRI."""
        return sorted((e for e in self.terms.values() if e.is_property), key=lambda e: e.iri)


def read_vocabulary(store: Store, names: Names) -> Vocabulary:
    """The vocabulary that *store* holds in its ontology graph."""
    facts: dict[str, dict[str, list[Term]]] = {}
    for quad in store.quads_for_pattern(None, None, None, names.graph("ontology")):
        if isinstance(quad.subject, NamedNode) and "/.well-known/genid/" not in quad.subject.value:
            facts.setdefault(quad.subject.value, {}).setdefault(quad.predicate.value, []).append(quad.object)
    terms = {iri: entry for iri, said in facts.items() if (entry := _entry(iri, said, names)) is not None}
    bounds = {
        term.value: iri
        for iri, said in facts.items() for key in ("earliest", "latest")
        for term in said.get(names.term(key).value, ())
    }  # fmt: skip
    return Vocabulary(terms, _modules(facts, terms), bounds)


def _entry(iri: str, said: dict[str, list[Term]], names: Names) -> TermEntry | None:
    kinds = [_KINDS[t.value] for t in said.get(RDF_TYPE.value, ()) if t.value in _KINDS]
    labels = _texts(said, f"{RDFS}label")
    if not kinds or not labels:
        return None
    keys = sorted(t.value for t in said.get(names.term("key").value, ()))
    return TermEntry(
        iri, kinds[0], labels,
        definitions=_texts(said, f"{SKOS}definition"),
        examples=_texts(said, f"{SKOS}example"),
        sources=_iris(said, f"{DCT}source"),
        module=next(iter(_iris(said, f"{RDFS}isDefinedBy")), ""),
        parents=_iris(said, f"{RDFS}subClassOf", f"{RDFS}subPropertyOf"),
        domains=_iris(said, f"{SCHEMA}domainIncludes", f"{RDFS}domain"),
        ranges=_iris(said, f"{SCHEMA}rangeIncludes", f"{RDFS}range"),
        schemes=_iris(said, names.term("scheme").value),
        matches=_iris(said, f"{SKOS}closeMatch", f"{SKOS}exactMatch", f"{OWL}equivalentClass", f"{OWL}inverseOf"),
        key=keys[0] if keys else "",
    )  # fmt: skip


def _modules(facts: dict[str, dict[str, list[Term]]], terms: dict[str, TermEntry]) -> tuple[Module, ...]:
    found = []
    for iri, said in sorted(facts.items()):
        if NamedNode(f"{OWL}Ontology") in said.get(RDF_TYPE.value, ()):
            number = sum(entry.module == iri for entry in terms.values())
            found.append(Module(iri, _texts(said, f"{RDFS}label"), _texts(said, f"{RDFS}comment"), number))
    return tuple(found)


def _texts(said: dict[str, list[Term]], predicate: str) -> tuple[Text, ...]:
    literals = [t for t in said.get(predicate, ()) if isinstance(t, Literal)]
    order = {language: number for number, language in enumerate(LANGUAGES)}
    texts = {Text(t.value, t.language or "") for t in literals}
    return tuple(sorted(texts, key=lambda t: (order.get(t.language, len(order)), t.language, t.value)))


def _iris(said: dict[str, list[Term]], *predicates: str) -> tuple[str, ...]:
    found = {t.value for predicate in predicates for t in said.get(predicate, ()) if isinstance(t, NamedNode)}
    return tuple(sorted(iri for iri in found if "/.well-known/genid/" not in iri))
