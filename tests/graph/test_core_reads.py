"""What Core shapes read: enough to decide on a node, and little more."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from graph.core_reads import CoreReads, read_core
from graph.iris import SH, Names
from graph.rdf import BlankNode, NamedNode, Quad, RdfFormat, Term, Triple, open_memory
from graph.shapes import read_shapes
from graph.sight import Sight

PREFIXES = """\
@prefix ex: <http://example.org/> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix sh: <http://www.w3.org/ns/shacl#> .
"""
SHAPES = """\
ex:S a sh:NodeShape ; sh:targetClass ex:A ; sh:property ex:S-p .
ex:S-p a sh:PropertyShape ; sh:path ex:p ; sh:class ex:C ; sh:node ex:T ; sh:disjoint ex:r .
ex:T a sh:NodeShape ; sh:property [ sh:path ex:q ; sh:minCount 1 ] .
ex:U a sh:NodeShape ; sh:targetSubjectsOf ex:r ; sh:nodeKind sh:IRI .
"""
DATA = """\
ex:n a ex:A ; ex:p ex:x ; ex:r ex:y . ex:x a ex:B ; ex:q ex:y , ex:z . ex:B rdfs:subClassOf ex:C .
ex:m ex:p ex:x ; ex:s ex:n . ex:x ex:s ex:n . ex:y ex:q ex:z .
"""


def ex(name: str) -> NamedNode:
    return NamedNode(f"http://example.org/{name}")


@pytest.fixture
def read(tmp_path: Path) -> Callable[[str], CoreReads]:
    """What shapes in Turtle read."""

    def read(turtle: str) -> CoreReads:
        (tmp_path / "x.ttl").write_text(PREFIXES + turtle)
        return read_core(read_shapes(tmp_path, Names())["accepted"].triples)

    return read


def sight_of(turtle: str) -> Sight:
    store = open_memory()
    store.load(PREFIXES + turtle, format=RdfFormat.TURTLE)
    return Sight(store, "accepted", (), ())


def targets_in(shapes: bytes) -> set[tuple[str, Term]]:
    store = open_memory()
    store.load(shapes.decode(), format=RdfFormat.N_TRIPLES)
    return {(quad.predicate.value.removeprefix(f"{SH}target"), quad.object) for quad in store
            if quad.predicate.value.startswith(f"{SH}target")}  # fmt: skip


def test_what_decides_on_a_node_is_extracted_and_nothing_else(read: Callable[[str], CoreReads]) -> None:
    expected = {"n p x", "n r y", "x q y", "x q z"}
    sight = sight_of(DATA)
    found = read(SHAPES).extract(sight, [(ex("S"), ex("n"))])
    kinds = {Triple(ex("x"), t.predicate, t.object) for t in sight.class_triples(ex("x")) if t.subject == ex("x")}
    assert found == {Triple(*map(ex, text.split())) for text in expected} | kinds | set(sight.class_triples(ex("x")))


def test_only_shapes_that_look_at_the_nodes_are_given_and_look_at_nothing_else(
    read: Callable[[str], CoreReads]
) -> None:
    reads, sight = read(SHAPES), sight_of(DATA)
    aims = reads.aims(sight, [ex("n"), ex("x")])
    assert set(aims) == {(ex("S"), ex("n")), (ex("U"), ex("n"))}
    assert targets_in(reads.aimed(aims)) == {("Node", ex("n"))}
    assert ex("U").value.encode() not in reads.aimed([(ex("S"), ex("n"))])


def test_a_shape_keeps_its_targets_for_a_blank_node_which_cannot_be_named(read: Callable[[str], CoreReads]) -> None:
    node = BlankNode("n")
    sight = Sight(open_memory([Quad(node, ex("r"), ex("y"))]), "accepted", (), ())
    reads = read(SHAPES)
    aims = reads.aims(sight, [node])
    assert targets_in(reads.aimed(aims)) == {("SubjectsOf", ex("r"))}
    assert reads.extract(sight, aims) == {Triple(node, ex("r"), ex("y"))}


def test_a_shape_that_leads_to_itself_is_compiled_once(read: Callable[[str], CoreReads]) -> None:
    reads = read("ex:S a sh:NodeShape ; sh:targetNode ex:a ; sh:property ex:P . "
                 "ex:P a sh:PropertyShape ; sh:path ex:p ; sh:node ex:S .")  # fmt: skip
    assert reads.unknown == set()
    assert reads.extract(sight_of("ex:a ex:p ex:b . ex:b ex:p ex:c ."), [(ex("S"), ex("a"))]) == {
        Triple(ex("a"), ex("p"), ex("b")), Triple(ex("b"), ex("p"), ex("c")),
    }  # fmt: skip


@pytest.mark.parametrize("path", ["[ ex:p ex:q ]", "[ sh:pathOfTomorrow ex:p ]"])
def test_a_path_that_is_not_understood_is_not_passed_over(read: Callable[[str], CoreReads], path: str) -> None:
    reads = read(f"ex:S a sh:NodeShape ; sh:targetNode ex:a ; sh:property [ sh:path {path} ; sh:minCount 1 ] .")
    assert reads.unknown
