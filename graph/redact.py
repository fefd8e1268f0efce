"""Redaction: a thing, or single statements, taken out of every kept version, for good.

Every version is made anew beside the old one, then all are swapped in one step (`graph.swap`), with a next version that
records it. What is left is a tombstone and, in `DATA/redacted.json`, hashes by which the gate refuses what would come
back.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from graph.change import make_change
from graph.delta import Delta
from graph.derive import Tell, derive_change
from graph.errors import RefusedError, UsageError, VersionError
from graph.findings import FINDINGS, read_findings, write_findings
from graph.layout import Layout
from graph.patch import write_patch
from graph.redact_select import Target
from graph.redact_survey import Survey, survey
from graph.redact_traces import clear
from graph.redact_version import Rewritten, rewrite, weighed
from graph.redacted import REDACTED, new_redacted, read_redacted
from graph.report import Report
from graph.schema import read_schema
from graph.staging import STORE, Staging, sync_tree, write_json
from graph.swap import JOURNAL, STAGING, Move, complete_swaps, write_journal
from graph.tally import count_whole
from graph.unsupported import is_left_out
from graph.validate import locate_nowhere, validate
from graph.versions import PATCH, SHARED, Version, Versions
from graph.wording import Wording, repeats

WAIT_SECONDS = 30.0
"""How long another writer is waited for."""


@dataclass(frozen=True)
class Request:
    """What is to be redacted, *by* whom and *why*.

    With *keep_texts* names stay where they stand within other texts. With *absent* it may be stated nowhere: what the
    engine keeps of removed statements goes. With *despite* Violations are no reason not to do it, and a *dry_run* only
    tells, Violations too.
    """

    target: Target
    by: str
    why: str
    keep_texts: bool = False
    absent: bool = False
    despite: bool = False
    dry_run: bool = False


@dataclass(frozen=True)
class Outcome:
    """What was done, or would be: *version* records it (None for a dry run), *report* is that on the current version.

    *counts* tell how much; *names* are blacked out in other texts, *shared* ones are not; *left* are files below the
    data folder that still hold a trace.
    """

    version: Version | None
    report: Report
    counts: dict[str, int]
    names: frozenset[str]
    shared: frozenset[str]
    left: tuple[str, ...]
    wording: Wording = field(repr=False)


def redact(data: Path, layout: Layout, request: Request, tell: Tell = lambda _: None) -> Outcome:
    """Redact from every version in a data folder, all or nothing.

    UsageError where the request makes no sense, its message repeats what is redacted, or nothing is found; RefusedError
    where the result has Violations; VersionError where it cannot be written. In each case nothing was changed.
    """
    if not request.why.strip() or not request.by.strip():
        raise UsageError("a redaction says why, and by whom.", "Give --message and --by.")
    versions = Versions(data)
    with versions.writer(WAIT_SECONDS):
        listed = versions.list()
        if not listed:
            raise VersionError(f"there is no version in {data} yet.", "There is nothing to redact.")
        try:
            found = survey(
                listed, layout, request.target, keep_texts=request.keep_texts, absent=request.absent, tell=tell
            )
            if repeats(request.why, found.texts) or repeats(request.by, found.texts):
                remedy = "Say it without that."
                raise UsageError("the message, or who it is by, repeats something that is redacted.", remedy)
            with _workplace(data) as folder:
                outcome, current = _Run(data, folder, request, found, tell).run()
        except OSError as error:
            raise VersionError(f"the redaction could not be made: {error}.", "Nothing was changed.") from None
        if request.dry_run:
            return outcome
        complete_swaps(data)
        return replace(outcome, version=versions.get(current))


@contextmanager
def _workplace(data: Path) -> Iterator[Path]:
    """A folder to prepare in, removed with all of `staging/` unless a journal tells what to do with it."""
    (data / STAGING).mkdir(exist_ok=True)
    try:
        yield Path(tempfile.mkdtemp(prefix="redaction-", dir=data / STAGING))
    finally:
        if not (data / JOURNAL).exists():
            shutil.rmtree(data / STAGING, ignore_errors=True)


class _Run:
    """One redaction, from what was found to the journal."""

    def __init__(self, data: Path, folder: Path, request: Request, found: Survey, tell: Tell) -> None:
        self._data = data
        self._folder = folder
        self._request = request
        self._found = found
        self._tell = tell

    def run(self) -> tuple[Outcome, int]:
        """What is to be done, decided unless it is a dry run, and the number of the version that records it."""
        found = self._found
        made = self._rewrite()
        following, report = self._succeed(made[-1])
        if not (report.conforms or self._request.despite or self._request.dry_run):
            raise RefusedError(report)
        cleared = clear(self._data, found.plan.traces, self._folder / "files")
        if not self._request.dry_run:
            self._keep_hashes()
            versions = (following, *(rewritten.version for rewritten in made))
            moves = [Move(self._name(version.folder), f"versions/{version.number}") for version in versions]
            moves += [Move(self._name(self._folder / REDACTED), REDACTED), *cleared.moves]
            self._tell("writing it to the disk")
            sync_tree(self._folder)
            write_journal(self._data, moves, cleared.removals, following.number)
        outcome = Outcome(
            None, report, found.counts(), found.names, found.shared, tuple(cleared.left), found.plan.wording
        )
        return outcome, following.number

    def _rewrite(self) -> list[Rewritten]:
        """Every version made anew; for a dry run only the current one."""
        made: list[Rewritten] = []
        for share in self._found.shares[-1:] if self._request.dry_run else self._found.shares:
            self._tell(f"making version {share.version.number} anew")
            folder = self._folder / str(share.version.number)
            made.append(rewrite(share, self._found.plan, folder, made[-1] if made else None))
        return made

    def _succeed(self, last: Rewritten) -> tuple[Version, Report]:
        """The version that records the redaction: the current one made anew, with all tombstones; the report on it."""
        parent, layout = last.version, self._found.shares[-1].layout
        folder = self._folder / str(parent.number + 1)
        folder.mkdir()
        parent.open_disk().backup(str(folder / STORE))
        staging = Staging(folder)
        for name in SHARED:
            if (parent.folder / name).exists():
                (folder / name).hardlink_to(parent.folder / name)
        change, report = self._add_tombstones(staging, parent, layout)
        staging.write(FINDINGS, write_findings(f for f in report.findings if f.severity != "Violation"))
        staging.write(PATCH, write_patch(change.added, change.removed, with_default=layout.kind == "plain"))
        counts = parent.manifest.get("counts", {})
        if counts:
            counts = count_whole(staging.store, layout, counts["shapes"])
        staging.seal()
        kept = {key: value for key, value in parent.manifest.items() if key != "restores"}
        manifest = {
            **kept, **weighed(parent, change), "counts": counts, "redacted": True,
            "warnings": report.count("Warning"), "infos": report.count("Info"),
            "version": parent.number + 1, "parent": parent.number,
        }  # fmt: skip
        commit = self._commit(parent, change, report)
        write_json(folder / "manifest.json", manifest)
        write_json(folder / "commit.json", commit)
        return Version(parent.number + 1, folder, manifest, commit), report

    def _add_tombstones(self, staging: Staging, parent: Version, layout: Layout) -> tuple[Delta, Report]:
        """Add the tombstones that are not there yet; all that this changes, and the report on the whole."""
        self._tell("validating")
        stated = make_change(staging.store, parent, layout, self._found.plan.tombstones.values(), ())
        if layout.kind == "plain":
            return stated, Report([])
        schema = read_schema(parent, staging.store, layout)
        derived = derive_change(parent.open_disk(), staging.store, layout, schema, stated)
        remarks = [finding for finding in read_findings(parent) if is_left_out(finding)]
        found = [*validate(staging.store, schema.shapes.values(), locate_nowhere).findings, *remarks]
        report = Report(list(dict.fromkeys(found)))
        return Delta(stated.added | derived.added, stated.removed | derived.removed), report

    def _commit(self, parent: Version, change: Delta, report: Report) -> dict[str, Any]:
        """Who, when, why, and how much; not what."""
        counts = {**self._found.counts(), "rewritten": len(self._found.shares)}
        if not report.conforms:
            counts["violations"] = report.count("Violation")
        at = max(datetime.now(UTC).isoformat(timespec="seconds"), str(parent.commit.get("at", "")))
        return {
            "by": self._request.by, "why": self._request.why, "via": "redact", "at": at,
            "added": len(change.added), "removed": len(change.removed), "redacted": counts,
        }  # fmt: skip

    def _keep_hashes(self) -> None:
        known = read_redacted(self._data) or new_redacted()
        path = self._folder / REDACTED
        path.touch(mode=0o600)
        path.write_bytes(known.with_more(self._found.plan.target.iris, self._found.statements()).to_bytes())

    def _name(self, path: Path) -> str:
        return str(path.relative_to(self._data))
