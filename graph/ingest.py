"""Ingest: files of RDF or of claims, through the gate; all of them become the next version, or none."""

from __future__ import annotations

import hashlib
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path
from typing import Any

from graph.change import make_change
from graph.delta import Delta
from graph.derive import Tell
from graph.errors import LetapisError, RefusedError, UsageError
from graph.gate import Gate, Passed, Submission
from graph.inputs import Input, find_inputs
from graph.layout import GraphName
from graph.load import Load
from graph.locate_rdf import place_findings
from graph.overlay import Joined, join_files
from graph.project import Project
from graph.quarantine import Parted, split_refused
from graph.rdf import DefaultGraph, Quad, Store
from graph.read_rdf import Reading, read_all
from graph.report import Report
from graph.validate import locate_nowhere
from graph.versions import Version, Versions

TOLD_EVERY = 20_000


@dataclass(frozen=True)
class Ingest:
    """What is ingested and how: *names* of files and folders, or `-`; *remove* takes their statements away instead.

    More than *bulk_quads* are loaded in bulk, *part_quads* from one safe point to the next, and everything that follows
    from the whole is derived anew.
    """

    names: Sequence[str]
    by: str
    why: str
    form: str | None = None
    graph: GraphName = field(default_factory=DefaultGraph)
    iri: str | None = None
    remove: bool = False
    dry_run: bool = False
    quarantine: Path | None = None
    wait: float = 60.0
    bulk_quads: int = 50_000
    part_quads: int = 500_000


class QuarantinedError(RefusedError):
    """The gate refused the input, and its good and its bad part were kept aside, as *parted* tells."""

    def __init__(self, report: Report, parted: Sequence[Parted]) -> None:
        super().__init__(report)
        self.parted = parted


def ingest(project: Project, wanted: Ingest, tell: Tell = lambda _: None) -> Passed:
    """What passed the gate; RefusedError carries the report with the places in the files.

    SourceError names file, line and column of what cannot be read; nothing is written then, nor after any other error.
    """
    found = find_inputs(wanted.names, wanted.form)
    for path in found.skipped:
        tell(f"skipped {path}: hidden, or of no format that is known")
    if not found.inputs and not found.claim_files:
        raise UsageError("there is nothing to ingest in what was named.", "See `letapis ingest --help` for formats.")
    return _Run(project, wanted, found.inputs, found.claim_files, tell).run()


class _Run:
    """One ingestion."""

    def __init__(
        self, project: Project, wanted: Ingest, inputs: Sequence[Input], claim_files: Sequence[Path], tell: Tell
    ) -> None:
        self._project = project
        self._wanted = wanted
        self._layout = project.layout
        self._versions = Versions(project.data)
        self._tell = tell
        self._names = [input.shown for input in inputs] + [str(path) for path in claim_files]
        self._claim_files = claim_files
        self._fingerprint = _fingerprint(inputs)
        self._readings = [
            Reading(input, wanted.iri, f"i{self._fingerprint[:12]}f{place}b", self._layout.target(wanted.graph))
            for place, input in enumerate(inputs)
        ]

    def run(self) -> Passed:
        """Through the gate."""
        joined = self._join()
        head = self._read()
        try:
            return self._submit(head, joined)
        except RefusedError as error:
            self._tell("finding the places")
            report = place_findings(error.report, self._readings)
            if self._wanted.quarantine is None:
                raise RefusedError(report) from None
            parted = split_refused(self._readings, report, self._wanted.quarantine)
            raise QuarantinedError(report, parted) from None

    def _join(self) -> Joined | None:
        if not self._claim_files:
            return None
        if self._layout.kind != "record":
            raise UsageError("files of claims need the record that they belong to.", "Ingest RDF into this dataset.")
        self._tell("reading claims")
        return join_files(self._project, self._claim_files)

    def _read(self) -> list[Quad] | None:
        """The quads of all inputs; None where they are more than are taken at once."""
        meter, limit = Meter(self._tell), self._wanted.bulk_quads
        quads = list(islice(meter.count(chain.from_iterable(map(read_all, self._readings))), limit + 1))
        return quads if len(quads) <= limit else None

    def _submit(self, quads: list[Quad] | None, joined: Joined | None) -> Passed:
        wanted, gate = self._wanted, Gate(self._versions, self._layout, wait=self._wanted.wait, tell=self._tell)
        more: dict[str, Any] = {"from": self._names}
        locate = locate_nowhere if joined is None else joined.locate
        if quads is not None:
            change = self._change(quads, joined)
            submission = Submission(change, wanted.by, wanted.why, "ingest", more=more, locate=locate)
            return gate.submit(submission, dry_run=wanted.dry_run)
        if wanted.remove or joined is not None:
            remedy = "Split it, or take whole graphs away with a SPARQL Update."
            raise UsageError(f"more than {wanted.bulk_quads} quads can only be added, by themselves.", remedy)
        load = Load(self._project.data, self._layout, self._readings, fingerprint=self._fingerprint,
                    part=wanted.part_quads, count=Meter(self._tell).at)  # fmt: skip
        submission = Submission(None, wanted.by, wanted.why, "ingest", more=more, load=load)
        try:
            passed = gate.submit(submission, dry_run=wanted.dry_run)
        except LetapisError:
            load.finish()
            raise
        load.finish()
        return passed

    def _change(self, quads: list[Quad], joined: Joined | None) -> Callable[[Store, Version | None], Delta]:
        come, gone = set(quads), set[Quad]()
        if joined is not None:
            come |= joined.added
            gone |= joined.removed
        if self._wanted.remove:
            come, gone = gone, come

        def change(store: Store, parent: Version | None) -> Delta:
            return make_change(store, parent, self._layout, come, gone)

        return change


def _fingerprint(inputs: Sequence[Input]) -> str:
    """What the inputs hold: their blank nodes are named by it, so the same files again change nothing."""
    whole = hashlib.sha256()
    for given in inputs:
        with suppress(OSError, EOFError, zlib.error), given.open() as raw:  # who reads them says what is wrong
            while part := raw.read(2**20):
                whole.update(part)
        whole.update(b"\0")
    return whole.hexdigest()


class Meter:
    """Tells how much was read, and how fast, now and then."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self._began = time.monotonic()

    def count(self, quads: Iterator[Quad]) -> Iterator[Quad]:
        """The quads, counted on their way."""
        for number, quad in enumerate(quads, 1):
            if number % TOLD_EVERY == 0:
                self.at(number)
            yield quad

    def at(self, number: int) -> None:
        """Tell that *number* quads were read."""
        rate = number / max(time.monotonic() - self._began, 1e-6)
        self._tell(f"read {number:,} quads ({rate:,.0f} a second)")
