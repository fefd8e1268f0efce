"""The peer of the build: the same claims through rdflib, owlrl and pySHACL alone, in a process of its own.

    python -m benchmarks.naive

It reads the same files into an rdflib Dataset, closes the data with owlrl, and validates both views with pySHACL.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import owlrl
from rdflib import Dataset, Graph

from graph.build import read_record
from graph.project import Project
from graph.rdf import RdfFormat, serialize
from graph.shapes import read_shapes
from graph.validate_reference import check_by_reference

ROOT = Path(__file__).parent.parent
STATED = ("sources", "meta", "base", "accepted")


def build_naively(project: Project) -> tuple[int, int]:
    """Triples after the closure, and findings."""
    ontology, record = read_record(project)
    names = project.names
    closed = Graph()
    closed.parse(data=serialize(ontology.quads, RdfFormat.N_TRIPLES), format="nt")
    for name in STATED:
        closed.parse(data=serialize(record.graphs[names.graph(name)], RdfFormat.N_TRIPLES), format="nt")
    everything = Dataset(default_union=True)
    everything.parse(data=serialize(record.quads(), RdfFormat.N_QUADS), format="nquads")
    owlrl.DeductiveClosure(owlrl.OWLRL_Semantics).expand(closed)
    for triple in closed:
        everything.add(triple)
    shapes = read_shapes(project.shapes, names)
    nowhere = lambda focus, path, value: ()  # noqa: E731, ARG005 - the peer locates nothing
    findings = list(check_by_reference(everything, shapes["claims"], nowhere))
    findings += check_by_reference(_accepted(closed), shapes["accepted"], nowhere)
    return len(closed), len(findings)


def _accepted(closed: Graph) -> Dataset:
    data = Dataset()
    for triple in closed:
        data.add(triple)
    return data


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        triples, findings = build_naively(Project(ROOT, Path(folder)))
    print(triples, findings, file=sys.stderr)

