"""What a change can affect: followed from the triples that changed, through what is linked to them, and no further."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from graph.affect import Affected, compile_reads, find_affected, unlocal_shapes
from graph.iris import Names
from graph.rdf import NamedNode, Quad, RdfFormat, Store, open_memory
from graph.shapes import Shapes, read_shapes
from graph.sight import Sight
from tests.conftest import ROOT

PREFIXES = """\
@prefix ex: <http://example.org/> .
@prefix lt: <https://w3id.org/letapis/ontology#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix sh: <http://www.w3.org/ns/shacl#> .
"""
DECLARED = 'ex:prefixes sh:declare [ sh:prefix "ex" ; sh:namespace "http://example.org/" ] .\n'


def ex(name: str) -> NamedNode:
    return NamedNode(f"http://example.org/{name}")


def data(turtle: str) -> list[Quad]:
    """Quads in Turtle, or in TriG."""
    store = open_memory()
    store.load(PREFIXES + turtle, format=RdfFormat.TRIG)
    return list(store)


Read = Callable[[str], Shapes]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Reads the shapes of the view "accepted"."""

    def read(turtle: str) -> Shapes:
        (tmp_path / "x.ttl").write_text(PREFIXES + DECLARED + turtle)
        return read_shapes(tmp_path, Names())["accepted"]

    return read


def affected(shapes: Shapes, before: str, *, add: str = "", remove: str = "") -> Affected:
    """What is affected where *before* was, *add* comes and *remove* goes."""
    added, removed = data(add), data(remove)
    store: Store = open_memory(data(before))
    store.extend(added)
    for quad in removed:
        store.remove(quad)
    return find_affected(Sight(store, shapes.view, added, removed), shapes, {})


def nodes(shapes: Shapes, before: str, *, add: str = "", remove: str = "") -> set[str]:
    found = affected(shapes, before, add=add, remove=remove).nodes
    assert found is not None
    return {node.value.removeprefix("http://example.org/") for node in found}


def keys(shapes: Shapes, before: str, *, add: str = "", remove: str = "") -> set[tuple[str, str]] | None:
    """The keys of the one constraint, `*` for any; None for: all."""
    (found,) = affected(shapes, before, add=add, remove=remove).keys.values() or (frozenset(),)
    if found is None:
        return None

    def short(term: NamedNode | None) -> str:
        return "*" if term is None else term.value.removeprefix("http://example.org/")

    return {(short(focus), short(value)) for focus, value in found}


PATHS = {
    "ex:p": ("", "ex:n ex:p ex:x ."),
    "[ sh:inversePath ex:p ]": ("", "ex:x ex:p ex:n ."),
    "( ex:q ex:p )": ("ex:n ex:q ex:y .", "ex:y ex:p ex:x ."),
    "( [ sh:inversePath ex:q ] ex:p )": ("ex:y ex:q ex:n .", "ex:y ex:p ex:x ."),
    "[ sh:alternativePath ( ex:q ex:p ) ]": ("", "ex:n ex:p ex:x ."),
    "[ sh:zeroOrMorePath ex:p ]": ("ex:n ex:p ex:y . ex:y ex:p ex:z .", "ex:z ex:p ex:x ."),
    "[ sh:oneOrMorePath ex:p ]": ("ex:n ex:p ex:y . ex:y ex:p ex:z .", "ex:z ex:p ex:x ."),
    "( ex:q [ sh:zeroOrOnePath ex:p ] )": ("ex:n ex:q ex:y .", "ex:y ex:p ex:x ."),
}


@pytest.mark.parametrize("path", PATHS)
def test_a_triple_is_followed_back_along_the_path_that_reads_it(read: Read, path: str) -> None:
    shapes = read("ex:S a sh:NodeShape ; sh:targetNode ex:n , ex:other ; sh:property ex:S-p . "
                  f"ex:S-p a sh:PropertyShape ; sh:path {path} ; sh:maxCount 1 .")  # fmt: skip
    before, triple = PATHS[path]
    assert nodes(shapes, before, add=triple) == {"n"}
    assert nodes(shapes, before + triple, remove=triple) == {"n"}


