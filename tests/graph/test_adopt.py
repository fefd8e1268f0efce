"""Somebody else's ontology and shapes: adopted once, checked anew where they change, never in the way of the data."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from graph.adopt import adopt, detect, kind_of
from graph.errors import RefusedError, SourceError, UsageError, VersionError
from graph.findings import read_findings
from graph.ingest import Ingest, ingest
from graph.iris import OWL, RDF_TYPE
from graph.layout import Kind
from graph.project import Project
from graph.rdf import DefaultGraph, NamedNode, Quad
from graph.schema import read_shape_quads
from graph.unsupported import is_left_out
from graph.versions import Version, Versions

BASE = "https://example.org/"
PREFIXES = f"""\
@prefix e: <{BASE}> .
@prefix owl: <{OWL}> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix sh: <http://www.w3.org/ns/shacl#> .
"""
ONTOLOGY = "e:Cat rdfs:subClassOf e:Animal ."
OPEN = ONTOLOGY + "e:owns a owl:ObjectProperty ; rdfs:range [ owl:unionOf ( e:Cat e:Dog ) ] ."
NAMED = "sh:property [ sh:path e:name ; sh:minCount 1 ; sh:message 'no name' ] ."
SHAPES = "e:AnimalShape a sh:NodeShape ; sh:targetClass e:Animal ; " + NAMED
TOM = f"<{BASE}tom> a <{BASE}Cat> ; <{BASE}name> 'Tom' ."
ANIMAL = Quad(NamedNode(f"{BASE}tom"), RDF_TYPE, NamedNode(f"{BASE}Animal"), DefaultGraph())

Write = Callable[[str, str], str]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a file of Turtle, its prefixes given, and gives its name."""

    def write(name: str, text: str) -> str:
        (tmp_path / name).write_text(PREFIXES + text)
        return str(tmp_path / name)

    return write


@pytest.fixture
def union(tmp_path: Path) -> Project:
    return project(tmp_path, "union")


def project(folder: Path, kind: Kind) -> Project:
    return Project(folder / "data", folder / "data", BASE, kind)


def adopted(project: Project, ontology: str | None, shapes: str | None) -> Version:
    given = ([names] if names is not None else None for names in (ontology, shapes))
    return adopt(project, *given, by="tests", tell=lambda _: None)


def current(project: Project) -> Version:
    version = Versions(project.data).current()
    assert version is not None
    return version


@pytest.mark.parametrize(
    ("ontology", "shapes", "held", "kind"),
    [
        (["none"], ["none"], None, "plain"),
        (["a.ttl"], ["none"], None, "union"),
        (["none"], ["a.ttl"], None, "union"),
        (None, ["none"], None, "plain"),
        (None, ["none"], "union", "union"),
        (["none"], ["none"], "union", "plain"),
        (["none"], None, "plain", "plain"),
    ],
)
def test_the_layout_follows_from_what_is_named(
    ontology: list[str] | None, shapes: list[str] | None, held: Kind | None, kind: Kind
) -> None:
    assert kind_of(ontology, shapes, held) == kind


def test_what_is_adopted_reasons_and_decides(union: Project, write: Write) -> None:
    adopted(union, write("o.ttl", ONTOLOGY), write("s.ttl", SHAPES))
    ingest(union, Ingest([write("tom.ttl", TOM)], "tests", "Tom"))
    assert ANIMAL in current(union).open()
    with pytest.raises(RefusedError):
        ingest(union, Ingest([write("cat.ttl", "e:nameless a e:Cat .")], "tests", "a cat"))
    assert detect(union.data) == ("union", BASE)


def test_the_same_files_again_make_no_version(union: Project, write: Write) -> None:
    """Their blank nodes get the same names whenever they are read."""
    files = write("o.ttl", OPEN), write("s.ttl", SHAPES)
    assert adopted(union, *files).number == adopted(union, *files).number == 1


def test_shapes_that_the_data_do_not_fulfil_are_refused_and_change_nothing(union: Project, write: Write) -> None:
    adopted(union, write("o.ttl", ONTOLOGY), "none")
    ingest(union, Ingest([write("tom.ttl", "e:tom a e:Cat .")], "tests", "Tom"))
    with pytest.raises(RefusedError):
        adopted(union, None, write("s.ttl", SHAPES))
    assert current(union).number == 2
    assert read_shape_quads(current(union), union.layout) == frozenset()


