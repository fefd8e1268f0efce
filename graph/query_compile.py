"""From a SPARQL constraint to what it reads (`graph.query_reads`), by rdflib's algebra of it.

For each triple pattern the patterns are found that are necessarily met in the same solution: those of its own group
and the required ones of the groups around it, one way through each UNION at a time, never those of an OPTIONAL beside
it. Variables that a part need not share with the rest, as they may be unbound there, get names of their own in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import count, islice, product
from typing import Any, TypeAlias

from pyparsing import ParserElement
from rdflib import BNode, URIRef, Variable
from rdflib import Literal as RdflibLiteral
from rdflib.paths import AlternativePath, InvPath, MulPath, NegatedPath, SequencePath
from rdflib.paths import Path as RdflibPath
from rdflib.plugins.sparql.algebra import translateGroupGraphPattern, translateQuery
from rdflib.plugins.sparql.evaluate import ParseException  # type: ignore[attr-defined]
from rdflib.plugins.sparql.parser import parseQuery
from rdflib.plugins.sparql.parserutils import CompValue

from graph.iris import XSD
from graph.query_reads import THIS, VALUE, Edge, Part, QueryReads, Site, Var
from graph.rdf import Literal, NamedNode, open_memory
from graph.steps import Path

_FOCUS = "urn:x-letapis:focus"
_ALTERNATIVES, _SITES = 64, 4_000
"""Ways through the UNIONs of a query, and patterns in all of them, beyond which it is not followed."""
_PLAIN = {f"{XSD}{name}" for name in ("string", "boolean", "integer", "decimal", "double")}
_OVER_ONE = frozenset((
    "Filter", "Extend", "OrderBy", "Distinct", "Reduced", "AggregateJoin", "ToMultiSet", "Graph", "Project", "Group",
))  # fmt: skip
"""The operators that stand over one part."""
Edges: TypeAlias = tuple[Edge, ...]
_Context: TypeAlias = tuple[Edge, Edges]


@dataclass(frozen=True)
class _Way:
    """One way to meet a part of a query: the patterns that are met, and the variables that are certainly bound."""

    edges: Edges = ()
    bound: frozenset[str] = frozenset()

    def __add__(self, other: _Way) -> _Way:
        return _Way((*self.edges, *other.edges), self.bound | other.bound)


class _Scope:
    """The names of variables in a part of a query, the *graph* that it looks at, and the variables that are *given*.

    Those are bound by what is around an EXISTS, in all its parts but sub-selects and MINUS.
    """

    def __init__(self, numbers: Iterator[int], outer: _Scope | None = None, keep: frozenset[str] | None = None) -> None:
        self._numbers = numbers
        self._outer = outer
        self._keep = keep
        self._number = next(numbers)
        self.graph: Part | None = outer.graph if outer else None
        self.given: frozenset[str] = frozenset()

    def inside(self, keep: Iterable[str] | None = None) -> _Scope:
        """A scope within this one in which all names but *keep* (None: all) are names of its own."""
        return _Scope(self._numbers, self, None if keep is None else frozenset(keep))

    def name(self, variable: Variable | BNode) -> Var:
        """The name of a variable, or of a blank node, which is one."""
        if self._outer is None:
            return Var(f"_:{variable}" if isinstance(variable, BNode) else variable)
        name = self._outer.name(variable)
        return name if self._keep is None or name in self._keep else Var(f"{name}~{self._number}")

    def part(self, term: Any) -> Part:
        """A term of a pattern; a literal that the store may write otherwise is anything."""
        if isinstance(term, Variable | BNode):
            return self.name(term)
        if isinstance(term, URIRef):
            return NamedNode(str(term))
        if not isinstance(term, RdflibLiteral):
            raise NotImplementedError(f"a pattern with {term!r}")
        if term.language:
            return Literal(str(term), language=term.language)
        kind = str(term.datatype or f"{XSD}string")
        return Literal(str(term), datatype=NamedNode(kind)) if kind in _PLAIN else Var(f"any~{next(self._numbers)}")


@lru_cache(maxsize=1024)
def read_query(before: str, after: str) -> QueryReads:
    """What a query reads: *before* and *after* are its text up to the `{` of WHERE, where `$this` is bound, and on.

    Nothing is known of a query that rdflib cannot read, or that is none.
    """
    text = f"{before} VALUES $this {{ <{_FOCUS}> }} {after}"
    if "SERVICE" in text.upper():  # the engine would call it
        return QueryReads(is_known=False)
    try:
        open_memory().query(text)  # rdflib tells of some mistakes in ways that cannot be caught
        return _Compiler().compile(translateQuery(parseQuery(text)).algebra)
    except (SyntaxError, ParseException, NotImplementedError, RecursionError):
        return QueryReads(is_known=False)
    finally:
        ParserElement.reset_cache()  # it keeps exceptions, and with them all that was in use when they were raised


class _Compiler:
    """Makes the reads of one query."""

    def __init__(self) -> None:
        self._scope = _Scope(count())
        self._is_counting = False

    def compile(self, query: CompValue) -> QueryReads:
        """The sites of all patterns, and the keys by which the query can be asked in parts."""
        if query.name != "SelectQuery" or query.datasetClause:
            raise NotImplementedError(query.name)
        node = query.p
        while node.name in ("Distinct", "Reduced", "OrderBy"):
            node = node.p
        if node.name != "Project":
            raise NotImplementedError(node.name)
        ways = self._ways(node.p, self._scope)
        keys = frozenset((THIS, VALUE) if self._is_by_value(node, ways) else (THIS,))
        found = list(islice(self._sites(node.p, self._scope, _Way()), _SITES + 1))
        if len(found) > _SITES:
            raise NotImplementedError("too many patterns")
        sites = dict.fromkeys(_site(edge, context, keys) for edge, context in found)
        is_free = all(any(THIS in edge.joins for edge in way.edges) for way in ways)
        return QueryReads(tuple(sites), keys, is_free, is_counting=self._is_counting)

    def _ways(self, node: CompValue, scope: _Scope) -> list[_Way]:
        """The ways to meet a part."""
        ways = list(self._all_ways(node, scope))
        if len(ways) > _ALTERNATIVES:
            raise NotImplementedError("too many UNIONs")
        return ways

    def _all_ways(self, node: CompValue, scope: _Scope) -> Iterator[_Way]:
        if node.name == "BGP":
            yield _way(_edges(node, scope))
        elif node.name == "values":
            yield _Way(bound=_given(node, scope))
        elif node.name == "Join":
            for one, other in product(self._ways(node.p1, scope), self._ways(node.p2, scope)):
                yield one + other
        elif node.name == "Union":
            yield from self._ways(node.p1, scope)
            yield from self._ways(node.p2, scope)
        elif node.name in ("LeftJoin", "Minus"):
            yield from self._ways(node.p1, scope)
        elif node.name in _OVER_ONE:
            yield from self._ways(node.p, self._within(node, scope))
        else:
            raise NotImplementedError(node.name)

    def _sites(self, node: CompValue, scope: _Scope, outer: _Way) -> Iterator[_Context]:
        """Each pattern of a part with all that are met in the same solution; *outer* is met around the part."""
        if node.name == "BGP":
            edges = _edges(node, scope)
            context = (*outer.edges, *edges)
            yield from ((edge, context) for edge in edges)
            yield from ((mention, context) for edge in edges for mention in _mentions(edge, context))
        elif node.name in ("Join", "Union"):
            for one, other in ((node.p1, node.p2), (node.p2, node.p1)):
                for way in self._ways(other, scope) if node.name == "Join" else (_Way(),):
                    yield from self._sites(one, scope, outer + way)
        elif node.name in ("LeftJoin", "Minus"):
            yield from self._sites(node.p1, scope, outer)
            yield from (self._minus_sites if node.name == "Minus" else self._optional_sites)(node, scope, outer)
        elif node.name in _OVER_ONE:
            inner = self._within(node, scope)
            yield from self._sites(node.p, inner, outer)
            if node.name in ("Filter", "Extend"):
                for way in self._ways(node.p, inner):
                    yield from self._exists_sites(node.expr, scope, outer + way, way.bound)

    def _minus_sites(self, node: CompValue, scope: _Scope, outer: _Way) -> Iterator[_Context]:
        shared = frozenset.intersection(*(way.bound for way in self._ways(node.p2, scope)))
        for way in self._ways(node.p1, scope):
            yield from self._sites(node.p2, scope.inside(way.bound & shared), outer + way)

    def _optional_sites(self, node: CompValue, scope: _Scope, outer: _Way) -> Iterator[_Context]:
        for way in self._ways(node.p1, scope):
            inner = scope.inside(way.bound | scope.given)
            inner.given = scope.given
            yield from self._sites(node.p2, inner, outer + way)
            for other in self._ways(node.p2, inner):
                yield from self._exists_sites(node.expr, inner, outer + way + other, way.bound | other.bound)

    def _exists_sites(
        self, expression: Any, scope: _Scope, outer: _Way, bound: frozenset[str]
    ) -> Iterator[_Context]:
        """The sites in the EXISTS of an expression; what is *bound* around it is so in all its parts."""
        for pattern in _exists(expression):
            inner = scope.inside(bound | scope.given)
            inner.given = bound | scope.given
            yield from self._sites(translateGroupGraphPattern(pattern), inner, outer)

    def _within(self, node: CompValue, scope: _Scope) -> _Scope:
        """The scope of what *node* stands over. Sub-selects and groups show others their own variables only."""
        inner = scope
        if node.name == "Graph":
            inner = scope.inside()
            inner.graph, inner.given = scope.part(node.term), scope.given
            if not any(way.edges for way in self._ways(node.p, inner)):
                raise NotImplementedError("a graph that is asked for nothing")
        elif node.name in ("Project", "Group"):
            self._is_counting |= node.name == "Group"
            shown = node.PV if node.name == "Project" else node.expr or ()
            inner = scope.inside(scope.name(variable) for variable in shown if isinstance(variable, Variable))
        if node.name in ("AggregateJoin", "Group") and any(True for _ in _exists([node.A, node.expr])):
            raise NotImplementedError("EXISTS in a group")
        return inner

    def _is_by_value(self, project: CompValue, ways: list[_Way]) -> bool:
        """True where `?value` may be given beforehand like `$this`, and is never a literal.

        Both must be bound by patterns, in whatever way the query is met, and stand nowhere where it makes a difference
        whether they are bound already.
        """
        keys = {Variable(THIS), Variable(VALUE)}
        if not keys <= set(project.PV) or not keys.isdisjoint(self._exposed(project.p)):
            return False
        return all(any(_names_by(edge, VALUE) for edge in way.edges) for way in ways)

    def _exposed(self, node: CompValue) -> set[Variable]:
        """The variables of which it makes a difference whether they are bound already."""
        if node.name in ("BGP", "values") or (node.name == "ToMultiSet" and _is_focus(node.p)):
            return set()
        if node.name in ("Join", "Union"):
            return self._exposed(node.p1) | self._exposed(node.p2)
        if node.name in ("Filter", "Graph"):
            return self._exposed(node.p)
        if node.name == "Extend":
            bound = frozenset.intersection(*(way.bound for way in self._ways(node.p, self._scope)))
            loose = {name for name in _variables(node.expr) if str(name) not in bound}
            return self._exposed(node.p) | loose | {node.var}
        return set(_variables(node))


def _is_focus(node: CompValue) -> bool:
    return node.name == "values" and node.res == [{Variable(THIS): URIRef(_FOCUS)}]


def _given(node: CompValue, scope: _Scope) -> frozenset[str]:
    """The variables that VALUES binds in every row."""
    rows = [frozenset[str](scope.name(name) for name, term in row.items() if term != "UNDEF") for row in node.res]
    return frozenset.intersection(*rows) if rows else frozenset()


def _way(edges: Edges) -> _Way:
    return _Way(edges, frozenset(name for edge in edges for name in edge.variables))


def _edges(node: CompValue, scope: _Scope) -> Edges:
    if scope.graph is not None and not node.triples:
        return ()
    return tuple(
        Edge(scope.part(s), _path(p) if isinstance(p, RdflibPath) else scope.part(p), scope.part(o), scope.graph)
        for s, p, o in node.triples or ()
    )


def _path(path: RdflibPath | URIRef) -> Path:
    match path:
        case URIRef():
            return Path("iri", iri=str(path))
        case InvPath():
            return Path("^", (_path(path.arg),))
        case SequencePath():
            return Path("/", tuple(map(_path, path.args)))
        case AlternativePath():
            return Path("|", tuple(map(_path, path.args)))
        case MulPath():
            return Path(str(path.mod), (_path(path.path),))
        case NegatedPath():
            return Path("|", (Path("any"), Path("^", (Path("any"),))))
    raise NotImplementedError(f"the path {path!r}")


def _exists(expression: Any) -> Iterator[CompValue]:
    """The patterns of EXISTS and NOT EXISTS in an expression."""
    if isinstance(expression, CompValue):
        if expression.name in ("Builtin_EXISTS", "Builtin_NOTEXISTS"):
            yield expression.graph
        else:
            yield from _exists(list(expression.values()))
    elif isinstance(expression, list | tuple):
        for part in expression:
            yield from _exists(part)


def _variables(node: Any) -> Iterator[Variable]:
    """All variables in a part of a query, those in the patterns of EXISTS too."""
    if isinstance(node, Variable):
        yield node
    elif isinstance(node, CompValue | dict):
        yield from _variables([list(node.keys()), list(node.values())])
    elif isinstance(node, list | tuple | set | frozenset):
        for part in node:
            yield from _variables(part)


def _names_by(edge: Edge, name: str) -> bool:
    """True where the variable stands in *edge* where no literal can."""
    return not isinstance(edge.predicate, Path) and name in (edge.subject, edge.predicate, edge.graph)


def _site(edge: Edge, context: Edges, keys: frozenset[str]) -> Site:
    """The site of *edge*: by what and to which key a change in it is followed, of the patterns in *context*."""
    if THIS in edge.variables:
        return Site(edge, (), keys & edge.variables)
    reached, others = _component(edge, context)
    if THIS in reached:
        wanted = frozenset((THIS,)) | (keys & edge.variables)
    elif VALUE in keys & reached:
        wanted = frozenset((VALUE,))
    else:
        return Site(edge, (), None)
    return Site(edge, _relevant(others, edge.variables | wanted), wanted)


def _may_be_empty(path: Path) -> bool:
    """True for a path that leads from a node to itself."""
    if path.kind in ("*", "?"):
        return True
    return any(map(_may_be_empty, path.parts)) if path.kind == "|" else bool(path.parts) and all(
        map(_may_be_empty, path.parts))  # fmt: skip


def _mentions(edge: Edge, context: Edges) -> Iterator[Edge]:
    """Patterns for any triple of the node at which a path is empty: to the engine it must be in some.

    There are none where the path cannot be empty, or an end of it is that of another triple in the same graph.
    """
    if isinstance(edge.predicate, Path) and _may_be_empty(edge.predicate):
        plain = [other for other in context if not isinstance(other.predicate, Path) and other.graph == edge.graph]
        held = {end for other in plain for end in (other.subject, other.object)}
        if held.isdisjoint((edge.subject, edge.object)):
            yield Edge(edge.subject, Var("~predicate"), Var("~object"), edge.graph)
            yield Edge(Var("~subject"), Var("~predicate"), edge.subject, edge.graph)


def _component(edge: Edge, context: Edges) -> tuple[frozenset[str], list[Edge]]:
    """The variables that other patterns lead to from those of *edge*, and these patterns, each once."""
    reached, left, found = edge.variables, [e for e in dict.fromkeys(context) if e != edge], list[Edge]()
    while near := [other for other in left if not other.joins.isdisjoint(reached)]:
        found += near
        left = [other for other in left if other not in near]
        reached = reached.union(*(other.joins for other in near))
    return reached, found


def _relevant(edges: list[Edge], ends: frozenset[str]) -> Edges:
    """The patterns without those that lead nowhere: with more than one variable, and only one that others have too."""
    while True:
        kept = []
        for edge in edges:
            shared = ends.union(*(other.joins for other in edges if other is not edge))
            if len(edge.joins) == 1 or len(edge.joins & shared) > 1:
                kept.append(edge)
        if len(kept) == len(edges):
            return tuple(kept)
        edges = kept
