"""Reading much at once: streamed from inputs into files of checked quads, in memory that does not grow; resumable.

    DATA/loading/<key>/1.nq, 2.nq …   parts of the inputs, each complete

`<key>` tells these inputs from others. A load that is interrupted begins again after the last part; the parts are
removed when the version that took them in is current, or when something else is loaded.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path

from graph.change import place
from graph.errors import UsageError, VersionError
from graph.layout import Layout
from graph.rdf import Quad, serialize_file
from graph.read_rdf import Reading, read_all
from graph.redacted import refuse_redacted
from graph.staging import sync

LOADING = "loading"
Count = Callable[[int], None]
"""Told how many quads were read so far."""


class Load:
    """A load of *readings* into the dataset in *data*, with so many quads from one safe point to the next as *part*.

    *fingerprint* is that of what the readings hold.
    """

    def __init__(
        self, data: Path, layout: Layout, readings: Sequence[Reading], *, fingerprint: str, part: int,
        count: Count = lambda _: None,
    ) -> None:  # fmt: skip
        self._place = data / LOADING
        self._fingerprint = fingerprint
        self._layout = layout
        self._readings = readings
        self._part = part
        self._count = count

    def __call__(self) -> list[Path]:
        """The files of all parts, those that are missing made; an error of the inputs leaves none."""
        folder = self._place / self._key()
        self._remove_others(folder)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            return self._load(folder)
        except OSError as error:
            self.finish()
            raise VersionError(f"what is loaded could not be written: {error}.", "Nothing was changed.") from None

    def finish(self) -> None:
        """Remove the parts; call it when the version that took them in is current, or will never be."""
        shutil.rmtree(self._place, ignore_errors=True)

    def _load(self, folder: Path) -> list[Path]:
        parts = sorted(folder.glob("*.nq"), key=lambda path: int(path.stem))
        quads = islice(self._quads(), len(parts) * self._part, None)
        done = len(parts) * self._part
        while held := list(islice(quads, self._part)):
            path = folder / f"{len(parts) + 1}.nq"
            refuse_redacted(self._place.parent, held)
            _write(path, held)
            parts.append(path)
            done += len(held)
            self._count(done)
        return parts

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

    def _key(self) -> str:
        """What tells this load from others: its inputs, how they are read, what is in them, and the size of a part."""
        read = [(r.input.shown, r.base, str(r.graph), r.blank_prefix) for r in self._readings]
        return hashlib.sha256(repr((self._fingerprint, self._part, read)).encode()).hexdigest()[:16]

    def _remove_others(self, folder: Path) -> None:
        others: Iterable[Path] = self._place.iterdir() if self._place.is_dir() else ()
        for path in others:
            if path != folder:
                shutil.rmtree(path, ignore_errors=True)


def _write(path: Path, quads: Iterable[Quad]) -> None:
    """A part that is there is complete, and on the disk."""
    following = path.with_suffix(".next")
    serialize_file(following, quads)
    sync(following)
    following.replace(path)
    sync(path.parent)
