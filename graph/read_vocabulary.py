"""Reading the ontology out of a version: each term with its labels, definition and place, for pages and for readers.

Of somebody else's ontology nothing is expected but that it says what is a class or a property.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

from graph.iris import DCT, OWL, RDF_TYPE, RDFS, SCHEMA, SKOS, Names
from graph.layout import Kind
from graph.rdf import Literal, NamedNode, Store, Term
from graph.read_names import is_readable

LANGUAGES = ("en", "be", "ru")
_KINDS = {
    f"{OWL}Class": "class",
    f"{RDFS}Datatype": "datatype",
    f"{SKOS}ConceptScheme": "concept scheme",
    f"{OWL}ObjectProperty": "object property",
    f"{OWL}DatatypeProperty": "data property",
    f"{OWL}AnnotationProperty": "annotation property",
}
_FOREIGN_KINDS = {
    **_KINDS, f"{RDFS}Class": "class", f"{OWL}TransitiveProperty": "object property",
    f"{OWL}SymmetricProperty": "object property", f"{OWL}InverseFunctionalProperty": "object property",
    f"{OWL}FunctionalProperty": "property", f"{RDF_TYPE.value.removesuffix('type')}Property": "property",
}  # fmt: skip
_HTTP_SCHEMA = "http://schema.org/"
_DC = "http://purl.org/dc/elements/1.1/"

TREE_SHOWN = 3_000
"""Classes that a tree of them shows."""
TREE_DEPTH = 40
"""How far they stand below each other in it."""


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
        local = self.iri.rsplit("#", 1)[-1].rsplit("/", 1)[-1]
        return pick(self.labels, language) or Text(local if is_readable(local) else self.iri)


@dataclass(frozen=True)
class Branch:
    """A class with those below it."""

    entry: TermEntry
    below: tuple[Branch, ...]


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

    @cached_property
    def _below(self) -> dict[str, list[TermEntry]]:
        found: dict[str, list[TermEntry]] = {}
        for entry in sorted(self.terms.values(), key=lambda entry: entry.iri):
            for parent in entry.parents:
                found.setdefault(parent, []).append(entry)
        return found

    def below(self, iri: str) -> list[TermEntry]:
        """The terms directly below *iri*, by IRI."""
        return self._below.get(iri, [])

    def roots(self) -> list[TermEntry]:
        """The classes with no class of the ontology above them, by IRI."""
        classes = [e for e in self.terms.values() if e.kind == "class"]
        return sorted((e for e in classes if not any(p in self.terms for p in e.parents)), key=lambda e: e.iri)

    def tree(self) -> tuple[Branch, ...]:
        """The classes as a tree, by IRI; classes that are below each other begin one of their own.

        At most `TREE_SHOWN`, and a class with several above it stands below each.
        """
        left = TREE_SHOWN
        reached: set[str] = set()

        def grow(entries: Iterable[TermEntry], above: tuple[str, ...]) -> Iterator[Branch]:
            nonlocal left
            for entry in entries:
                if entry.kind != "class" or entry.iri in above or len(above) > TREE_DEPTH or not left:
                    continue
                left -= 1
                reached.add(entry.iri)
                yield Branch(entry, tuple(grow(self.below(entry.iri), (*above, entry.iri))))

        found = list(grow(self.roots(), ()))
        for entry in sorted(self.terms.values(), key=lambda entry: entry.iri):
            if entry.iri not in reached:
                found += grow((entry,), ())
        return tuple(found)

    def properties(self) -> list[TermEntry]:
        """The properties, by IRI."""
        return sorted((e for e in self.terms.values() if e.is_property), key=lambda e: e.iri)


def read_vocabulary(store: Store, names: Names, kind: Kind = "record") -> Vocabulary:
    """The vocabulary that *store* holds in its ontology graph; none in layout `plain`, which has no such graph."""
    if kind == "plain":
        return Vocabulary({}, (), {})
    facts: dict[str, dict[str, list[Term]]] = {}
    for quad in store.quads_for_pattern(None, None, None, names.graph("ontology")):
        if isinstance(quad.subject, NamedNode) and "/.well-known/genid/" not in quad.subject.value:
            facts.setdefault(quad.subject.value, {}).setdefault(quad.predicate.value, []).append(quad.object)
    make = _entry if kind == "record" else _foreign_entry
    terms = {iri: entry for iri, said in facts.items() if (entry := make(iri, said, names)) is not None}
    bounds = {
        term.value: iri
        for iri, said in facts.items() for key in ("earliest", "latest")
        for term in said.get(names.term(key).value, ())
    }  # fmt: skip
    return Vocabulary(terms, _modules(facts, terms), bounds)


def _entry(iri: str, said: dict[str, list[Term]], names: Names) -> TermEntry | None:
    labels = _texts(said, f"{RDFS}label")
    kind = _kind(said, _KINDS)
    if kind is None or not labels:
        return None
    keys = sorted(t.value for t in said.get(names.term("key").value, ()))
    return TermEntry(
        iri, kind, labels,
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


def _foreign_entry(iri: str, said: dict[str, list[Term]], _: Names) -> TermEntry | None:
    """A term of somebody else's ontology: labels and definitions as most of them write them, or none."""
    kind = _kind(said, _FOREIGN_KINDS)
    if kind is None:
        return None
    labels = _first(said, f"{RDFS}label", f"{SKOS}prefLabel", f"{DCT}title")
    return TermEntry(
        iri, kind, tuple(label for label in labels if is_readable(label.value)),
        definitions=_first(said, f"{SKOS}definition", f"{RDFS}comment", f"{DCT}description"),
        examples=_texts(said, f"{SKOS}example"),
        sources=_iris(said, f"{DCT}source"),
        module=next(iter(_iris(said, f"{RDFS}isDefinedBy")), ""),
        parents=_iris(said, f"{RDFS}subClassOf", f"{RDFS}subPropertyOf"),
        domains=_iris(said, f"{RDFS}domain", f"{SCHEMA}domainIncludes", f"{_HTTP_SCHEMA}domainIncludes"),
        ranges=_iris(said, f"{RDFS}range", f"{SCHEMA}rangeIncludes", f"{_HTTP_SCHEMA}rangeIncludes"),
        matches=_iris(said, f"{OWL}equivalentClass", f"{OWL}equivalentProperty", f"{OWL}inverseOf",
                      f"{SKOS}closeMatch", f"{SKOS}exactMatch"),
    )  # fmt: skip


