"""What a view sees before a change, after it, and at either time."""

from __future__ import annotations

from graph.iris import RDF_TYPE, XSD
from graph.rdf import DefaultGraph, Literal, NamedNode, Quad, Triple, open_memory
from graph.sight import SUBCLASS, Sight, Targets


def ex(name: str) -> NamedNode:
    return NamedNode(f"http://example.org/{name}")


def quad(text: str, graph: NamedNode | DefaultGraph = DefaultGraph()) -> Quad:  # noqa: B008 - a frozen value
    return Quad(*map(ex, text.split()), graph)


STAYS, COMES, GOES = quad("a p b"), quad("b p c"), quad("c p d")


def test_a_triple_is_seen_at_the_times_at_which_it_is_there() -> None:
    sight = Sight(open_memory([STAYS, COMES]), "accepted", [COMES], [GOES])
    assert set(sight.find(None, ex("p"), None, "now")) == {STAYS.triple, COMES.triple}
    assert set(sight.find(None, ex("p"), None, "before")) == {STAYS.triple, GOES.triple}
    assert set(sight.find(None, ex("p"), None, "either")) == {STAYS.triple, COMES.triple, GOES.triple}


def test_the_accepted_view_sees_the_default_graph_and_the_claims_view_all_graphs() -> None:
    named = quad("a p c", ex("g"))
    store = open_memory([STAYS, named])
    assert set(Sight(store, "accepted", [named], []).find(ex("a"), None, None)) == {STAYS.triple}
    assert set(Sight(store, "claims", [named], []).find(ex("a"), None, None)) == {STAYS.triple, named.triple}
    assert set(Sight(store, "accepted", [named], []).find_named(None, None, None, ex("g"))) == {named}


def test_a_triple_that_moves_from_graph_to_graph_changes_for_those_alone_who_look_at_one() -> None:
    old, new = quad("a p b", ex("g")), quad("a p b", ex("h"))
    sight = Sight(open_memory([new]), "claims", [new], [old])
    assert sight.changed == {}
    assert sight.written == {ex("p"): [old.triple]}
    assert set(sight.changed_named[ex("p")]) == {old, new}


def test_a_number_is_the_same_however_it_was_written() -> None:
    written = Quad(ex("a"), ex("p"), Literal("007", datatype=NamedNode(f"{XSD}integer")))
    sight = Sight(open_memory([written]), "accepted", [written], [])
    assert not list(sight.find(None, None, None, "before"))
    assert sight.changed[ex("p")]


def test_what_a_literal_or_a_name_for_none_would_lead_to_is_nothing() -> None:
    sight = Sight(open_memory([STAYS]), "accepted", [], [])
    assert not list(sight.find(Literal("a"), None, None))
    assert not list(sight.find(None, Literal("p"), None))


def test_membership_counts_superclasses_and_moves_with_them() -> None:
    typed, sub = Quad(ex("n"), RDF_TYPE, ex("B")), Quad(ex("B"), SUBCLASS, ex("A"))
    sight = Sight(open_memory([typed, sub]), "accepted", [sub], [])
    assert sight.classes(ex("n"), "now") == {ex("A"), ex("B")}
    assert sight.moved == {ex("n"): {ex("A")}}
    assert set(sight.class_triples(ex("n"))) == {typed.triple, sub.triple}


def test_targets_are_told_by_class_property_and_name() -> None:
    typed = Quad(ex("n"), RDF_TYPE, ex("A"))
    sight = Sight(open_memory([typed, STAYS]), "accepted", [typed], [GOES])
    by_class, by_property = Targets(classes=frozenset((ex("A"),))), Targets(subjects_of=frozenset((ex("p"),)))
    assert sight.is_target(ex("n"), by_class, "now") and not sight.is_target(ex("n"), by_class, "before")
    assert sight.is_target(ex("c"), by_property, "either") and not sight.is_target(ex("c"), by_property, "now")
    assert sight.is_target(ex("b"), Targets(objects_of=frozenset((ex("p"),))), "now")
    assert sight.is_target(Literal("x"), Targets(nodes=frozenset((Literal("x"),))), "now")
    assert set(sight.retargeted(by_class)) == {ex("n")}
    assert list(sight.target_triples(ex("a"), by_property)) == [Triple(ex("a"), ex("p"), ex("b"))]
