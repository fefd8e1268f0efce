"""RDF terms, files and stores; the fence around pyoxigraph (no other module of `graph` or `server` imports it)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import pyoxigraph as ox
from pyoxigraph import (
    BlankNode,
    DefaultGraph,
    Literal,
    NamedNode,
    Quad,
    QueryBoolean,
    QueryResultsFormat,
    QuerySolutions,
    QueryTriples,
    RdfFormat,
    Store,
    Triple,
)

from graph.errors import SourceError, Spot

__all__ = [
    "BlankNode", "DefaultGraph", "Literal", "NamedNode", "Quad", "QueryBoolean", "QueryResultsFormat",
    "QuerySolutions", "QueryTriples", "RdfFormat", "Store", "Term", "Triple",
    "canonical_nquads", "open_memory", "open_readonly", "open_writable", "parse_file", "parse_quads", "serialize",
]  # fmt: skip

Term = NamedNode | Literal | BlankNode


def parse_file(path: Path, shown: str, *, replace: tuple[str, str] | None = None) -> Iterator[Quad]:
    """The quads of an RDF file, its format told by its name; *replace* rewrites one base IRI into another.

    Raises SourceError naming file, line and column.
    """
    text = path.read_text(encoding="utf-8")
    if replace is not None and replace[0] != replace[1]:
        text = text.replace(*replace)
    form = RdfFormat.from_extension(path.suffix.lstrip("."))
    if form is None:
        raise SourceError(Spot(shown, 1), f"{path.suffix} is no RDF format.", "Use .ttl, .trig, .nt, .nq or .rdf.")
    try:
        yield from ox.parse(text, format=form)
    except SyntaxError as error:
        raise SourceError(Spot(shown, error.lineno or 1), f"not {form.name}: {error.msg}") from None


def parse_quads(path: Path, form: RdfFormat) -> Iterator[Quad]:
    """The quads of a file that Letapis itself wrote, streamed."""
    yield from ox.parse(path=str(path), format=form, lenient=True)


def serialize(quads: Iterable[Quad | Triple], form: RdfFormat, prefixes: dict[str, str] | None = None) -> bytes:
    """The quads as bytes in *form*; formats without graphs get plain triples."""
    items: Iterable[Quad | Triple] = quads
    if not form.supports_datasets:
        items = [item.triple if isinstance(item, Quad) else item for item in quads]
    result = ox.serialize(items, format=form, prefixes=prefixes)
    assert result is not None  # noqa: S101 - None only when an output is given
    return result


def canonical_nquads(quads: Iterable[Quad]) -> bytes:
    """Sorted, de-duplicated N-Quads: the same set of quads gives the same bytes (no blank nodes allowed)."""
    lines = set(serialize(quads, RdfFormat.N_QUADS).split(b"\n"))
    return b"\n".join(sorted(lines - {b""})) + b"\n"


def open_memory(quads: Iterable[Quad] = ()) -> Store:
    """A new store in memory that holds *quads*."""
    store = Store()
    store.bulk_extend(quads)
    return store


def open_writable(path: Path) -> Store:
    """The on-disk store at *path*, made if missing. One writer at a time: hold the lock of `graph.versions`."""
    return Store(str(path))


def open_readonly(path: Path) -> Store:
    """The on-disk store of a finished version. Never open one that a writer has open (RocksDB: undefined)."""
    return Store.read_only(str(path))
