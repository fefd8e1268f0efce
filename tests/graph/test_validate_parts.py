"""Validating in parts: what is found part by part is what is found at once."""

from __future__ import annotations

import subprocess
import sys
from itertools import islice
from pathlib import Path

import pytest

from graph.build import Assembled
from graph.iris import Names
from graph.project import Project
from graph.rdf import DefaultGraph, Literal, NamedNode, Quad, RdfFormat, Store, open_memory
from graph.shapes import Shapes, read_shapes
from graph.validate import locate_nowhere, validate
from graph.validate_parts import validate_in_parts
from tests.conftest import ROOT

NAMES = Names()


@pytest.fixture(scope="module")
def shapes(invented: Project) -> list[Shapes]:
    return list(read_shapes(invented.shapes, NAMES).values())


@pytest.fixture(scope="module")
def faulty(assembled: Assembled) -> Store:
    """The invented record with every fifth statement of its claims and sources gone, and some that are odd."""
    quads = sorted(assembled.store, key=str)
    gone = set(islice((q.triple for q in quads if "/id/" in str(q.subject) or "/src/" in str(q.subject)), 0, None, 5))
    store = open_memory(quad for quad in quads if quad.triple not in gone)
    odd = Literal("odd")
    for quad in quads[::40]:
        store.add(Quad(quad.subject, quad.predicate, odd, DefaultGraph()))
        store.add(Quad(quad.subject, quad.predicate, odd, NamedNode("http://e/g")))
    return store


@pytest.mark.parametrize("part", [3, 50, 10_000])
def test_the_findings_are_those_of_the_whole_however_large_the_parts(
    faulty: Store, shapes: list[Shapes], part: int
) -> None:
    expected = validate(faulty, shapes, locate_nowhere)
    assert len({finding.shape for finding in expected.findings}) > 10
    assert validate_in_parts(faulty, shapes, locate_nowhere, part=part).findings == expected.findings


def test_something_is_done_meanwhile(assembled: Assembled, shapes: list[Shapes]) -> None:
    done: list[bool] = []
    validate_in_parts(assembled.store, shapes, locate_nowhere, lambda: done.append(True))
    assert done == [True]


APART = """
import sys
from pathlib import Path
from graph.build import assemble
from graph.project import Project
from graph.rdf import NamedNode, open_memory, parse_quads, RdfFormat
from graph.iris import Names
from graph.shapes import read_shapes
from graph.validate import is_started, locate_nowhere, validate
from graph.validate_parts import validate_in_parts
from tests.conftest import ROOT
store = open_memory(parse_quads(Path(sys.argv[1]), RdfFormat.N_QUADS))
shapes = list(read_shapes(Path(sys.argv[2]), Names()).values())
assert not is_started()
apart = validate_in_parts(store, shapes, locate_nowhere, part=40)
assert is_started() and apart.findings
assert apart.findings == validate(store, shapes, locate_nowhere).findings
"""


def test_one_view_is_checked_in_a_process_apart(faulty: Store, invented: Project, tmp_path: Path) -> None:
    """In a process where the engine has not run yet, as the one of a command is."""
    path = tmp_path / "faulty.nq"
    faulty.dump(str(path), RdfFormat.N_QUADS)
    subprocess.run([sys.executable, "-c", APART, str(path), str(invented.shapes)], cwd=ROOT, check=True, timeout=120)
