"""What the kept versions tell of one thing: when each was made, what each changed about it, and which hold it."""

from __future__ import annotations

import mmap
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

from graph.iris import Names
from graph.layout import GraphName, Layout
from graph.patch import Change, read_patch
from graph.rdf import BlankNode, DefaultGraph, NamedNode, Store
from graph.versions import PATCH, Version, Versions

VERSIONS_READ = 200
"""How many versions one reading of a history looks at."""
STATEMENTS_READ = 20_000
"""How many quads about a thing are compared; of one with more, a version only tells that it is too large."""
STORES_OPENED = 40
"""How many stores one search for the versions that hold a thing opens."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def kept_numbers(versions: Versions) -> list[int]:
    """The numbers of the versions that are kept, up to the current one, oldest first; their files are not read."""
    current = versions.current_number()
    if current is None:
        return []
    names = (path.name for path in (versions.data / "versions").iterdir())
    return sorted(number for name in names if name.isdecimal() and (number := int(name)) <= current)


def made_at(commit: Mapping[str, Any]) -> datetime | None:
    """When a commit says that it was made; None where it does not say so."""
    try:
        moment = datetime.fromisoformat(commit["at"])
    except (KeyError, TypeError, ValueError):
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def moments(made: Mapping[int, datetime | None]) -> dict[int, datetime]:
    """From when on each version was current: never before an earlier one, whatever the clock said."""
    latest, found = _EPOCH, {}
    for number in sorted(made):
        latest = max(latest, made[number] or latest)
        found[number] = latest
    return found


@dataclass(frozen=True)
class Statement:
    """A quad, term by term as N-Quads writes them; *graph* is empty for the default graph."""

    subject: str
    predicate: str
    object: str
    graph: str

    def __str__(self) -> str:
        return " ".join(part for part in (self.subject, self.predicate, self.object, self.graph) if part)


@dataclass(frozen=True)
class Entry:
    """What *version* changed about a thing since the version before it that is kept.

    *since* is None for the oldest that is kept: all that it states is *added* there. Where the thing is too large to be
    compared, *complete* is False and nothing is told.
    """

    version: Version
    since: int | None
    added: tuple[Statement, ...] = ()
    removed: tuple[Statement, ...] = ()
    inferred: int = 0
    withdrawn: int = 0
    complete: bool = True

    def to_json(self) -> dict[str, Any]:
        """The entry for programs."""
        commit = self.version.commit
        return {
            "version": self.version.number, "since": self.since,
            **{key: commit.get(key, "") for key in ("at", "by", "why", "via")},
            "added": [str(statement) for statement in self.added],
            "removed": [str(statement) for statement in self.removed],
            "inferred": self.inferred, "withdrawn": self.withdrawn, "complete": self.complete,
        }  # fmt: skip


@dataclass(frozen=True)
class History:
    """The versions that changed something about *iri*, newest first; *older* is where reading on would begin."""

    iri: str
    entries: tuple[Entry, ...]
    looked_at: tuple[int, ...]
    older: int | None

    def to_json(self) -> dict[str, Any]:
        """The history for programs."""
        looked = {"newest": self.looked_at[0], "oldest": self.looked_at[-1]} if self.looked_at else None
        return {"iri": self.iri, "versions": looked, "older": self.older,
                "changes": [entry.to_json() for entry in self.entries]}  # fmt: skip


def read_history(
    versions: Versions, names: Names, iri: NamedNode, *,
    objects: bool = False, until: int | None = None, limit: int = VERSIONS_READ,
) -> History:  # fmt: skip
    """What changed about *iri* and its parts (`IRI#…` that it points at), in the newest *limit* versions up to *until*.

    With *objects* what points at it counts too. Only stated graphs are shown; what is inferred is counted.
    VersionError where a version is damaged.
    """
    numbers = [number for number in kept_numbers(versions) if until is None or number <= until]
    first = max(len(numbers) - limit, 0)
    comparer, entries = _Comparer(names, iri, objects), []
    for position in range(len(numbers) - 1, first - 1, -1):
        before = versions.get(numbers[position - 1]) if position else None
        entry = comparer.compare(versions.get(numbers[position]), before)
        if entry is not None:
            entries.append(entry)
    return History(iri.value, tuple(entries), tuple(reversed(numbers[first:])), numbers[first - 1] if first else None)


class _Comparer:
    """Compares what versions say about one thing; remembers what the last one said."""

    def __init__(self, names: Names, iri: NamedNode, objects: bool) -> None:
        self._names = names
        self._iri = iri
        self._objects = objects
        self._held: tuple[int, frozenset[str] | None] = (0, None)

    def compare(self, version: Version, before: Version | None) -> Entry | None:
        """What *version* changed; None where that is nothing."""
        since = None if before is None else before.number
        if before is not None and version.manifest["digest"] == before.manifest["digest"]:
            return None
        changes = self._from_patch(version, since)
        if changes is None:
            new, old = self._about(version), frozenset() if before is None else self._about(before)
            if new is None or old is None:
                return Entry(version, since, complete=False)
            changes = [*(Change("A", line) for line in new - old), *(Change("D", line) for line in old - new)]
        return self._entry(version, since, changes)

    def _from_patch(self, version: Version, since: int | None) -> list[Change] | None:
        """The changes by the patch that *version* keeps; None where it cannot tell them."""
        path = version.folder / PATCH
        if since is None or version.manifest["parent"] != since or not path.is_file():
            return None
        iri = self._iri.value
        if _mentions(path, f"<{iri}#"):
            return None  # whether it is a part of this thing stands in the store
        if not _mentions(path, f"<{iri}>"):
            return []
        changes = list(islice(filter(self._is_about, read_patch(path)), STATEMENTS_READ + 1))
        return changes if len(changes) <= STATEMENTS_READ else None

    def _is_about(self, change: Change) -> bool:
        if change.quad.startswith(f"<{self._iri.value}> "):
            return True
        return self._objects and split(change.quad).object == str(self._iri)

    def _about(self, version: Version) -> frozenset[str] | None:
        """What *version* says about the thing, as lines; None where that is too much to compare."""
        number, lines = self._held
        if number != version.number:
            found = islice(self._quads(version.open_disk()), STATEMENTS_READ + 1)
            whole = frozenset(found)
            lines = whole if len(whole) <= STATEMENTS_READ else None
        self._held = version.number, lines
        return lines

    def _quads(self, store: Store) -> Iterator[str]:
        parts, opening = set(), f"{self._iri.value}#"
        for quad in store.quads_for_pattern(self._iri, None, None, None):
            yield str(quad)
            if isinstance(quad.object, NamedNode) and quad.object.value.startswith(opening):
                parts.add(quad.object)
        for part in parts:
            yield from map(str, store.quads_for_pattern(part, None, None, None))
        if self._objects:
            yield from map(str, store.quads_for_pattern(None, None, self._iri, None))

    def _entry(self, version: Version, since: int | None, changes: Iterable[Change]) -> Entry | None:
        layout = Layout(version.manifest.get("layout", "record"), self._names)
        shown: dict[str, list[Statement]] = {"A": [], "D": []}
        counted = {"A": 0, "D": 0}
        own = f"<{self._iri.value}> "  # before what is said of its parts
        for change in sorted(changes, key=lambda change: (not change.quad.startswith(own), change.quad)):
            statement = split(change.quad)
            graph = _graph(statement.graph)
            if layout.is_stated(graph):
                shown[change.kind].append(statement)
            elif graph == layout.inferred:
                counted[change.kind] += 1
        if not any((*shown.values(), *counted.values())):
            return None
        return Entry(version, since, tuple(shown["A"]), tuple(shown["D"]), counted["A"], counted["D"])


def split(line: str) -> Statement:
    """A line of N-Quads, as Letapis writes it and without its end, in its terms."""
    subject, predicate, rest = line.split(" ", 2)
    closing = rest.rindex('"') if rest.startswith('"') else 0
    tail, _, graph = rest[closing:].partition(" ")
    return Statement(subject, predicate, rest[:closing] + tail, graph)


def _graph(text: str) -> GraphName:
    if not text:
        return DefaultGraph()
    return NamedNode(text[1:-1]) if text.startswith("<") else BlankNode(text.removeprefix("_:"))


def _mentions(path: Path, text: str) -> bool:
    """True where the file holds *text*; it is searched where it is, not read in."""
    with path.open("rb") as file:
        if not path.stat().st_size:
            return False
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            return content.find(text.encode()) >= 0


@dataclass(frozen=True)
class Holding:
    """The *numbers* of versions that hold a thing, oldest first; *older* is where searching on would begin."""

    numbers: tuple[int, ...]
    older: int | None


def find_holding(versions: Versions, numbers: list[int], iri: NamedNode, opened: int = STORES_OPENED) -> Holding:
    """Which of *numbers* hold a statement about *iri*, from the newest until *opened* stores were opened.

    A version whose patch does not name the thing says of it what its parent does, so that few stores are opened.
    """
    found: list[int] = []
    above: Version | None = None
    held = False
    for position in range(len(numbers) - 1, -1, -1):
        version = versions.get(numbers[position])
        if above is None or _may_differ(above, version, iri):
            if not opened:
                return Holding(tuple(reversed(found)), version.number)
            opened -= 1
            held = holds(version, iri)
        if held:
            found.append(version.number)
        above = version
    return Holding(tuple(reversed(found)), None)


def holds(version: Version, iri: NamedNode) -> bool:
    """True where *version* states anything about *iri*."""
    return any(True for _ in version.open_disk().quads_for_pattern(iri, None, None, None))


def _may_differ(version: Version, before: Version, iri: NamedNode) -> bool:
    if version.manifest["digest"] == before.manifest["digest"]:
        return False
    path = version.folder / PATCH
    return version.manifest["parent"] != before.number or not path.is_file() or _mentions(path, str(iri))
