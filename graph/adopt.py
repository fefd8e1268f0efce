"""Letapis for any graph: a data folder with somebody's own ontology and shapes, or without either.

With one of them the dataset is a `union`: every named graph is reasoned over, validated and seen by a plain query. With
neither it is `plain`, a SPARQL store and nothing more, with the same versions.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from graph.change import make_change
from graph.delta import Delta
from graph.derive import Tell
from graph.errors import UsageError
from graph.gate import Gate, Submission
from graph.graphs import read_graph
from graph.inputs import find_inputs
from graph.layout import Kind
from graph.project import Project
from graph.rdf import NamedNode, Quad, Store, name_blank_nodes
from graph.read_rdf import read_quads
from graph.unsupported import is_left_out
from graph.versions import Version, Versions

NONE = "none"


def kind_of(ontology: Sequence[str] | None, shapes: Sequence[str] | None, held: Kind | None = None) -> Kind:
    """The layout of a dataset with these files of ontology and shapes; `none` stands for no file.

    Where one of them is None, it is as the dataset has it, which is laid out as *held*.
    """
    if held == "union" and (ontology is None or shapes is None):
        return "union"
    return "plain" if not _files(ontology or ()) and not _files(shapes or ()) else "union"


def adopt(
    project: Project, ontology: Sequence[str] | None, shapes: Sequence[str] | None, *, by: str, tell: Tell
) -> Version:
    """The current version of *project* under these files, made where it was made under others, or there was none.

    What is None stays as it is. Changed files have everything derived and validated anew: RefusedError carries the
    report. Axioms that the reasoner does not take are left out, and told of in the findings of the version.
    """
    versions, layout = Versions(project.data), project.layout
    given = {layout.ontology: ontology, layout.shapes: shapes} if layout.kind != "plain" else {}
    wanted = {graph: _read(names, graph) for graph, names in given.items() if names is not None}

    def change(store: Store, parent: Version | None) -> Delta:
        known = {quad for graph in wanted for quad in read_graph(store, parent, layout, graph)}
        return make_change(store, parent, layout, {quad for quads in wanted.values() for quad in quads}, known)

    submission = Submission(
        change, by, "ontology and shapes", "adopt", more={"from": [*_files(ontology or ()), *_files(shapes or ())]},
        even_empty=versions.current() is None,
    )  # fmt: skip
    passed = Gate(versions, layout, tell=tell).submit(submission)
    left_out = sum(map(is_left_out, passed.report.findings))
    if left_out and passed.version is not None:
        tell(f"left out of reasoning: {left_out} of the ontology's axioms, see /ontology")
    version = passed.version or versions.current()
    assert version is not None  # noqa: S101 - the first one is made even where it is empty
    return version


def detect(data: Path) -> tuple[Kind, str] | None:
    """The layout and the base of what a data folder holds; None where it holds nothing yet."""
    current = Versions(data).current()
    if current is None:
        return None
    kind: Kind = current.manifest.get("layout", "record")
    return kind, current.manifest["base"]


def _files(names: Iterable[str]) -> list[str]:
    return [name for name in names if name != NONE]


def _read(names: Sequence[str], graph: NamedNode) -> list[Quad]:
    """The triples of some files in *graph*; blank nodes are named by what they say, so the same files are known."""
    found = find_inputs(_files(names))
    if found.claim_files:
        raise UsageError(f"{found.claim_files[0]} is no RDF.", "Name files of Turtle or another RDF format.")
    quads: list[Quad] = []
    for number, given in enumerate(found.inputs):
        read = read_quads(given, base=None, blank_prefix=f"f{number}b")
        triples = (Quad(quad.subject, quad.predicate, quad.object) for quad in read)
        quads += name_blank_nodes(triples, f"f{number}")
    return [Quad(quad.subject, quad.predicate, quad.object, graph) for quad in quads]
