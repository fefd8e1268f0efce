"""Writes as the server asks for them: one request and one file in, one reply out, or the error that it is."""

from __future__ import annotations

import gzip
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from graph.adopt import adopt
from graph.committer import LISTED_QUADS, Part, Write, find_committed, run
from graph.errors import (
    ConflictError,
    DerivedGraphError,
    GroundChangedError,
    LockedError,
    MissingGraphError,
    QueryForbiddenError,
    QuerySyntaxError,
    SourceError,
    UsageError,
)
from graph.graphs import tag_graph
from graph.inputs import UnsupportedInputError
from graph.layout import Kind
from graph.locate_rdf import PLACED
from graph.project import Project
from graph.rdf import DefaultGraph, NamedNode
from graph.versions import Versions

BASE = "http://www.example/"
G, H = "http://e/g", "http://e/h"
TURTLE = "text/turtle"
ONTOLOGY = """
@prefix e: <http://e/> . @prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
e:Person a owl:Class ; rdfs:subClassOf e:Agent . e:Agent a owl:Class .
"""
SHAPES = """
@prefix e: <http://e/> . @prefix sh: <http://www.w3.org/ns/shacl#> .
e:PersonShape a sh:NodeShape ; sh:targetClass e:Person ; sh:property [ sh:path e:name ; sh:minCount 1 ] .
"""


