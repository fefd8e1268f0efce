"""A kept version made anew without what is redacted: its quads loaded into a new store, everything derived again.

Nothing is deleted in place, since the engine keeps deleted bytes, and every string that it ever held, in its files.
"""

from __future__ import annotations

import io
import itertools
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from graph.build import BUILT
from graph.delta import Delta
from graph.derive import derive_whole, stated_quads
from graph.errors import UsageError
from graph.findings import FINDINGS, read_findings, write_findings
from graph.fingerprint import digest_of, shift, to_text
from graph.iris import SH, Names
from graph.layout import Layout
from graph.patch import read_patch, write_patch
from graph.rdf import (
    Literal,
    Quad,
    RdfFormat,
    Store,
    open_memory,
    open_readonly,
    parse_quads,
    parse_stream,
    serialize,
)
from graph.redact_select import Selection, Target, select, without_records
from graph.redact_traces import Traces
from graph.redacted import is_tombstone
from graph.report import Report
from graph.schema import change_schema, read_schema, read_shape_quads
from graph.staging import STORE, Staging, write_json
from graph.tally import count_whole
from graph.versions import PATCH, PATCH_QUADS, SHARED, Version
from graph.wording import Wording

_SCHEMA = tuple(name for name in SHARED if name not in (BUILT, FINDINGS))
_KNOWN = ("manifest.json", "commit.json", PATCH, *SHARED)
_QUERIES = frozenset(f"{SH}{name}" for name in ("select", "ask", "construct"))
"""Properties whose values are queries: a word of them is not to be changed."""


@dataclass(frozen=True)
class Plan:
    """What is redacted from every version, in quads, in words and in other texts."""

    target: Target
    wording: Wording
    traces: Traces
    tombstones: Mapping[str, Quad]


@dataclass(frozen=True)
class Share:
    """What *version* has of it: what goes and comes, and the quads that are *blacked* out, with what they become."""

    version: Version
    layout: Layout
    selection: Selection
    blacked: Mapping[Quad, Quad] = field(default_factory=dict)

    @property
    def is_touched(self) -> bool:
        """True where the quads of the version change."""
        return bool(self.selection.removed or self.blacked)


@dataclass(frozen=True)
class Rewritten:
    """A *version* made anew, not in its place yet, with every quad by which its store *differs* from the old one."""

    version: Version
    differs: frozenset[Quad]


def layout_of(version: Version, otherwise: Layout) -> Layout:
    """How a version is laid out."""
    kept = version.manifest
    return Layout(kept.get("layout", otherwise.kind), Names(kept.get("base", otherwise.names.base)))


def black_out(quad: Quad, wording: Wording) -> Quad:
    """The quad with names in its value blacked out."""
    value = quad.object
    if not isinstance(value, Literal) or quad.predicate.value in _QUERIES or not wording.mentions(value.value):
        return quad
    text = wording.black_out(value.value)
    made = Literal(text, language=value.language) if value.language else Literal(text, datatype=value.datatype)
    return Quad(quad.subject, quad.predicate, made, quad.graph_name)


def rewrite(share: Share, plan: Plan, folder: Path, before: Rewritten | None) -> Rewritten:
    """The version made anew in *folder*; *before* is the one before it made anew, where that is kept.

    UsageError where a statement that is to go still follows from others.
    """
    folder.mkdir(parents=True)
    staging, manifest = Staging(folder), dict(share.version.manifest)
    old = share.version.open_disk()
    _number_after(share.version.folder / STORE, folder / STORE)
    counts = _make_store(staging, old, share, plan)
    staging.seal()
    new = open_readonly(folder / STORE)
    if "counts" in manifest:
        manifest["counts"] = {**manifest["counts"], **counts}
    change = _difference(old, new) if share.is_touched else Delta()
    if share.is_touched:
        manifest |= {**weighed(share.version, change), "redacted": True}
    _check(new, share, plan)
    commit = scrub(share.version.commit, plan.wording)
    made = Version(share.version.number, folder, manifest, commit)
    differs = change.added | change.removed
    _write_findings(share, plan, staging, manifest)
    _write_built(share, plan, staging, new)
    _write_patch(share, differs, new, before, staging)
    _copy_others(share, plan, staging)
    write_json(folder / "manifest.json", manifest)
    write_json(folder / "commit.json", commit)
    return Rewritten(made, differs)


