"""A version while it is made: a folder that no reader looks at, with a store that may be written; and making it last.

The store of the version before is taken over by a checkpoint: its files are shared by hard links, so that it costs
neither time nor disk in proportion to its size. Nothing that was shared is ever written again.
"""

from __future__ import annotations

import gc
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from graph.errors import VersionError
from graph.rdf import Quad, Store, open_readonly, open_writable

STORE = "store"
ALONE = 2
"""References to an object that its only owner counts: its own, and the question's."""


class Staging:
    """What a writer is making in *folder*; `store` may be written until `seal`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._store: Store | None = None
        folder.chmod(0o755)

    @property
    def store(self) -> Store:
        """The store, to be written."""
        if self._store is None:
            self._store = open_writable(self.folder / STORE)
        return self._store

    def renew(self) -> Store:
        """The store, emptied."""
        self._store = None
        shutil.rmtree(self.folder / STORE, ignore_errors=True)
        return self.store

    def rebuild(self, keep: Callable[[Store], Iterable[Quad]]) -> None:
        """Make the store anew of the quads that *keep* gives of the old one; no other name may hold that one."""
        self._store = None
        old = self.folder / "store.old"
        (self.folder / STORE).rename(old)
        self.store.bulk_extend(keep(open_readonly(old)))
        shutil.rmtree(old)

    def write(self, name: str, content: bytes) -> None:
        """Keep a file beside the store; one of that name that is shared with another version is left to that one."""
        path = self.folder / name
        path.unlink(missing_ok=True)
        path.write_bytes(content)

    def seal(self) -> None:
        """Finish and close the store; nobody else may hold it any more."""
        store = self.store
        self._store = None
        store.flush()
        if sys.getrefcount(store) > ALONE:
            gc.collect()  # a circle of objects may hold it
        if sys.getrefcount(store) > ALONE:
            raise RuntimeError("the store is still in use; it would be written to after it was committed")


@contextmanager
def stage(place: Path, parent: Path | None, shared: tuple[str, ...] = ()) -> Iterator[Staging]:
    """A new staging folder in *place* with the store and the *shared* files of the version in *parent*.

    It is removed unless it was moved elsewhere. VersionError where the disk cannot hold it.
    """
    try:
        place.mkdir(parents=True, exist_ok=True)
        # A name of its own: the engine remembers the names of stores that a refused change left open in this process.
        folder = Path(tempfile.mkdtemp(dir=place))
        if parent is not None:
            open_readonly(parent / STORE).backup(str(folder / STORE))
            for name in shared:
                if (parent / name).exists():
                    (folder / name).hardlink_to(parent / name)
        yield Staging(folder)
    except OSError as error:
        raise VersionError(f"the version could not be written: {error}.", "Nothing was changed.") from None
    finally:
        shutil.rmtree(place, ignore_errors=True)


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Write for people and programs, keys in order."""
    path.write_text(json.dumps(content, indent=2, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")


def sync_tree(folder: Path) -> None:
    """Return when everything below *folder* is on the disk; what is shared with an older version is already."""
    for path in sorted(folder.rglob("*")):
        if path.is_dir() or path.stat().st_nlink == 1:
            sync(path)
    sync(folder)


def sync(path: Path) -> None:
    """Return when this file, or the names in this folder, are on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
