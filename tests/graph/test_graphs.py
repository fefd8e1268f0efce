"""Whole graphs: blank nodes named by what is said of them, graphs replaced where they differ, tags that follow them."""

from __future__ import annotations

import io
import random
from collections.abc import Iterable, Sequence
from pathlib import Path

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from graph.delta import Delta
from graph.gate import Gate, Submission
from graph.graphs import (
    NAMED_QUADS,
    as_held,
    exists,
    hash_file,
    name_by_content,
    new_graph_name,
    read_graph,
    replace_graph,
    says,
    tag_graph,
)
from graph.iris import RDF_TYPE, SH, XSD, Names
from graph.layout import GraphName, Layout
from graph.rdf import BlankNode, DefaultGraph, Literal, NamedNode, Quad, Store, name_blank_nodes, open_memory
from graph.versions import Version, Versions

NAMES = Names("http://e/")
PLAIN, UNION = Layout("plain", NAMES), Layout("union", NAMES)
G, H = NamedNode("http://e/g"), NamedNode("http://e/h")
P, Q = NamedNode("http://e/p"), NamedNode("http://e/q")


def blank(number: int) -> BlankNode:
    return BlankNode(f"b{number}")


def names(quads: Sequence[Quad], graph: GraphName = G) -> set[Quad]:
    return set(name_by_content(quads, graph).quads)


# Names of blank nodes

NODES = st.integers(0, 5)
EDGES = st.lists(st.tuples(NODES, st.sampled_from([P, Q]), st.one_of(NODES, st.sampled_from([G, Literal("x")]))))


def make(edges: Iterable[tuple[int, NamedNode, int | NamedNode | Literal]]) -> list[Quad]:
    return [Quad(blank(s), p, blank(o) if isinstance(o, int) else o, G) for s, p, o in edges]


def relabel(quads: Iterable[Quad]) -> list[Quad]:
    def other(term: object) -> object:
        return BlankNode(f"z{term.value[::-1]}") if isinstance(term, BlankNode) else term

    return [Quad(other(q.subject), q.predicate, other(q.object), q.graph_name) for q in quads]


@given(EDGES)
def test_what_blank_nodes_were_called_does_not_matter(edges: list[tuple[int, NamedNode, int]]) -> None:
    assert names(make(edges)) == names(relabel(make(edges)))


@given(EDGES, EDGES)
@settings(max_examples=300)
def test_graphs_that_say_something_else_never_get_the_same_names(
    one: list[tuple[int, NamedNode, int]], other: list[tuple[int, NamedNode, int]]
) -> None:
    is_same = set(name_blank_nodes(make(one), "")) == set(name_blank_nodes(make(other), ""))
    assert is_same or names(make(one)) != names(make(other))


@given(st.lists(st.tuples(st.integers(0, 30), st.sampled_from([P, Q])), max_size=12), st.randoms(use_true_random=False))
def test_the_order_of_trees_of_blank_nodes_does_not_matter(
    parents: list[tuple[int, NamedNode]], chance: random.Random
) -> None:
    tree = [Quad(blank(parent % (child + 1)), p, blank(child + 1), G) for child, (parent, p) in enumerate(parents)]
    again = relabel(tree)
    chance.shuffle(again)
    assert names(tree) == names(again)


def test_many_that_are_alike_are_named_all_the_same() -> None:
    """RDF canonicalization takes minutes for these."""
    knot = [Quad(blank(a), P, blank(b), G) for a in range(12) for b in range(12) if a != b]
    assert names(knot) == names(relabel(knot))
    assert len({quad.subject for quad in names(knot)}) == 12


def test_two_graphs_share_no_blank_node() -> None:
    quads = [Quad(blank(0), P, Literal("x"))]
    assert not {q.subject for q in names(quads, G)} & {q.subject for q in names(quads, H)}


def test_the_names_that_were_given_lead_back_to_those_before() -> None:
    named = name_by_content([Quad(blank(7), P, blank(8), G)], G)
    (quad,) = named.quads
    assert (named.before[quad.subject], named.before[quad.object]) == (blank(7), blank(8))


def test_a_graph_without_blank_nodes_stays_as_it_is() -> None:
    assert name_by_content([Quad(G, P, H, G)], G) == ([Quad(G, P, H, G)], {})


def test_the_nodes_of_a_large_graph_keep_their_names() -> None:
    quads = [Quad(blank(number), P, G, G) for number in range(NAMED_QUADS + 1)]
    assert name_by_content(quads, G) == (quads, {})


# What a store makes of literals


def test_literals_are_taken_as_the_store_gives_them_back() -> None:
    integer, date = NamedNode(f"{XSD}integer"), NamedNode(f"{XSD}dateTime")
    written = [Literal("01", datatype=integer), Literal("1", datatype=integer), Literal("b"),
               Literal("2020-01-01T00:00:00.000Z", datatype=date), Literal("x", datatype=integer)]  # fmt: skip
    held = as_held(Quad(G, P, literal, G) for literal in written)
    assert set(held) == set(open_memory(held)) == set(open_memory(Quad(G, P, literal, G) for literal in written))
    assert len(held) == 4


# Graphs of a version


