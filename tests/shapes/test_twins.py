"""Every shape has twins: small data that it must report, and data of the same make that it must not report.

A node shape without constraints of its own has a valid twin only, which holds for its property shapes; a property shape
has an invalid twin, and a constraint on the node has both.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pyshacl
import pytest
from rdflib import BNode, Dataset, Graph, Literal, Namespace, URIRef
from rdflib.namespace import RDF, RDFS, SH
from rdflib.term import Node

from graph.iris import Names
from graph.rdf import QuerySolutions, RdfFormat, open_memory, parse_quads
from graph.shapes import VIEWS, SparqlConstraint, read_shapes

pytestmark = pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated")  # rdflib warns about its own parser

ROOT = Path(__file__).parents[2]
LT = Namespace("https://w3id.org/letapis/ontology#")
LTS = Namespace("https://w3id.org/letapis/shapes#")
TOPICS = ("agents", "claims", "events", "figures", "law", "names", "vocabulary")
TARGETS = (SH.targetClass, SH.targetNode, SH.targetObjectsOf, SH.targetSubjectsOf)
FRAME = (RDF.type, RDFS.comment, LT.view, SH.message, SH.severity, *TARGETS)
"""What a shape says besides its constraints."""


@dataclass(frozen=True)
class Shape:
    """A shape with constraints of its own, alone: *name* is its local name, *node* the node shape it belongs to."""

    topic: str
    name: str
    node: str

    def __str__(self) -> str:
        return f"{self.topic}/{self.name}"

    def twin(self, kind: str) -> Path:
        name = self.node if kind == "valid" else self.name
        return Path(__file__).parent / self.topic / f"{name}.{kind}.trig"


@cache
def shapes_of(topic: str) -> Graph:
    return Graph().parse(ROOT / "shapes" / f"{topic}.ttl")


@cache
def all_shapes() -> Graph:
    graph = Graph()
    for topic in TOPICS:
        graph += shapes_of(topic)
    return graph


@cache
def subclasses() -> tuple[tuple[Node, Node, Node], ...]:
    graph = Graph()
    for path in sorted((ROOT / "ontology").glob("*.ttl")):
        graph.parse(path)
    return tuple(
        t for t in graph.triples((None, RDFS.subClassOf, None)) if isinstance(t[0], URIRef) and isinstance(t[2], URIRef)
    )


def local(shape: Node) -> str:
    return str(shape).removeprefix(str(LTS))


def named(topic: str, kind: URIRef) -> list[URIRef]:
    found = shapes_of(topic).subjects(RDF.type, kind)
    return sorted(shape for shape in found if isinstance(shape, URIRef))


def own_constraints(shape: URIRef) -> list[tuple[Node, Node, Node]]:
    triples = all_shapes().triples((shape, None, None))
    return [t for t in triples if t[1] not in FRAME and t[1] != SH.property]


def firing_shapes() -> list[Shape]:
    found = []
    for topic in TOPICS:
        for node in named(topic, SH.NodeShape):
            if own_constraints(node):
                found.append(Shape(topic, local(node), local(node)))
            for prop in all_shapes().objects(node, SH.property):
                found.append(Shape(topic, local(prop), local(node)))
    return sorted(found, key=str)


FIRING = firing_shapes()
NODES = [Shape(topic, local(node), local(node)) for topic in TOPICS for node in named(topic, SH.NodeShape)]


def alone(shape: Shape) -> Graph:
    """The shapes graph with nothing in it but *shape*, and the targets of its node shape."""
    graph, node, this = Graph(), LTS[shape.node], LTS[shape.name]
    for triple in all_shapes().triples((node, None, None)):
        if triple[1] in FRAME:
            graph.add(triple)
    queue: list[Node] = [LTS.prefixes]
    if node != this:
        graph.add((node, SH.property, this))
        queue.append(this)
    else:
        for triple in own_constraints(this):
            graph.add(triple)
            queue.append(triple[2])
    while queue:
        for triple in all_shapes().triples((queue.pop(), None, None)):
            graph.add(triple)
            if isinstance(triple[2], BNode):
                queue.append(triple[2])
    return graph


def read_twin(path: Path) -> Dataset:
    assert path.is_file(), f"{path.relative_to(ROOT)} is missing"
    data = Dataset(default_union=True)
    data.parse(path, format="trig")
    for triple in subclasses():
        data.default_graph.add(triple)
    return data


def reported(shape: Shape, kind: str) -> set[str]:
    """The local names of the shapes that pySHACL reports when it checks the twin with *shape* alone."""
    data = read_twin(shape.twin(kind))
    _, report, text = pyshacl.validate(data, shacl_graph=alone(shape), inference="none", inplace=True)
    assert isinstance(report, Graph), text
    return {local(source) for source in report.objects(None, SH.sourceShape)}


def focus_nodes(node: str, data: Dataset) -> set[Node]:
    found: set[Node] = set()
    for kind in TARGETS:
        for target in all_shapes().objects(LTS[node], kind):
            if kind == SH.targetClass:
                for cls in data.transitive_subjects(RDFS.subClassOf, target):
                    found |= set(data.subjects(RDF.type, cls))
            elif kind == SH.targetSubjectsOf:
                found |= set(data.subjects(target))
            elif kind == SH.targetObjectsOf:
                found |= set(data.objects(None, target))
            else:
                found.add(target)
    return found


def set_based() -> dict[str, tuple[str, SparqlConstraint]]:
    views = read_shapes(ROOT / "shapes", Names())
    return {local(URIRef(c.shape)): (view, c) for view in VIEWS for c in views[view].constraints}


SET_BASED = set_based()


@pytest.mark.parametrize("shape", FIRING, ids=str)
def test_invalid_twin_is_reported_by_its_shape_and_by_nothing_else(shape: Shape) -> None:
    assert reported(shape, "invalid") == {shape.name}


@pytest.mark.parametrize("shape", FIRING, ids=str)
def test_valid_twin_is_not_reported(shape: Shape) -> None:
    assert reported(shape, "valid") == set()


@pytest.mark.parametrize("shape", NODES, ids=str)
def test_valid_twin_holds_something_that_its_shape_looks_at(shape: Shape) -> None:
    data = read_twin(shape.twin("valid"))
    assert focus_nodes(shape.node, data), "the valid twin is valid only because the shape has no focus node in it"


@pytest.mark.parametrize("kind", ["invalid", "valid"])
@pytest.mark.parametrize("shape", [shape for shape in FIRING if shape.name in SET_BASED], ids=str)
def test_set_based_query_finds_the_same_as_one_query_for_each_focus_node(shape: Shape, kind: str) -> None:
    view, constraint = SET_BASED[shape.name]
    store = open_memory(parse_quads(shape.twin(kind), RdfFormat.TRIG))
    for subject, predicate, value in subclasses():
        store.update(f"INSERT DATA {{ {subject.n3()} {predicate.n3()} {value.n3()} }}")
    rows = store.query(constraint.query, use_default_graph_as_union=view == "claims")
    assert isinstance(rows, QuerySolutions)
    assert any(row["this"] is not None for row in rows) == (kind == "invalid")


def test_every_twin_belongs_to_a_shape() -> None:
    expected = {shape.twin(kind) for shape in FIRING for kind in ("valid", "invalid")}
    expected |= {shape.twin("valid") for shape in NODES}
    assert set(Path(__file__).parent.glob("*/*.trig")) == expected


def test_every_twin_says_in_its_first_line_what_it_shows() -> None:
    for path in Path(__file__).parent.glob("*/*.trig"):
        first = path.read_text(encoding="utf-8").splitlines()[0]
        assert re.fullmatch(r"# \S.{5,}", first), f"{path.name} begins with {first!r}"


def test_topics_are_the_files_in_the_shapes_folder() -> None:
    assert {path.stem for path in (ROOT / "shapes").glob("*.ttl")} == set(TOPICS)


def test_every_shape_stands_in_one_file_only() -> None:
    names = [shape for topic in TOPICS for kind in (SH.NodeShape, SH.PropertyShape) for shape in named(topic, kind)]
    assert len(names) == len(set(names)) > 100


@pytest.mark.parametrize("topic", TOPICS)
def test_every_shape_says_what_is_wrong_and_what_to_do(topic: str) -> None:
    for shape in [*named(topic, SH.NodeShape), *named(topic, SH.PropertyShape)]:
        for predicate in (SH.message, RDFS.comment):
            texts = list(all_shapes().objects(shape, predicate))
            assert len(texts) == 1, f"{local(shape)} has {len(texts)} of {local(predicate)}"
            assert isinstance(texts[0], Literal) and texts[0].language == "en"
            assert texts[0].endswith((".", "?")), f"{local(shape)}: {texts[0]}"


@pytest.mark.parametrize("topic", TOPICS)
def test_every_node_shape_names_its_view_and_its_targets(topic: str) -> None:
    for shape in named(topic, SH.NodeShape):
        assert [str(view) for view in all_shapes().objects(shape, LT.view)] in [[view] for view in VIEWS]
        assert any(all_shapes().value(shape, target, any=True) for target in TARGETS), f"{local(shape)} has no target"


@pytest.mark.parametrize("topic", TOPICS)
def test_property_shapes_are_named_after_the_one_node_shape_they_belong_to(topic: str) -> None:
    graph = shapes_of(topic)
    for prop in named(topic, SH.PropertyShape):
        owners = [local(owner) for owner in graph.subjects(SH.property, prop)]
        assert owners == [local(prop).split("-")[0]]
    for node in named(topic, SH.NodeShape):
        assert all(isinstance(prop, URIRef) for prop in graph.objects(node, SH.property)), f"blank in {local(node)}"


@pytest.mark.parametrize("topic", TOPICS)
def test_shapes_are_sorted_by_name(topic: str) -> None:
    text = (ROOT / "shapes" / f"{topic}.ttl").read_text(encoding="utf-8")
    names = re.findall(r"^lts:(\S+)$", text, flags=re.MULTILINE)
    assert names == sorted(names) and names
