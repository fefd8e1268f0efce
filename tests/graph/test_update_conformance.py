"""The W3C SPARQL 1.1 Update test suite, on a plain dataset: what each update makes of the data, and its syntax.

The suite (repository w3c/rdf-tests) is read from `shared/w3c/sparql11` beside the project.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from rdflib import RDF, RDFS, Graph, Namespace, URIRef
from rdflib.collection import Collection
from rdflib.term import Node

from graph.errors import QueryForbiddenError, QuerySyntaxError
from graph.iris import Names
from graph.layout import Layout
from graph.rdf import (
    DefaultGraph,
    NamedNode,
    Quad,
    RdfFormat,
    name_blank_nodes,
    open_memory,
    parse_stream,
)
from graph.update import UpdateRequest, apply_update, check_update
from tests.conftest import ROOT

SUITE = ROOT.parent / "shared" / "w3c" / "sparql11"
if not SUITE.is_dir():
    pytest.skip(f"the W3C test suite is not at {SUITE}", allow_module_level=True)

MF = Namespace("http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#")
UT = Namespace("http://www.w3.org/2009/sparql/tests/test-update#")
BASE = "http://example.org/suite/"
PLAIN = Layout("plain", Names())

@dataclass(frozen=True)
class Case:
    """One test of a manifest."""

    name: str
    node: Node
    manifest: Graph
    folder: Path

    @property
    def kind(self) -> Node | None:
        return self.manifest.value(self.node, RDF.type)

    @property
    def action(self) -> Any:
        return self.one(self.node, MF.action)

    def one(self, node: Node, *path: URIRef) -> Any:
        found: Any = node
        for step in path:
            found = self.manifest.value(found, step)
        return found

    def text(self, name: Node) -> str:
        return (self.folder / Path(str(name)).name).read_text(encoding="utf-8")

    def quads(self, node: Node) -> list[Quad]:
        """The dataset that the action or the result describes; blank nodes of its files are apart."""
        files: list[tuple[Node, DefaultGraph | NamedNode]] = [
            (file, DefaultGraph()) for file in self.manifest.objects(node, UT.data)
        ]
        for entry in self.manifest.objects(node, UT.graphData):
            files.append((self.one(entry, UT.graph), NamedNode(str(self.one(entry, RDFS.label)))))
        quads = []
        for number, (file, name) in enumerate(files):
            path = self.folder / Path(str(file)).name
            with path.open("rb") as content:
                read = list(parse_stream(content, RdfFormat.TURTLE, BASE + path.name, lenient=False))
            for quad in name_blank_nodes(read, f"f{number}"):
                quads.append(Quad(quad.subject, quad.predicate, quad.object, name))
        return quads


def read_suite() -> list[Case]:
    top = Graph().parse(SUITE / "manifest-sparql11-update.ttl")
    (included,) = top.objects(None, MF.include)
    cases = []
    for entry in Collection(top, included):
        path = SUITE / Path(str(entry)).parent.name / "manifest.ttl"
        manifest = Graph().parse(path)
        (entries,) = manifest.objects(None, MF.entries)
        for node in Collection(manifest, entries):
            name = f"{path.parent.name}/{str(node).rpartition('#')[2]}"
            cases.append(Case(name, node, manifest, path.parent))
    return cases


def parameters(cases: Iterable[Case]) -> list[Any]:
    return [pytest.param(case, id=case.name) for case in cases]


CASES = read_suite()
EVALUATION = [case for case in CASES if case.kind == MF.UpdateEvaluationTest]
POSITIVE = [case for case in CASES if case.kind == MF.PositiveUpdateSyntaxTest11]
NEGATIVE = [case for case in CASES if case.kind in (MF.NegativeUpdateSyntaxTest11, MF.NegativeSyntaxTest11)]


def test_the_suite_is_whole_and_nothing_of_it_is_left_out() -> None:
    assert (len(EVALUATION), len(POSITIVE), len(NEGATIVE)) == (94, 42, 21)
    assert len(CASES) == 94 + 42 + 21


def canonical(quads: Iterable[Quad]) -> set[Quad]:
    return set(name_blank_nodes(quads, ""))


@pytest.mark.parametrize("case", parameters(EVALUATION))
def test_an_update_makes_of_the_data_what_it_should(case: Case) -> None:
    before = case.quads(case.action)
    store = open_memory(before)
    request = UpdateRequest(case.text(case.one(case.action, UT.request)), BASE)
    delta = apply_update(store, PLAIN, request)
    assert canonical(store) == canonical(case.quads(case.one(case.node, MF.result)))
    assert set(store) == (set(open_memory(before)) - delta.removed) | delta.added


@pytest.mark.parametrize("case", parameters(POSITIVE))
def test_what_is_sparql_update_is_taken_for_it(case: Case) -> None:
    try:
        check_update(case.text(case.action), BASE)
    except QueryForbiddenError as error:
        assert error.message.startswith("LOAD")


@pytest.mark.parametrize("case", parameters(NEGATIVE))
def test_what_is_not_sparql_update_is_refused(case: Case) -> None:
    with pytest.raises(QuerySyntaxError):
        check_update(case.text(case.action), BASE)
