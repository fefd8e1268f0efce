"""The gate's fast engine: SHACL Core by pyrudof, SHACL-SPARQL as one query for all focus nodes; fences pyrudof.

What it finds must be what pySHACL finds (`graph.validate_reference`); a test compares them on record and mutants.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import pyrudof

from graph.errors import SourceError, Spot
from graph.iris import SH
from graph.rdf import DefaultGraph, QuerySolutions, RdfFormat, Store, Triple, serialize
from graph.report import Finding, Report
from graph.shapes import Shapes, SparqlConstraint

Locate = Callable[[str, str | None, str | None], tuple[Spot, ...]]
"""From focus node, path and value to the places in the files where they were written."""


def locate_nowhere(focus: str, path: str | None, value: str | None) -> tuple[Spot, ...]:  # noqa: ARG001 - a Locate
    """No place, for what was not written in a file."""
    return ()


def validate(store: Store, shapes: Iterable[Shapes], locate: Locate) -> Report:
    """Every finding of *shapes* on *store*; each view looks at its own triples of it."""
    findings: set[Finding] = set()
    for group in shapes:
        findings |= set(_check_core(store, group, locate))
        for constraint in group.constraints:
            findings |= set(_check_sparql(store, group.view, constraint, locate))
    return Report(sorted(findings))


def view_triples(store: Store, view: str) -> Iterable[Triple]:
    """The triples that a view looks at: what a plain query sees, or the union of all graphs."""
    if view == "claims":
        return {Triple(q.subject, q.predicate, q.object) for q in store}
    return [quad.triple for quad in store.quads_for_pattern(None, None, None, DefaultGraph())]


def _check_core(store: Store, shapes: Shapes, locate: Locate) -> Iterator[Finding]:
    if not shapes.core:
        return
    session = pyrudof.Rudof(pyrudof.RudofConfig())
    session.read_data(serialize(view_triples(store, shapes.view), RdfFormat.N_TRIPLES).decode(),
                      format=pyrudof.RDFFormat.NTriples)  # fmt: skip
    try:
        session.read_shacl(shapes.core.decode(), format=pyrudof.ShaclFormat.NTriples)
        results = session.validate_shacl()
    except (pyrudof.ShaclError, pyrudof.ValidationError, pyrudof.DataError) as error:
        raise SourceError(Spot("shapes", 1), f"the shapes cannot be used: {error}") from None
    for result in results:
        shape = str(result.source_shape).strip("<>")
        path = None if result.path is None else str(result.path)
        value = None if result.value is None else _plain(str(result.value))
        focus = str(result.focus_node).strip("<>")
        yield Finding(
            severity=str(result.severity), shape=shape, focus=focus, path=path, value=value,
            message=shapes.messages.get(shape) or str(result.message), remedy=shapes.remedies.get(shape, ""),
            component=str(result.constraint_component), spots=locate(focus, path, value),
        )  # fmt: skip


def _plain(value: str) -> str:
    """The lexical form of a term as pyrudof prints it."""
    if value.startswith('"'):
        return value[1 : value.rindex('"')]
    return value.strip("<>")


def _check_sparql(store: Store, view: str, constraint: SparqlConstraint, locate: Locate) -> Iterator[Finding]:
    try:
        rows = store.query(constraint.query, use_default_graph_as_union=view == "claims")
    except SyntaxError as error:
        first = error.msg.splitlines()[0]
        raise SourceError(Spot("shapes", 1), f"the query of {constraint.shape} is not SPARQL: {first}") from None
    assert isinstance(rows, QuerySolutions)  # noqa: S101 - `graph.shapes` reads SELECT only
    names = [variable.value for variable in rows.variables]
    for row in rows:
        bound = {name: row[name] for name in names if row[name] is not None}
        focus, value = bound["this"].value, bound.get("value")
        text = constraint.message
        for name, term in bound.items():
            text = text.replace(f"{{?{name}}}", term.value).replace(f"{{${name}}}", term.value)
        shown = None if value is None else value.value
        yield Finding(
            severity=constraint.severity, shape=constraint.shape, focus=focus, path=None, value=shown, message=text,
            remedy=constraint.remedy, component=f"{SH}SPARQLConstraintComponent", spots=locate(focus, None, shown),
        )  # fmt: skip