def test_links_that_went_in_the_same_change_are_followed_too(read: Read) -> None:
    shapes = read("ex:S a sh:NodeShape ; sh:targetNode ex:n ; sh:property ex:S-p . "
                  "ex:S-p a sh:PropertyShape ; sh:path ( ex:p ex:q ) ; sh:maxCount 1 .")  # fmt: skip
    both = "ex:n ex:p ex:y . ex:y ex:q ex:x ."
    assert nodes(shapes, both, remove=both) == {"n"}


CLASSES = """
    ex:S a sh:NodeShape ; sh:targetSubjectsOf ex:p ; sh:property ex:S-p .
    ex:S-p a sh:PropertyShape ; sh:path ex:p ; sh:class ex:A .
"""


def test_a_type_counts_where_it_makes_an_instance(read: Read) -> None:
    assert nodes(read(CLASSES), "ex:n ex:p ex:x . ex:B rdfs:subClassOf ex:A .", add="ex:x a ex:B .") == {"n"}
    assert nodes(read(CLASSES), "ex:n ex:p ex:x .", add="ex:x a ex:Other .") == set()


def test_one_more_type_of_what_is_an_instance_already_affects_nothing(read: Read) -> None:
    before = "ex:n ex:p ex:x . ex:x a ex:A . ex:B rdfs:subClassOf ex:A ."
    assert nodes(read(CLASSES), before, add="ex:x a ex:B .") == set()
    assert nodes(read(CLASSES), before + "ex:x a ex:B .", remove="ex:x a ex:A .") == set()


def test_a_subclass_affects_what_points_to_its_instances(read: Read) -> None:
    before = "ex:n ex:p ex:x . ex:x a ex:C . ex:C rdfs:subClassOf ex:B ."
    assert nodes(read(CLASSES), before, add="ex:B rdfs:subClassOf ex:A .") == {"n"}


@pytest.mark.parametrize(
    ("target", "triple"),
    [
        ("sh:targetClass ex:A", "ex:n a ex:A ."),
        ("sh:targetSubjectsOf ex:p", "ex:n ex:p ex:x ."),
        ("sh:targetObjectsOf ex:p", "ex:x ex:p ex:n ."),
        ("a rdfs:Class", "ex:n a ex:S ."),
    ],
)
def test_what_becomes_or_ceases_to_be_a_target_is_affected(read: Read, target: str, triple: str) -> None:
    shapes = read(f"ex:S a sh:NodeShape ; {target} ; sh:nodeKind sh:IRI .")
    assert nodes(shapes, "", add=triple) == {"n"}
    assert nodes(shapes, triple, remove=triple) == {"n"}


def test_what_is_no_target_is_not_affected(read: Read) -> None:
    assert nodes(read(CLASSES), "ex:n ex:q ex:x .", add="ex:x a ex:A .") == set()


def test_a_closed_shape_reads_every_property_of_its_node(read: Read) -> None:
    shapes = read("ex:S a sh:NodeShape ; sh:targetClass ex:A ; sh:closed true .")
    assert nodes(shapes, "ex:n a ex:A .", add="ex:n ex:any ex:x . ex:x ex:any ex:n .") == {"n"}


@pytest.mark.parametrize("pair", ["equals", "disjoint", "lessThan", "lessThanOrEquals"])
def test_a_property_that_values_are_held_against_is_read_at_the_same_node(read: Read, pair: str) -> None:
    shapes = read("ex:S a sh:NodeShape ; sh:targetNode ex:n ; sh:property ex:S-p . "
                  f"ex:S-p a sh:PropertyShape ; sh:path ex:p ; sh:{pair} ex:q .")  # fmt: skip
    assert nodes(shapes, "ex:n ex:p ex:x .", add="ex:n ex:q ex:x . ex:x ex:q ex:n .") == {"n"}


def test_a_triple_that_another_graph_of_the_view_holds_changes_nothing(read: Read, tmp_path: Path) -> None:
    read(f'{CLASSES} ex:S lt:view "claims" .')
    shapes = read_shapes(tmp_path, Names())["claims"]
    held = "ex:g { ex:n ex:p ex:x }"
    assert nodes(shapes, held, add="ex:h { ex:n ex:p ex:x }") == set()
    assert nodes(shapes, held, add="ex:h { ex:n ex:p ex:y }") == {"n"}


