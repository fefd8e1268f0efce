"""One invented document as quads: description, passages and claims, each in the graph where the record states it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from random import Random
from typing import TypeAlias

from benchmarks.words import Dated, in_language, phrase, word
from graph.iris import DCT, EDTF, ELI, LITERAL_FORM, OA, ORG, PREF_LABEL, RDF_TYPE, RDFS, SCHEMA, SKOS, XSD, Names
from graph.rdf import Literal, NamedNode, Quad, Term

Facts: TypeAlias = Sequence[tuple[str, Term]]

PER_DOCUMENT = {"P": 4, "O": 4, "G": 12, "L": 2, "E": 64, "M": 16, "F": 16, "D": 4}
"""How many identifiers of each letter belong to one document: what a document introduces follows from its number."""

CHARACTERS = 100_000
FIRST_ISSUED = date(2021, 1, 1).toordinal()
_NOTE = (99_000, 99_080)
_MIX = 0x9E3779B97F4B
_CLAIMS_PER_DOCUMENT = 256
_FOREIGN = {
    "a": RDF_TYPE.value, "label": PREF_LABEL.value, "definition": f"{SKOS}definition", "inScheme": f"{SKOS}inScheme",
    "comment": f"{RDFS}comment", "member": f"{ORG}member", "organization": f"{ORG}organization", "role": f"{ORG}role",
    "classification": f"{ORG}classification", "subOrganizationOf": f"{ORG}subOrganizationOf",
    "literalForm": LITERAL_FORM.value, "title": f"{DCT}title", "publisher": f"{DCT}publisher",
    "creator": f"{DCT}creator", "issued": f"{DCT}issued", "identifier": f"{DCT}identifier",
    "isPartOf": f"{DCT}isPartOf", "url": f"{SCHEMA}url", "containedIn": f"{SCHEMA}containedInPlace",
    "hasSource": f"{OA}hasSource", "textStart": f"{OA}start", "textEnd": f"{OA}end", "exact": f"{OA}exact",
    "number": f"{ELI}number", "dateDocument": f"{ELI}date_document", "amends": f"{ELI}amends",
}  # fmt: skip


class Terms(dict[str, NamedNode]):
    """The IRIs of predicates by the key that claims files use."""

    def __init__(self, names: Names) -> None:
        super().__init__({key: NamedNode(iri) for key, iri in _FOREIGN.items()})
        self._names = names

    def __missing__(self, key: str) -> NamedNode:
        return self.setdefault(key, self._names.term(key))


@dataclass(frozen=True)
class World:
    """What all documents share: the names, the terms, and the seed."""

    names: Names
    terms: Terms
    seed: int

    @classmethod
    def of(cls, names: Names, seed: int) -> World:
        """The world of *names* and *seed*."""
        return cls(names, Terms(names), seed)

    def thing(self, letter: str, document: int, index: int) -> NamedNode:
        """The thing number *index* of those with *letter* that *document* introduces (-1: the common ground)."""
        assert index < PER_DOCUMENT[letter]
        return self.names.id(f"{letter}{(document + 1) * PER_DOCUMENT[letter] + index:06d}")


class Document:
    """What one document adds to the graph; *reach* is the number of documents that it may refer to, itself included."""

    def __init__(self, world: World, number: int, reach: int) -> None:
        self.world, self.number, self.reach = world, number, reach
        self.names, self.terms = world.names, world.terms
        self.random = Random(f"{world.seed}/{number}")  # noqa: S311 - invented data, the same each time
        self.quads: list[Quad] = []
        self.name = f"report-{number}"
        self.iri = self.names.id(f"doc/{self.name}")
        self.capture = self.names.capture(self.name)
        self.last_day = FIRST_ISSUED + max(number, 0) % 1500
        self._graphs = {name: self.names.graph(name) for name in ("sources", "meta", "base")}
        self._claims = 0
        self._passage: NamedNode | None = None
        self._is_new = False
        self._position = 0
        self._counts: dict[str, int] = {}

    # What a value is

    def cls(self, name: str) -> NamedNode:
        """A class of the ontology."""
        return self.terms[name]

    def concept(self, name: str) -> NamedNode:
        """A concept."""
        return self.names.voc(name)

    def thing(self, letter: str, index: int) -> NamedNode:
        """A thing of this document."""
        return self.world.thing(letter, self.number, index)

    def new(self, letter: str) -> NamedNode:
        """The next thing of this document with *letter*."""
        index = self._counts.get(letter, 0)
        self._counts[letter] = index + 1
        return self.thing(letter, index)

    def earlier(self, letter: str, index: int) -> NamedNode:
        """The thing number *index* of some document that may be referred to."""
        return self.world.thing(letter, self.random.randrange(self.reach), index)

    def number_of(self, value: int, datatype: str = "integer") -> Literal:
        """A number."""
        return Literal(str(value), datatype=NamedNode(XSD + datatype))

    def truth(self) -> Literal:
        """True."""
        return Literal("true", datatype=NamedNode(f"{XSD}boolean"))

    def the_day(self, text: str) -> Literal:
        """A day."""
        return Literal(text, datatype=NamedNode(f"{XSD}date"))

    def dates(self, key: str, dated: Dated) -> list[tuple[str, Term]]:
        """The facts that a dated key makes."""
        facts: list[tuple[str, Term]] = [(key, Literal(dated.text, datatype=EDTF))]
        bounds = ((f"{key}Min", dated.earliest), (f"{key}Max", dated.latest))
        return facts + [(bound, self.the_day(text)) for bound, text in bounds if text is not None]

    def named(self, subject: NamedNode, text: str, language: str, origin: str = "attested") -> dict[NamedNode, Facts]:
        """The facts of a name form."""
        written = in_language(text, language)
        digest = hashlib.sha256(f"{subject.value}\0{written}\0{language}".encode()).hexdigest()[:8]
        form = NamedNode(f"{subject.value}#name-{digest}")
        script = "Cyrl" if language in ("be", "ru") else "Latn"
        return {
            subject: [("nameForm", form)],
            form: [
                ("a", self.cls("NameForm")), ("literalForm", Literal(written, language=language)),
                ("script", Literal(script)), ("origin", self.concept(origin)),
            ],
        }  # fmt: skip

    # Where it is stated

    def say(self, graph: NamedNode, facts: Mapping[NamedNode, Facts]) -> None:
        """State *facts* in *graph*."""
        terms = self.terms
        self.quads += [Quad(s, terms[key], value, graph) for s, told in facts.items() for key, value in told]

    def edit(
        self, subject: NamedNode, *facts: tuple[str, Term], label: str = "", languages: Iterable[str] = ()
    ) -> None:
        """State editorial facts, with a label in English and *languages*."""
        labels = [("label", Literal(label, language="en"))] if label else []
        labels += [("label", Literal(in_language(label, tag), language=tag)) for tag in languages]
        self.say(self._graphs["base"], {subject: [*facts, *labels]})

    def edit_name(self, subject: NamedNode, text: str, language: str) -> None:
        """State a name form that editors derived."""
        self.say(self._graphs["base"], self.named(subject, text, language, "derived"))

    def describe(self, speaker: NamedNode, publisher: NamedNode) -> None:
        """Describe the document and the text captured of it."""
        digest = hashlib.sha256(f"{self.world.seed}/{self.name}".encode()).hexdigest()
        title = f"Invented report {self.number} of {word(self.number * 7919, 3)}"
        self.say(self._graphs["sources"], {
            self.iri: [
                ("a", self.cls("Document")), ("title", Literal(title, language="en")), ("publisher", publisher),
                ("issued", self.the_day(date.fromordinal(self.last_day).isoformat())),
                ("citeAs", Literal(title)), ("capture", self.capture), ("speaker", speaker),
            ],
            self.capture: [
                ("a", self.cls("Capture")), ("sha256", Literal(digest)), ("characters", self.number_of(CHARACTERS)),
            ],
        })  # fmt: skip
        self._speaker = speaker

    def claim(
        self, facts: Mapping[NamedNode, Facts], *also: Mapping[NamedNode, Facts], modality: str = "asserted",
        status: str = "accepted", speaker: NamedNode | None = None, note: str = "", more: Facts = (),
    ) -> NamedNode:  # fmt: skip
        """State a claim of what *facts* and *also* tell; *more* is said about the claim itself. Its IRI."""
        ordinal = (self.number + 1) * _CLAIMS_PER_DOCUMENT + self._claims
        self._claims += 1
        assert self._claims < _CLAIMS_PER_DOCUMENT
        iri = self.names.claim(f"{ordinal * _MIX % (1 << 48):012x}")
        for told in (facts, *also):
            self.say(iri, told)
        subjects = dict.fromkeys(s for told in (facts, *also) for s in told if "#" not in s.value)
        meta: list[tuple[str, Term]] = [
            ("a", self.cls("Claim")), ("passage", self._next_passage()), ("modality", self.concept(modality)),
            ("status", self.concept(status)), ("speaker", speaker or self._speaker),
            *(("about", subject) for subject in subjects), *more,
        ]  # fmt: skip
        note = note or ("Invented note on what the passage says." if self.random.random() < 0.2 else "")
        if note:
            meta.append(("note", Literal(note, language="en")))
        self.say(self._graphs["meta"], {iri: meta})
        return iri

    def anonymous(self) -> NamedNode:
        """A source that one new passage leaves unnamed, for the next claim to speak with."""
        source = NamedNode(f"{self._new_passage().value}-source")
        self._is_new = True
        self.say(self._graphs["meta"], {source: [("a", self.cls("AnonymousSource"))]})
        return source

    def _next_passage(self) -> NamedNode:
        """The passage of the next claim: about every second claim shares one with the claim before."""
        is_new, self._is_new = self._is_new, False
        if self._passage is None or (not is_new and self.random.random() < 0.42):
            return self._new_passage()
        return self._passage

    def _new_passage(self) -> NamedNode:
        start = self._position
        end = start + self.random.randint(80, 400)
        self._position = end + self.random.randint(0, 200)
        pieces = [(start, end), _NOTE] if self.random.random() < 0.2 else [(start, end)]
        fragment = "_".join(f"{first}-{last}" for first, last in pieces)
        passage = NamedNode(f"{self.capture.value}#{fragment}")
        locator = Literal(f"para. {start // 500 + 1}")
        segments = [NamedNode(f"{self.capture.value}#segment-{first}-{last}") for first, last in pieces]
        self.say(self._graphs["sources"], {
            passage: [
                ("a", self.cls("Passage")), ("hasSource", self.capture), ("locator", locator),
                ("position", self.number_of(start)), *(("segment", segment) for segment in segments),
            ],
            segments[0]: self._segment(start, end, locator, phrase(self.random)),
        })  # fmt: skip
        if len(segments) > 1 and "note" not in self._counts:
            self._counts["note"] = 1
            note = self._segment(*_NOTE, Literal("footnote 1"), f"see the invented note {self.number}")
            self.say(self._graphs["sources"], {segments[1]: note})
        self._passage = passage
        return passage

    def _segment(self, start: int, end: int, locator: Literal, text: str) -> Facts:
        return [
            ("a", self.cls("Segment")), ("locator", locator), ("textStart", self.number_of(start)),
            ("textEnd", self.number_of(end)), ("exact", Literal(text)),
        ]  # fmt: skip
