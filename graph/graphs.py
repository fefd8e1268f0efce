"""Whole graphs as they are written by the Graph Store Protocol: replaced, added to, deleted; and their entity tags."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from typing import IO

from graph.change import make_change
from graph.delta import Delta
from graph.fingerprint import digest_of, weigh
from graph.layout import GraphName, Layout
from graph.rdf import DefaultGraph, Quad, Store
from graph.schema import read_shape_quads
from graph.versions import Version


def read_graph(store: Store, version: Version | None, layout: Layout, graph: GraphName) -> Iterator[Quad]:
    """What a reader of *graph* gets: the shapes from their file, all else as it stands in *store*."""
    if layout.kind != "plain" and graph == layout.shapes:
        return iter(frozenset() if version is None else read_shape_quads(version, layout))
    return iter(store.quads_for_pattern(None, None, None, graph))


def exists(store: Store, version: Version | None, layout: Layout, graph: GraphName) -> bool:
    """True where *graph* holds anything; the default graph always exists."""
    return isinstance(graph, DefaultGraph) or any(True for _ in read_graph(store, version, layout, graph))


def tag_graph(store: Store, version: Version | None, layout: Layout, graph: GraphName) -> str | None:
    """The entity tag of what *graph* holds, whatever else changes around it; None where there is no such graph.

    That of the default graph, which may hold everything, is that of the version.
    """
    if isinstance(graph, DefaultGraph):
        return "empty" if version is None else str(version.manifest["digest"])[:32]
    if not exists(store, version, layout, graph):
        return None
    return digest_of(weigh(read_graph(store, version, layout, graph)))[:32]


def replace_graph(
    store: Store, version: Version | None, layout: Layout, graph: GraphName, quads: Iterable[Quad]
) -> Delta:
    """Make *graph* hold *quads* and nothing else; a default graph that repeats others keeps what those hold."""
    target = layout.target(graph)
    old = list(read_graph(store, version, layout, target))
    return make_change(store, version, layout, quads, old)


def new_graph_name(layout: Layout, content: IO[bytes]) -> str:
    """The name of a graph that is posted without one: made of its content, so neither clock nor chance is in it."""
    return f"{layout.names.base}graph/posted-{hash_file(content)[:16]}"


def hash_file(file: IO[bytes]) -> str:
    """The SHA-256 of what *file* holds, which is then at its beginning again."""
    whole = hashlib.sha256()
    while part := file.read(2**20):
        whole.update(part)
    file.seek(0)
    return whole.hexdigest()