def constraint(pattern: str, target: str = "sh:targetClass ex:A", select: str = "SELECT $this ?value") -> str:
    return (f"ex:S a sh:NodeShape ; {target} ; sh:sparql [ sh:prefixes ex:prefixes ; sh:message \"m\" ; "
            f'sh:select """{select} WHERE {{ {pattern} }}""" ] .')  # fmt: skip


ALL = "ex:n a ex:A . ex:m a ex:A . ex:o a ex:A . "
FOLLOWED = {
    "a pattern of the focus node": (
        "$this ex:p ?value", "", "ex:n ex:p ex:v .", {("n", "*")}),
    "a pattern that is linked to it": (
        "$this ex:p ?x . ?x ex:q ?value", "ex:n ex:p ex:y .", "ex:y ex:q ex:v .", {("n", "*")}),
    "a pattern of the value": (
        "$this ex:p ?x . ?value ex:q ?x", "ex:n ex:p ex:y .", "ex:v ex:q ex:y .", {("n", "v")}),
    "a pattern of a value that nothing leads from": (
        "$this ex:p ?x . ?value ex:q ?y . FILTER (?x < ?y)", "ex:n ex:p 1 .", "ex:v ex:q 2 .", {("*", "v")}),
    "a pattern of both": (
        "?value ex:p $this", "", "ex:v ex:p ex:n .", {("n", "v")}),
    "a property that is a variable": (
        "$this ?value ex:x", "", "ex:n ex:p ex:x .", {("n", "p")}),
    "what must not exist": (
        "$this ex:p ?value . FILTER NOT EXISTS { ?value ex:q ?x }", "ex:n ex:p ex:v .", "ex:v ex:q ex:x .",
        {("n", "*")}),
    "what must not exist within what must not exist": (
        "$this ex:p ?x FILTER NOT EXISTS { ?x ex:q ?y FILTER NOT EXISTS { ?y ex:r $this } } BIND (1 AS ?value)",
        "ex:n ex:p ex:x . ex:m ex:p ex:x . ex:x ex:q ex:y .", "ex:y ex:r ex:n .", {("n", "*")}),
    "an optional part": (
        "$this ex:p ?value OPTIONAL { ?value ex:q ?x }", "ex:n ex:p ex:v .", "ex:v ex:q ex:x .", {("n", "*")}),
    "what is taken out": (
        "$this ex:p ?value MINUS { ?value ex:q ?x }", "ex:n ex:p ex:v .", "ex:v ex:q ex:x .", {("n", "*")}),
    "each way through a union": (
        "{ $this ex:p ?x } UNION { ?x ex:q $this } ?x ex:r ?value", "ex:n ex:p ex:y . ex:y ex:q ex:m .",
        "ex:y ex:r ex:v .", {("n", "*"), ("m", "*")}),
    "a path": (
        "$this ex:p+ ?value", "ex:n ex:p ex:y . ex:z ex:p ex:v .", "ex:y ex:p ex:z .", {("n", "*")}),
    "a graph named by the focus node": (
        "GRAPH $this { ?value ex:p ?x }", "", "ex:n { ex:v ex:p ex:x }", {("n", "v")}),
    "a group": (
        "{ SELECT ?x (COUNT(?y) AS ?value) WHERE { ?y ex:q ?x } GROUP BY ?x } $this ex:p ?x",
        "ex:n ex:p ex:x .", "ex:y ex:q ex:x .", {("n", "*")}),
    "an optional part that may now bind what another pattern binds otherwise": (
        "$this ex:s ?x OPTIONAL { ?x ex:p ?y } ?y ex:q ex:c BIND (1 AS ?value)", "ex:n ex:s ex:x . ex:z ex:q ex:c .",
        "ex:x ex:p ex:y .", {("n", "*")}),
    "an optional part of what is taken out": (
        "$this ex:p ?x . ?x ex:r ex:c MINUS { $this ex:s ?z OPTIONAL { ?z ex:q ?x } } BIND (1 AS ?value)",
        "ex:n ex:p ex:x ; ex:s ex:z . ex:x ex:r ex:c .", "ex:z ex:q ex:y .", {("n", "*")}),
    "a number, however it is written": (
        "$this ex:p ?value . ?value ex:q 1.50", "ex:n ex:p ex:v .", "ex:v ex:q 1.5 .", {("n", "v")}),
    "a node at which a path may be empty": (
        "$this ex:p ?x . ?value ex:q? ex:c", "ex:n ex:p ex:y .", "ex:c ex:other 1 .", None),
    "what is nowhere linked": (
        "$this ex:p ?x . ?y ex:q ?value . FILTER (?x = ?value)", "", "ex:v ex:q 1 .", None),
    "an optional part that does not lead to what comes after it": (
        "OPTIONAL { $this ex:p ?x } ?x ex:q ?y . FILTER (?y = 1) BIND (1 AS ?value)", "", "ex:x ex:q 1 .", None),
}  # fmt: skip
"""Pattern, what was there, what comes, and the parts of the answer that it touches."""


