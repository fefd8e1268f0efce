"""Shapes: read by view, their SPARQL constraints taken out, what they say kept."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from graph.errors import SourceError
from graph.iris import SH, Names
from graph.rdf import RdfFormat, Triple, open_memory, serialize
from graph.shapes import VIEWS, Shapes, read_shapes
from tests.conftest import ROOT

NAMES = Names()
PREFIXES = """\
@prefix ex: <http://example.org/> .
@prefix lt: <https://w3id.org/letapis/ontology#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix sh: <http://www.w3.org/ns/shacl#> .
"""
CORE = """\
ex:Shape a sh:NodeShape ; sh:targetClass ex:A ; sh:message "It has no p."@en ; rdfs:comment "Add it."@en ;
    sh:severity sh:Warning ; sh:property ex:Shape-p .
ex:Shape-p a sh:PropertyShape ; sh:path ex:p ; sh:minCount 1 ; sh:or ( [ sh:minLength 1 ] [ sh:nodeKind sh:IRI ] ) .
"""
SPARQL = """\
ex:prefixes sh:declare [ sh:prefix "ex" ; sh:namespace "http://example.org/" ] .
ex:Asked a sh:NodeShape ; sh:targetClass ex:A ; sh:targetSubjectsOf ex:q ; lt:view "claims" ;
    sh:message "It is asked."@en ; sh:sparql [
        sh:prefixes ex:prefixes ; sh:message "It has {?value}."@en ;
        sh:select "SELECT $this ?value WHERE { $this ex:q ?value . FILTER (?value = 3) }" ] .
"""

Read = Callable[[str], dict[str, Shapes]]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Reads shapes in Turtle, their prefixes given."""

    def read(text: str) -> dict[str, Shapes]:
        (tmp_path / "x.ttl").write_text(PREFIXES + text)
        return read_shapes(tmp_path, NAMES)

    return read


def test_a_shape_is_of_the_view_it_names_and_accepted_if_it_names_none(read: Read) -> None:
    shapes = read(CORE + SPARQL)
    assert set(shapes) == set(VIEWS)
    assert "http://example.org/Shape" in shapes["accepted"].severities
    assert "http://example.org/Asked" in shapes["claims"].severities
    assert "http://example.org/Asked" not in shapes["accepted"].severities


def test_everything_below_a_shape_comes_with_it(read: Read) -> None:
    triples = read(CORE)["accepted"].triples
    assert {t.predicate.value.rsplit("#")[-1] for t in triples} >= {"minLength", "first", "rest", "nodeKind", "path"}


def test_what_a_shape_tells_a_curator_is_kept(read: Read) -> None:
    shapes = read(CORE)["accepted"]
    assert shapes.messages["http://example.org/Shape"] == "It has no p."
    assert shapes.remedies["http://example.org/Shape"] == "Add it."
    assert shapes.severities == {"http://example.org/Shape": "Warning", "http://example.org/Shape-p": "Violation"}


def test_a_constraint_in_sparql_is_one_query_over_all_its_targets(read: Read) -> None:
    shapes = read(SPARQL)["claims"]
    (constraint,) = shapes.constraints
    assert constraint.message == "It has {?value}."
    assert f"{SH}sparql".encode() not in shapes.core
    data = """
        @prefix ex: <http://example.org/> .
        @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
        ex:B rdfs:subClassOf ex:A . ex:one a ex:A ; ex:q 3 . ex:two a ex:B ; ex:q 3 . ex:three ex:q 3 . ex:four ex:q 4 .
    """
    store = open_memory()
    store.load(data, format=RdfFormat.TURTLE)
    rows = list(store.query(constraint.query))
    assert {row["this"].value.rsplit("/", 1)[1] for row in rows} == {"one", "two", "three"}


def test_a_shape_that_is_a_class_looks_at_its_instances_in_sparql_too(read: Read) -> None:
    (constraint,) = read("""
        ex:A a sh:NodeShape , rdfs:Class ; sh:sparql [ sh:select "SELECT $this WHERE { $this ?p ?o }" ] .
    """)["accepted"].constraints
    store = open_memory()
    store.load("@prefix ex: <http://example.org/> . ex:one a ex:A . ex:two a ex:B .", format=RdfFormat.TURTLE)
    assert [row["this"].value for row in store.query(constraint.query)] == ["http://example.org/one"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[] a sh:NodeShape ; sh:targetClass ex:A .", "without an IRI"),
        ('ex:S a sh:NodeShape ; sh:targetClass ex:A ; sh:sparql [ sh:select "SELECT $this { }" ] .', "without WHERE"),
        ('ex:S a sh:NodeShape ; sh:sparql [ sh:select "SELECT $this WHERE { }" ] .', "or target"),
        ("ex:S a sh:NodeShape", "not Turtle"),
        ('ex:S a sh:NodeShape ; sh:targetClass ex:A ; sh:sparql [ sh:select """SELECT $this WHERE { '
         'SERVICE <http://localhost/> { ?s ?p ?o } }""" ] .', "cannot be used: SERVICE"),
    ],
)
def test_a_shape_that_cannot_be_used_is_an_error_of_ours(read: Read, text: str, expected: str) -> None:
    with pytest.raises(SourceError, match=expected):
        read(text)


def test_the_real_shapes_are_all_of_one_view_and_none_is_lost() -> None:
    shapes = read_shapes(ROOT / "shapes", NAMES)
    one, other = (set(shapes[view].triples) for view in VIEWS)
    declared = sum(path.read_text().count("a sh:NodeShape") for path in (ROOT / "shapes").glob("*.ttl"))

    def roots(triples: set[Triple]) -> int:
        return sum(t.object.value == f"{SH}NodeShape" for t in triples)

    assert roots(one) + roots(other) >= declared > 0


def test_the_same_files_give_the_same_shapes() -> None:
    def dumped() -> list[bytes]:
        return [b"".join(sorted(serialize(s.triples, RdfFormat.N_TRIPLES).splitlines(keepends=True)))
                for s in read_shapes(ROOT / "shapes", NAMES).values()]  # fmt: skip

    assert dumped() == dumped()


def test_another_base_moves_what_the_shapes_look_at() -> None:
    moved = read_shapes(ROOT / "shapes", Names("https://example.org/record/"))
    assert not any("w3id.org/letapis" in str(t) for shapes in moved.values() for t in shapes.triples)
    assert all(constraint.query.count("w3id.org/letapis") == 0 for s in moved.values() for constraint in s.constraints)
