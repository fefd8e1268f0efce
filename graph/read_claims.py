"""Reading claims: where each stands, who says it and how, and what it says."""

from __future__ import annotations

from dataclasses import dataclass

from graph.iris import OA, Names
from graph.rdf import DefaultGraph, NamedNode, Term, Triple
from graph.read import Reader, Text, Value


@dataclass(frozen=True)
class Piece:
    """One segment of a passage: its locator, its positions in code points, and the phrase to know it by."""

    locator: str
    start: int
    end: int
    phrase: str


@dataclass(frozen=True)
class Citation:
    """What supports a statement: the claim, its passage, the voice, the manner, and how the claim stands."""

    claim: str
    document: Value | None
    cite_as: str
    passage: str
    locator: str
    pieces: tuple[Piece, ...]
    speaker: Value | None
    own_voice: bool
    relayed_by: tuple[Value, ...]
    modality: str
    status: str
    notes: tuple[Text, ...]
    cites: tuple[Value, ...]
    contradicts: tuple[str, ...]
    supersedes: tuple[str, ...]
    superseded_by: tuple[str, ...]

    @property
    def accepted(self) -> bool:
        """True where what the claim says is part of what a plain query sees."""
        return self.status == "accepted"

    @property
    def order(self) -> tuple[str, int, str]:
        """Sorts citations by document, then as they stand in the text."""
        return self.cite_as, self.pieces[0].start if self.pieces else 0, self.claim


@dataclass(frozen=True)
class Statement:
    """A triple that a claim states, with words."""

    subject: Value
    predicate: Value
    value: Value


@dataclass(frozen=True)
class ClaimRecord:
    """A claim in full: its citation, what it is about, and every statement it makes."""

    citation: Citation
    about: tuple[Value, ...]
    kinds: tuple[Value, ...]
    statements: tuple[Statement, ...]
    claim: Value


class Citations:
    """Reads citations through one reader; each claim is read once."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._names: Names = reader.names
        self._kept: dict[str, Citation] = {}

    def is_claim(self, graph: Term | DefaultGraph) -> bool:
        """True for the name of a claim's graph."""
        return self._reader.is_claim(graph)

    def cite(self, claim: NamedNode) -> Citation:
        """The citation of *claim*."""
        if claim.value not in self._kept:
            self._kept[claim.value] = self._read(claim)
        return self._kept[claim.value]

    def supporting(self, triple: Triple) -> tuple[Citation, ...]:
        """The claims that state *triple*, accepted ones first."""
        quads = self._reader.store.quads_for_pattern(triple.subject, triple.predicate, triple.object, None)
        graphs = {q.graph_name for q in quads if isinstance(q.graph_name, NamedNode)}
        found = [self.cite(graph) for graph in graphs if self.is_claim(graph)]
        return tuple(sorted(found, key=lambda citation: (not citation.accepted, citation.order)))

    def _read(self, claim: NamedNode) -> Citation:
        reader, term = self._reader, self._names.term
        passage = reader.one(claim, term("passage"))
        capture = reader.one(passage, NamedNode(f"{OA}hasSource")) if passage is not None else None
        document = reader.document_of(capture)
        speaker = reader.one(claim, term("speaker"))
        own = reader.one(document, term("speaker")) if document is not None else None
        return Citation(
            claim=claim.value,
            document=reader.value(document) if document is not None else None,
            cite_as=reader.word(document, term("citeAs")) if document is not None else "",
            passage=passage.value if passage is not None else "",
            locator=reader.word(passage, term("locator")) if passage is not None else "",
            pieces=read_pieces(reader, passage),
            speaker=reader.value(speaker) if speaker is not None else None,
            own_voice=speaker is not None and speaker == own,
            relayed_by=reader.values(reader.objects(claim, term("relayedBy"))),
            modality=self._concept(claim, "modality"),
            status=self._concept(claim, "status"),
            notes=tuple(reader.texts(claim, term("note"))),
            cites=reader.values(reader.objects(claim, term("citedSource"))),
            contradicts=self._others(claim, "contradicts", both=True),
            supersedes=self._others(claim, "supersedes"),
            superseded_by=self._others(claim, "supersedes", back=True),
        )  # fmt: skip

    def _concept(self, claim: NamedNode, key: str) -> str:
        return self._reader.word(claim, self._names.term(key)).removeprefix(self._names.voc("").value)

    def _others(self, claim: NamedNode, key: str, *, back: bool = False, both: bool = False) -> tuple[str, ...]:
        predicate, store = self._names.term(key), self._reader.store
        found: set[str] = set()
        if both or not back:
            found |= {q.object.value for q in store.quads_for_pattern(claim, predicate, None, DefaultGraph())}
        if both or back:
            quads = store.quads_for_pattern(None, predicate, claim, DefaultGraph())
            found |= {q.subject.value for q in quads if isinstance(q.subject, NamedNode)}
        return tuple(sorted(found))


def read_pieces(reader: Reader, passage: Term | None) -> tuple[Piece, ...]:
    """The segments of a passage in the order of the text."""
    if passage is None:
        return ()
    pieces = []
    for segment in reader.objects(passage, reader.names.term("segment")):
        start, end, phrase = (reader.word(segment, NamedNode(OA + key)) for key in ("start", "end", "exact"))
        locator = reader.word(segment, reader.names.term("locator"))
        pieces.append(Piece(locator, int(start or 0), int(end or 0), phrase))
    return tuple(sorted(pieces, key=lambda piece: (piece.start, piece.end)))


def read_claim(reader: Reader, claim: NamedNode) -> ClaimRecord:
    """The claim in full."""
    citations = Citations(reader)
    quads = reader.store.quads_for_pattern(None, None, None, claim)
    statements = [
        Statement(reader.value(q.subject), reader.value(q.predicate), reader.value(q.object))
        for q in quads if isinstance(q.subject, NamedNode) and not isinstance(q.object, Triple)
    ]  # fmt: skip
    return ClaimRecord(
        citations.cite(claim),
        about=reader.values(reader.objects(claim, reader.names.term("about"))),
        kinds=tuple(reader.thing(iri) for iri in reader.types(claim)),
        statements=tuple(sorted(statements, key=lambda s: (s.subject.written, s.predicate.written, s.value.written))),
        claim=reader.value(claim),
    )  # fmt: skip