@pytest.mark.parametrize("case", FOLLOWED)
def test_a_triple_is_followed_to_the_parts_of_a_constraint_that_it_touches(read: Read, case: str) -> None:
    pattern, before, triple, expected = FOLLOWED[case]
    shapes = read(constraint(pattern))
    assert keys(shapes, ALL + before, add=triple) == expected
    assert keys(shapes, ALL + before + triple, remove=triple) == expected


def test_constraints_of_one_shape_are_asked_by_what_all_of_them_can_be_asked_by(read: Read) -> None:
    """A finding tells its shape and not from which of the constraints it is."""
    one, other = constraint("$this ex:p ?x . ?value ex:q ?x"), constraint("$this ex:r ?value")
    before, triple = ALL + "ex:n ex:p ex:y .", "ex:v ex:q ex:y ."
    assert keys(read(one), before, add=triple) == {("n", "v")}
    assert keys(read(one + other), before, add=triple) == {("n", "*")}


def test_a_constraint_is_not_affected_at_what_is_no_target(read: Read) -> None:
    assert keys(read(constraint("$this ex:p ?value")), "", add="ex:n ex:p ex:v .") == set()


def test_a_value_that_may_be_a_literal_is_no_key(read: Read) -> None:
    """Two literals can look alike in a finding."""
    assert keys(read(constraint("?x ex:p $this ; ex:q ?value")), ALL + "ex:x ex:p ex:n .", add="ex:x ex:q 1 .") == {
        ("n", "*")
    }


@pytest.mark.parametrize("select", ["SELECT $this ?value WHERE { $this ex:p ?value } LIMIT 1",
                                    "SELECT $this ?value FROM ex:g WHERE { $this ex:p ?value }"])  # fmt: skip
def test_a_query_that_cannot_be_followed_is_affected_by_everything(read: Read, select: str) -> None:
    shapes = read('ex:S a sh:NodeShape ; sh:targetClass ex:A ; '
                  f'sh:sparql [ sh:prefixes ex:prefixes ; sh:select """{select}""" ] .')  # fmt: skip
    assert keys(shapes, "", add="ex:x ex:unrelated ex:y .") is None
    assert unlocal_shapes([shapes]) == {"http://example.org/S": "the query cannot be followed"}


def test_shapes_with_something_unknown_are_affected_by_everything(read: Read) -> None:
    shapes = read("ex:S a sh:NodeShape ; sh:targetClass ex:A ; sh:shapeOfTomorrow ex:x .")
    assert affected(shapes, "", add="ex:x ex:unrelated ex:y .").nodes is None
    assert "shapeOfTomorrow" in unlocal_shapes([shapes])["http://example.org/S"]


def test_every_shape_of_the_record_is_local() -> None:
    shapes = list(read_shapes(ROOT / "shapes", Names()).values())
    assert unlocal_shapes(shapes) == {}
    assert len(compile_reads(shapes)) > 30