def _kind(said: dict[str, list[Term]], kinds: dict[str, str]) -> str | None:
    """The first of *kinds* that something is said to be."""
    types = {term.value for term in said.get(RDF_TYPE.value, ())}
    return next((kind for iri, kind in kinds.items() if iri in types), None)


def _first(said: dict[str, list[Term]], *predicates: str) -> tuple[Text, ...]:
    """The texts of the first of *predicates* that has some."""
    return next((texts for predicate in predicates if (texts := _texts(said, predicate))), ())


def _modules(facts: dict[str, dict[str, list[Term]]], terms: dict[str, TermEntry]) -> tuple[Module, ...]:
    found = []
    for iri, said in sorted(facts.items()):
        if NamedNode(f"{OWL}Ontology") in said.get(RDF_TYPE.value, ()):
            number = sum(entry.module == iri for entry in terms.values())
            labels = _first(said, f"{RDFS}label", f"{DCT}title", f"{_DC}title")
            comments = _first(said, f"{RDFS}comment", f"{DCT}description", f"{_DC}description")
            found.append(Module(iri, labels, comments, number))
    return tuple(found)


def _texts(said: dict[str, list[Term]], predicate: str) -> tuple[Text, ...]:
    literals = [t for t in said.get(predicate, ()) if isinstance(t, Literal)]
    order = {language: number for number, language in enumerate(LANGUAGES)}
    texts = {Text(t.value, t.language or "") for t in literals}
    return tuple(sorted(texts, key=lambda t: (order.get(t.language, len(order)), t.language, t.value)))


def _iris(said: dict[str, list[Term]], *predicates: str) -> tuple[str, ...]:
    found = {t.value for predicate in predicates for t in said.get(predicate, ()) if isinstance(t, NamedNode)}
    return tuple(sorted(iri for iri in found if "/.well-known/genid/" not in iri))
