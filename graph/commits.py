"""Which commit brought a statement in: the first kept version from which on it was there without a break."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from graph.rdf import Quad
from graph.versions import Version, Versions

COMMITS_BACK = 50
"""Versions that are opened in search of a commit; opening one takes about 10 ms, whatever its size."""


@dataclass(frozen=True)
class Commit:
    """The version that a commit made, and when, by whom and why; *or_earlier* where older ones are not kept."""

    version: int
    at: str
    by: str
    why: str
    or_earlier: bool = False

    def __str__(self) -> str:
        if self.or_earlier:
            return f"version {self.version} or earlier"
        return f"version {self.version}, {self.at}, {self.by}: {self.why}"


def find_commit(versions: Versions, quad: Quad, version: Version) -> Commit | None:
    """The commit from which on *quad* is held up to *version*; None where that does not hold it."""
    return find_commits(versions, [quad], version).get(quad)


def find_commits(versions: Versions, quads: Collection[Quad], version: Version) -> dict[Quad, Commit]:
    """The same for each of *quads* that *version* holds, every older version opened at most once."""
    found: dict[Quad, Commit] = {}
    sought = _held(version, quads)
    last = version
    for older in _before(versions, version):
        try:
            held = _held(older, sought)
        except OSError:  # removed in the meantime
            break
        found |= {quad: _commit(last, older) for quad in sought - held}
        sought, last = held, older
        if not sought:
            break
    return found | {quad: _commit(last, None) for quad in sought}


def _before(versions: Versions, version: Version) -> list[Version]:
    """The kept versions before *version*, the newest first, as many as are searched."""
    older = [kept for kept in versions.list() if kept.number < version.number]
    return older[: -COMMITS_BACK - 1 : -1]


def _held(version: Version, quads: Collection[Quad]) -> set[Quad]:
    store = version.open_disk()
    return {quad for quad in quads if quad in store}


def _commit(version: Version, before: Version | None) -> Commit:
    parent, said = version.manifest.get("parent"), version.commit
    is_exact = parent == (None if before is None else before.number)
    return Commit(version.number, str(said["at"]), str(said["by"]), str(said["why"]), or_earlier=not is_exact)
