"""Keeping refused input aside: what was good, what was bad, and why, so that a curator can mend it and submit it again.

Bad is what says something of a refused thing; whatever shares a blank node with that goes with it, since a blank node
has no name outside its file.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from graph.errors import UsageError
from graph.locate_rdf import spelling, spellings
from graph.rdf import BlankNode, Quad, RdfFormat, serialize
from graph.read_rdf import Reading, read_all
from graph.report import Finding, Report

_ENDINGS = (".good.nq", ".bad.nq", ".report.ttl", ".report.txt")
_BATCH = 1_000

_Part = tuple[str, str]
"""`subject` or `object`, and the name of a term in that place."""


@dataclass(frozen=True)
class Parted:
    """One input in two: the files, and how many quads went to each. Together they are the input."""

    shown: str
    good: Path
    bad: Path
    report: Path
    text: Path
    good_quads: int
    bad_quads: int


def split_refused(readings: Sequence[Reading], report: Report, folder: Path) -> list[Parted]:
    """The parts of each input, written to *folder* as N-Quads with the Violations of *report* that concern it.

    A Violation that concerns no input is told with each. Nothing is overwritten: a name that is taken gets a number.
    UsageError where the folder cannot be written; SourceError where an input cannot be read any more.
    """
    violations = [finding for finding in report.findings if finding.severity == "Violation"]
    surveys = [_survey(reading, _names(violations)) for reading in readings]
    met = set().union(*(survey.blanks for survey in surveys)) if surveys else set()
    blamed = {id(finding): _blame(finding, met) for finding in violations}
    bad = frozenset(itertools.chain.from_iterable(blamed.values()))
    parted = []
    for reading, survey in zip(readings, surveys, strict=True):
        own = [f for f in violations if not blamed[id(f)] or any(part in survey.blanks for part in blamed[id(f)])]
        split = _Split(bad, survey.blanks_of(bad))
        parted.append(_write(reading, split, Report(own), folder))
    return parted


def _names(findings: Iterable[Finding]) -> frozenset[str]:
    """Every spelling of the focus nodes and values."""
    named = itertools.chain.from_iterable((finding.focus, finding.value) for finding in findings)
    return frozenset(itertools.chain.from_iterable(spellings(name) for name in named if name is not None))


def _blame(finding: Finding, met: set[_Part]) -> list[_Part]:
    """What is bad because of a finding: what is said of the focus node, else what points at it, else of the value."""
    focus = spellings(finding.focus)
    value = () if finding.value is None else spellings(finding.value)
    for place, names in (("subject", focus), ("object", focus), ("subject", value)):
        parts = [(place, name) for name in names if (place, name) in met]
        if parts:
            return parts
    return []


@dataclass
class _Survey:
    """Where in an input the names asked for stand, with which blank nodes, and which blank nodes stand together."""

    blanks: dict[_Part, set[str]] = field(default_factory=dict)
    leaders: dict[str, str] = field(default_factory=dict)

    def take(self, quad: Quad, names: frozenset[str]) -> None:
        """Take note of a quad."""
        own = _blanks(quad)
        for one, other in itertools.pairwise(own):
            self.leaders[self.lead(one)] = self.lead(other)
        for part in _parts(quad):
            if part[1] in names:
                self.blanks.setdefault(part, set()).update(own[:1])

    def lead(self, blank: str) -> str:
        """The blank node that stands for all that stand together with this one."""
        path = [blank]
        while (leader := self.leaders.get(path[-1], path[-1])) != path[-1]:
            path.append(leader)
        self.leaders.update(dict.fromkeys(path[:-1], path[-1]))
        return path[-1]

    def blanks_of(self, bad: Iterable[_Part]) -> frozenset[str]:
        """The blank nodes that stand together with those of the *bad* parts."""
        leaders = {self.lead(blank) for part in bad for blank in self.blanks.get(part, ())}
        return frozenset(blank for blank in (*self.leaders, *leaders) if self.lead(blank) in leaders)


def _survey(reading: Reading, names: frozenset[str]) -> _Survey:
    survey = _Survey()
    for quad in read_all(reading):
        survey.take(quad, names)
    return survey


def _parts(quad: Quad) -> tuple[_Part, _Part]:
    return ("subject", spelling(quad.subject)), ("object", spelling(quad.object))


def _blanks(quad: Quad) -> list[str]:
    return [term.value for term in (quad.subject, quad.object, quad.graph_name) if isinstance(term, BlankNode)]


@dataclass(frozen=True)
class _Split:
    """Tells the bad quads from the good."""

    bad: frozenset[_Part]
    blanks: frozenset[str]

    def is_bad(self, quad: Quad) -> bool:
        """True for a quad that is bad, or that shares a blank node with one."""
        return any(part in self.bad for part in _parts(quad)) or any(blank in self.blanks for blank in _blanks(quad))


def _write(reading: Reading, split: _Split, report: Report, folder: Path) -> Parted:
    """Write the four files of one input; what is unfinished when it fails is removed."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        paths = good, bad, turtle, text = _reserve(folder, _safe(reading.input.shown))
    except OSError as error:
        raise UsageError(f"{folder} cannot be written: {error}.", "Name another folder.") from None
    try:
        turtle.write_bytes(report.to_rdf())
        text.write_text(report.to_text(limit=len(report.findings)) + "\n", encoding="utf-8")
        with good.open("wb") as good_file, bad.open("wb") as bad_file:
            good_quads, bad_quads = _part(read_all(reading), split, good_file, bad_file)
    except OSError as error:
        _remove(paths)
        raise UsageError(f"{folder} cannot be written: {error}.", "Name another folder.") from None
    except BaseException:
        _remove(paths)
        raise
    return Parted(reading.input.shown, good, bad, turtle, text, good_quads, bad_quads)


def _part(quads: Iterator[Quad], split: _Split, good: IO[bytes], bad: IO[bytes]) -> tuple[int, int]:
    """Write each quad to where it belongs; the numbers of good and bad ones."""
    good_quads = bad_quads = 0
    while batch := list(itertools.islice(quads, _BATCH)):
        parts: tuple[list[Quad], list[Quad]] = [], []
        for quad in batch:
            parts[split.is_bad(quad)].append(quad)
        for output, part in zip((good, bad), parts, strict=True):
            output.write(serialize(part, RdfFormat.N_QUADS))
        good_quads, bad_quads = good_quads + len(parts[0]), bad_quads + len(parts[1])
    return good_quads, bad_quads


def _safe(shown: str) -> str:
    """A file's name that cannot lead anywhere."""
    return re.sub(r"[^A-Za-z0-9._-]+", "_", shown).strip("._-")[-100:] or "input"


def _reserve(folder: Path, name: str) -> tuple[Path, Path, Path, Path]:
    """Four new files with one name, which has a number where it is taken."""
    number = 1
    while True:
        stem = name if number == 1 else f"{name}-{number}"
        good, bad, turtle, text = (folder / f"{stem}{ending}" for ending in _ENDINGS)
        if _make((good, bad, turtle, text)):
            return good, bad, turtle, text
        number += 1


def _make(paths: Sequence[Path]) -> bool:
    """Make these files, or none where one of them exists: then False."""
    for number, path in enumerate(paths):
        try:
            path.touch(exist_ok=False)
        except FileExistsError:
            _remove(paths[:number])
            return False
    return True


def _remove(paths: Iterable[Path]) -> None:
    for path in paths:
        path.unlink(missing_ok=True)
