"""Versions: immutable folders, a pointer `current` that is moved in one step, and a lock for the one writer.

    DATA/versions/7/   manifest.json   what it holds, and the digest of its quads (the same inputs give the same bytes)
                       commit.json     when, by whom and why it was made
                       quads.nq        every quad, sorted
                       rules.json      the rules its inferences were drawn with
                       store/          the same on disk for reading (RocksDB)
    DATA/current       -> versions/7
    DATA/tags/2026.1   -> ../versions/5
    DATA/staging/      what a writer is making; whatever a killed writer left here is removed by the next
    DATA/lock          held by the writer, released by the system when it dies

A version is complete before it is renamed into place and current only after that, so a reader sees the old one or the
new one, and a writer killed at any moment leaves `current` where it was.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from graph.errors import VersionError
from graph.rdf import Quad, RdfFormat, Store, canonical_nquads, open_memory, open_readonly, open_writable, parse_quads

MEMORY_QUADS = 2_000_000
"""A version of at most this many quads is held in memory by its readers: faster, and cheap to fork (about 400 bytes a
quad); a larger one is read from disk."""


_TAG = re.compile(r"(?!\d+$)[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@dataclass(frozen=True)
class Version:
    """A finished version: its number, folder, and what its manifest and commit say."""

    number: int
    folder: Path
    manifest: dict[str, Any]
    commit: dict[str, Any]

    @property
    def held(self) -> str:
        """`memory` or `disk`: where readers hold it."""
        return "memory" if self.manifest["quads"] <= MEMORY_QUADS else "disk"

    def open(self) -> Store:
        """The version as a store to read from, in memory or read-only on disk."""
        if self.held == "disk":
            return open_readonly(self.folder / "store")
        return open_memory(parse_quads(self.folder / "quads.nq", RdfFormat.N_QUADS))


class Versions:
    """The versions in a data folder."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self._versions = data / "versions"
        self._pointer = data / "current"

    def current_number(self) -> int | None:
        """The number that `current` points to, or None where nothing was built yet."""
        try:
            return int(Path(os.readlink(self._pointer)).name)  # noqa: PTH115 - Path.readlink is slower; asked per request
        except OSError:
            return None

    def current(self) -> Version | None:
        """The current version, or None where nothing was built yet."""
        number = self.current_number()
        return None if number is None else self.get(number)

    def get(self, number: int) -> Version:
        """Version *number*; VersionError where there is none or it is damaged."""
        folder = self._versions / str(number)
        try:
            manifest = json.loads((folder / "manifest.json").read_bytes())
            commit = json.loads((folder / "commit.json").read_bytes())
        except FileNotFoundError:
            remedy = "See `letapis versions list`."
            raise VersionError(f"there is no version {number} in {self.data}.", remedy) from None
        except (OSError, ValueError) as error:
            raise VersionError(f"version {number} in {self.data} is damaged: {error}.", "Build again.") from None
        return Version(number, folder, manifest, commit)

    def list(self) -> list[Version]:
        """Every version up to the current one, oldest first."""
        current = self.current_number()
        if current is None:
            return []
        numbers = sorted(int(path.name) for path in self._versions.iterdir() if path.name.isdecimal())
        return [self.get(number) for number in numbers if number <= current]

    def tags(self) -> dict[str, int]:
        """The version that each tag names, by tag."""
        folder = self.data / "tags"
        paths = sorted(folder.iterdir()) if folder.is_dir() else []
        return {path.name: int(path.readlink().name) for path in paths if path.is_symlink()}

    def find(self, name: str) -> Version:
        """The version that *name* means: its number, or a tag; VersionError where it means none."""
        if name.isascii() and name.isdecimal() and len(name) < 10:
            return self.get(int(name))
        number = self.tags().get(name)
        if number is None:
            raise VersionError(f"no version is called `{name}`.", "See `letapis versions list`.")
        return self.get(number)

    @contextmanager
    def writer(self) -> Iterator[Writer]:
        """The right to commit, for one process at a time; VersionError where another has it.

        What an earlier writer left half-made is removed first.
        """
        try:
            self.data.mkdir(parents=True, exist_ok=True)
            lock = (self.data / "lock").open("a")
        except OSError as error:
            raise VersionError(f"{self.data} cannot be written: {error.strerror}.", "Name another folder.") from None
        with lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise VersionError(f"another process is writing to {self.data}.", "Wait for it, or stop it.") from None
            self._clear_leftovers()
            yield Writer(self)

    def _clear_leftovers(self) -> None:
        shutil.rmtree(self.data / "staging", ignore_errors=True)
        current = self.current_number() or 0
        if self._versions.is_dir():
            for path in self._versions.iterdir():
                if not path.name.isdecimal() or int(path.name) > current:
                    shutil.rmtree(path)
        for path in (self.data / "current.next", self.data / "tag.next"):
            path.unlink(missing_ok=True)


