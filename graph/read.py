"""Reading a version for people: terms with their labels in a language, each looked up once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from graph.iris import DCT, LITERAL_FORM, OA, PREF_LABEL, RDF_TYPE, RDFS, Names
from graph.rdf import DefaultGraph, Literal, NamedNode, Store, Term
from graph.read_vocabulary import LANGUAGES, Text, Vocabulary, pick

_LABELS = (PREF_LABEL, NamedNode(f"{RDFS}label"), LITERAL_FORM, NamedNode(f"{DCT}title"))
_DATES = ("date", "start", "end", "dateMin")


@dataclass(frozen=True)
class Value:
    """A term with the words that stand for it: a thing's label, or a literal itself."""

    term: Term
    text: str
    language: str = ""

    @property
    def iri(self) -> str:
        """The thing's IRI; empty for a literal."""
        return self.term.value if isinstance(self.term, NamedNode) else ""

    @property
    def datatype(self) -> str:
        """The literal's datatype; empty for a thing."""
        return self.term.datatype.value if isinstance(self.term, Literal) else ""

    @property
    def written(self) -> str:
        """The term as N-Triples writes it."""
        return str(self.term)


class Reader:
    """Looks terms up in one store and names them in one language; what was looked up once is kept."""

    def __init__(self, store: Store, names: Names, vocabulary: Vocabulary, language: str = LANGUAGES[0]) -> None:
        self.store = store
        self.names = names
        self.vocabulary = vocabulary
        self.language = language
        self._kept: dict[Term, Value] = {}

    def objects(self, subject: Term, predicate: NamedNode) -> list[Term]:
        """What a plain query sees as the values of *predicate*, in a fixed order."""
        if isinstance(subject, Literal):
            return []
        quads = self.store.quads_for_pattern(subject, predicate, None, DefaultGraph())
        return sorted((quad.object for quad in quads), key=str)

    def one(self, subject: Term, predicate: NamedNode) -> Term | None:
        """The first of the values, or None."""
        found = self.objects(subject, predicate)
        return found[0] if found else None

    def word(self, subject: Term, predicate: NamedNode) -> str:
        """The first of the values as a string; empty where there is none."""
        found = self.one(subject, predicate)
        return found.value if found is not None else ""

    def holds(self, subject: NamedNode) -> bool:
        """True where anything is said of *subject*, in any graph."""
        return any(True for _ in self.store.quads_for_pattern(subject, None, None, None))

    def texts(self, subject: Term, predicate: NamedNode) -> list[Text]:
        """The literals of *predicate* with their languages."""
        literals = [t for t in self.objects(subject, predicate) if isinstance(t, Literal)]
        return [Text(t.value, t.language or "") for t in literals]

    def value(self, term: Term) -> Value:
        """The term with its words in this reader's language."""
        if isinstance(term, Literal):
            return Value(term, term.value, term.language or "")
        kept = self._kept.get(term)
        if kept is None:
            text = self._label(term) if isinstance(term, NamedNode) else Text(term.value)
            kept = self._kept[term] = Value(term, text.value, text.language)
        return kept

    def values(self, terms: Iterable[Term]) -> tuple[Value, ...]:
        """Each term with its words, in the order of these."""
        return tuple(sorted((self.value(term) for term in set(terms)), key=lambda v: (v.text.casefold(), v.written)))

    def thing(self, iri: str) -> Value:
        """The thing with its words."""
        return self.value(NamedNode(iri))

    def types(self, subject: NamedNode) -> list[str]:
        """The classes of the ontology that *subject* is in, the most specific first."""
        return self.vocabulary.most_specific_first(t.value for t in self.objects(subject, RDF_TYPE))

    def kind(self, subject: NamedNode) -> Value | None:
        """The most specific class that *subject* is in."""
        types = self.types(subject)
        return self.thing(types[0]) if types else None

    def date(self, subject: NamedNode) -> str:
        """When *subject* happened, as EDTF; empty where nothing is known."""
        return next((word for key in _DATES if (word := self.word(subject, self.names.term(key)))), "")

    def short(self, iri: str) -> str:
        """The IRI with a prefix of this record where one fits."""
        fits = [(len(space), prefix) for prefix, space in self.names.prefixes.items() if iri.startswith(space)]
        if not fits:
            return iri
        length, prefix = max(fits)
        return f"{prefix}:{iri[length:]}"

    def _label(self, term: NamedNode) -> Text:
        entry = self.vocabulary.label(term.value, self.language)
        if entry is not None:
            return entry
        for predicate in _LABELS:
            found = pick(self.texts(term, predicate), self.language)
            if found is not None and found.value:
                return found
        return Text(self._made_label(term))

    def _made_label(self, term: NamedNode) -> str:
        """Words for what has no label: passages and captures by their document, claims by their passage."""
        names, iri = self.names, term.value
        if iri.startswith(names.claim("").value):
            passage = self.one(term, names.term("passage"))
            return f"claim on {self.value(passage).text}" if passage is not None else self.short(iri)
        if iri.startswith(names.capture("").value):
            if iri.endswith("-source"):
                return "an anonymous source"
            cited, locator = self.cited(term), self.word(term, names.term("locator"))
            return ", ".join(part for part in (cited or self.short(iri), locator) if part)
        return self.short(iri)

    def document_of(self, capture: Term | None) -> NamedNode | None:
        """The document that a capture is the text of."""
        if capture is None:
            return None
        quads = self.store.quads_for_pattern(None, self.names.term("capture"), capture, DefaultGraph())
        found = sorted((q.subject for q in quads if isinstance(q.subject, NamedNode)), key=str)
        return found[0] if found else None

    def cited(self, passage: NamedNode) -> str:
        """How the document of a passage, segment or capture is cited."""
        capture = self.one(passage, NamedNode(f"{OA}hasSource")) or NamedNode(passage.value.partition("#")[0])
        document = self.document_of(capture)
        return self.word(document, self.names.term("citeAs")) if document is not None else ""


__all__ = ["LANGUAGES", "Reader", "Text", "Value", "pick"]