class Data:
    """A data folder of which whole graphs are replaced through the gate."""

    def __init__(self, folder: Path, layout: Layout) -> None:
        self.versions = Versions(folder)
        self.layout = layout

    def replace(self, graph: GraphName, *triples: tuple[object, ...]) -> int:
        """Make *graph* hold *triples*; the number of the version that holds it then."""

        def change(store: Store, version: Version | None) -> Delta:
            quads = [Quad(*triple, self.layout.target(graph)) for triple in triples]
            return replace_graph(store, version, self.layout, graph, quads)

        Gate(self.versions, self.layout).submit(Submission(change, "tests", "because", "graphs"))
        return self.versions.current_number() or 0

    def read(self, graph: GraphName) -> set[Quad]:
        return set(read_graph(self.store, self.version, self.layout, graph))

    def tag(self, graph: GraphName) -> str | None:
        return tag_graph(self.store, self.version, self.layout, graph)

    @property
    def version(self) -> Version:
        version = self.versions.current()
        assert version is not None
        return version

    @property
    def store(self) -> Store:
        return self.version.open_disk()


@pytest.fixture
def plain(tmp_path: Path) -> Data:
    return Data(tmp_path / "plain", PLAIN)


@pytest.fixture
def union(tmp_path: Path) -> Data:
    return Data(tmp_path / "union", UNION)


def test_a_graph_that_is_replaced_holds_what_was_sent_and_nothing_else(plain: Data) -> None:
    plain.replace(G, (G, P, G), (G, P, H))
    plain.replace(H, (G, P, G))
    plain.replace(G, (G, P, H), (G, Q, H))
    assert plain.read(G) == {Quad(G, P, H, G), Quad(G, Q, H, G)}
    assert plain.read(H) == {Quad(G, P, G, H)}


def test_a_graph_replaced_by_what_it_says_is_not_changed(plain: Data) -> None:
    number = Literal("1", datatype=NamedNode(f"{XSD}integer"))
    first = plain.replace(G, (blank(1), P, blank(2)), (blank(2), P, number))
    again = Literal("01", datatype=NamedNode(f"{XSD}integer"))
    assert plain.replace(G, (blank(5), P, again), (blank(6), P, blank(5))) == first
    assert plain.replace(G, (blank(1), P, number), (blank(2), P, blank(2))) == first + 1


def test_a_graph_replaced_by_nothing_is_not_there_any_more(plain: Data) -> None:
    plain.replace(G, (G, P, H))
    assert exists(plain.store, plain.version, PLAIN, G)
    plain.replace(G)
    assert not exists(plain.store, plain.version, PLAIN, G)
    assert plain.tag(G) is None
    assert list(plain.store.named_graphs()) == []


def test_the_default_graph_of_a_union_is_replaced_where_it_is_written(union: Data) -> None:
    union.replace(G, (G, P, H))
    union.replace(DefaultGraph(), (G, Q, H))
    assert union.read(NAMES.graph("base")) == {Quad(G, Q, H, NAMES.graph("base"))}
    assert union.read(DefaultGraph()) == {Quad(G, P, H), Quad(G, Q, H)}


def test_shapes_sent_again_are_not_changed(union: Data) -> None:
    shape = NamedNode("http://e/Shape")
    triples = (
        (shape, RDF_TYPE, NamedNode(f"{SH}NodeShape")), (shape, NamedNode(f"{SH}targetClass"), H),
        (shape, NamedNode(f"{SH}property"), blank(1)), (blank(1), NamedNode(f"{SH}path"), P),
    )  # fmt: skip
    first = union.replace(UNION.shapes, *triples)
    renamed = tuple((blank(9) if s == blank(1) else s, p, blank(9) if o == blank(1) else o) for s, p, o in triples)
    assert union.replace(UNION.shapes, *renamed) == first
    assert len(union.read(UNION.shapes)) == 4
    assert union.replace(UNION.shapes, *triples[:2]) == first + 1


def test_a_graph_does_not_say_what_it_says_only_a_part_of(plain: Data) -> None:
    plain.replace(G, (G, P, blank(1)))
    store, version = plain.store, plain.version
    assert says(store, version, PLAIN, G, [Quad(G, P, blank(3), G)])
    assert not says(store, version, PLAIN, G, [Quad(G, P, blank(3), G), Quad(G, P, H, G)])
    assert not says(store, version, PLAIN, H, [Quad(G, P, blank(3), H)])


def test_the_tag_of_a_graph_changes_with_it_and_not_with_others(plain: Data) -> None:
    plain.replace(G, (G, P, H))
    before, of_all = plain.tag(G), plain.tag(DefaultGraph())
    plain.replace(H, (G, P, H))
    assert plain.tag(G) == before
    assert plain.tag(DefaultGraph()) != of_all
    plain.replace(G, (G, P, G))
    assert plain.tag(G) != before
    plain.replace(G, (G, P, H))
    assert plain.tag(G) == before


def test_without_a_version_the_default_graph_alone_has_a_tag() -> None:
    assert tag_graph(open_memory(), None, PLAIN, DefaultGraph()) == "empty"
    assert tag_graph(open_memory(), None, UNION, UNION.shapes) is None


# Names of graphs


def test_a_posted_graph_is_named_by_what_is_sent() -> None:
    name = new_graph_name(PLAIN, io.BytesIO(b"<a> <b> <c> ."))
    assert name.startswith("http://e/graph/posted-")
    assert name == new_graph_name(PLAIN, io.BytesIO(b"<a> <b> <c> ."))
    assert name != new_graph_name(PLAIN, io.BytesIO(b"<a> <b> <d> ."))


def test_a_file_is_at_its_beginning_when_it_was_hashed() -> None:
    file = io.BytesIO(b"abc")
    assert hash_file(file).startswith("ba7816bf")
    assert file.read() == b"abc"
