"""Check: every phrase and position against the fingerprinted texts, and that no passage was passed over."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from graph.claims import ClaimsFile, Passage, Segment, read_claims
from graph.documents import Document, find_texts, read_documents
from graph.errors import AnchorError
from graph.project import Project

_LOCATOR = re.compile(r"\s*;\s*")


@dataclass(frozen=True)
class Checked:
    """What was checked: segments per document whose text is present, and documents whose text is not."""

    segments: dict[str, int]
    absent: tuple[str, ...]


@dataclass(frozen=True)
class Coverage:
    """How far one document is read: locators cited, set aside with reasons, and open."""

    document: str
    cited: tuple[str, ...]
    aside: dict[str, str]
    open: tuple[str, ...]
    claims: int


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
    for match in re.finditer(_pattern(first), text):
        end = match.end()
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
    """For each document, which of its passages are cited, set aside, or still open."""
    documents = read_documents(project.documents, "graph/documents")
    files = read_claims(project.claims, documents, "graph/claims")
    return [_coverage(document, [f for f in files if f.document == document]) for document in documents.values()]


def _coverage(document: Document, files: list[ClaimsFile]) -> Coverage:
    cited = {part for f in files for s in _segments(f.passages) for part in _LOCATOR.split(s.locator)}
    aside = {part: a.reason for f in files for a in f.asides for part in _LOCATOR.split(a.locator)}
    wanted = document.locators
    return Coverage(
        document.name,
        cited=tuple(name for name in wanted if name in cited),
        aside={name: aside[name] for name in wanted if name in aside and name not in cited},
        open=tuple(name for name in wanted if name not in cited and name not in aside),
        claims=sum(len(f.claims) for f in files),
    )
