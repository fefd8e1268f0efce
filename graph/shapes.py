"""SHACL shapes: read from the `shapes` folder, told apart by the view they check, SPARQL constraints taken out.

A shape says by `lt:view` which triples it looks at: "accepted" (the default: what a plain query sees) or "claims" (all
that anyone said, rejected statements included, where a second value is a disagreement and not a fault).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from graph.errors import QueryError, SourceError, Spot
from graph.iris import CANONICAL_BASE, RDF_TYPE, RDFS, SH, Names
from graph.query import check_query
from graph.rdf import BlankNode, NamedNode, Quad, RdfFormat, Term, Triple, name_blank_nodes, parse_file, serialize

VIEWS = ("claims", "accepted")
_TARGETS = frozenset(f"{SH}{name}" for name in ("targetClass", "targetNode", "targetSubjectsOf", "targetObjectsOf"))
_WHERE = re.compile(r"\bWHERE\s*\{", re.IGNORECASE)


@dataclass(frozen=True)
class SparqlConstraint:
    """A `sh:sparql` constraint of one shape: its text up to the `{` of WHERE and from there, and the *focus* of its
    shape, a sub-select of every focus node.
    """

    shape: str
    severity: str
    message: str
    remedy: str
    before: str
    focus: str
    after: str

    @property
    def query(self) -> str:
        """The query over every focus node at once."""
        return self.given(self.focus)

    def given(self, beginning: str) -> str:
        """The query with *beginning* as the first part of its pattern, where `$this` is bound."""
        return f"{self.before} {beginning} {self.after}"


@dataclass(frozen=True)
class Shapes:
    """The shapes of one view: *core* without SPARQL constraints, these apart, and what each shape tells a curator."""

    view: str
    triples: tuple[Triple, ...]
    core: bytes
    constraints: tuple[SparqlConstraint, ...]
    messages: dict[str, str]
    remedies: dict[str, str]
    severities: dict[str, str]


def read_shapes(folder: Path, names: Names, shown: str = "shapes") -> dict[str, Shapes]:
    """The shapes in *folder* by view; SourceError names file and line where a file is no Turtle or a shape no IRI."""
    return make_shapes(read_shape_files(folder, names, shown), names)


def read_shape_files(folder: Path, names: Names, shown: str = "shapes") -> list[Quad]:
    """The quads of all Turtle files in *folder*, blank nodes told apart by file; SourceError names file and line."""
    quads: list[Quad] = []
    for path in sorted(folder.glob("*.ttl")):
        read = parse_file(path, f"{shown}/{path.name}", replace=(CANONICAL_BASE, names.base))
        quads += name_blank_nodes(read, path.stem)
    return quads


def make_shapes(quads: Iterable[Quad], names: Names) -> dict[str, Shapes]:
    """The shapes that *quads* describe, by view; SourceError where one is no IRI or cannot be used."""
    graph = _Index(quads, names)
    return {view: _view(graph, view) for view in VIEWS}


class _Index:
    """The shapes graph by subject."""

    def __init__(self, quads: Iterable[Quad], names: Names) -> None:
        self.names = names
        self.facts: dict[Term, list[tuple[str, Term]]] = {}
        for quad in quads:
            self.facts.setdefault(quad.subject, []).append((quad.predicate.value, quad.object))

    def values(self, subject: Term, predicate: str) -> list[Term]:
        return [o for p, o in self.facts.get(subject, ()) if p == predicate]

    def text(self, subject: Term, predicate: str) -> str:
        found = self.values(subject, predicate)
        return found[0].value if found else ""

    def view_of(self, shape: Term) -> str:
        return self.text(shape, self.names.term("view").value) or "accepted"

    def roots(self) -> list[NamedNode]:
        """The node shapes, and whatever else has a target: SHACL needs no type to know a shape."""
        shapes: list[NamedNode] = []
        for shape, facts in self.facts.items():
            is_targeted = any(predicate in _TARGETS for predicate, _ in facts)
            is_typed = (RDF_TYPE.value, NamedNode(f"{SH}NodeShape")) in facts
            if is_targeted and not isinstance(shape, NamedNode):
                raise SourceError(Spot("shapes", 1), f"a shape without an IRI ({shape}).", "Give every shape an IRI.")
            if (is_targeted or is_typed) and isinstance(shape, NamedNode):
                shapes.append(shape)
        return sorted(shapes, key=lambda shape: shape.value)


def _view(graph: _Index, view: str) -> Shapes:
    triples: list[Triple] = []
    constraints: list[SparqlConstraint] = []
    roots = [shape for shape in graph.roots() if graph.view_of(shape) == view]
    helpers = [s for s, facts in graph.facts.items() if any(p == f"{SH}declare" for p, _ in facts)]
    for subject in _reach(graph, [*roots, *helpers]):
        triples += [Triple(subject, NamedNode(p), o) for p, o in graph.facts[subject]]
    for shape in roots:
        constraints += [_constraint(graph, shape, node) for node in graph.values(shape, f"{SH}sparql")]
    core = [t for t in triples if t.predicate.value != f"{SH}sparql"]
    named = [s for s in {t.subject for t in triples} if isinstance(s, NamedNode)]
    return Shapes(
        view, tuple(triples), serialize(core, RdfFormat.N_TRIPLES), tuple(constraints),
        messages={s.value: graph.text(s, f"{SH}message") for s in named},
        remedies={s.value: graph.text(s, f"{RDFS}comment") for s in named},
        severities={s.value: _severity(graph, s) for s in named},
    )  # fmt: skip


def _severity(graph: _Index, shape: Term) -> str:
    return (graph.text(shape, f"{SH}severity") or f"{SH}Violation").removeprefix(SH)


def _reach(graph: _Index, roots: Iterable[Term]) -> list[Term]:
    """The roots and everything below them that is described in the shapes graph, other node shapes included."""
    seen: dict[Term, None] = {}
    queue = list(roots)
    while queue:
        subject = queue.pop()
        if subject in seen or subject not in graph.facts:
            continue
        seen[subject] = None
        queue += [o for _, o in graph.facts[subject] if isinstance(o, NamedNode | BlankNode)]
    return list(seen)


def _constraint(graph: _Index, shape: NamedNode, node: Term) -> SparqlConstraint:
    select = graph.text(node, f"{SH}select")
    prefixes = "".join(
        f"PREFIX {graph.text(d, f'{SH}prefix')}: <{graph.text(d, f'{SH}namespace')}>\n"
        for holder in graph.values(node, f"{SH}prefixes")
        for d in sorted(graph.values(holder, f"{SH}declare"), key=str)
    )
    target = " UNION ".join(f"{{ {pattern} }}" for pattern in _targets(graph, shape))
    focus = f"{{ SELECT DISTINCT $this WHERE {{ {target} }} }}"
    match = _WHERE.search(select)
    if match is None or not target:
        raise SourceError(Spot("shapes", 1), f"{shape} has a constraint without WHERE or target.")
    message = graph.text(node, f"{SH}message") or graph.text(shape, f"{SH}message")
    constraint = SparqlConstraint(
        shape.value, _severity(graph, shape), message, graph.text(shape, f"{RDFS}comment"),
        before=prefixes + select[: match.end()], focus=focus, after=select[match.end() :],
    )  # fmt: skip
    try:
        check_query(constraint.query)
    except QueryError as error:
        raise SourceError(Spot("shapes", 1), f"the query of {shape} cannot be used: {error.message}") from None
    return constraint


def _targets(graph: _Index, shape: NamedNode) -> list[str]:
    """A pattern for each target; a shape that is a class looks at its instances."""
    patterns = []
    is_class = NamedNode(f"{RDFS}Class") in graph.values(shape, RDF_TYPE.value)
    for target in [*graph.values(shape, f"{SH}targetClass"), *[shape] * is_class]:
        patterns.append(f"$this a/<{RDFS}subClassOf>* {target}")
    for target in graph.values(shape, f"{SH}targetSubjectsOf"):
        patterns.append(f"$this {target} ?targetObject")
    for target in graph.values(shape, f"{SH}targetObjectsOf"):
        patterns.append(f"?targetSubject {target} $this")
    for target in graph.values(shape, f"{SH}targetNode"):
        patterns.append(f"VALUES $this {{ {target} }}")
    return patterns
