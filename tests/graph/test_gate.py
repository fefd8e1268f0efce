"""The gate: everything that comes in is derived, validated and versioned as a whole, or nothing of it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from graph.build import build
from graph.change import make_change
from graph.delta import Delta
from graph.derive import derive_whole, stated_quads
from graph.errors import RefusedError, SourceError, VersionError
from graph.findings import read_findings
from graph.fingerprint import digest_of, weigh
from graph.gate import Gate, Passed, Submission
from graph.iris import PREF_LABEL, RDF_TYPE, RDFS, SH, Names
from graph.layout import Layout
from graph.patch import read_patch
from graph.project import Project
from graph.rdf import BlankNode, DefaultGraph, Literal, NamedNode, Quad, Store, open_memory
from graph.schema import read_schema, read_shape_quads
from graph.tally import count_whole
from graph.versions import PATCH, Version, Versions

NAMES = Names("http://e/")
UNION = Layout("union", NAMES)
RECORD = Layout("record", Names())
A, B = NamedNode("http://e/a"), NamedNode("http://e/b")
KNOWS, NAME, PERSON, AGENT = (NamedNode(f"http://e/{name}") for name in ("knows", "name", "Person", "Agent"))
LABEL, COMMENT = NamedNode(f"{RDFS}label"), NamedNode(f"{RDFS}comment")
BASE = NAMES.graph("base")

ONTOLOGY = [
    Quad(PERSON, NamedNode(f"{RDFS}subClassOf"), AGENT, UNION.ontology),
    Quad(PERSON, RDF_TYPE, NamedNode("http://www.w3.org/2002/07/owl#Class"), UNION.ontology),
    Quad(AGENT, RDF_TYPE, NamedNode("http://www.w3.org/2002/07/owl#Class"), UNION.ontology),
]


def shape(severity: str = "Violation", least: int = 1) -> list[Quad]:
    """Whoever is known has a name."""
    node, part = NamedNode("http://e/KnownShape"), NamedNode("http://e/KnownName")
    integer = NamedNode("http://www.w3.org/2001/XMLSchema#integer")
    return [
        Quad(node, RDF_TYPE, NamedNode(f"{SH}NodeShape"), UNION.shapes),
        Quad(node, NamedNode(f"{SH}targetObjectsOf"), KNOWS, UNION.shapes),
        Quad(node, NamedNode(f"{SH}property"), part, UNION.shapes),
        Quad(part, NamedNode(f"{SH}path"), NAME, UNION.shapes),
        Quad(part, NamedNode(f"{SH}minCount"), Literal(str(least), datatype=integer), UNION.shapes),
        Quad(part, NamedNode(f"{SH}severity"), NamedNode(SH + severity), UNION.shapes),
        Quad(part, NamedNode(f"{SH}message"), Literal("no name"), UNION.shapes),
    ]


def in_base(*triples: tuple[NamedNode, NamedNode, NamedNode | Literal]) -> list[Quad]:
    return [Quad(*triple, BASE) for triple in triples]


class Data:
    """A data folder whose changes go through the gate."""

    def __init__(self, folder: Path, layout: Layout = UNION) -> None:
        self.versions = Versions(folder)
        self.layout = layout

    def submit(
        self, added: Iterable[Quad] = (), removed: Iterable[Quad] = (), *, dry_run: bool = False, why: str = "because"
    ) -> Passed:
        def change(store: Store, parent: Version | None) -> Delta:
            return make_change(store, parent, self.layout, added, removed)

        submission = Submission(change, "tests", why, "ingest", more={"from": ["a.ttl"]})
        return Gate(self.versions, self.layout).submit(submission, dry_run=dry_run)

    @property
    def current(self) -> Version:
        version = self.versions.current()
        assert version is not None
        return version

    def check_whole(self) -> None:
        """What is current is what would be made from nothing of what is stated in it."""
        version, store = self.current, self.current.open_disk()
        schema = read_schema(version, store, self.layout)
        again = open_memory(stated_quads(store, self.layout))
        derive_whole(again, self.layout, schema)
        assert set(again) == set(store)
        assert version.manifest["digest"] == digest_of(weigh(again))
        assert version.manifest["quads"] == len(again)
        assert version.manifest["counts"] == count_whole(again, self.layout, version.manifest["counts"]["shapes"])


@pytest.fixture
def data(tmp_path: Path) -> Data:
    """Version 1: an ontology, a shape, and A who knows B, who has a name."""
    made = Data(tmp_path / "data")
    made.submit([*ONTOLOGY, *shape(), *in_base((A, KNOWS, B), (B, NAME, Literal("B")), (A, RDF_TYPE, PERSON))])
    return made


def test_the_first_change_makes_the_first_version_with_all_that_follows(data: Data) -> None:
    assert data.current.number == 1
    assert Quad(A, RDF_TYPE, AGENT, UNION.inferred) in data.current.open_disk()
    assert not any(data.current.open_disk().quads_for_pattern(None, None, None, UNION.shapes))
    assert read_shape_quads(data.current, UNION) == set(shape())
    data.check_whole()


def test_a_change_makes_the_next_version_and_says_who_why_how_and_how_much(data: Data) -> None:
    passed = data.submit(in_base((B, RDF_TYPE, PERSON)), why="B is a person")
    assert passed.version is not None and passed.version.number == 2
    commit = passed.version.commit
    assert {key: commit[key] for key in ("by", "why", "via", "added", "removed", "inferred", "withdrawn", "from")} == {
        "by": "tests", "why": "B is a person", "via": "ingest", "added": 1, "removed": 0, "inferred": 1, "withdrawn": 0,
        "from": ["a.ttl"],
    }  # fmt: skip
    changes = {(change.kind, change.quad) for change in read_patch(passed.version.folder / PATCH)}
    assert changes == {
        ("A", str(Quad(B, RDF_TYPE, PERSON, BASE))), ("A", str(Quad(B, RDF_TYPE, AGENT, UNION.inferred))),
    }  # fmt: skip
    data.check_whole()


def test_a_removal_withdraws_what_followed_from_it(data: Data) -> None:
    passed = data.submit(removed=in_base((A, RDF_TYPE, PERSON)))
    assert passed.derived is not None and Quad(A, RDF_TYPE, AGENT, UNION.inferred) in passed.derived.removed
    data.check_whole()


def test_what_changes_nothing_makes_no_version(data: Data) -> None:
    assert data.submit(in_base((A, KNOWS, B)), in_base((B, KNOWS, A))).version is None
    assert data.current.number == 1


def test_a_bad_addition_is_refused_whole(data: Data) -> None:
    with pytest.raises(RefusedError) as caught:
        data.submit(in_base((A, NAME, Literal("A")), (B, KNOWS, NamedNode("http://e/nameless"))))
    assert [finding.focus for finding in caught.value.report.findings] == ["http://e/nameless"]
    assert data.current.number == 1
    assert not (data.versions.data / "staging").exists()
    data.check_whole()


def test_removing_what_another_thing_needs_is_refused_like_a_bad_addition(data: Data) -> None:
    with pytest.raises(RefusedError) as caught:
        data.submit(removed=in_base((B, NAME, Literal("B"))))
    assert [finding.focus for finding in caught.value.report.findings] == [B.value]
    data.submit(removed=in_base((B, NAME, Literal("B")), (A, KNOWS, B)))
    data.check_whole()


def test_of_two_changes_that_are_fine_alone_and_not_together_the_second_is_refused(data: Data) -> None:
    data.submit(in_base((B, NAME, Literal("Bee"))))
    data.submit(removed=in_base((B, NAME, Literal("B"))))
    with pytest.raises(RefusedError):
        data.submit(removed=in_base((B, NAME, Literal("Bee"))))
    data.check_whole()


def test_warnings_are_kept_with_the_version_and_go_with_their_cause(data: Data) -> None:
    data.submit(shape("Warning"), shape())
    data.submit(in_base((B, KNOWS, A)))
    assert [(f.severity, f.focus) for f in read_findings(data.current)] == [("Warning", A.value)]
    assert data.current.manifest["warnings"] == 1
    data.submit(in_base((NamedNode("http://e/c"), NAME, Literal("C"))))
    assert data.current.manifest["warnings"] == 1
    data.submit(in_base((A, NAME, Literal("A"))))
    assert read_findings(data.current) == []


def test_new_shapes_validate_everything_before_they_hold(data: Data) -> None:
    with pytest.raises(RefusedError) as caught:
        data.submit(shape(least=2), shape())
    assert [finding.focus for finding in caught.value.report.findings] == [B.value]
    assert read_shape_quads(data.current, UNION) == set(shape())
    data.submit(in_base((B, NAME, Literal("Bee"))))
    data.submit(shape(least=2), shape())
    with pytest.raises(RefusedError):
        data.submit(removed=in_base((B, NAME, Literal("Bee"))))


def test_a_new_ontology_derives_everything_anew(data: Data) -> None:
    above = Quad(AGENT, NamedNode(f"{RDFS}subClassOf"), NamedNode("http://e/Thing"), UNION.ontology)
    data.submit([above])
    assert Quad(A, RDF_TYPE, NamedNode("http://e/Thing"), UNION.inferred) in data.current.open_disk()
    data.check_whole()
    data.submit(removed=[above])
    data.check_whole()
    assert data.current.manifest["digest"] == data.versions.get(1).manifest["digest"]


def test_shapes_that_cannot_be_used_are_refused(data: Data) -> None:
    nameless = Quad(BlankNode("x"), RDF_TYPE, NamedNode(f"{SH}NodeShape"), UNION.shapes)
    with pytest.raises(SourceError):
        data.submit([nameless, *(Quad(nameless.subject, q.predicate, q.object, UNION.shapes) for q in shape()[1:3])])
    assert data.current.number == 1


def test_what_the_reasoner_leaves_out_of_a_foreign_ontology_is_told_and_kept(data: Data) -> None:
    data.submit([Quad(PERSON, NamedNode("http://www.w3.org/2002/07/owl#hasKey"), NAME, UNION.ontology)])
    (finding,) = read_findings(data.current)
    assert finding.severity == "Info" and "hasKey" in finding.message
    data.submit(in_base((B, RDF_TYPE, PERSON)))
    assert read_findings(data.current) == [finding]


def test_a_dry_run_tells_what_would_change_and_changes_nothing(data: Data) -> None:
    passed = data.submit(in_base((B, RDF_TYPE, PERSON)), dry_run=True)
    assert passed.version is None and passed.derived is not None
    assert Quad(B, RDF_TYPE, AGENT, UNION.inferred) in passed.derived.added
    assert data.current.number == 1
    assert not (data.versions.data / "staging").exists()


def test_a_write_to_the_default_graph_of_a_union_goes_to_the_base_graph(data: Data) -> None:
    data.submit([Quad(B, COMMENT, Literal("new"), DefaultGraph())])
    assert Quad(B, COMMENT, Literal("new"), BASE) in data.current.open_disk()
    data.check_whole()


def test_a_large_change_ends_in_the_same_quads_as_small_ones(tmp_path: Path) -> None:
    people = [NamedNode(f"http://e/p{number}") for number in range(700)]
    quads = [quad for p in people for quad in in_base((p, RDF_TYPE, PERSON), (p, NAME, Literal("x")), (A, KNOWS, p))]
    digests = []
    for name, parts in (("large", [quads]), ("small", [quads[:1000], quads[1000:1200], quads[1200:]])):
        data = Data(tmp_path / name)
        data.submit([*ONTOLOGY, *shape()])
        for part in parts:
            data.submit(part)
        data.check_whole()
        digests.append(data.current.manifest["digest"])
    assert digests[0] == digests[1]


def test_a_graph_that_became_empty_is_no_graph_any_more(data: Data) -> None:
    other = Quad(A, LABEL, Literal("A"), NamedNode("http://e/other"))
    data.submit([other])
    assert other.graph_name in set(data.current.open_disk().named_graphs())
    data.submit(removed=[other])
    assert other.graph_name not in set(data.current.open_disk().named_graphs())
    data.check_whole()


def test_a_data_folder_holds_one_base_and_one_layout(data: Data) -> None:
    for layout in (Layout("plain", NAMES), Layout("union", Names("http://f/"))):
        with pytest.raises(VersionError, match="holds"):
            Data(data.versions.data, layout).submit(in_base((A, KNOWS, A)))


def test_a_plain_dataset_takes_anything_and_adds_nothing(tmp_path: Path) -> None:
    data = Data(tmp_path / "data", Layout("plain", NAMES))
    quads = [Quad(A, KNOWS, BlankNode("x"), DefaultGraph()), Quad(A, RDF_TYPE, PERSON, UNION.shapes)]
    data.submit(quads)
    assert set(data.current.open()) == set(quads)
    data.check_whole()


def test_a_build_changes_what_changed_in_the_files_and_keeps_what_came_in_otherwise(record: Project) -> None:
    build(record, by="tests", why="first")
    data, base = Data(record.data, RECORD), record.names.graph("base")
    note = Quad(record.names.id("O9002"), COMMENT, Literal("An ingested note.", language="en"), base)
    data.submit([note])
    entities = record.entities / "all.yml"
    entities.write_text(entities.read_text().replace("Harbour Union", "Harbour Union of Sailors"))
    version = build(record, by="tests", why="second").version
    store = version.open_disk()
    assert version.number == 3 and note in store
    assert {q.object.value for q in store.quads_for_pattern(record.names.id("O9002"), PREF_LABEL, None, base)} == {
        "Harbour Union of Sailors"
    }
    assert Quad(record.names.id("O9002"), PREF_LABEL, Literal("Harbour Union", language="en"), base) not in store
    data.check_whole()


def test_what_contradicts_the_ontology_is_refused_with_the_tree_under_it(data: Data) -> None:
    stone = NamedNode("http://e/Stone")
    data.submit([Quad(AGENT, NamedNode("http://www.w3.org/2002/07/owl#disjointWith"), stone, UNION.ontology)])
    with pytest.raises(RefusedError) as caught:
        data.submit(in_base((A, RDF_TYPE, stone)))
    (finding,) = caught.value.report.findings
    assert finding.focus == A.value and finding.explanation is not None
    kinds = {premise["kind"] for premise in finding.explanation["premises"]}
    assert kinds == {"asserted", "inferred"}
    below = Quad(stone, NamedNode(f"{RDFS}subClassOf"), PERSON, UNION.ontology)
    with pytest.raises(RefusedError):
        data.submit([*in_base((B, RDF_TYPE, stone)), below])
    data.check_whole()