class Writer:
    """Commits versions; made by `Versions.writer` only."""

    def __init__(self, versions: Versions) -> None:
        self._versions = versions

    def commit(
        self, quads: Iterable[Quad], manifest: dict[str, Any], files: dict[str, bytes], *, by: str, why: str
    ) -> Version:
        """Make the next version of *quads*, keep *files* with it, and move `current` to it.

        VersionError (disk full …) where it cannot be written: nothing is changed then.
        """
        staging = self._versions.data / "staging"
        try:
            staging.mkdir(parents=True)
            for name, content in files.items():
                (staging / name).write_bytes(content)
            return self._commit(staging, quads, manifest, {"by": by, "why": why})
        except OSError as error:
            shutil.rmtree(staging, ignore_errors=True)
            raise VersionError(f"the version could not be written: {error}.", "Nothing was changed.") from None

    def _commit(
        self, staging: Path, quads: Iterable[Quad], manifest: dict[str, Any], commit: dict[str, Any]
    ) -> Version:
        data = canonical_nquads(quads)
        (staging / "quads.nq").write_bytes(data)
        store = open_writable(staging / "store")
        store.bulk_load(path=staging / "quads.nq", format=RdfFormat.N_QUADS)
        store.flush()
        manifest = {**manifest, "quads": len(store), "digest": hashlib.sha256(data).hexdigest()}
        del store
        return self._finish(staging, manifest, commit)

    def restore(self, version: Version, *, by: str, why: str) -> Version:
        """Make the next version of what *version* holds; files are shared by hard links: none ever changes."""
        staging = self._versions.data / "staging"
        try:
            leave_out = shutil.ignore_patterns("manifest.json", "commit.json")
            shutil.copytree(version.folder, staging, copy_function=os.link, ignore=leave_out)
            return self._finish(staging, {**version.manifest, "restores": version.number}, {"by": by, "why": why})
        except OSError as error:
            shutil.rmtree(staging, ignore_errors=True)
            raise VersionError(f"the version could not be written: {error}.", "Nothing was changed.") from None

    def tag(self, name: str, version: Version) -> None:
        """Let *name* mean *version* from now on; VersionError where it is no name for a tag."""
        if not _TAG.fullmatch(name):
            raise VersionError(f"`{name}` is no name for a tag.", "Use letters, digits and `._-`; not digits alone.")
        folder = self._versions.data / "tags"
        folder.mkdir(exist_ok=True)
        following = self._versions.data / "tag.next"
        following.symlink_to(Path("..") / "versions" / str(version.number))
        following.replace(folder / name)
        _sync(folder)

    def prune(self, keep: int) -> list[int]:
        """Remove versions neither among the last *keep* nor tagged nor current; the numbers of those removed."""
        spared = set(self._versions.tags().values())
        versions = [version.number for version in self._versions.list()]
        removed = [number for number in versions[: len(versions) - max(keep, 1)] if number not in spared]
        for number in removed:
            folder = self._versions.data / "versions" / str(number)
            doomed = self._versions.data / "versions" / f"removing-{number}"
            folder.rename(doomed)  # at once gone for readers; what a kill leaves is cleared by the next writer
            shutil.rmtree(doomed)
        return removed

    def _finish(self, staging: Path, manifest: dict[str, Any], commit: dict[str, Any]) -> Version:
        """Number and describe what is staged, move it into place, and make it current."""
        parent = self._versions.current_number()
        number = (parent or 0) + 1
        manifest = {**manifest, "version": number, "parent": parent}
        commit = {**commit, "at": datetime.now(UTC).isoformat(timespec="seconds")}
        _write_json(staging / "manifest.json", manifest)
        _write_json(staging / "commit.json", commit)
        _sync_tree(staging)
        target = self._versions.data / "versions" / str(number)
        target.parent.mkdir(exist_ok=True)
        staging.rename(target)
        self._point_to(number)
        return Version(number, target, manifest, commit)

    def _point_to(self, number: int) -> None:
        data = self._versions.data
        following = data / "current.next"
        following.symlink_to(Path("versions") / str(number))
        following.replace(data / "current")
        _sync(data / "versions")
        _sync(data)


def _write_json(path: Path, content: dict[str, Any]) -> None:
    path.write_text(json.dumps(content, indent=2, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")


def _sync_tree(folder: Path) -> None:
    for path in sorted(folder.rglob("*")):
        _sync(path)
    _sync(folder)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
