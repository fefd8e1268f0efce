"""Reading documents: the description, and the passages in the order of the text with the claims each supports."""

from __future__ import annotations

from dataclasses import dataclass

from graph.iris import DCT, OA, RDF_TYPE, RDFS
from graph.rdf import DefaultGraph, NamedNode
from graph.read import Reader, Text, Value
from graph.read_claims import Citation, Citations, Piece, read_pieces

PASSAGES_SHOWN = 200


@dataclass(frozen=True)
class Source:
    """A document whose text claims point into."""

    name: str
    document: Value
    titles: tuple[Text, ...]
    cite_as: str
    identifier: str
    publisher: tuple[Value, ...]
    speaker: tuple[Value, ...]
    issued: str
    comments: tuple[Text, ...]
    sha256: str
    characters: int
    passages: int


@dataclass(frozen=True)
class SupportedClaim:
    """A claim that a passage supports, with what it is about."""

    citation: Citation
    about: tuple[Value, ...]


@dataclass(frozen=True)
class PassageRecord:
    """A passage: its fragment (`start-end`), locator, pieces, and the claims that rest on it."""

    fragment: str
    locator: str
    pieces: tuple[Piece, ...]
    claims: tuple[SupportedClaim, ...]


@dataclass(frozen=True)
class PassagePage:
    """Some of a document's passages: which page of how many, from 1."""

    passages: tuple[PassageRecord, ...]
    number: int
    pages: int


def read_sources(reader: Reader) -> tuple[Source, ...]:
    """Every document that has a capture, by how it is cited."""
    captures = reader.store.quads_for_pattern(None, RDF_TYPE, reader.names.term("Capture"), DefaultGraph())
    found = [read_source(reader, q.subject) for q in captures if isinstance(q.subject, NamedNode)]
    return tuple(sorted((s for s in found if s is not None), key=lambda source: source.cite_as.casefold()))


def read_source(reader: Reader, capture: NamedNode) -> Source | None:
    """The document that *capture* is the text of; None where there is none."""
    document, term = reader.document_of(capture), reader.names.term
    if document is None:
        return None
    return Source(
        name=capture.value.removeprefix(reader.names.capture("").value),
        document=reader.value(document),
        titles=tuple(reader.texts(document, NamedNode(f"{DCT}title"))),
        cite_as=reader.word(document, term("citeAs")),
        identifier=reader.word(document, NamedNode(f"{DCT}identifier")),
        publisher=reader.values(reader.objects(document, NamedNode(f"{DCT}publisher"))),
        speaker=reader.values(reader.objects(document, term("speaker"))),
        issued=reader.word(document, NamedNode(f"{DCT}issued")),
        comments=tuple(reader.texts(document, NamedNode(f"{RDFS}comment"))),
        sha256=reader.word(capture, term("sha256")),
        characters=int(reader.word(capture, term("characters")) or 0),
        passages=len(_passages(reader, capture)),
    )  # fmt: skip


def _passages(reader: Reader, capture: NamedNode) -> list[NamedNode]:
    """The passages of a capture in the order of the text."""
    quads = reader.store.quads_for_pattern(None, NamedNode(f"{OA}hasSource"), capture, DefaultGraph())
    found = [q.subject for q in quads if isinstance(q.subject, NamedNode)]
    return sorted(found, key=lambda passage: (_position(reader, passage), passage.value))


def _position(reader: Reader, passage: NamedNode) -> int:
    return int(reader.word(passage, reader.names.term("position")) or 0)


def read_passages(reader: Reader, capture: NamedNode, *, number: int = 1, holding: str = "") -> PassagePage:
    """Page *number* of the passages, or the page that holds the passage with the fragment *holding*."""
    passages = _passages(reader, capture)
    pages = max(1, -(-len(passages) // PASSAGES_SHOWN))
    wanted = NamedNode(f"{capture.value}#{holding}") if holding else None
    if wanted in passages:
        number = passages.index(wanted) // PASSAGES_SHOWN + 1
    number = min(max(number, 1), pages)
    shown = passages[(number - 1) * PASSAGES_SHOWN : number * PASSAGES_SHOWN]
    citations = Citations(reader)
    return PassagePage(tuple(_record(reader, citations, passage) for passage in shown), number, pages)


def _record(reader: Reader, citations: Citations, passage: NamedNode) -> PassageRecord:
    quads = reader.store.quads_for_pattern(None, reader.names.term("passage"), passage, DefaultGraph())
    claims = [
        SupportedClaim(citations.cite(q.subject), reader.values(reader.objects(q.subject, reader.names.term("about"))))
        for q in quads if isinstance(q.subject, NamedNode)
    ]  # fmt: skip
    claims.sort(key=lambda claim: ([value.text for value in claim.about], claim.citation.claim))
    locator = reader.word(passage, reader.names.term("locator"))
    return PassageRecord(passage.value.partition("#")[2], locator, read_pieces(reader, passage), tuple(claims))
