"""Loading much at once: streamed from inputs to disk in memory that does not grow with them, and resumable.

    DATA/loading/<key>/store/        what was loaded so far, on top of the version that was current when it began
                       progress.json how many quads of the inputs that is

`<key>` tells these inputs and that version from others. A load that is interrupted begins again where the last part was
safe; what it loaded is taken into a version by a checkpoint and removed when that is current. What was loaded for
another version than the current one is of no use and removed by the next load.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path

from graph.change import place
from graph.errors import UsageError
from graph.layout import Layout
from graph.rdf import Quad, open_readonly, open_writable
from graph.read_rdf import Reading, read_all
from graph.staging import STORE, Staging, sync, write_json
from graph.versions import Version

LOADING = "loading"
PROGRESS = "progress.json"
Count = Callable[[int], None]
"""Told how many quads were read so far."""


class Load:
    """A load of *readings* into the dataset in *data*, with so many quads from one safe point to the next as *part*."""

    def __init__(
        self, data: Path, layout: Layout, readings: Sequence[Reading], part: int, count: Count = lambda _: None
    ) -> None:
        self._place = data / LOADING
        self._layout = layout
        self._readings = readings
        self._part = part
        self._count = count

    def __call__(self, staging: Staging, parent: Version | None) -> None:
        """Load what is not loaded yet, and go on in *staging* with all of it; errors of the inputs leave nothing."""
        folder = self._place / _key(self._readings, parent)
        self._remove_others(folder)
        try:
            self._load(folder, parent)
        except BaseException as error:
            if not isinstance(error, KeyboardInterrupt):
                shutil.rmtree(folder, ignore_errors=True)
            raise
        staging.adopt(folder / STORE)

    def finish(self) -> None:
        """Remove what was loaded; call it when the version that took it in is current."""
        shutil.rmtree(self._place, ignore_errors=True)

    def _load(self, folder: Path, parent: Version | None) -> None:
        done = _progress(folder)
        if done is None:
            _begin(folder, parent)
            done = 0
        store = open_writable(folder / STORE)
        quads = islice(self._quads(), done, None)
        while part := list(islice(quads, self._part)):
            store.bulk_extend(part)
            store.flush()
            done += len(part)
            _keep_progress(folder, done)
            self._count(done)
        del store

    def _quads(self) -> Iterator[Quad]:
        for reading in self._readings:
            for quad in read_all(reading):
                placed = place(quad, self._layout)
                if self._layout.kind != "plain" and placed.graph_name == self._layout.shapes:
                    raise UsageError(
                        f"{reading.input.shown} holds shapes among so much else that it is loaded in bulk.",
                        "Ingest the shapes by themselves.",
                    )
                yield placed

    def _remove_others(self, folder: Path) -> None:
        others: Iterable[Path] = self._place.iterdir() if self._place.is_dir() else ()
        for path in others:
            if path != folder:
                shutil.rmtree(path, ignore_errors=True)


def _key(readings: Sequence[Reading], parent: Version | None) -> str:
    """What tells this load from others: how its inputs are called, their size and bytes, and what they are added to."""
    whole = hashlib.sha256((parent.manifest["digest"] if parent else "").encode())
    for reading in readings:
        whole.update(f"\0{reading.input.shown}\0{reading.base}\0{reading.graph}\0".encode())
        with reading.input.open() as raw:
            while part := raw.read(2**20):
                whole.update(part)
    return whole.hexdigest()[:16]


def _progress(folder: Path) -> int | None:
    try:
        return int(json.loads((folder / PROGRESS).read_text())["quads"])
    except (OSError, ValueError, KeyError):
        return None


def _begin(folder: Path, parent: Version | None) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    if parent is not None:
        open_readonly(parent.folder / STORE).backup(str(folder / STORE))


def _keep_progress(folder: Path, quads: int) -> None:
    """Say that so many quads are loaded, after they are on the disk."""
    for path in sorted((folder / STORE).iterdir()):
        with suppress(FileNotFoundError):  # the engine merges files of the open store, and removes old ones
            sync(path)
    following = folder / f"{PROGRESS}.next"
    write_json(following, {"quads": quads})
    sync(following)
    following.replace(folder / PROGRESS)
    sync(folder)
