"""Claims files: what one passage supports, who says so and how; read strictly, not yet RDF (see docs/curating.md)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from graph.documents import Document
from graph.errors import Spot
from graph.sourcefile import Mapping, Sequence, Text, expect_map, expect_text, fail, read_yaml

PHRASE_WORDS = 12
MODALITIES = ("asserted", "alleged", "reported", "assessed", "calledFor", "announced", "inferred")
STATUSES = ("accepted", "needsReview", "disputed", "superseded", "rejected", "redacted")
_RANGE = re.compile(r"(\d+)-(\d+)")
_PASSAGE_KEYS = ("locator", "at", "phrase", "segments", "claims")
_CLAIM_KEYS = (
    "key", "facts", "speaker", "relayedBy", "modality", "status", "note", "cites", "contradicts", "supersedes",
)  # fmt: skip


@dataclass(frozen=True)
class Segment:
    """One unbroken piece of a text: code points *start* to *end* (exclusive), known by *phrase*."""

    locator: str
    start: int
    end: int
    phrase: Text
    spot: Spot


@dataclass(frozen=True)
class Passage:
    """The place that supports a claim: one or more segments of one document, in order."""

    document: Document
    segments: tuple[Segment, ...]

    @property
    def locator(self) -> str:
        """The locators of the segments, each once: `para. 62; footnote 60`."""
        return "; ".join(dict.fromkeys(segment.locator for segment in self.segments))

    @property
    def fragment(self) -> str:
        """The offsets that make up the passage's identifier: `54926-55340_58800-58835`."""
        return "_".join(f"{segment.start}-{segment.end}" for segment in self.segments)


@dataclass(frozen=True)
class Claim:
    """What *passage* supports: *facts* by subject, the voice, and how certain it is."""

    passage: Passage
    spot: Spot
    facts: Mapping = field(repr=False)
    key: Text | None
    speaker: Text | None
    relayed_by: tuple[Text, ...]
    modality: str
    status: str
    note: Text | None
    cites: tuple[Text, ...]
    contradicts: tuple[Text, ...]
    supersedes: tuple[Text, ...]


@dataclass(frozen=True)
class Aside:
    """A passage that states nothing for the graph, with the reason."""

    document: Document
    locator: str
    reason: str
    spot: Spot


@dataclass(frozen=True)
class ClaimsFile:
    """All that one claims file says about one document."""

    document: Document
    passages: tuple[Passage, ...]
    claims: tuple[Claim, ...]
    asides: tuple[Aside, ...]


def read_claims(folder: Path, documents: dict[str, Document], shown: str) -> list[ClaimsFile]:
    """The claims files in *folder*, by name; SourceError names file, line, and what was expected."""
    return [_read_file(path, documents, f"{shown}/{path.name}") for path in sorted(folder.glob("*.yml"))]


def _read_file(path: Path, documents: dict[str, Document], shown: str) -> ClaimsFile:
    item = read_yaml(path, shown)
    name = item.need_text("document")
    if name not in documents:
        known = ", ".join(sorted(documents)) or "none"
        fail(name.spot, f"the document `{name}` is not described.", f"Described in graph/documents: {known}.")
    document = documents[name]
    passages: list[Passage] = []
    claims: list[Claim] = []
    for entry in item.take_list("passages"):
        passage, said = _read_passage(expect_map(entry, "passages"), document)
        passages.append(passage)
        claims.extend(said)
    asides = tuple(_read_aside(expect_map(entry, "aside"), document) for entry in item.take_list("aside"))
    item.close(("document", "passages", "aside"))
    return ClaimsFile(document, tuple(passages), tuple(claims), asides)


def _read_passage(item: Mapping, document: Document) -> tuple[Passage, list[Claim]]:
    entries = item.take_list("segments")
    segments = tuple(_read_alone(expect_map(entry, "segments")) for entry in entries) or (_read_segment(item),)
    for before, after in zip(segments, segments[1:], strict=False):
        if after.start < before.end:
            fail(after.spot, "segments overlap or are out of order.", "Order them as they stand in the text.")
    passage = Passage(document, segments)
    if segments[-1].end > document.characters:
        fail(segments[-1].spot, f"position {segments[-1].end} lies beyond the text ({document.characters}).")
    claims = [_read_claim(expect_map(entry, "claims"), passage) for entry in item.take_list("claims")]
    item.close(_PASSAGE_KEYS)
    if not claims:
        fail(item.spot, "a passage without claims.", "Add `claims:`, or list it under `aside:` with a reason.")
    return passage, claims


def _read_alone(item: Mapping) -> Segment:
    segment = _read_segment(item)
    item.close(("locator", "at", "phrase"))
    return segment


def _read_segment(item: Mapping) -> Segment:
    locator, position, phrase = item.need_text("locator"), item.need_text("at"), item.need_text("phrase")
    match = _RANGE.fullmatch(position)
    if match is None or int(match[1]) >= int(match[2]):
        fail(position.spot, f"`at: {position}` is not a range of code points.", "Write `at: START-END`, START < END.")
    words = len(phrase.split())
    if words > PHRASE_WORDS:
        fail(phrase.spot, f"the phrase has {words} words, at most {PHRASE_WORDS} are kept.", "Shorten it.")
    return Segment(str(locator), int(match[1]), int(match[2]), phrase, position.spot)


def _read_claim(item: Mapping, passage: Passage) -> Claim:
    facts = item.take_map("facts")
    if not facts:
        fail(item.spot, "a claim without `facts:`.", "Say what the passage supports, subject by subject.")
    claim = Claim(
        passage=passage, spot=item.spot, facts=facts,
        key=item.take_text("key"),
        speaker=item.take_text("speaker"),
        relayed_by=tuple(_texts(item, "relayedBy")),
        modality=_choice(item, "modality", MODALITIES),
        status=_choice(item, "status", STATUSES),
        note=item.take_text("note"),
        cites=tuple(_texts(item, "cites")),
        contradicts=tuple(_texts(item, "contradicts")),
        supersedes=tuple(_texts(item, "supersedes")),
    )  # fmt: skip
    item.close(_CLAIM_KEYS)
    if claim.note is None and (claim.status != "accepted" or claim.modality == "inferred"):
        fail(item.spot, f"a claim that is {claim.status}, {claim.modality} needs a `note`.", "Give the reason there.")
    return claim


def _texts(item: Mapping, key: str) -> Iterator[Text]:
    for value in item.take_list(key):
        yield expect_text(value, key)


def _choice(item: Mapping, key: str, allowed: tuple[str, ...]) -> str:
    value = item.take_text(key)
    if value is None:
        return allowed[0]
    if value not in allowed:
        fail(value.spot, f"`{key}: {value}` is not known.", f"Expected one of: {', '.join(allowed)}.")
    return str(value)


def _read_aside(item: Mapping, document: Document) -> Aside:
    aside = Aside(document, str(item.need_text("locator")), str(item.need_text("reason")), item.spot)
    item.close(("locator", "reason"))
    return aside


def read_entities(folder: Path, shown: str) -> list[tuple[Text, Mapping]]:
    """The entries of all entities files in *folder*: a reference and what is said of it, in file order."""
    entries: list[tuple[Text, Mapping]] = []
    for path in sorted(folder.glob("*.yml")):
        for reference, facts in read_yaml(path, f"{shown}/{path.name}").items():
            if isinstance(facts, Sequence | Text):
                fail(facts.spot, f"`{reference}` must be a mapping of keys to values.", "Write `{a: Person, …}`.")
            entries.append((reference, facts))
    return entries
