"""RDF terms, files and stores; the fence around pyoxigraph (no other module of `graph` or `server` imports it)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Protocol, TypeAlias

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
    "in_graph", "name_blank_nodes", "open_memory", "open_readonly", "open_writable",
    "parse_file", "parse_quads", "parse_stream", "serialize", "serialize_to",
]  # fmt: skip

Term: TypeAlias = NamedNode | Literal | BlankNode


def parse_file(path: Path, shown: str, *, replace: tuple[str, str] | None = None) -> Iterator[Quad]:
    """The quads of an RDF file, its format told by its name; *replace* rewrites one base IRI into another.

    Raises SourceError naming file, line and column.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(Spot(shown, 1), f"the file cannot be read: {error}.", "Save it as UTF-8.") from None
    if replace is not None and replace[0] != replace[1]:
        text = text.replace(*replace)
    form = RdfFormat.from_extension(path.suffix.lstrip("."))
    if form is None:
        raise SourceError(Spot(shown, 1), f"{path.suffix} is no RDF format.", "Use .ttl, .trig, .nt, .nq or .rdf.")
    try:
        for quad in ox.parse(text, format=form):
            if isinstance(quad.subject, Triple) or isinstance(quad.object, Triple):
                raise SourceError(Spot(shown, 1), "a triple term (RDF 1.2) stands in this file.", "Use RDF 1.1.")
            yield quad
    except SyntaxError as error:
        raise SourceError(Spot(shown, error.lineno or 1), f"not {form.name}: {error.msg}") from None


def name_blank_nodes(quads: Iterable[Quad], prefix: str) -> list[Quad]:
    """The quads with blank nodes named by RDF Dataset Canonicalization (RDFC-1.0), *prefix* before each.

    A parser names them at random; this way the same file gives the same names, and two files share none.
    """
    dataset = ox.Dataset(quads)
    dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    return [Quad(_prefixed(q.subject, prefix), q.predicate, _prefixed(q.object, prefix), q.graph_name) for q in dataset]


def _prefixed(term: Term, prefix: str) -> Term:
    return BlankNode(prefix + term.value) if isinstance(term, BlankNode) else term


def parse_quads(path: Path, form: RdfFormat) -> Iterator[Quad]:
    """The quads of a file that Letapis itself wrote, streamed."""
    yield from ox.parse(path=str(path), format=form, lenient=True)


class Source(Protocol):
    """What gives bytes to be parsed."""

    def read(self, size: int = -1, /) -> bytes:
        """At most *size* bytes; none at the end."""
        ...


def parse_stream(source: Source, form: RdfFormat, base: str | None, *, lenient: bool) -> Iterator[Quad]:
    """The quads of *source*, each as soon as its bytes were read; *lenient* leaves IRIs and languages unchecked.

    Raises SyntaxError, MemoryError where one token is larger than the parser holds, and whatever *source* raises.
    `graph.guard_rdf` must stand before it for what comes from outside.
    """
    yield from ox.parse(source, format=form, base_iri=base, lenient=lenient)


def serialize(quads: Iterable[Quad | Triple], form: RdfFormat, prefixes: dict[str, str] | None = None) -> bytes:
    """The quads as bytes in *form*; formats without graphs get plain triples."""
    items: Iterable[Quad | Triple] = quads
    if not form.supports_datasets:
        items = [item.triple if isinstance(item, Quad) else item for item in quads]
    return bytes(ox.serialize(items, format=form, prefixes=prefixes))


class Output(Protocol):
    """What takes serialized bytes."""

    def write(self, data: bytes, /) -> int:
        """Take a piece."""
        ...

    def flush(self) -> None:
        """Take note that a piece is complete."""
        ...


def serialize_to(output: Output, triples: Iterable[Triple], form: RdfFormat, prefixes: dict[str, str] | None) -> None:
    """Write the triples to *output* in *form*, piece by piece."""
    ox.serialize(triples, output=output, format=form, prefixes=prefixes)


def serialize_file(path: Path, quads: Iterable[Quad]) -> None:
    """Write the quads to a file of N-Quads."""
    ox.serialize(quads, output=str(path), format=RdfFormat.N_QUADS)


def in_graph(triple: Triple, graph: NamedNode | BlankNode | DefaultGraph) -> Quad:
    """The quad of *triple* in *graph*."""
    return Quad(triple.subject, triple.predicate, triple.object, graph)


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
