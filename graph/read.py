"""Reading a version for people: terms with their labels in a language, each looked up once.

The things of a record are read as a plain query sees them. Somebody else's, in whatever layout, are read as all graphs
together say, but for what was only claimed: whoever put them there gave them graphs, not judgements.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from graph.iris import OA, RDF_TYPE, Names
from graph.layout import GraphName, Kind, Layout
from graph.rdf import DefaultGraph, Literal, NamedNode, Quad, Store, Term, Triple
from graph.read_names import LABELS, NAMING, is_readable, words_of
from graph.read_nested import read_parts
from graph.read_value import Part, Value
from graph.read_vocabulary import LANGUAGES, Text, Vocabulary, pick

_DATES = ("date", "start", "end", "dateMin")


class Reader:
    """Looks terms up in one store and names them in one language; what was looked up once is kept."""

    def __init__(
        self, store: Store, names: Names, vocabulary: Vocabulary, language: str = LANGUAGES[0], kind: Kind = "record"
    ) -> None:
        self.store = store
        self.names = names
        self.layout = Layout(kind, names)
        self.vocabulary = vocabulary
        self.language = language
        self._kept: dict[Term, Value] = {}
        self._known: dict[NamedNode, bool] = {}

    def is_ours(self, term: Term) -> bool:
        """True for a thing of a record, which has its terms and claims; False for anything of somebody else's."""
        return self.layout.kind == "record" and isinstance(term, NamedNode) and term.value.startswith(self.names.base)

    def quads(
        self, subject: Term | None = None, predicate: NamedNode | None = None, obj: Term | None = None
    ) -> Iterator[Quad]:
        """What pages see of the one of *subject* and *obj* that is given, a triple once; in the default graph."""
        about = obj if subject is None else subject
        if isinstance(subject, Literal) or about is None:
            return
        if self.layout.kind == "union" or self.is_ours(about):
            yield from self.store.quads_for_pattern(subject, predicate, obj, DefaultGraph())
            return
        seen: set[Triple] = set()
        for quad in self.store.quads_for_pattern(subject, predicate, obj, None):
            if quad.triple not in seen and not self.is_claim(quad.graph_name):
                seen.add(quad.triple)
                yield Quad(quad.subject, quad.predicate, quad.object)

    def is_apart(self, graph: GraphName) -> bool:
        """True for a named graph that somebody put there: none of those that every dataset of this layout has."""
        if isinstance(graph, DefaultGraph) or self.is_claim(graph):
            return False
        return graph not in self.layout.derived | self.layout.schema | self.layout.served or self.layout.kind == "plain"

    def is_claim(self, graph: GraphName) -> bool:
        """True for the graph of a claim."""
        is_named = self.layout.kind == "record" and isinstance(graph, NamedNode)
        return is_named and graph.value.startswith(self.names.claim("").value)

    def objects(self, subject: Term, predicate: NamedNode) -> list[Term]:
        """What pages see as the values of *predicate*, in a fixed order."""
        return sorted((quad.object for quad in self.quads(subject, predicate)), key=str)

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
        if subject not in self._known:
            self._known[subject] = any(True for _ in self.store.quads_for_pattern(subject, None, None, None))
        return self._known[subject]

    def texts(self, subject: Term, predicate: NamedNode) -> list[Text]:
        """The literals of *predicate* with their languages."""
        literals = [t for t in self.objects(subject, predicate) if isinstance(t, Literal)]
        return [Text(t.value, t.language or "") for t in literals]

    def value(self, term: Term) -> Value:
        """The term with its words in this reader's language."""
        if isinstance(term, Literal):
            return Value(term, term.value, term.language or "")
        if not isinstance(term, NamedNode):
            return read_parts(self, term)
        kept = self._kept.get(term)
        if kept is None:
            text = self._label(term)
            kept = self._kept[term] = Value(term, text.value, text.language)
        return kept

    def unnamed(self, node: Term, parts: tuple[Part, ...] = (), *, is_cut: bool = False) -> Value:
        """The blank *node* with words: its label, else that it has none, and its kind."""
        label = self.label(node)
        if label is None:
            types = self.types(node)
            label = Text(f"unnamed {self.term(NamedNode(types[0])).text if types else 'thing'}")
        return Value(node, label.value, label.language, parts, is_cut)

    def values(self, terms: Iterable[Term]) -> tuple[Value, ...]:
        """Each term with its words, in the order of these."""
        return tuple(sorted((self.value(term) for term in set(terms)), key=lambda v: (v.text.casefold(), v.written)))

    def thing(self, iri: str) -> Value:
        """The thing with its words."""
        return self.value(NamedNode(iri))

    def types(self, subject: Term) -> list[str]:
        """The classes that *subject* is in, the most specific first; of a thing of a record those of its ontology."""
        classes = [t.value for t in self.objects(subject, RDF_TYPE) if isinstance(t, NamedNode)]
        known = self.vocabulary.most_specific_first(classes)
        return known if self.is_ours(subject) else list(dict.fromkeys((*known, *classes)))

    def kind(self, subject: Term) -> Value | None:
        """The most specific class that *subject* is in."""
        types = self.types(subject)
        return self.term(NamedNode(types[0])) if types else None

    def term(self, iri: NamedNode) -> Value:
        """A property or a class with its words; where it has none those that its IRI ends with."""
        value = self.value(iri)
        is_known = iri.value in self.vocabulary.terms or self.layout.kind == "record" or self.label(iri) is not None
        return value if is_known else Value(iri, words_of(iri.value) or value.text, "")

    def date(self, subject: NamedNode) -> str:
        """When *subject* happened, as EDTF; empty where nothing is known."""
        return next((word for key in _DATES if (word := self.word(subject, self.names.term(key)))), "")

    def short(self, iri: str) -> str:
        """The IRI with a prefix of this record where one fits."""
        return shorten(iri, self.names)

    def _label(self, term: NamedNode) -> Text:
        entry = self.vocabulary.label(term.value, self.language)
        return entry or self.label(term) or Text(self._made_label(term))

    def label(self, term: Term) -> Text | None:
        """The best of its names in this reader's language; None where it has none that can be read."""
        for predicate in LABELS if self.is_ours(term) else NAMING:
            found = pick((text for text in self.texts(term, predicate) if is_readable(text.value)), self.language)
            if found is not None:
                return found
        return None

    def _made_label(self, term: NamedNode) -> str:
        """Words for what has no label: passages and captures by their document, claims by their passage."""
        names, iri = self.names, term.value
        if not self.is_ours(term):
            return self.short(iri)
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


def shorten(iri: str, names: Names) -> str:
    """The IRI with a prefix of *names* where one fits."""
    fits = [(len(space), prefix) for prefix, space in names.prefixes.items() if iri.startswith(space)]
    if not fits:
        return iri
    length, prefix = max(fits)
    return f"{prefix}:{iri[length:]}"


__all__ = ["LANGUAGES", "Part", "Reader", "Text", "Value", "pick", "shorten"]
