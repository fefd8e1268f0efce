"""A version made from nothing: what is stated gathered in memory, everything derived there, and then written to disk.

Memory is many times faster than disk for this. What is too large for it is derived on disk.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from graph.derive import stated_quads
from graph.fingerprint import weigh_lines
from graph.layout import Layout
from graph.rdf import RdfFormat, Store, open_memory
from graph.staging import Staging

MEMORY_BYTES = 3 * 2**30
"""What is stated may take so much on disk to be derived in memory, which takes several times that."""

_BUFFER = 2**22


def gather(staging: Staging, layout: Layout, parts: Sequence[Path], most: int = MEMORY_BYTES) -> Store:
    """The store to derive in, with what is stated in *staging* and in files.

    It is in memory where that is at most so many bytes on disk as *most*, else that of *staging* itself.
    """
    if layout.kind != "plain" and _size(staging.folder.rglob("*")) + _size(parts) <= most:
        store = open_memory()
        _copy_stated(staging.store, store, layout)
    else:
        if layout.kind != "plain":
            staging.rebuild(lambda old: stated_quads(old, layout))
        store = staging.store
    for path in parts:
        store.bulk_load(path=str(path), format=RdfFormat.N_QUADS)
    return store


def write(store: Store, staging: Staging) -> tuple[int, int]:
    """Make what *store* holds the content of *staging*; the weight of the quads, and their number."""
    path = staging.folder / "quads.nq"
    store.dump(str(path), RdfFormat.N_QUADS)
    staging.renew().bulk_load(path=str(path), format=RdfFormat.N_QUADS)
    with path.open("rb", buffering=_BUFFER) as lines:
        content = weigh_lines(lines)
    path.unlink()
    return content


def _copy_stated(old: Store, new: Store, layout: Layout) -> None:
    for graph in old.named_graphs():
        if layout.is_stated(graph):
            new.bulk_load(old.dump(format=RdfFormat.N_TRIPLES, from_graph=graph), RdfFormat.N_TRIPLES, to_graph=graph)


def _size(paths: Iterable[Path]) -> int:
    return sum(path.stat().st_size for path in paths if path.is_file())
