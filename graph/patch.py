"""What changed between two versions, as an RDF Patch (https://afs.github.io/rdf-delta/rdf-patch.html).

A version keeps the patch from its parent, so that comparing near versions costs no more than their changes; versions
without such a chain between them are compared quad by quad, in sorted runs on disk where they are large.
"""

from __future__ import annotations

import heapq
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from graph.errors import VersionError
from graph.rdf import DefaultGraph, Quad, Store
from graph.versions import PATCH, Version, Versions

RUN_LINES = 500_000
CHAIN = 1_000
"""Patches that are put together at the most."""


@dataclass(frozen=True)
class Change:
    """One statement that was added (`A`) or deleted (`D`), as a line of N-Quads without its end."""

    kind: str
    quad: str


def diff(before: Version, after: Version) -> Iterator[Change]:
    """The changes from one version to another, in the order of their lines; streamed, whatever the size.

    Statements in the default graph are left out where it repeats what the named graphs hold.
    """
    chained = _chain(before, after)
    if chained is not None:
        yield from (Change(kind, quad) for quad, kind in sorted(chained.items()))
        return
    if (backwards := _chain(after, before)) is not None:
        yield from (Change("AD".replace(kind, ""), quad) for quad, kind in sorted(backwards.items()))
        return
    with tempfile.TemporaryDirectory(prefix="letapis-diff-") as folder:
        yield from _merge(_lines(before, Path(folder, "before")), _lines(after, Path(folder, "after")))


def _chain(before: Version, after: Version) -> dict[str, str] | None:
    """The net change by the patches that lead from *before* to *after*; None where one is missing."""
    patches: list[Path] = []
    versions, version = Versions(after.folder.parent.parent), after
    while version.number > before.number and len(patches) < CHAIN:
        path = version.folder / PATCH
        if not path.is_file():
            return None
        patches.append(path)
        try:
            version = versions.get(version.manifest["parent"])
        except VersionError:
            return None
    if version.number != before.number:
        return None
    net: dict[str, str] = {}
    for path in reversed(patches):
        for change in read_patch(path):
            if net.get(change.quad, change.kind) != change.kind:
                del net[change.quad]
            else:
                net[change.quad] = change.kind
    return net


def read_patch(path: Path) -> Iterator[Change]:
    """The changes of a patch that a version keeps."""
    with path.open(encoding="utf-8", newline="\n") as file:
        for line in file:
            if line[:2] in ("A ", "D "):
                yield Change(line[0], line[2:].removesuffix(" .\n"))


def write_patch(added: Iterable[Quad], removed: Iterable[Quad], *, with_default: bool) -> bytes:
    """The patch that a version keeps, in the order of its lines."""
    lines = [(str(quad), kind) for kind, quads in (("A", added), ("D", removed)) for quad in quads
             if with_default or not isinstance(quad.graph_name, DefaultGraph)]  # fmt: skip
    return "".join(f"{kind} {quad} .\n" for quad, kind in sorted(lines)).encode()


def _merge(old: Iterator[str], new: Iterator[str]) -> Iterator[Change]:
    left, right = next(old, None), next(new, None)
    while left is not None or right is not None:
        if right is None or (left is not None and left < right):
            assert left is not None  # noqa: S101 - one of the two is there
            yield Change("D", left)
            left = next(old, None)
        elif left is None or right < left:
            yield Change("A", right)
            right = next(new, None)
        else:
            left, right = next(old, None), next(new, None)


def _lines(version: Version, folder: Path) -> Iterator[str]:
    with_default = version.manifest.get("layout") == "plain"
    return sorted_lines(version.open_disk(), folder, with_default=with_default)


def sorted_lines(store: Store, folder: Path, *, with_default: bool) -> Iterator[str]:
    """The quads of *store* as lines without their end, in order; runs of them go to *folder*."""
    folder.mkdir(exist_ok=True)
    run: list[str] = []
    files: list[Path] = []
    for quad in store:
        if with_default or not isinstance(quad.graph_name, DefaultGraph):
            run.append(str(quad))
        if len(run) == RUN_LINES:
            files.append(_write_run(folder / str(len(files)), run))
            run = []
    return heapq.merge(sorted(run), *map(_read_run, files))


def _write_run(path: Path, lines: list[str]) -> Path:
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(f"{line}\n" for line in sorted(lines))
    return path


def _read_run(path: Path) -> Iterator[str]:
    with path.open(encoding="utf-8", newline="\n") as file:
        for line in file:
            yield line.removesuffix("\n")


def to_text(before: Version, after: Version) -> Iterator[str]:
    """The patch, line by line: its header, one transaction, a change a line."""
    yield f"H prev <urn:sha256:{before.manifest['digest']}> ."
    yield f"H id <urn:sha256:{after.manifest['digest']}> ."
    yield "TX ."
    for change in diff(before, after):
        yield f"{change.kind} {change.quad} ."
    yield "TC ."
