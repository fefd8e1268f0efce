"""What the tests of `graph` share: the invented record and the real one, each read once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from graph.build import Assembled, assemble, fill_graphs, read_record
from graph.convert import Converted
from graph.errors import Spot
from graph.iris import Names
from graph.ontology import Ontology, read_ontology
from graph.project import Project
from graph.rdf import NamedNode, Quad, Triple, name_blank_nodes, parse_file
from graph.rules import Rule, compile_rules
from graph.sourcefile import Mapping, read_yaml
from graph.versions import Version, Versions
from tests.conftest import ROOT, write_record

Graphs = dict[NamedNode, set[Triple]]

SPOT = Spot("somewhere.yml", 3)


@pytest.fixture(scope="session")
def ontology() -> Ontology:
    """The real ontology."""
    return read_ontology(ROOT / "ontology", Names())


@pytest.fixture(scope="session")
def rules(ontology: Ontology) -> list[Rule]:
    """The rules of the real ontology."""
    return compile_rules(ontology.quads)


@pytest.fixture(scope="session")
def invented(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The invented record; shared, so do not change it."""
    return write_record(tmp_path_factory.mktemp("invented"))


@pytest.fixture(scope="session")
def converted(invented: Project) -> Converted:
    """The invented record as RDF, before inference; shared, so do not change it."""
    return read_record(invented)[1]


@pytest.fixture(scope="session")
def assembled(invented: Project) -> Assembled:
    """Everything that a version of the invented record would hold; shared, so do not change it."""
    return assemble(invented)


@pytest.fixture(scope="session")
def real(tmp_path_factory: pytest.TempPathFactory, rules: list[Rule]) -> Graphs:
    """The graphs of the real record, with what was inferred; shared, so do not change it."""
    ontology, record = read_record(Project(ROOT, tmp_path_factory.mktemp("real")))
    return fill_graphs(ontology, record, rules)


@pytest.fixture(scope="session")
def version(assembled: Assembled, tmp_path_factory: pytest.TempPathFactory) -> Version:
    """A version of the invented record that passed no gate; shared, so do not change it."""
    with Versions(tmp_path_factory.mktemp("version")).writer() as writer:
        return writer.commit(assembled.store, {}, {}, by="tests", why="to be read")


@pytest.fixture
def yaml(tmp_path: Path) -> Callable[[str], Mapping]:
    """Reads YAML that a test writes, shown as `x.yml`."""

    def read(text: str) -> Mapping:
        path = tmp_path / "x.yml"
        path.write_text(text, encoding="utf-8")
        return read_yaml(path, "x.yml")

    return read


@pytest.fixture
def turtle(tmp_path: Path) -> Callable[[str], list[Quad]]:
    """Reads Turtle that a test writes, its blank nodes named."""

    def read(text: str) -> list[Quad]:
        (tmp_path / "x.ttl").write_text(text)
        return name_blank_nodes(parse_file(tmp_path / "x.ttl", "x.ttl"), "x")

    return read
