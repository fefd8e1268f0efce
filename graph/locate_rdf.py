"""Where in the inputs something was written: a second reading, made only once something was found wrong with it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from graph.errors import SourceError, Spot
from graph.inputs import Input
from graph.rdf import Literal, NamedNode, Quad, Term, Triple
from graph.read_rdf import Reading, read_placed
from graph.report import Finding, Report

MOST_SPOTS = 5
"""Places that are told of one finding."""

PLACED = 1_000
"""Findings whose places are looked for: more are never shown."""

MOST_PASSES = 20
"""Readings for findings that nothing was prepared for; after that they have no place."""

_GENID = "/.well-known/genid/"


def locate(input: Input, wanted: Collection[Triple], *, base: str | None, blank_prefix: str) -> dict[Triple, Spot]:
    """The first place of each of the *wanted* triples in *input*; those that it does not have are left out.

    Blank nodes are named as `read_quads` names them with the same prefix. SourceError as with that.
    """
    missing, found = set(wanted), {}
    for quad, spot in read_placed(Reading(input, base, blank_prefix)):
        if quad.triple in missing:
            missing.remove(quad.triple)
            found[quad.triple] = spot
        if not missing:
            break
    return found


def place_findings(report: Report, readings: Sequence[Reading], limit: int = PLACED) -> Report:
    """The report with places in the inputs for its findings that have none, for *limit* of them, worst first."""
    asked = [finding for finding in report.ordered() if not finding.spots][:limit]
    places = Places(readings)
    places.prepare(asked)
    spots = {id(finding): places.locate(finding.focus, finding.path, finding.value) for finding in asked}
    return replace(report, findings=[replace(f, spots=spots.get(id(f), f.spots)) for f in report.findings])


class Places:
    """Finds the places of findings in inputs; `prepare` reads them once for many. An input that is gone has none."""

    def __init__(self, readings: Sequence[Reading]) -> None:
        self._readings = readings
        self._passes = 0
        self._kept = _Kept()

    def prepare(self, findings: Iterable[Finding]) -> None:
        """Read the inputs once for all of *findings*; nothing else of them is kept than their places."""
        asked = _Kept()
        for finding in findings:
            if not self._kept.knows(finding.focus, finding.path, finding.value):
                asked.ask(finding.focus, finding.path, finding.value)
        if asked:
            self._read(asked)

    def locate(self, focus: str, path: str | None, value: str | None) -> tuple[Spot, ...]:
        """The lines of the offending triple, else those with focus node and value, else those with the focus node.

        Reads the inputs where this was not prepared, a limited number of times.
        """
        if not self._kept.knows(focus, path, value) and self._passes < MOST_PASSES:
            self._passes += 1
            asked = _Kept()
            asked.ask(focus, path, value)
            self._read(asked)
        return self._kept.places(focus, path, value)

    def _read(self, asked: _Kept) -> None:
        for reading in self._readings:
            try:
                for quad, spot in read_placed(reading):
                    asked.take(quad, spot)
            except SourceError:
                continue  # It was read before, so it was changed meanwhile: whoever reads it next is told.
        self._kept.add(asked)


class _Kept:
    """What was asked for and the places found: each list is filed under the spellings of the terms it is about."""

    def __init__(self) -> None:
        self._lists: dict[tuple[str | None, ...], list[Spot]] = {}

    def __bool__(self) -> bool:
        return bool(self._lists)

    def ask(self, focus: str, path: str | None, value: str | None) -> None:
        """Keep places of this from now on."""
        for name in spellings(focus):
            self._lists.setdefault(("subject", name), [])
            self._lists.setdefault(("object", name), [])
            for spelt in (None,) if value is None else spellings(value):
                self._lists.setdefault(("value", name, spelt), [])
                self._lists.setdefault(("exact", name, path, spelt), [])

    def knows(self, focus: str, path: str | None, value: str | None) -> bool:
        """True for what was asked before."""
        return ("exact", focus, path, value) in self._lists

    def take(self, quad: Quad, spot: Spot) -> None:
        """File the place of a quad where it was asked for."""
        subject, path = spelling(quad.subject), quad.predicate.value
        obj = spelling(quad.object)
        value = quad.object.value if isinstance(quad.object, Literal) else obj
        if ("subject", subject) in self._lists:
            for key in (
                ("exact", subject, path, None), ("exact", subject, path, value), ("value", subject, value),
                ("subject", subject),
            ):  # fmt: skip
                self._file(key, spot)
        if ("object", obj) in self._lists:
            self._file(("value", obj, subject), spot)
            self._file(("object", obj), spot)

    def _file(self, key: tuple[str | None, ...], spot: Spot) -> None:
        spots = self._lists.get(key)
        if spots is not None and len(spots) < MOST_SPOTS and spot not in spots:
            spots.append(spot)

    def add(self, others: _Kept) -> None:
        """Keep what *others* do."""
        self._lists |= others._lists

    def places(self, focus: str, path: str | None, value: str | None) -> tuple[Spot, ...]:
        """The places of this, the closest that there are."""
        names = spellings(focus)
        values = (None,) if value is None else spellings(value)
        for keys in (
            [("exact", name, path, spelt) for name in names for spelt in values],
            [("value", name, spelt) for name in names for spelt in values],
            [("subject", name) for name in names],
            [("object", name) for name in names],
        ):
            spots = {spot for key in keys for spot in self._lists.get(key, ())}
            if spots:
                return tuple(sorted(spots))[:MOST_SPOTS]
        return ()


def spelling(term: Term) -> str:
    """A term as one of the `spellings` of a focus node has it: an IRI as it is, others as N-Triples writes them."""
    return str(term.value) if isinstance(term, NamedNode) else str(term)


def spellings(name: str) -> tuple[str, ...]:
    """How a term may be spelt that a report calls *name*: a blank node with its label alone, or a name given to it."""
    if _GENID in name:
        return name, f"_:{name.rpartition(_GENID)[2]}"
    return (name,) if ":" in name else (name, f"_:{name}")
