"""Versions: immutable folders, a pointer `current` that is moved in one step, and a lock for the one writer.

    DATA/versions/7/   store/           its quads (RocksDB), the files of which it shares with the version before
                       manifest.json    what it holds, and the digest of its quads (the same quads, the same digest)
                       commit.json      when, by whom, why and how it was made
                       patch.nqp        what was added (A) and deleted (D), where that is not too much to keep
                       rules.json       the rules its inferences were drawn with (and denials.json)
                       shapes.nt        the shapes that it conforms to; findings.jsonl what they warn of
                       built.nq         what the last build stated, to tell what the next one changes
    DATA/current       -> versions/7
    DATA/tags/2026.1   -> ../versions/5
    DATA/staging/      what a writer is making; whatever a killed writer left here is removed by the next
    DATA/lock          held by the writer, released by the system when it dies

A version is complete before it is renamed into place and current only after that, so a reader sees the old one or the
new one, and a writer killed at any moment leaves `current` where it was.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
import time
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from graph.errors import LockedError, VersionError
from graph.fingerprint import digest_of, from_text, shift, to_text, weigh
from graph.rdf import Quad, Store, open_memory, open_readonly
from graph.staging import STORE, Staging, stage, sync, sync_tree, write_json
from graph.swap import complete_swaps

MEMORY_QUADS = 250_000
"""A version of at most this many quads is held in memory by its readers: faster, and cheap to fork (about 400 bytes a
quad); a larger one, which would take more than a second to load after each commit, is read from disk."""

PATCH = "patch.nqp"
SHARED = ("built.nq", "rules.json", "denials.json", "shapes.nt", "reads.json", "findings.jsonl")
"""Files that a version takes over from the one before unless they are written anew."""

PATCH_QUADS = 200_000
"""A change of more quads than this is not kept as a patch: compare the two versions."""

LOCK_INTERVAL = 0.01


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

    @property
    def weight(self) -> int:
        """The sum that the digest is taken of."""
        kept = self.manifest.get("weight")
        return weigh(self.open_disk()) if kept is None else from_text(kept)

    @property
    def described(self) -> dict[str, Any]:
        """What manifest and commit say, for people and programs."""
        return {key: value for key, value in {**self.manifest, **self.commit}.items() if key != "weight"}

    def open(self) -> Store:
        """The version as a store to read from, in memory or read-only on disk."""
        disk = self.open_disk()
        return disk if self.held == "disk" else open_memory(disk)

    def open_disk(self) -> Store:
        """The version read-only on disk."""
        return open_readonly(self.folder / STORE)


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
    def writer(self, wait: float = 0.0) -> Iterator[Writer]:
        """The right to commit, for one process at a time; LockedError where another has it for longer than *wait*.

        What an earlier writer left half-made is removed first.
        """
        try:
            self.data.mkdir(parents=True, exist_ok=True)
            lock = (self.data / "lock").open("a")
        except OSError as error:
            raise VersionError(f"{self.data} cannot be written: {error.strerror}.", "Name another folder.") from None
        with lock:
            _take(lock.fileno(), self.data, wait)
            self._clear_leftovers()
            yield Writer(self)

    def sweep(self) -> bool:
        """Remove what a killed writer left; False where another is writing, who did so when it began."""
        try:
            with self.writer():
                return True
        except LockedError:
            return False

    def _clear_leftovers(self) -> None:
        complete_swaps(self.data)  # before all else: what is staged then is part of it
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

    @contextmanager
    def stage(self, parent: Version | None) -> Iterator[Staging]:
        """A version in the making that starts as *parent*, or from nothing; gone unless `finish` is called."""
        folder = None if parent is None else parent.folder
        with stage(self._versions.data / "staging", folder, SHARED) as staging:
            yield staging

    def commit(
        self, quads: Iterable[Quad], manifest: dict[str, Any], files: dict[str, bytes], *, by: str, why: str
    ) -> Version:
        """Make the next version of *quads*, keep *files* with it, and move `current` to it.

        VersionError (disk full …) where it cannot be written: nothing is changed then.
        """
        with self.stage(None) as staging:
            for name, content in files.items():
                staging.write(name, content)
            staging.store.bulk_extend(quads)
            return self.finish(staging, manifest, {"by": by, "why": why})

    def finish(
        self,
        staging: Staging,
        manifest: dict[str, Any],
        commit: dict[str, Any],
        change: tuple[Collection[Quad], Collection[Quad]] | None = None,
        content: tuple[int, int] | None = None,
    ) -> Version:
        """Seal what is staged and make it the current version.

        *change* is all that differs from its parent, *content* the weight of its quads and their number; either spares
        reading all of it.
        """
        parent = self._versions.current()
        if content is not None:
            weight, quads = content
        elif parent is not None and change is not None:
            weight = shift(parent.weight, *change)
            quads = parent.manifest["quads"] + len(change[0]) - len(change[1])
        else:
            weight, quads = weigh(staging.store), len(staging.store)
        staging.seal()
        manifest = {**manifest, "quads": quads, "weight": to_text(weight), "digest": digest_of(weight)}
        return self._place(staging, manifest, commit)

    def restore(self, version: Version, *, by: str, why: str) -> Version:
        """Make the next version of what *version* holds; files are shared by hard links: none ever changes."""
        with self.stage(version) as staging:
            manifest = {**version.manifest, "restores": version.number}
            return self._place(staging, manifest, {"by": by, "why": why, "via": "restore"})

    def tag(self, name: str, version: Version) -> None:
        """Let *name* mean *version* from now on; VersionError where it is no name for a tag."""
        if not _TAG.fullmatch(name):
            raise VersionError(f"`{name}` is no name for a tag.", "Use letters, digits and `._-`; not digits alone.")
        folder = self._versions.data / "tags"
        folder.mkdir(exist_ok=True)
        following = self._versions.data / "tag.next"
        following.symlink_to(Path("..") / "versions" / str(version.number))
        following.replace(folder / name)
        sync(folder)

    def prune(self, keep: int) -> list[int]:
        """Remove versions neither among the last *keep* nor tagged nor current; the numbers of those removed."""
        versions = [version.number for version in self._versions.list()]
        return self.remove(versions[: len(versions) - max(keep, 1)])

    def remove(self, numbers: Iterable[int]) -> list[int]:
        """Remove these versions, but for those that are tagged or current; the numbers of those removed."""
        spared = {*self._versions.tags().values(), self._versions.current_number()}
        removed = [number for number in sorted(set(numbers)) if number not in spared]
        for number in removed:
            folder = self._versions.data / "versions" / str(number)
            doomed = self._versions.data / "versions" / f"removing-{number}"
            folder.rename(doomed)  # at once gone for readers; what a kill leaves is cleared by the next writer
            shutil.rmtree(doomed)
        return removed

    def _place(self, staging: Staging, manifest: dict[str, Any], commit: dict[str, Any]) -> Version:
        """Number and describe what is staged, move it into place, and make it current."""
        parent = self._versions.current()
        number = 1 if parent is None else parent.number + 1
        manifest = {**manifest, "version": number, "parent": None if parent is None else parent.number}
        commit = {**commit, "at": _later(parent)}
        write_json(staging.folder / "manifest.json", manifest)
        write_json(staging.folder / "commit.json", commit)
        sync_tree(staging.folder)
        target = self._versions.data / "versions" / str(number)
        target.parent.mkdir(exist_ok=True)
        staging.folder.rename(target)
        self._point_to(number)
        return Version(number, target, manifest, commit)

    def _point_to(self, number: int) -> None:
        data = self._versions.data
        sync(data / "versions")
        following = data / "current.next"
        following.symlink_to(Path("versions") / str(number))
        following.replace(data / "current")
        sync(data)


def _later(parent: Version | None) -> str:
    """The time of a commit: now, or that of its parent where the clock was set back."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return now if parent is None else max(now, parent.commit["at"])


def _take(lock: int, data: Path, wait: float) -> None:
    """Hold the lock; LockedError where another process does for longer than *wait* seconds."""
    deadline = time.monotonic() + wait
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            if time.monotonic() >= deadline:
                raise LockedError(f"another process is writing to {data}.", "Wait for it, or stop it.") from None
            time.sleep(LOCK_INTERVAL)
        else:
            return
