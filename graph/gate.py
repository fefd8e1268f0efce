"""The gate: a change of what is stated becomes the next version, whole, or is refused with a report; nothing between.

Files, SPARQL Update, the Graph Store Protocol, deletions and new shapes all come in here: stated → derived → validated
→ committed. The cost follows the change, unless the ontology changes or the change is a large part of the whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from graph.contradict import find_contradictions, find_new_contradictions, to_findings
from graph.delta import Delta
from graph.derive import Tell, derive_change, derive_whole
from graph.errors import RefusedError, VersionError
from graph.explain import Explainer
from graph.findings import FINDINGS, read_findings, write_findings
from graph.layout import Layout
from graph.patch import write_patch
from graph.rdf import DefaultGraph, NamedNode, Quad, Store, open_memory
from graph.redacted import refuse_redacted
from graph.report import Finding, Report
from graph.revalidate import merge, revalidate
from graph.schema import READS, Schema, change_schema, read_schema, read_shape_quads
from graph.staging import Staging
from graph.tally import count_whole, recount
from graph.unsupported import is_left_out
from graph.unsupported import to_findings as to_remarks
from graph.validate import Locate, locate_nowhere, validate
from graph.validate_parts import LARGE, validate_in_parts
from graph.versions import PATCH, PATCH_QUADS, Version, Versions, Writer
from graph.whole import gather, write

WHOLE_SHARE = 20
"""A change of more than one part in this many of the whole is followed by making everything derived anew."""

WHOLE_LEAST = 2_000
"""Quads; no smaller change is."""


@dataclass(frozen=True)
class Submission:
    """Something that asks to become the next version.

    *change* makes a change of stated graphs in a store (with `graph.view.apply`) and returns it. Instead, *load* may
    give files of so many quads to add to stated graphs that they are not told one by one; all is derived anew then.
    *by*, *why*, *via* and *more* are recorded with the commit; *files* are kept with the version, *facts* in its
    manifest. *even_empty* commits a change of nothing too, *whole* derives all anew.
    """

    change: Callable[[Store, Version | None], Delta] | None
    by: str
    why: str
    via: str
    more: Mapping[str, Any] = field(default_factory=dict)
    files: Mapping[str, bytes] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    load: Callable[[], Sequence[Path]] | None = None
    locate: Locate = locate_nowhere
    even_empty: bool = False
    whole: bool = False


@dataclass(frozen=True)
class Passed:
    """What passed the gate: the *version* (None for a dry run, or where nothing changed) and all that changed in it.

    *stated* and *derived* are None where everything was derived anew.
    """

    version: Version | None
    report: Report
    stated: Delta | None
    derived: Delta | None
    counts: Mapping[str, int]


class Gate:
    """The gate of one dataset."""

    def __init__(self, versions: Versions, layout: Layout, *, wait: float = 0.0, tell: Tell = lambda _: None) -> None:
        self._versions = versions
        self._layout = layout
        self._wait = wait
        self._tell = tell

    def submit(
        self,
        submission: Submission,
        *,
        dry_run: bool = False,
        check: Callable[[Version | None], None] = lambda _: None,
    ) -> Passed:
        """Make the next version of what is submitted, or of nothing for a *dry_run*.

        *check* is asked, under the lock, about the version that the change is made on, and may raise. RefusedError
        carries the report; it and every other error leave everything as it was.
        """
        with self._versions.writer(self._wait) as writer:
            parent = self._versions.current()
            check_layout(parent, self._layout)
            check(parent)
            with writer.stage(parent) as staging:
                run = _Run(self._layout, parent, staging, submission, self._tell)
                passed = run.pass_through()
                if passed.stated is not None:
                    refuse_redacted(self._versions.data, passed.stated.added)
                if dry_run or not run.is_worth_committing():
                    return passed
                return run.commit(writer, passed)


def check_layout(parent: Version | None, layout: Layout) -> None:
    """VersionError where the data folder holds versions of another base or layout."""
    if parent is None:
        return
    base, kind = parent.manifest["base"], parent.manifest.get("layout", "record")
    if base != layout.names.base:
        raise VersionError(f"the data folder holds versions under {base}.", "Give that --base, or another --data.")
    if kind != layout.kind:
        remedy = "Serve it with the same --ontology and --shapes, or give another --data."
        raise VersionError(f"the data folder holds a `{kind}` dataset, not a `{layout.kind}` one.", remedy)


class _Run:
    """One submission on its way."""

    def __init__(
        self, layout: Layout, parent: Version | None, staging: Staging, submission: Submission, tell: Tell
    ) -> None:
        self._layout = layout
        self._parent = parent
        self._staging = staging
        self._submission = submission
        self._tell = tell
        self._before = open_memory() if parent is None else parent.open_disk()
        self._stated: Delta | None = None
        self._derived: Delta | None = None
        self._shapes_changed = False
        self._known: Schema | None = None
        self._parts: Sequence[Path] = ()
        self._whole: Store | None = None
        self._content: tuple[int, int] | None = None

    def pass_through(self) -> Passed:
        """Change, derive and validate what is staged; RefusedError where a Violation stands in the way."""
        self._tell("reading the change")
        self._stated, shapes = self._split(self._make_change())
        follows = self._follows_change()
        if not follows:
            self._gather()
        schema = self._schema(shapes)
        if follows:
            assert self._stated is not None  # noqa: S101 - `_follows_change` says so
            self._tell("deriving")
            self._derived = derive_change(self._before, self._store, self._layout, schema, self._stated)
        else:
            derive_whole(self._store, self._layout, schema, self._tell)
        self._tell("validating")
        found = [*self._validate(schema).findings, *self._remarks(schema)]
        report = Report([*dict.fromkeys(found), *self._contradictions(schema)])
        if not report.conforms:
            raise RefusedError(report)
        self._keep(schema, report)
        return Passed(None, report, self._stated, self._derived, self._count(schema))

    def _make_change(self) -> Delta | None:
        of = self._submission
        if of.load is not None:
            self._parts = of.load()
        return None if of.change is None else of.change(self._staging.store, self._parent)

    def is_worth_committing(self) -> bool:
        """False where nothing changed."""
        return self._stated is None or bool(self._stated) or self._shapes_changed or self._submission.even_empty

    def commit(self, writer: Writer, passed: Passed) -> Passed:
        """Make the version."""
        self._tell("writing the version")
        before: Mapping[str, Any] = {} if self._parent is None else self._parent.manifest
        kept = {key: before[key] for key in ("inputs", "code") if key in before}
        manifest = {
            **kept, **self._submission.facts, "base": self._layout.names.base, "layout": self._layout.kind,
            "counts": dict(passed.counts), "warnings": passed.report.count("Warning"),
            "infos": passed.report.count("Info"),
        }  # fmt: skip
        for name, content in self._submission.files.items():
            self._staging.write(name, content)
        change = self._changed()
        if change is not None:
            _drop_empty_graphs(self._staging.store, change[1])
        if change is not None and sum(map(len, change)) <= PATCH_QUADS:
            with_default = self._layout.kind == "plain"
            self._staging.write(PATCH, write_patch(*change, with_default=with_default))
        self._write_whole()
        self._whole = None
        version = writer.finish(self._staging, manifest, self._record(), change, self._content)
        return Passed(version, passed.report, passed.stated, passed.derived, passed.counts)

    def _record(self) -> dict[str, Any]:
        """Who, why, how, and how much."""
        of, stated, derived = self._submission, self._stated, self._derived
        numbers = {} if stated is None else {"added": len(stated.added), "removed": len(stated.removed)}
        if derived is not None:
            inferred = self._layout.inferred
            numbers |= {
                "inferred": sum(quad.graph_name == inferred for quad in derived.added),
                "withdrawn": sum(quad.graph_name == inferred for quad in derived.removed),
            }
        return {"by": of.by, "why": of.why, "via": of.via, **numbers, **of.more}

    def _split(self, delta: Delta | None) -> tuple[Delta | None, frozenset[Quad] | None]:
        """The change of the data, and the shapes where they are changed, which are no data."""
        if delta is None or self._layout.kind == "plain":
            return delta, None
        graph = self._layout.shapes
        added = {quad for quad in delta.added if quad.graph_name == graph}
        removed = {quad for quad in delta.removed if quad.graph_name == graph}
        if not added and not removed:
            return delta, None
        self._shapes_changed = True
        known = read_shape_quads(self._parent, self._layout)
        return Delta(delta.added - added, delta.removed - removed), (known - removed) | added

    def _schema(self, shapes: frozenset[Quad] | None) -> Schema:
        is_new = self._ontology_changed() or self._shapes_changed or self._submission.whole
        if self._layout.kind == "plain" or not is_new:
            self._known = read_schema(self._parent, self._store, self._layout)
            return self._known
        if shapes is None:
            shapes = read_shape_quads(self._parent, self._layout)
        return change_schema(self._store, self._layout, shapes, self._parent)

    def _ontology_changed(self) -> bool:
        """True where the ontology is changed, or may be, as what changed is not known quad by quad."""
        stated, graph = self._stated, self._layout.ontology
        return stated is None or any(quad.graph_name == graph for quad in (*stated.added, *stated.removed))

    def _follows_change(self) -> bool:
        """True where deriving and validating may follow the change."""
        if self._stated is None or self._parent is None or self._submission.whole:
            return False
        if self._ontology_changed():
            return False
        size: int = self._parent.manifest["quads"]
        return len(self._stated) <= max(WHOLE_LEAST, size // WHOLE_SHARE)

    @property
    def _store(self) -> Store:
        """Where the result of the change is: staged, or in memory where all is derived anew."""
        return self._staging.store if self._whole is None else self._whole

    def _gather(self) -> None:
        self._tell("gathering what is stated")
        gathered = gather(self._staging, self._layout, self._parts)
        if gathered is not self._staging.store:
            self._whole = gathered

    def _write_whole(self) -> None:
        if self._whole is not None and self._content is None:
            self._tell("writing the store")
            self._content = write(self._whole, self._staging)

    def _validate(self, schema: Schema) -> Report:
        locate, shapes = self._submission.locate, schema.shapes.values()
        change = self._changed()
        if change is not None and not self._shapes_changed and self._parent is not None:
            again = revalidate(self._store, shapes, *change, locate, reads=schema.reads)
            return Report(merge(read_findings(self._parent), again, shapes))
        if self._whole is not None and len(self._whole) > LARGE:
            return validate_in_parts(self._whole, shapes, locate, self._write_whole)
        return validate(self._store, shapes, locate)

    def _remarks(self, schema: Schema) -> list[Finding]:
        """What the reasoner leaves out of the ontology; where that did not change, as the version before says."""
        if self._parent is None or schema is not self._known:
            return to_remarks(schema.left_out)
        return [finding for finding in read_findings(self._parent) if is_left_out(finding)]

    def _contradictions(self, schema: Schema) -> list[Finding]:
        """What the change makes contradict the ontology, with the tree under each contradiction."""
        if not schema.denials:
            return []
        store, change = self._store, self._changed()
        if change is None:
            found = find_contradictions(store, schema.denials)
        else:
            added = [quad.triple for quad in change[0] if isinstance(quad.graph_name, DefaultGraph)]
            found = find_new_contradictions(store, schema.denials, added)
        explainer = Explainer(store, schema.rules, self._layout.names, self._layout)
        return to_findings(found, explainer, self._submission.locate)

    def _changed(self) -> tuple[frozenset[Quad], frozenset[Quad]] | None:
        """All that was added and removed; None where that is not known quad by quad."""
        if self._stated is None or self._derived is None:
            return None
        return self._stated.added | self._derived.added, self._stated.removed | self._derived.removed

    def _keep(self, schema: Schema, report: Report) -> None:
        if self._parent is None or schema is not self._known or not (self._parent.folder / READS).exists():
            for name, content in schema.files().items():
                self._staging.write(name, content)
        self._staging.write(FINDINGS, write_findings(report.findings))

    def _count(self, schema: Schema) -> dict[str, int]:
        store, change = self._store, self._changed()
        shapes = sum(len(group.severities) for group in schema.shapes.values())
        if change is None or self._parent is None:
            return count_whole(store, self._layout, shapes)
        return recount(self._parent.manifest["counts"], self._layout, (self._before, store), change, shapes)


def _drop_empty_graphs(store: Store, removed: Iterable[Quad]) -> None:
    """Forget the names of graphs that hold nothing any more, which the engine would go on to list."""
    for graph in {quad.graph_name for quad in removed if isinstance(quad.graph_name, NamedNode)}:
        if not any(True for _ in store.quads_for_pattern(None, None, None, graph)):
            store.remove_graph(graph)
