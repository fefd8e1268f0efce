"""The gate's reference engine: pySHACL on rdflib, as the specification reads; the fence around pyshacl.

Slow, and the oracle that `graph.validate` is tested against. pySHACL switches rdflib's literal normalisation for the
whole process, so this runs in commands and tests only, never in a process that serves.
"""

from __future__ import annotations

from collections.abc import Iterable

import pyshacl
from rdflib import Dataset, Graph
from rdflib.namespace import RDF, SH
from rdflib.term import Node

from graph.build import Locator, assemble, read_record
from graph.project import Project
from graph.rdf import DefaultGraph, RdfFormat, Store, serialize
from graph.report import Finding, Report
from graph.shapes import Shapes, read_shapes
from graph.validate import Locate


def assemble_and_validate(project: Project) -> Report:
    """The reference engine's report on the record."""
    _, record = read_record(project)
    made = assemble(project)
    shapes = read_shapes(project.shapes, project.names)
    return validate_by_reference(made.store, shapes.values(), Locator(record).locate)


def validate_by_reference(store: Store, shapes: Iterable[Shapes], locate: Locate) -> Report:
    """Every finding of *shapes* on *store*, by pySHACL."""
    findings: set[Finding] = set()
    for group in shapes:
        if group.triples:
            findings |= set(check_by_reference(dataset_of(store, group.view), group, locate))
    return Report(sorted(findings))


def dataset_of(store: Store, view: str) -> Dataset:
    """The store as rdflib sees it: for the claims view the union of all graphs is the default graph."""
    data = Dataset(default_union=view == "claims")
    if view == "claims":
        data.parse(data=serialize(store, RdfFormat.N_QUADS), format="nquads")
        return data
    quads = [quad.triple for quad in store.quads_for_pattern(None, None, None, DefaultGraph())]
    data.parse(data=serialize(quads, RdfFormat.N_TRIPLES), format="nt")
    return data


def check_by_reference(data: Dataset, shapes: Shapes, locate: Locate) -> Iterable[Finding]:
    """What pySHACL finds with one view's shapes on *data*."""
    graph = Graph()
    graph.parse(data=serialize(shapes.triples, RdfFormat.N_TRIPLES), format="nt")
    _, results, _ = pyshacl.validate(data, shacl_graph=graph, inference="none", advanced=False, inplace=True)
    if not isinstance(results, Graph):
        raise TypeError(f"pySHACL gave no report: {results!r}")
    for result in results.subjects(RDF.type, SH.ValidationResult):
        yield _finding(results, result, shapes, locate)


def _finding(results: Graph, result: Node, shapes: Shapes, locate: Locate) -> Finding:
    def text(predicate: Node) -> str | None:
        found = results.value(result, predicate)
        return None if found is None else str(found)

    shape, focus = text(SH.sourceShape) or "", text(SH.focusNode) or ""
    path, value = text(SH.resultPath), text(SH.value)
    return Finding(
        severity=(text(SH.resultSeverity) or "").rsplit("#", 1)[-1], shape=shape, focus=focus, path=path, value=value,
        message=text(SH.resultMessage) or shapes.messages.get(shape, ""), remedy=shapes.remedies.get(shape, ""),
        component=text(SH.sourceConstraintComponent) or "", spots=locate(focus, path, value),
    )  # fmt: skip
