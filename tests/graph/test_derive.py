"""Deriving: however a version came to be, what is derived in it is what it would be if made from nothing."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.build import read_record
from graph.delta import difference
from graph.derive import derive_change, derive_whole, stated_quads
from graph.iris import PREF_LABEL, RDF_TYPE, Names
from graph.layout import Layout
from graph.project import Project
from graph.rdf import DefaultGraph, Literal, NamedNode, Quad, Store, open_memory
from graph.schema import Schema, make_schema
from graph.skolem import skolemize
from graph.view import apply

NAMES = Names()
RECORD = Layout("record", NAMES)
UNION = Layout("union", NAMES)


@pytest.fixture(scope="module")
def stated(invented: Project) -> list[Quad]:
    """The stated quads of the invented record, without its ontology, which a change of data leaves alone."""
    _, record = read_record(invented)
    quads = [q for q in record.quads() if RECORD.is_stated(q.graph_name)]
    return sorted(quads, key=str)


@pytest.fixture(scope="module")
def schema(invented: Project) -> Schema:
    ontology, _ = read_record(invented)
    return make_schema(ontology.quads, (), NAMES)


def whole(quads: Iterable[Quad], layout: Layout, schema: Schema) -> Store:
    store = open_memory(quads)
    derive_whole(store, layout, schema)
    return store


def change(store: Store, layout: Layout, schema: Schema, added: Iterable[Quad], removed: Iterable[Quad]) -> set[Quad]:
    """Make the change and everything that follows; the quads that it says have changed."""
    before, delta = open_memory(store), difference(store, added, removed)
    apply(store, layout, delta)
    derived = derive_change(before, store, layout, schema, delta)
    assert set(store) == (set(before) | delta.added | derived.added) - delta.removed - derived.removed
    assert not derived.added & set(before) and derived.removed <= set(before)
    return {*derived.added, *derived.removed}


@given(st.data())
@settings(max_examples=120)
def test_after_any_changes_of_a_record_it_is_as_if_made_from_nothing(
    stated: list[Quad], schema: Schema, data: st.DataObject
) -> None:
    some = st.lists(st.sampled_from(stated), max_size=30)
    store = whole(data.draw(some), RECORD, schema)
    for _ in range(data.draw(st.integers(1, 3))):
        change(store, RECORD, schema, data.draw(some), data.draw(some))
    assert set(store) == set(whole(stated_quads(store, RECORD), RECORD, schema))


@given(st.data())
@settings(max_examples=60)
def test_after_any_changes_of_a_union_it_is_as_if_made_from_nothing(
    stated: list[Quad], schema: Schema, data: st.DataObject
) -> None:
    graphs = [NAMES.graph("base"), NamedNode("http://e/g")]
    quads = [Quad(q.subject, q.predicate, q.object, graph) for q in stated for graph in graphs]
    some = st.lists(st.sampled_from(quads), max_size=30)
    store = whole(data.draw(some), UNION, schema)
    change(store, UNION, schema, data.draw(some), data.draw(some))
    assert set(store) == set(whole(stated_quads(store, UNION), UNION, schema))


def test_the_ontology_is_seen_and_its_individuals_are_reasoned_over(stated: list[Quad], invented: Project) -> None:
    ontology, _ = read_record(invented)
    quads = [*stated, *skolemize(ontology.quads, NAMES, RECORD.ontology)]
    store = whole(quads, RECORD, make_schema(ontology.quads, (), NAMES))
    assert any(store.quads_for_pattern(NAMES.term("Person"), None, None, DefaultGraph()))


def test_what_is_named_after_a_thing_is_renamed_with_it(stated: list[Quad], schema: Schema) -> None:
    store = whole(stated, RECORD, schema)
    union, base = NAMES.id("O9002"), NAMES.graph("base")
    label = next(store.quads_for_pattern(union, PREF_LABEL, None, base))
    change(store, RECORD, schema, [Quad(union, PREF_LABEL, Literal("Port Union", language="en"), base)], [label])
    labels = {q.object for q in store.quads_for_pattern(NAMES.id("M9001"), PREF_LABEL, None, RECORD.labels)}
    assert Literal("Alfa Anchor – Port Union (lawyer)", language="en") in labels


def test_a_plain_dataset_holds_what_was_written_and_nothing_else(schema: Schema) -> None:
    plain, store = Layout("plain", NAMES), open_memory()
    person = Quad(NAMES.id("P1"), RDF_TYPE, NAMES.term("Person"), NamedNode("http://e/g"))
    assert change(store, plain, schema, [person], []) == set()
    assert set(store) == {person}