def _number_after(old: Path, new: Path) -> None:
    """Let the engine number the files of a *new* store after those of the *old*, by a file that it takes for its own.

    Who reads the old store opens some of its files late, by name, and must not meet others of the same names there.
    """
    new.mkdir()
    last = max((int(path.stem) for path in old.glob("*.sst")), default=0)
    (new / f"{last + 1:06}.sst").touch()


def _make_store(staging: Staging, old: Store, share: Share, plan: Plan) -> dict[str, int]:
    """Load and derive, in memory where the version is small enough for that; the counts that may have changed."""
    is_small = share.version.held == "memory"
    store = open_memory() if is_small else staging.store
    _fill(store, old, share, plan)
    shapes = _derive(store, staging, share, plan)
    if is_small:
        staging.store.bulk_extend(store)
        for graph in store.named_graphs():
            staging.store.add_graph(graph)
    return count_whole(store, share.layout, shapes) if share.is_touched else {"shapes": shapes}


def weighed(version: Version, change: Delta) -> dict[str, Any]:
    """What a manifest says of the quads of what *version* becomes by *change*."""
    weight = shift(version.weight, change.added, change.removed)
    quads = version.manifest["quads"] + len(change.added) - len(change.removed)
    return {"quads": quads, "weight": to_text(weight), "digest": digest_of(weight)}


def _fill(store: Store, old: Store, share: Share, plan: Plan) -> None:
    """Load what is stated and remains; all of it where nothing changes, the derived graphs included."""
    if not share.is_touched:
        store.bulk_extend(old)
    else:
        gone, blacked = share.selection.removed, share.blacked
        kept = (blacked.get(quad, quad) for quad in stated_quads(old, share.layout) if quad not in gone)
        left = [plan.tombstones[iri] for iri in sorted(plan.target.mentioned(gone))]
        store.bulk_extend(itertools.chain(kept, share.selection.added, left))
    for graph in old.named_graphs():
        if not plan.target.means(graph) and not any(True for _ in old.quads_for_pattern(None, None, None, graph)):
            store.add_graph(graph)


def _derive(store: Store, staging: Staging, share: Share, plan: Plan) -> int:
    """Keep the schema, or make it anew where it changes, and derive by it; how many shapes there are."""
    version, layout = share.version, share.layout
    number: int = version.manifest.get("counts", {}).get("shapes", 0)
    if layout.kind == "plain":
        _link(version.folder, staging, _SCHEMA)
        return number
    known = read_shape_quads(version, layout)
    shapes = redact_quads(known, layout, plan)
    changed = (*share.selection.removed, *share.blacked)
    if shapes == known and not any(quad.graph_name == layout.ontology for quad in changed):
        _link(version.folder, staging, _SCHEMA)
        if share.is_touched:
            derive_whole(store, layout, read_schema(version, store, layout))
        return number
    schema = change_schema(store, layout, shapes)
    for name, content in schema.files().items():
        staging.write(name, content)
    if share.is_touched:
        derive_whole(store, layout, schema)
    return sum(len(group.severities) for group in schema.shapes.values())


def redact_quads(quads: Collection[Quad], layout: Layout, plan: Plan) -> frozenset[Quad]:
    """Stated quads that are kept in a file, without what is redacted."""
    found = select(open_memory(quads), layout, without_records(plan.target))
    kept = (black_out(quad, plan.wording) for quad in quads if quad not in found.removed)
    return frozenset(kept) | found.added


