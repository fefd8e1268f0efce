"""Whole graphs as they are written by the Graph Store Protocol: replaced, added to, deleted; and their entity tags.

A graph that is sent whole has its blank nodes named by what is said of them, and of the graph: whoever sends the same
again, in whatever order or format, changes nothing, and no two graphs share a blank node. That is done here and not by
RDF canonicalization, which takes time without end where many blank nodes are alike, and does not tell which node got
which name. Where nodes differ in nothing that is said near them, the order in which they came decides.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import IO, NamedTuple, TypeAlias

from graph.change import make_change
from graph.delta import Delta
from graph.fingerprint import digest_of, weigh
from graph.layout import GraphName, Layout
from graph.rdf import BlankNode, DefaultGraph, Quad, Store, open_memory
from graph.schema import read_shape_quads
from graph.skolem import unskolemize
from graph.versions import Version

NAMED_QUADS = 50_000
"""The blank nodes of a larger graph keep the names that they came with."""

ROUNDS = 16
"""How far around a blank node is looked for what tells it from others."""


def read_graph(store: Store, version: Version | None, layout: Layout, graph: GraphName) -> Iterator[Quad]:
    """What a reader of *graph* gets: the shapes from their file, all else as it stands in *store*."""
    if layout.kind != "plain" and graph == layout.shapes:
        return iter(read_shape_quads(version, layout))
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
    """Make *graph* hold *quads* and nothing else; a default graph that repeats others keeps what those hold.

    Nothing is changed where it says the same already, however its blank nodes are called.
    """
    wanted = as_held(quads)
    if says(store, version, layout, graph, wanted):
        return Delta()
    return make_change(store, version, layout, wanted, read_graph(store, version, layout, layout.target(graph)))


def says(store: Store, version: Version | None, layout: Layout, graph: GraphName, quads: Sequence[Quad]) -> bool:
    """True where *graph* holds what *quads* say, and nothing else, however blank nodes are called."""
    target = layout.target(graph)
    held = list(read_graph(store, version, layout, target))
    if len(held) != len(quads):
        return False
    if layout.kind != "plain" and target in layout.schema:
        held = list(unskolemize(held, layout.names))
    mine, theirs = (name_by_content([_bare(quad) for quad in each], target).quads for each in (held, quads))
    return set(mine) == set(theirs)


def _bare(quad: Quad) -> Quad:
    return Quad(quad.subject, quad.predicate, quad.object)


def as_held(quads: Iterable[Quad]) -> list[Quad]:
    """The quads as a store gives them back, each once: numbers and dates by their value, not as they were written."""
    once = dict.fromkeys(quads)
    held = set(open_memory(once))
    return list(dict.fromkeys(kept for quad in once for kept in ((quad,) if quad in held else open_memory((quad,)))))


class Named(NamedTuple):
    """Quads whose blank nodes were renamed, and for each new name the one that it had."""

    quads: list[Quad]
    before: Mapping[BlankNode, BlankNode]


def name_by_content(quads: Sequence[Quad], graph: GraphName) -> Named:
    """The quads, of one graph, with names for blank nodes that come of *graph* and of what the quads say.

    More than NAMED_QUADS are left as they are.
    """
    mentions = _mentions(quads) if len(quads) <= NAMED_QUADS else {}
    if not mentions:
        return Named(list(quads), {})
    order = _order(mentions)
    numbers = {node: BlankNode(f"n{number}") for number, node in enumerate(order)}
    lines = sorted(f"{_swap(quad, numbers)}" for quad in quads)
    digest = hashlib.sha256("\n".join([str(graph), *lines]).encode()).hexdigest()[:16]
    names = {node: BlankNode(f"g{digest}n{number}") for number, node in enumerate(order)}
    return Named([_swap(quad, names) for quad in quads], {name: node for node, name in names.items()})


def _swap(quad: Quad, names: Mapping[BlankNode, BlankNode]) -> Quad:
    subject, predicate, obj, graph = quad
    subject, obj = (names.get(term, term) if isinstance(term, BlankNode) else term for term in (subject, obj))
    return Quad(subject, predicate, obj, graph)


class _Mention(NamedTuple):
    """A statement about a blank node, without what names blank nodes have; *other* is the second one in it."""

    said: str
    other: BlankNode | None


_Mentions: TypeAlias = dict[BlankNode, list[_Mention]]


def _mentions(quads: Iterable[Quad]) -> _Mentions:
    """What is said of each blank node, in the order in which they come."""
    found: _Mentions = {}
    for subject, predicate, obj, _ in quads:
        if subject == obj and isinstance(obj, BlankNode):
            found.setdefault(obj, []).append(_Mention(f"= {predicate}", None))
            continue
        for sign, node, other in ((">", subject, obj), ("<", obj, subject)):
            if isinstance(node, BlankNode):
                is_blank = isinstance(other, BlankNode)
                mention = _Mention(f"{sign} {predicate} {'' if is_blank else other}", other if is_blank else None)
                found.setdefault(node, []).append(mention)
    return found


def _order(mentions: _Mentions) -> list[BlankNode]:
    """The blank nodes in an order that what is said of them decides: the first, all that is tied to it, the next."""
    colours = _colour(mentions)
    found: dict[BlankNode, None] = {}
    for first in sorted(mentions, key=colours.__getitem__):
        waiting = deque([first])
        while waiting:
            node = waiting.popleft()
            if node not in found:
                found[node] = None
                tied = ((said, colours[other], other) for said, other in mentions[node] if other is not None)
                waiting.extend(other for _, _, other in sorted(tied, key=lambda each: each[:2]) if other not in found)
    return list(found)


def _colour(mentions: _Mentions) -> dict[BlankNode, str]:
    """A digest for each blank node of what is said of it, of what that is tied to, and so on (Weisfeiler and Leman)."""
    colours, kinds = dict.fromkeys(mentions, ""), 1
    for _ in range(ROUNDS):
        finer = {}
        for node, said in mentions.items():
            near = sorted(f"{each} {'' if other is None else colours[other]}" for each, other in said)
            finer[node] = hashlib.sha256("\n".join([colours[node], *near]).encode()).hexdigest()
        colours, kinds, before = finer, len(set(finer.values())), kinds
        if kinds in (before, len(mentions)):
            break
    return colours


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
