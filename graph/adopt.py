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
from graph.versions import Version, Versions

NONE = "none"


def kind_of(ontology: Sequence[str], shapes: Sequence[str]) -> Kind:
    """The layout of a dataset with these files of ontology and shapes; `none` stands for no file."""
    return "plain" if not _files(ontology) and not _files(shapes) else "union"


def adopt(project: Project, ontology: Sequence[str], shapes: Sequence[str], *, by: str, tell: Tell) -> Version:
    """The current version of *project* under these files, made where it was made under others, or there was none.

    Changed files have everything derived and validated anew: RefusedError carries the report.
    """
    versions, layout = Versions(project.data), project.layout
    wanted: set[Quad] = set()
    if layout.kind != "plain":
        wanted = {*_read(ontology, layout.ontology), *_read(shapes, layout.shapes)}

    def change(store: Store, parent: Version | None) -> Delta:
        known = {quad for graph in layout.schema for quad in read_graph(store, parent, layout, graph)}
        return make_change(store, parent, layout, wanted, known)

    submission = Submission(
        change, by, "ontology and shapes", "adopt", more={"from": [*_files(ontology), *_files(shapes)]},
        even_empty=versions.current() is None,
    )  # fmt: skip
    passed = Gate(versions, layout, tell=tell).submit(submission)
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