def _check(new: Store, share: Share, plan: Plan) -> None:
    """UsageError where a statement that is to go is still there: then it was derived again."""
    for triple in sorted(plan.target.statements, key=str):
        if any(True for _ in new.quads_for_pattern(triple.subject, triple.predicate, triple.object, None)):
            raise UsageError(
                f"a statement still follows from others in version {share.version.number}.",
                "`letapis explain S P O` tells from which; redact those.",
            )


def _difference(old: Store, new: Store) -> Delta:
    return Delta(frozenset(quad for quad in new if quad not in old), frozenset(quad for quad in old if quad not in new))


def _write_findings(share: Share, plan: Plan, staging: Staging, manifest: dict[str, Any]) -> None:
    """Keep the findings that tell nothing of what is redacted; the manifest counts what is left."""
    path = share.version.folder / FINDINGS
    if not path.exists():
        return
    findings = read_findings(share.version)
    kept = [finding for finding in findings if not plan.traces.is_in_any(finding.to_json())]
    staging.write(FINDINGS, write_findings(kept))
    for key, severity in (("warnings", "Warning"), ("infos", "Info")):
        if key in manifest and len(kept) < len(findings):
            manifest[key] = Report(kept).count(severity)


def _write_built(share: Share, plan: Plan, staging: Staging, new: Store) -> None:
    """What the last build stated, without what is redacted: what is left of that is no part of any file."""
    path, layout = share.version.folder / BUILT, share.layout
    if path.exists():
        staging.write(BUILT, to_lines(redact_quads(list(parse_quads(path, RdfFormat.N_QUADS)), layout, plan)))
    elif layout.kind == "record":  # then the next build would take away all that it does not state, tombstones too
        staging.write(BUILT, to_lines(quad for quad in stated_quads(new, layout) if not is_tombstone(quad)))


def to_lines(quads: Iterable[Quad]) -> bytes:
    """The quads as N-Quads, in order."""
    return b"".join(sorted(serialize(quads, RdfFormat.N_QUADS).splitlines(keepends=True)))


def _write_patch(
    share: Share, differs: frozenset[Quad], new: Store, before: Rewritten | None, staging: Staging
) -> None:
    """The change from the parent made anew; none where the parent is not kept.

    A quad that tells the two apart did so before, or is one by which either of them differs from what it was.
    """
    path = share.version.folder / PATCH
    if not path.is_file() or before is None or share.version.manifest.get("parent") != before.version.number:
        return
    old, told = before.version.open_disk(), {*patched(path), *differs, *before.differs}
    added = [quad for quad in told if quad in new and quad not in old]
    removed = [quad for quad in told if quad in old and quad not in new]
    if len(added) + len(removed) <= PATCH_QUADS:
        staging.write(PATCH, write_patch(added, removed, with_default=share.layout.kind == "plain"))


def patched(path: Path) -> Iterator[Quad]:
    """The quads of a patch that a version keeps, added ones and removed ones."""
    lines = "".join(f"{change.quad} .\n" for change in read_patch(path))
    return parse_stream(io.BytesIO(lines.encode()), RdfFormat.N_QUADS, None, lenient=True)


def _copy_others(share: Share, plan: Plan, staging: Staging) -> None:
    """Keep files that this software does not know, unless they tell something of what is redacted."""
    for path in sorted(share.version.folder.iterdir()):
        if path.is_file() and path.name not in _KNOWN:
            lines = path.read_bytes().decode("utf-8", errors="replace").splitlines()
            if not any(map(plan.traces.is_in, lines)):
                _link(share.version.folder, staging, (path.name,))


def _link(folder: Path, staging: Staging, names: Iterable[str]) -> None:
    for name in names:
        if (folder / name).exists():
            (staging.folder / name).hardlink_to(folder / name)


def scrub(content: Any, wording: Wording) -> Any:
    """JSON with removed words blacked out in its strings."""
    if isinstance(content, str):
        return wording.scrub(content)
    if isinstance(content, dict):
        return {key: scrub(value, wording) for key, value in content.items()}
    return [scrub(value, wording) for value in content] if isinstance(content, list) else content