class Desk:
    """Sends writes to a dataset."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.versions = Versions(project.data)

    def write(self, kind: str, body: str | bytes = b"", graph: str | None = G, **more: Any) -> dict[str, Any]:
        """The reply to a write of Turtle, or of an update."""
        content = body if isinstance(body, bytes) else body.encode()
        fields = {"scopes": ("ingest", "update"), "parts": (Part(TURTLE, size=len(content)),), **more}
        write = Write(kind, str(self.project.data), BASE, self.project.kind, "maria", "because", f"{BASE}update",
                      graph=graph, **fields)  # fmt: skip
        with tempfile.TemporaryFile() as file:
            file.write(content)
            file.flush()
            file.seek(0)
            return run(as_sent(asdict(write)), [os.dup(file.fileno())])

    def passed(self, *arguments: Any, **more: Any) -> dict[str, Any]:
        """What passed the gate."""
        passed: dict[str, Any] = self.write(*arguments, **more)["passed"]
        return passed

    def holds(self, graph: str | None = G) -> set[str]:
        """The triples of a graph of the current version."""
        version = self.versions.current()
        assert version is not None
        place = DefaultGraph() if graph is None else NamedNode(graph)
        return {str(quad.triple) for quad in version.open_disk().quads_for_pattern(None, None, None, place)}


def as_sent(fields: dict[str, Any]) -> dict[str, Any]:
    """The request as it comes out of JSON."""
    return {key: list(value) if isinstance(value, tuple) else value for key, value in fields.items()}


@pytest.fixture(scope="module")
def adopted(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Kind], Path]:
    """A data folder of that kind with one version, to be copied."""

    def make(kind: Kind) -> Path:
        root = tmp_path_factory.mktemp(kind)
        files = []
        for name, text in (("ontology.ttl", ONTOLOGY), ("shapes.ttl", SHAPES)):
            (root / name).write_text(text)
            files.append([str(root / name)] if kind == "union" else ["none"])
        adopt(Project(root, root / "data", BASE, kind), *files, by="tests", tell=lambda _: None)
        return root / "data"

    return cache(make)


def copy(data: Path, folder: Path, kind: Kind) -> Desk:
    shutil.copytree(data, folder / "data", symlinks=True)
    return Desk(Project(folder, folder / "data", BASE, kind))


@pytest.fixture
def union(tmp_path: Path, adopted: Callable[[Kind], Path]) -> Desk:
    return copy(adopted("union"), tmp_path, "union")


@pytest.fixture
def plain(tmp_path: Path, adopted: Callable[[Kind], Path]) -> Desk:
    return copy(adopted("plain"), tmp_path, "plain")


def triple(*names: str) -> str:
    return " ".join(f"<http://e/{name}>" for name in names)


# What is done


def test_a_graph_is_put_posted_to_patched_and_deleted(plain: Desk) -> None:
    assert plain.passed("put", "<http://e/a> <http://e/p> <http://e/b> .")["created"] is True
    assert plain.passed("post", "<http://e/a> <http://e/p> <http://e/c> .")["created"] is False
    assert plain.holds() == {triple("a", "p", "b"), triple("a", "p", "c")}
    plain.passed("patch", "DELETE DATA { <http://e/a> <http://e/p> <http://e/b> }")
    assert plain.holds() == {triple("a", "p", "c")}
    assert plain.passed("put", "<http://e/d> <http://e/p> <http://e/d> .")["created"] is False
    assert plain.holds() == {triple("d", "p", "d")}
    plain.passed("delete")
    assert plain.holds() == set()


def test_an_update_changes_the_graphs_that_it_names(plain: Desk) -> None:
    plain.passed("update", "INSERT DATA { GRAPH <http://e/h> { <http://e/a> <http://e/p> <x> } }", None)
    assert plain.holds(H) == {f"<http://e/a> <http://e/p> <{BASE}x>"}


def test_relative_names_in_a_body_are_those_of_its_graph(plain: Desk) -> None:
    plain.passed("put", "<#a> <http://e/p> <b> .")
    assert plain.holds() == {"<http://e/g#a> <http://e/p> <http://e/b>"}
    plain.passed("patch", "DELETE WHERE { <#a> ?p ?o }")
    assert plain.holds() == set()


def test_the_commit_says_who_why_and_by_which_way(plain: Desk) -> None:
    plain.passed("put", "<http://e/a> <http://e/p> <http://e/b> .", key="k")
    version = plain.versions.current()
    assert version is not None
    said = {key: version.commit[key] for key in ("by", "why", "via", "added", "removed", "idempotency")}
    assert said == {"by": "maria", "why": "because", "via": "graphs", "added": 1, "removed": 0, "idempotency": "k"}


def test_the_reply_counts_what_changed_and_what_followed(union: Desk) -> None:
    passed = union.passed("put", "<http://e/a> a <http://e/Person> ; <http://e/name> 'A' .")
    assert passed["changed"] == {"added": 2, "removed": 0, "inferred": 1, "withdrawn": 0}
    assert (passed["version"], "would" in passed) == (2, False)


def test_a_put_that_changes_nothing_makes_no_version(plain: Desk) -> None:
    body = "[] <http://e/p> [ <http://e/q> 01 , 1.50 ] , 'x' ."
    plain.passed("put", body)
    assert plain.passed("put", body)["version"] is None
    assert plain.passed("put", "[] <http://e/p> 'x' , [ <http://e/q> 1.5 , 1 ] .")["version"] is None


def test_what_is_posted_twice_comes_twice_where_it_has_blank_nodes(plain: Desk) -> None:
    plain.passed("post", "[] <http://e/p> 'x' .")
    plain.passed("post", "[] <http://e/p> 'x' .")
    assert len(plain.holds()) == 2


def test_putting_nothing_makes_no_graph(plain: Desk) -> None:
    passed = plain.passed("put", "")
    assert (passed["version"], passed["created"]) == (None, False)


# Graphs that are made by posting


def test_a_graph_that_is_made_again_of_the_same_is_found_there(plain: Desk) -> None:
    body = "[] <http://e/p> [] ."
    assert plain.passed("create", body)["created"] is True
    again = plain.passed("create", body)
    assert (again["version"], again["created"]) == (None, False)


def test_a_graph_that_was_changed_since_it_was_made_is_not_made_again(plain: Desk) -> None:
    plain.passed("create", "<http://e/a> <http://e/p> <http://e/b> .")
    plain.passed("post", "<http://e/a> <http://e/p> <http://e/c> .")
    with pytest.raises(ConflictError, match="holds something else now"):
        plain.write("create", "<http://e/a> <http://e/p> <http://e/b> .")


def test_no_graph_is_made_of_nothing(plain: Desk) -> None:
    with pytest.raises(UsageError, match="holds no statement"):
        plain.write("create", "")


# Dry runs


def test_a_dry_run_tells_what_would_come_and_go_and_changes_nothing(union: Desk) -> None:
    union.passed("put", "<http://e/a> a <http://e/Person> ; <http://e/name> 'A' .")
    passed = union.passed("put", "<http://e/b> a <http://e/Person> ; <http://e/name> 'B' .", dry_run=True)
    inferred = f"<{BASE}graph/inferred>"
    a_type = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>"
    assert passed["would"]["inferred"] == [f"<http://e/b> {a_type} <http://e/Agent> {inferred}"]
    assert passed["would"]["withdrawn"] == [f"<http://e/a> {a_type} <http://e/Agent> {inferred}"]
    assert passed["changed"] == {"added": 2, "removed": 2, "inferred": 1, "withdrawn": 1}
    assert (passed["version"], union.versions.current_number()) == (None, 2)


def test_a_dry_run_lists_no_more_than_anyone_reads(plain: Desk) -> None:
    body = "".join(f"<http://e/a> <http://e/p> {number} ." for number in range(LISTED_QUADS + 1))
    passed = plain.passed("put", body, dry_run=True)
    assert (len(passed["would"]["added"]), passed["changed"]["added"]) == (LISTED_QUADS, LISTED_QUADS + 1)


# Twice, and at the same time


def test_a_write_that_was_committed_is_not_done_again(plain: Desk) -> None:
    body = "[] <http://e/p> 'x' ."
    first = plain.passed("post", body, key="k")
    assert plain.passed("post", body, key="k") == {"version": first["version"], "created": False, "again": True}
    assert len(plain.holds()) == 1
    assert find_committed(plain.versions, "other") is None
    assert find_committed(plain.versions, None) is None


def test_a_graph_that_is_not_as_the_sender_saw_it_is_left_alone(plain: Desk) -> None:
    plain.passed("put", "<http://e/a> <http://e/p> <http://e/b> .")
    version = plain.versions.current()
    assert version is not None
    seen = tag_graph(version.open_disk(), version, plain.project.layout, NamedNode(G))
    with pytest.raises(GroundChangedError):
        plain.write("delete", is_conditional=True, seen="another")
    with pytest.raises(GroundChangedError):
        plain.write("put", "", is_conditional=True, seen=None)
    plain.passed("delete", is_conditional=True, seen=seen)


def test_who_cannot_wait_for_another_writer_is_told(plain: Desk) -> None:
    with plain.versions.writer(), pytest.raises(LockedError):
        plain.write("put", "<http://e/a> <http://e/p> <http://e/b> .", wait=0.02)


# What is not permitted


@pytest.mark.parametrize("kind", ["put", "post", "create", "delete", "patch"])
def test_a_token_writes_to_no_graph_outside_its_scope(plain: Desk, kind: str) -> None:
    with pytest.raises(QueryForbiddenError, match="may not write to http://e/g"):
        plain.write(kind, scopes=("ingest:http://elsewhere/", "update"))


def test_an_update_is_permitted_graph_by_graph(union: Desk) -> None:
    text = f"INSERT DATA {{ GRAPH <{BASE}graph/ontology> {{ <http://e/a> <http://e/p> <http://e/b> }} }}"
    with pytest.raises(QueryForbiddenError, match="admin"):
        union.write("update", text, None)
    assert union.passed("update", text, None, scopes=("admin",))["changed"]["added"] == 1


def test_shapes_are_changed_by_an_update_of_who_may(union: Desk) -> None:
    text = f"WITH <{BASE}graph/shapes> DELETE {{ ?s ?p ?o }} WHERE {{ ?s ?p ?o }}"
    union.passed("update", text, None, scopes=("admin",))
    assert union.passed("put", "<http://e/a> a <http://e/Person> .")["changed"]["added"] == 1


@pytest.mark.parametrize("kind", ["put", "post"])
def test_what_follows_from_other_graphs_is_not_written(union: Desk, kind: str) -> None:
    with pytest.raises(DerivedGraphError):
        union.write(kind, "<http://e/a> <http://e/p> <http://e/b> .", f"{BASE}graph/inferred")


def test_a_patch_changes_no_graph_but_its_own(plain: Desk) -> None:
    plain.passed("put", "<http://e/a> <http://e/p> <http://e/b> .")
    with pytest.raises(UsageError, match="for <http://e/g> alone"):
        plain.write("patch", "INSERT DATA { GRAPH <http://e/h> { <http://e/a> <http://e/p> 1 } }")
    assert plain.holds(H) == set()


@pytest.mark.parametrize("kind", ["delete", "patch"])
def test_a_graph_that_is_not_there_cannot_be_deleted_or_patched(plain: Desk, kind: str) -> None:
    with pytest.raises(MissingGraphError):
        plain.write(kind, "INSERT DATA { <http://e/a> <http://e/p> 1 }" if kind == "patch" else "")


# Bodies


def test_each_part_of_a_body_has_blank_nodes_of_its_own(plain: Desk) -> None:
    one, two = b"_:x <http://e/p> 1 .", b'_:x <http://e/p> "2" .\n'
    parts = (Part(TURTLE, size=len(one)), Part("application/n-triples", "", "b.nt", len(one), len(two)))
    plain.passed("post", one + two, parts=parts)
    assert len({line.partition(" ")[0] for line in plain.holds()}) == 2


def test_the_part_that_cannot_be_read_is_named_with_the_line(plain: Desk) -> None:
    one, two = b"_:x <http://e/p> 1 .", b"\n\n<http://e/a> <"
    parts = (Part(TURTLE, size=len(one)), Part(TURTLE, "", "b.ttl", len(one), len(two)))
    with pytest.raises(SourceError) as caught:
        plain.write("post", one + two, parts=parts)
    assert str(caught.value.spot) == "b.ttl:3"
    assert plain.versions.current_number() == 1


def test_statements_of_another_graph_are_not_moved_silently(plain: Desk) -> None:
    body = b"GRAPH <http://e/h> { <http://e/a> <http://e/p> <http://e/b> }"
    parts = (Part("application/trig", size=len(body)),)
    with pytest.raises(UsageError, match="of the graph <http://e/h>"):
        plain.write("put", body, parts=parts)
    plain.passed("put", body, H, parts=parts)
    assert plain.holds(H) == {triple("a", "p", "b")}


def test_a_body_that_grows_past_the_limit_is_told_apart(plain: Desk) -> None:
    packed = gzip.compress(b"<http://e/a> <http://e/p> '" + b"x" * 100_000 + b"' .")
    parts = (Part(TURTLE, "gzip", size=len(packed)),)
    assert plain.write("put", packed, parts=parts, limit_bytes=50_000) == {"tooLarge": 50_000}
    assert plain.passed("put", packed, parts=parts, limit_bytes=200_000)["created"] is True


def test_a_type_that_is_not_read_is_refused(plain: Desk) -> None:
    with pytest.raises(UnsupportedInputError):
        plain.write("put", "x", parts=(Part("text/csv", size=1),))


def test_an_update_that_is_not_utf8_is_no_sparql(plain: Desk) -> None:
    with pytest.raises(QuerySyntaxError, match="UTF-8"):
        plain.write("update", b"\xff", None)


# Refusals


def lines_of(reply: dict[str, Any]) -> Iterable[int]:
    return [spot["line"] for finding in reply["refused"] for spot in finding["spots"]]


@pytest.mark.parametrize("kind", ["put", "post", "create"])
@pytest.mark.parametrize("subject", ["<http://e/a>", "[]"])
def test_a_refusal_tells_the_line_of_what_offends(union: Desk, kind: str, subject: str) -> None:
    reply = union.write(kind, f"<http://e/x> <http://e/p> [] .\n\n{subject} a <http://e/Person> .\n")
    assert lines_of(reply) == [3]
    assert reply["counts"] == {"Violation": 1, "Warning": 0, "Info": 0}
    assert union.versions.current_number() == 1


def test_a_refusal_of_an_update_has_no_lines(union: Desk) -> None:
    reply = union.write("update", "INSERT DATA { <http://e/a> a <http://e/Person> }", None)
    assert (lines_of(reply), reply["counts"]["Violation"]) == ([], 1)


def test_taking_away_what_is_needed_is_refused(union: Desk) -> None:
    union.passed("put", "<http://e/a> <http://e/name> 'A' .", H)
    union.passed("put", "<http://e/a> a <http://e/Person> .")
    assert union.write("delete", "", H)["counts"]["Violation"] == 1
    assert len(union.holds(H)) == 1


def test_more_findings_than_are_shown_are_counted(union: Desk) -> None:
    body = "".join(f"<http://e/a{number}> a <http://e/Person> .\n" for number in range(PLACED + 5))
    reply = union.write("put", body)
    assert (len(reply["refused"]), reply["counts"]["Violation"]) == (PLACED, PLACED + 5)
    assert all(finding["spots"] for finding in reply["refused"])
