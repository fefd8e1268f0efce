"""What the parts of an update mean: names resolved, syntax checked, templates made into quads for each solution.

The engine does the reading, on an empty store: a template is read as the CONSTRUCT of its triples.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from graph.errors import QueryError, QuerySyntaxError, QueryUnsupportedError, UsageError
from graph.layout import GraphName
from graph.rdf import BlankNode, DefaultGraph, Literal, NamedNode, Quad, Store, Term, Triple, name_blank_nodes
from graph.update_syntax import Declaration, Part, Template, fail_at, find_fault

_PROBE = "DROP GRAPH <urn:letapis:nothing>; "
"""Fails when it is evaluated, after all was parsed: so nothing after it is evaluated, least of all LOAD or SERVICE."""

_PLACE = re.compile(r"error at (\d+):(\d+): ?")
_UNSUPPORTED = re.compile(r"The custom (?:aggregate )?function <[^>]*> is not supported")


@dataclass(frozen=True)
class Hole:
    """Where a variable (`?x`) or a blank node (`_:x`) stands in a template."""

    name: str


Slot: TypeAlias = "Term | Hole"
Row: TypeAlias = "tuple[Slot, Slot, Slot, GraphName | Hole]"
Binding: TypeAlias = Mapping[str, Term | None]


@dataclass(frozen=True)
class Scope:
    """BASE and PREFIX where an operation stands; *engine* is an empty store to ask with."""

    engine: Store
    base: str | None
    prefixes: Mapping[str, str]

    def declare(self, declared: Iterable[Declaration]) -> Scope:
        """The scope after these declarations; QuerySyntaxError for a relative IRI without a base."""
        scope = self
        for one in declared:
            iri = scope.name(one.iri).value
            if one.prefix is None:
                scope = replace(scope, base=iri)
            else:
                scope = replace(scope, prefixes={**scope.prefixes, one.prefix: iri})
        return scope

    def name(self, written: str) -> NamedNode:
        """The name that is *written* as an IRI or with a prefix; QuerySyntaxError where it cannot be resolved."""
        try:
            solution = next(self.ask(f"SELECT ({written}\n AS ?name) {{}}"))
        except SyntaxError:
            what = written.strip()
            raise QuerySyntaxError(f"`{what}` has a prefix that is not declared, or no base, or is no IRI") from None
        name: NamedNode = solution[0]
        return name

    def check(self, part: Part, text: str) -> None:
        """Return where the operation is SPARQL, evaluating nothing; QuerySyntaxError has the place in *text*."""
        try:
            self.engine.update(_PROBE + part.text, base_iri=self.base, prefixes=dict(self.prefixes))
        except SyntaxError as error:
            fault = find_fault(part, self.prefixes, has_base=self.base is not None)
            if fault is not None:
                fail_at(text, *fault)
            _fail(text, part, str(error.msg))
        except ValueError as error:
            raise UsageError(f"{error}", "Give an absolute IRI as the base.") from None
        except RuntimeError:
            return

    def ask(self, query: str) -> Any:
        """What the engine answers without any data."""
        return self.engine.query(query, base_iri=self.base, prefixes=dict(self.prefixes))


def _fail(text: str, part: Part, message: str) -> None:
    """Raise QuerySyntaxError for the engine's message, as in `error at 1:6: expected …`, with the place in *text*."""
    match = _PLACE.match(message)
    if match is None:
        fail_at(text, part.start, message)
    line, column = int(match[1]), int(match[2]) - 1
    if line == 1:
        column -= len(_PROBE)
    begin = part.start
    for _ in range(line - 1):
        begin = text.index("\n", begin) + 1
    fail_at(text, min(begin + column, len(text)), message[match.end() :])


def read_template(template: Template, scope: Scope, graph: GraphName) -> list[Row]:
    """The quads of *template*, in *graph* where it names none."""
    rows: list[Row] = []
    names = {f"{template.mark}{number}": Hole(name) for number, name in enumerate(template.holes)}
    for number, block in enumerate(template.blocks):
        place: GraphName | Hole = graph
        if block.graph is not None:
            named = scope.name(block.graph)
            place = names.get(named.value, named)
        for triple in scope.ask(f"CONSTRUCT {{ {block.triples}\n }} WHERE {{}}"):
            slots = (_slot(term, names, number) for term in (triple.subject, triple.predicate, triple.object))
            rows.append((*slots, place))  # type: ignore[arg-type]  # there are three
    return rows


