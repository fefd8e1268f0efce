"""Check: every phrase and position against the fingerprinted texts, and that no passage was passed over."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from graph.build import read_record
from graph.claims import ClaimsFile, Passage, Segment, read_claims
from graph.convert import Converted
from graph.documents import Document, find_texts, read_documents
from graph.errors import AnchorError
from graph.iris import RDF_TYPE
from graph.ontology import Ontology
from graph.project import Project
from graph.rdf import NamedNode

COUNTED = ("Person", "Organization", "LegalAct", "Provision", "Event", "Figure")
_LOCATOR = re.compile(r"\s*;\s*")


@dataclass(frozen=True)
class Checked:
    """What was checked: segments per document whose text is present, and documents whose text is not."""

    segments: dict[str, int]
    absent: tuple[str, ...]


@dataclass(frozen=True)
class Coverage:
    """How far one document is read: locators cited, set aside with reasons, and open; claims, and *things* by kind."""

    document: str
    cited: tuple[str, ...]
    aside: dict[str, str]
    open: tuple[str, ...]
    claims: int
    things: dict[str, int]


def check_anchors(project: Project) -> Checked:
    """Verify every segment of every claims file; AnchorError at the first that does not hold, with file and line."""
    documents = read_documents(project.documents, "graph/documents")
    texts = find_texts(documents.values(), project.text_folders)
    counts: dict[str, int] = {}
    for file in read_claims(project.claims, documents, "graph/claims"):
        text = texts.get(file.document.name)
        if text is None:
            continue
        if len(text) != file.document.characters:
            raise AnchorError(
                file.document.spot, f"the text has {len(text)} code points, not {file.document.characters}.",
                "Count code points, not bytes.",
            )  # fmt: skip
        for segment in _segments(file.passages):
            check_segment(segment, text)
        counts[file.document.name] = counts.get(file.document.name, 0) + len(list(_segments(file.passages)))
    absent = tuple(sorted(set(documents) - set(texts)))
    return Checked(counts, absent)


def _segments(passages: Iterable[Passage]) -> Iterable[Segment]:
    for passage in passages:
        yield from passage.segments


def check_segment(segment: Segment, text: str) -> None:
    """Verify that the phrase stands within the positions, white space folded; AnchorError says where it does stand."""
    inside = fold(text[segment.start : segment.end])
    if fold(segment.phrase) in inside:
        return
    places = locate(text, segment.phrase)
    found = ", ".join(f"{start}-{end}" for start, end in places[:3]) or "nowhere in the text"
    raise AnchorError(
        segment.phrase.spot,
        f"the phrase does not stand at {segment.start}-{segment.end}; it stands at {found}.",
        "Correct `at:` or `phrase:`. `letapis sources locate` finds positions.",
    )


def fold(text: str) -> str:
    """*text* with each run of white space as one blank: extraction breaks lines where the page did."""
    return " ".join(text.split())


def locate(text: str, first: str, last: str | None = None) -> list[tuple[int, int]]:
    """Where a passage from *first* to *last* words (or just *first*) stands, in code points, white space folded."""
    places = []
    for match in re.finditer(f"(?=({_pattern(first)}))", text):  # a look-ahead, so that overlapping places count
        end = match.end(1)
        if last is not None:
            closing = re.search(_pattern(last), text[match.start() :])
            if closing is None:
                continue
            end = match.start() + closing.end()
        places.append((match.start(), end))
    return places


def _pattern(words: str) -> str:
    return r"\s+".join(re.escape(word) for word in words.split())


def measure_coverage(project: Project) -> list[Coverage]:
    """For each document, which of its passages are cited, set aside or open, and how many things it speaks of."""
    ontology, record = read_record(project)
    documents = read_documents(project.documents, "graph/documents")
    files = read_claims(project.claims, documents, "graph/claims")
    count = _Counter(ontology, record)
    return [
        _coverage(document, [file for file in files if file.document == document], count.of(document))
        for document in documents.values()
    ]


def _coverage(document: Document, files: list[ClaimsFile], things: dict[str, int]) -> Coverage:
    cited = {part for f in files for s in _segments(f.passages) for part in _LOCATOR.split(s.locator)}
    aside = {part: a.reason for f in files for a in f.asides for part in _LOCATOR.split(a.locator)}
    wanted = document.locators
    return Coverage(
        document.name,
        cited=tuple(name for name in wanted if name in cited),
        aside={name: aside[name] for name in wanted if name in aside and name not in cited},
        open=tuple(name for name in wanted if name not in cited and name not in aside),
        claims=sum(len(f.claims) for f in files),
        things=things,
    )


class _Counter:
    """Counts what the claims of each document speak of, by kind."""

    def __init__(self, ontology: Ontology, record: Converted) -> None:
        self._record = record
        self._kinds = {ontology.names.term(name): name for name in COUNTED}
        self._above = ontology.superclasses
        self._types: dict[object, set[str]] = {}
        directly_in = ontology.names.term("directlyIn")
        base = record.graphs.get(ontology.names.graph("base"), set())
        self._within = {t.subject: t.object for t in base if t.predicate == directly_in}
        for triples in record.graphs.values():
            for triple in triples:
                if triple.predicate == RDF_TYPE:
                    self._types.setdefault(triple.subject, set()).update(self._names(triple.object))

    def _names(self, cls: NamedNode) -> set[str]:
        return {self._kinds[above] for above in self._above.get(cls, {cls}) if above in self._kinds}

    def of(self, document: Document) -> dict[str, int]:
        """The number of different things of each kind in the claims of *document*."""
        met: set[object] = set()
        for graph in self._claims(document):
            for triple in self._record.graphs[graph]:
                met |= {triple.subject, *self._with_acts(triple.object)}
        return {name: sum(name in self._types.get(term, ()) for term in met) for name in COUNTED}

    def _with_acts(self, term: object) -> Iterable[object]:
        """The term; for a provision also what it lies in, up to its act."""
        while term is not None:
            yield term
            term = self._within.get(term)

    def _claims(self, document: Document) -> list[NamedNode]:
        names = self._record.names
        capture = names.capture(document.name).value + "#"
        meta = self._record.graphs.get(names.graph("meta"), set())
        passage = names.term("passage")
        return [t.subject for t in meta if t.predicate == passage and t.object.value.startswith(capture)]
