"""Maintaining conclusions: after any change they are what reasoning over the whole would conclude, no more, no less."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.delta import difference
from graph.infer import infer
from graph.iris import RDF_TYPE, Names
from graph.layout import Layout
from graph.maintain import Maintained, maintain
from graph.ontology import Ontology
from graph.rdf import DefaultGraph, Literal, NamedNode, Quad, Store, Triple, open_memory
from graph.rules import TYPE, Pattern, Rule
from graph.view import apply, compare
from tests.graph.test_infer import Oracle

NAMES = Names()
LAYOUT = Layout("union", NAMES)
GRAPHS = [NAMES.graph("base"), NamedNode("http://e/other")]
A, B, C, D = (NamedNode(f"http://e/{name}") for name in "abcd")
LINK, NEAR, KIND = (NamedNode(f"http://e/{name}") for name in ("link", "near", "Kind"))

SMALL = [
    Rule("transitive", Pattern("?x", LINK.value, "?z"),
         (Pattern("?x", LINK.value, "?y"), Pattern("?y", LINK.value, "?z"))),
    Rule("symmetric", Pattern("?y", NEAR.value, "?x"), (Pattern("?x", NEAR.value, "?y"),)),
    Rule("property chain", Pattern("?x", NEAR.value, "?z"),
         (Pattern("?x", NEAR.value, "?y"), Pattern("?y", LINK.value, "?z"))),
    Rule("domain", Pattern("?x", TYPE, KIND.value), (Pattern("?x", LINK.value, "?y"),)),
    Rule("has value", Pattern("?x", NEAR.value, D.value), (Pattern("?x", TYPE, KIND.value),)),
]  # fmt: skip
"""Rules that feed each other in circles."""

Change = tuple[Iterable[Quad], Iterable[Quad]]


class World:
    """A store whose conclusions are maintained from change to change."""

    def __init__(self, rules: list[Rule]) -> None:
        self.rules = rules
        self.store: Store = open_memory()

    def change(self, added: Iterable[Quad], removed: Iterable[Quad]) -> Maintained:
        before, delta = open_memory(self.store), difference(self.store, added, removed)
        apply(self.store, LAYOUT, delta)
        viewed = compare(before, self.store, LAYOUT, delta)
        for triple in viewed.added:
            self.store.remove(Quad(triple.subject, triple.predicate, triple.object, LAYOUT.inferred))
        made = maintain(self.store, self.rules, LAYOUT.inferred, viewed)
        for graph in (LAYOUT.inferred, DefaultGraph()):
            for triple in made.removed:
                self.store.remove(Quad(triple.subject, triple.predicate, triple.object, graph))
            for triple in made.added:
                self.store.add(Quad(triple.subject, triple.predicate, triple.object, graph))
        return made

    def inferred(self) -> set[Triple]:
        return {q.triple for q in self.store.quads_for_pattern(None, None, None, LAYOUT.inferred)}

    def seen(self) -> set[Triple]:
        return {q.triple for q in self.store.quads_for_pattern(None, None, None, DefaultGraph())}

    def stated(self) -> set[Triple]:
        graphs = GRAPHS
        return {q.triple for graph in graphs for q in self.store.quads_for_pattern(None, None, None, graph)}


def quad(subject: NamedNode, predicate: NamedNode, obj: NamedNode | Literal, graph: NamedNode = GRAPHS[0]) -> Quad:
    return Quad(subject, predicate, obj, graph)


@st.composite
def changes(draw: st.DrawFn, predicates: list[NamedNode], classes: list[NamedNode]) -> list[Change]:
    thing = st.sampled_from([A, B, C, D])
    links = st.builds(Quad, thing, st.sampled_from(predicates), thing, st.sampled_from(GRAPHS))
    types = st.builds(Quad, thing, st.just(RDF_TYPE), st.sampled_from(classes), st.sampled_from(GRAPHS))
    quads = draw(st.lists(links | types, min_size=2, max_size=10))
    some = st.lists(st.sampled_from(quads), max_size=6)
    return draw(st.lists(st.tuples(some, some), min_size=1, max_size=6))


def run(rules: list[Rule], sequence: list[Change]) -> World:
    world = World(rules)
    for added, removed in sequence:
        world.change(added, removed)
    return world


@given(changes([LINK, NEAR], [KIND]))
@settings(max_examples=1000)
def test_after_any_sequence_of_changes_the_conclusions_are_those_of_the_whole(sequence: list[Change]) -> None:
    world = run(SMALL, sequence)
    assert world.inferred() == infer(world.stated(), SMALL)
    assert world.seen() == world.stated() | world.inferred()


@given(st.data())
@settings(max_examples=60)
def test_under_the_real_ontology_they_are_those_of_the_owl_closure(
    oracle: Oracle, rules: list[Rule], data: st.DataObject
) -> None:
    patterns = {pattern for rule in rules for pattern in (rule.head, *rule.body)}
    predicates = [NamedNode(p) for p in sorted({pattern.predicate for pattern in patterns} - {TYPE})]
    classes = [NamedNode(c) for c in sorted({pattern.object for pattern in patterns if pattern.predicate == TYPE})]
    world = run(rules, data.draw(changes(predicates, classes)))
    assert world.inferred() == oracle.infer(world.stated())


@pytest.fixture(scope="session")
def oracle(ontology: Ontology) -> Oracle:
    return Oracle(ontology)


def test_a_conclusion_goes_with_its_last_support_and_stays_while_it_has_another() -> None:
    world = World(SMALL)
    world.change([quad(A, LINK, B), quad(A, LINK, C)], [])
    conclusion = Triple(A, RDF_TYPE, KIND)
    assert conclusion in world.inferred()
    assert conclusion not in world.change([], [quad(A, LINK, B)]).removed
    assert conclusion in world.change([], [quad(A, LINK, C)]).removed
    assert not world.seen()


def test_conclusions_that_only_support_each_other_go_together() -> None:
    world = World(SMALL)
    world.change([quad(A, NEAR, B)], [])
    assert world.inferred() == {Triple(B, NEAR, A)}
    world.change([], [quad(A, NEAR, B)])
    assert not world.seen()


def test_a_conclusion_that_is_stated_leaves_the_inferred_and_comes_back_when_it_is_not() -> None:
    world = World(SMALL)
    world.change([quad(A, NEAR, B)], [])
    world.change([quad(B, NEAR, A)], [])
    assert not world.inferred()
    world.change([], [quad(B, NEAR, A)])
    assert world.inferred() == {Triple(B, NEAR, A)}


def test_a_triple_stated_in_two_graphs_goes_with_the_second_only() -> None:
    world = World(SMALL)
    world.change([quad(A, NEAR, B, GRAPHS[0]), quad(A, NEAR, B, GRAPHS[1])], [])
    world.change([], [quad(A, NEAR, B, GRAPHS[0])])
    assert world.seen() == {Triple(A, NEAR, B), Triple(B, NEAR, A)}


def test_a_literal_is_never_the_subject_of_a_conclusion() -> None:
    world = World(SMALL)
    assert not world.change([quad(A, NEAR, Literal("text"))], []).added