def test_what_is_not_named_stays_as_it_is(union: Project, write: Write) -> None:
    adopted(union, write("o.ttl", ONTOLOGY), "none")
    adopted(union, None, write("s.ttl", SHAPES))
    ingest(union, Ingest([write("tom.ttl", TOM)], "tests", "Tom"))
    assert ANIMAL in current(union).open()
    assert adopted(union, "none", None).number == 4
    assert ANIMAL not in current(union).open()
    assert read_shape_quads(current(union), union.layout)


def remarks(project: Project) -> list[str]:
    return [finding.message for finding in read_findings(current(project)) if is_left_out(finding)]


def test_an_axiom_that_the_reasoner_does_not_take_is_told_of_and_does_not_block(union: Project, write: Write) -> None:
    told: list[str] = []
    adopt(union, [write("o.ttl", OPEN)], ["none"], by="tests", tell=told.append)
    said = [f"the reasoner draws no conclusions from owl:unionOf on {BASE}owns"]
    assert remarks(union) == said
    assert current(union).manifest["infos"] == 1
    assert "left out of reasoning: 1 of the ontology's axioms, see /ontology" in told
    ingest(union, Ingest([write("tom.ttl", TOM)], "tests", "Tom"))
    assert ANIMAL in current(union).open()
    assert remarks(union) == said


def test_a_remark_stays_after_a_large_change_and_goes_with_its_axiom(union: Project, write: Write) -> None:
    adopted(union, write("o.ttl", OPEN), "none")
    many = "".join(f"e:c{number} a e:Cat ; e:name '{number}' .\n" for number in range(1500))
    ingest(union, Ingest([write("many.ttl", many)], "tests", "many"))
    assert len(remarks(union)) == 1
    ingest(union, Ingest([write("more.ttl", many.replace("e:c", "e:d"))], "tests", "in bulk", bulk_quads=10))
    assert len(remarks(union)) == 1
    adopted(union, write("o.ttl", ONTOLOGY), None)
    assert remarks(union) == []
    assert current(union).manifest["infos"] == 0


def test_a_contradiction_of_a_foreign_ontology_still_refuses(union: Project, write: Write) -> None:
    adopted(union, write("o.ttl", OPEN + "e:Cat owl:disjointWith e:Dog ."), "none")
    with pytest.raises(RefusedError) as refused:
        ingest(union, Ingest([write("both.ttl", "e:both a e:Cat , e:Dog .")], "tests", "both"))
    assert refused.value.report.count("Violation") == 1


@pytest.mark.parametrize("shape", [
    "e:S sh:targetClass e:Animal ; " + NAMED,
    "e:S sh:targetClass e:Animal ; sh:path e:name ; sh:minCount 1 .",
    "e:S a sh:PropertyShape ; sh:targetClass e:Animal ; sh:path e:name ; sh:minCount 1 .",
    "e:S a sh:NodeShape ; sh:targetClass e:Animal ; sh:and ( [ a sh:NodeShape ; sh:property [ sh:path e:name ; "
    "sh:minCount 1 ] ] ) .",
])  # fmt: skip
def test_a_shape_needs_no_type_to_decide(union: Project, write: Write, shape: str) -> None:
    adopted(union, "none", write("s.ttl", shape))
    with pytest.raises(RefusedError):
        ingest(union, Ingest([write("a.ttl", "e:a a e:Animal .")], "tests", "a"))


def test_plain_data_have_no_ontology_and_nothing_is_added(tmp_path: Path, write: Write) -> None:
    plain = project(tmp_path, "plain")
    assert adopted(plain, "none", "none").number == adopted(plain, "none", "none").number == 1
    ingest(plain, Ingest([write("all.ttl", TOM + ONTOLOGY)], "tests", "all"))
    quads = list(current(plain).open())
    assert len(quads) == 3
    assert all(isinstance(quad.graph_name, DefaultGraph) for quad in quads)


def test_a_data_folder_keeps_its_layout(tmp_path: Path, write: Write) -> None:
    adopted(project(tmp_path, "plain"), "none", "none")
    with pytest.raises(VersionError, match="holds a `plain` dataset, not a `union` one"):
        adopted(project(tmp_path, "union"), write("o.ttl", ONTOLOGY), "none")


def test_what_is_no_rdf_is_named_and_nothing_is_made(union: Project, write: Write, tmp_path: Path) -> None:
    (tmp_path / "claims.yml").write_text("document: x\npassages: []\n")
    with pytest.raises(UsageError, match=r"claims\.yml is no RDF"):
        adopted(union, str(tmp_path / "claims.yml"), "none")
    with pytest.raises(SourceError, match=r"o\.ttl:5"):
        adopted(union, write("o.ttl", "e:A rdfs:subClassOf"), "none")
    assert detect(union.data) is None
