"""The gate's fast engine: SHACL Core by pyrudof, SHACL-SPARQL as one query for all focus nodes; fences pyrudof.

What it finds must be what pySHACL finds (`graph.validate_reference`); a test compares them on record and mutants.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import pyrudof

from graph.errors import SourceError, Spot
from graph.iris import RDF_TYPE, SH, XSD
from graph.rdf import DefaultGraph, Literal, QuerySolutions, RdfFormat, Store, Term, Triple, serialize
from graph.report import Finding, Report, shown
from graph.shapes import Shapes, SparqlConstraint

Locate = Callable[[str, str | None, str | None], tuple[Spot, ...]]
"""From focus node, path and value to the places in the files where they were written."""

SPARQL_COMPONENT = f"{SH}SPARQLConstraintComponent"
_SMALL = 20_000
"""Triples; a session that once held more gets slow."""


def locate_nowhere(focus: str, path: str | None, value: str | None) -> tuple[Spot, ...]:  # noqa: ARG001 - a Locate
    """No place, for what was not written in a file."""
    return ()


def validate(store: Store, shapes: Iterable[Shapes], locate: Locate) -> Report:
    """Every finding of *shapes* on *store*; each view looks at its own triples of it."""
    findings: set[Finding] = set()
    for group in shapes:
        if group.core:
            findings |= set(check_core(list(view_triples(store, group.view)), group, group.core, locate))
        for constraint in group.constraints:
            findings |= {row.finding for row in ask(store, group.view, constraint, constraint.query, locate)}
    return Report(sorted(findings))


def view_triples(store: Store, view: str) -> Iterable[Triple]:
    """The triples that a view looks at: what a plain query sees, or the union of all graphs."""
    if view == "claims":
        return {Triple(q.subject, q.predicate, q.object) for q in store}
    return [quad.triple for quad in store.quads_for_pattern(None, None, None, DefaultGraph())]


def check_core(triples: Collection[Triple], shapes: Shapes, core: bytes, locate: Locate) -> Iterator[Finding]:
    """What the Core shapes *core*, those of *shapes* or some of them, find on *triples*."""
    for result in _run(triples, core):
        shape = str(result.source_shape).strip("<>")
        path = None if result.path is None else str(result.path)
        value = None if result.value is None else _plain(str(result.value))
        focus = _focus(str(result.focus_node))
        yield Finding(
            severity=str(result.severity), shape=shape, focus=focus, path=path, value=value,
            message=shapes.messages.get(shape) or _said(result), remedy=shapes.remedies.get(shape, ""),
            component=str(result.constraint_component), spots=locate(focus, path, value),
        )  # fmt: skip


def _run(triples: Collection[Triple], core: bytes) -> list[Any]:
    """The results of one validation; SourceError where the shapes cannot be used."""
    data = serialize(triples, RdfFormat.N_TRIPLES).decode() or _NOTHING
    try:
        if len(triples) <= _SMALL:
            return _kept.validate(data, core)
        session = _session(data)
        session.read_shacl(core.decode(), format=pyrudof.ShaclFormat.NTriples)
        return list(session.validate_shacl())
    except pyrudof.RudofError as error:
        raise SourceError(Spot("shapes", 1), f"the shapes cannot be used: {error}") from None


_NOTHING = "# no triples\n"
"""What is read where there are no triples: it must be some text."""


_started = threading.Event()


def is_started() -> bool:
    """True where the engine has run in this process: it has threads then, which a forked process would lack."""
    return _started.is_set()


def _session(data: str) -> Any:
    _started.set()
    session = pyrudof.Rudof(pyrudof.RudofConfig())
    session.read_data(data, format=pyrudof.RDFFormat.NTriples)
    return session


class _Kept(threading.local):
    """A session for small validations, one for each thread: making it costs more than they do."""

    def __init__(self) -> None:
        self._session: Any = None

    def validate(self, data: str, core: bytes) -> list[Any]:
        """The results; the data are taken out of the session again. After an error it is not used any more."""
        session, self._session = self._session or _session(_NOTHING), None
        session.begin_staging()
        session.read_data(data, format=pyrudof.RDFFormat.NTriples, merge=True)
        session.read_shacl(core.decode(), format=pyrudof.ShaclFormat.NTriples)
        results = list(session.validate_shacl())
        session.rollback_staging()
        self._session = session
        return results


_kept = _Kept()


def _plain(value: str) -> str:
    """The lexical form of a term as pyrudof prints it."""
    if value.startswith('"'):
        return value[1 : value.rindex('"')]
    return value.strip("<>")


def _focus(text: str) -> str:
    """A focus node as a finding names it (`graph.report.shown`), from how pyrudof prints it."""
    if text in ("true", "false"):
        return f'"{text}"^^<{XSD}boolean>'
    if not text.startswith('"'):
        return text.strip("<>")
    kind = text[text.rindex('"') + 1 :]
    for prefix, namespace in _PREFIXES.items():
        if kind.startswith(f"^^{prefix}:"):
            kind = f"^^<{namespace}{kind.removeprefix(f'^^{prefix}:')}>"
    return f"{Literal(_plain(text))}{kind}"


_PREFIXES = {"xsd": XSD, "rdf": RDF_TYPE.value.removesuffix("type")}
"""With what pyrudof shortens datatypes."""


def _said(result: Any) -> str:
    """What pyrudof itself says, without the values, which come in another order each time."""
    return str(result.message).strip('"').partition(" with values: ")[0]


@dataclass(frozen=True)
class Answer:
    """A row that a constraint's query gave, and the finding that it makes."""

    focus: Term
    value: Term | None
    finding: Finding


def ask(store: Store, view: str, constraint: SparqlConstraint, query: str, locate: Locate) -> Iterator[Answer]:
    """What *query*, the query of *constraint* or a part of it, finds."""
    try:
        rows = store.query(query, use_default_graph_as_union=view == "claims")
    except SyntaxError as error:
        first = error.msg.splitlines()[0]
        raise SourceError(Spot("shapes", 1), f"the query of {constraint.shape} is not SPARQL: {first}") from None
    assert isinstance(rows, QuerySolutions)  # noqa: S101 - `graph.shapes` reads SELECT only
    names = [variable.value for variable in rows.variables]
    for row in rows:
        bound = {name: row[name] for name in names if row[name] is not None}
        focus, value = bound["this"], bound.get("value")
        text = constraint.message
        for name, term in bound.items():
            text = text.replace(f"{{?{name}}}", term.value).replace(f"{{${name}}}", term.value)
        place = shown(focus), None, None if value is None else str(value.value)
        yield Answer(focus, value, Finding(
            severity=constraint.severity, shape=constraint.shape, focus=place[0], path=None, value=place[2],
            message=text, remedy=constraint.remedy, component=SPARQL_COMPONENT, spots=locate(*place),
        ))  # fmt: skip