def _slot(term: Term | Triple, names: dict[str, Hole], block: int) -> Slot:
    if isinstance(term, NamedNode):
        return names.get(term.value, term)
    if isinstance(term, BlankNode):
        return names.setdefault(term.value, Hole(f"_:{len(names)} of {block}"))
    _refuse_new(term)
    return term


def _refuse_new(term: Term | Triple) -> None:
    """QueryUnsupportedError for what RDF 1.1 does not have."""
    if isinstance(term, Triple):
        raise QueryUnsupportedError("a triple term or reifier would be written (RDF 1.2).", "Use RDF 1.1.")
    if isinstance(term, Literal) and term.direction is not None:
        raise QueryUnsupportedError("a text with a direction would be written (RDF 1.2).", "Leave the direction out.")


def holes(rows: Iterable[Row]) -> list[str]:
    """The names of what is to be filled in, each once, in an order that the text alone decides."""
    return list(dict.fromkeys(slot.name for row in rows for slot in row if isinstance(slot, Hole)))


def fill(rows: Iterable[Row], binding: Binding) -> Iterator[Quad]:
    """The quads that *rows* make with *binding*; what cannot be one, or lacks a term, is left out."""
    for row in rows:
        subject, predicate, obj, graph = (
            binding.get(slot.name) if isinstance(slot, Hole) else slot for slot in row
        )  # fmt: skip
        if (
            isinstance(subject, NamedNode | BlankNode) and isinstance(predicate, NamedNode) and obj is not None
            and isinstance(graph, NamedNode | BlankNode | DefaultGraph)
        ):  # fmt: skip
            yield Quad(subject, predicate, obj, graph)


def solve(store: Store, scope: Scope, where: str, variables: list[str], dataset: dict[str, Any]) -> Iterator[Binding]:
    """The solutions of the group *where*, as bindings of *variables* (`?x`); QueryError where it has no answer."""
    wanted = " ".join(variables) or "*"
    try:
        solutions = store.query(
            f"SELECT {wanted} WHERE {where}", base_iri=scope.base, prefixes=dict(scope.prefixes), **dataset
        )
        for solution in solutions:
            terms = [solution[number] for number in range(len(variables))]
            for term in terms:
                _refuse_new(term)
            yield dict(zip(variables, terms, strict=True))
    except (SyntaxError, ValueError, RuntimeError, OSError) as error:
        if _UNSUPPORTED.fullmatch(str(error)):
            raise QueryUnsupportedError(str(error), "Use the functions of SPARQL 1.1.") from None
        raise QueryError(f"the evaluation failed: {error}") from None


class Namer:
    """Gives new blank nodes the names *prefix*1, *prefix*2 and so on, but none that *store* holds."""

    def __init__(self, prefix: str, store: Store) -> None:
        self._prefix = prefix
        self._store = store
        self._number = 0

    def next(self) -> BlankNode:
        """A blank node that is nowhere yet."""
        while True:
            self._number += 1
            node = BlankNode(f"{self._prefix}{self._number}")
            if not self.is_known(node):
                return node

    def is_known(self, node: BlankNode) -> bool:
        """True where the store holds *node*."""
        patterns = ((node, None, None, None), (None, None, node, None), (None, None, None, node))
        return any(True for pattern in patterns for _ in self._store.quads_for_pattern(*pattern))


def name_new(quads: set[Quad], namer: Namer, mark: str) -> set[Quad]:
    """The quads with names for the blank nodes that the store does not hold, in an order that their use decides.

    *mark* begins no IRI of theirs. This is RDF canonicalization, slow where many nodes are alike: not for every update.
    """
    known: dict[BlankNode, bool] = {}

    def is_new(term: object) -> bool:
        return isinstance(term, BlankNode) and not known.setdefault(term, namer.is_known(term))

    fresh = {quad for quad in quads if any(map(is_new, quad))}
    old = sorted((node for node, held in known.items() if held), key=str)
    masks = {node: NamedNode(f"{mark}{number}") for number, node in enumerate(old)}
    unmask: dict[Term, Term] = {name: node for node, name in masks.items()}
    canonical = name_blank_nodes((_swap(quad, masks.get) for quad in fresh), "")
    labels = {term.value for quad in canonical for term in quad if isinstance(term, BlankNode)}
    for label in sorted(labels, key=lambda label: int(label.removeprefix("c14n"))):
        unmask[BlankNode(label)] = namer.next()
    return (quads - fresh) | {_swap(quad, unmask.get) for quad in canonical}


def _swap(quad: Quad, get: Callable[[Any, Any], Any]) -> Quad:
    subject, predicate, obj, graph = (get(term, term) for term in quad)
    return Quad(subject, predicate, obj, graph)
