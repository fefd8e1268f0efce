"""What a SPARQL constraint reads, as triple patterns, each with those that are met in the same solution; and by these,
which parts of its answer a change can have touched.

A part is named by a `Key`: a focus node, a value, or both together. Whatever solution comes or goes with a change holds
one of the changed quads in one of its patterns (`Site`), and from there the other patterns lead to its key.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Any, TypeAlias

from graph.rdf import DefaultGraph, Literal, NamedNode, Quad, Term, Triple
from graph.sight import Sight
from graph.steps import Path, Steps

THIS, VALUE = "this", "value"
Binding: TypeAlias = Mapping[str, Term]
Key: TypeAlias = tuple[Term | None, Term | None]
"""A focus node and a value; None stands for any."""
_FORMAT = 1
"""To be raised with each change of `graph.query_compile` or of what is written."""
_PROBE = 100
"""Triples; a pattern that finds more is not told from one that finds many more."""


class Var(str):
    """A variable of a query."""

    __slots__ = ()


Part: TypeAlias = Term | Var
_Changed: TypeAlias = Mapping[NamedNode, Iterable[Triple | Quad]]


@dataclass(frozen=True)
class Edge:
    """A triple pattern. *graph* is None outside of `GRAPH`; the ends of a *predicate* that is a path are its own."""

    subject: Part
    predicate: Part | Path
    object: Part
    graph: Part | None = None

    @cached_property
    def variables(self) -> frozenset[str]:
        """All variables."""
        return frozenset(p for p in (self.subject, self.predicate, self.object, self.graph) if isinstance(p, Var))

    @cached_property
    def joins(self) -> frozenset[str]:
        """The variables by which other patterns are found from this one."""
        if isinstance(self.predicate, Path):
            return frozenset(part for part in (self.subject, self.object) if isinstance(part, Var))
        return self.variables

    @cached_property
    def _steps(self) -> Steps:
        steps = Steps()
        first, last = steps.state(), steps.state()
        assert isinstance(self.predicate, Path)  # noqa: S101 - asked of paths only
        steps.path(self.predicate, first, last)
        return steps

    def changed(self, sight: Sight, *, is_counting: bool = False) -> Iterator[Binding]:
        """What the variables are where a triple that changed is in this pattern.

        For a query *is_counting* a triple changes with each graph that comes to hold it.
        """
        changed: _Changed = sight.changed_named if self.graph else sight.written if is_counting else sight.changed
        if not isinstance(self.predicate, Path):
            for quad in _of(changed, self.predicate):
                yield from self._unify(quad, {})
            return
        for step in self._steps.steps:
            for quad in _of(changed, step.predicate):
                graph = quad.graph_name if isinstance(quad, Quad) else None
                ends = (quad.object, quad.subject) if step.inverse else (quad.subject, quad.object)
                find = self._find(sight, graph)
                before = self._steps.walk({(step.source, ends[0])}, find, back=True)
                after = self._steps.walk({(step.target, ends[1])}, find)
                for one in (node for state, node in before if state == 0):
                    for other in (node for state, node in after if state == 1):
                        yield from self._bind(((self.subject, one), (self.object, other), (self.graph, graph)), {})

    def match(self, sight: Sight, binding: Binding) -> Iterator[Binding]:
        """*binding* extended in every way in which the pattern is met, before the change or after it."""
        known = [binding.get(p) if isinstance(p, Var) else p for p in (self.subject, self.object, self.graph)]
        subject, obj, graph = known
        if isinstance(self.predicate, Path):
            back = subject is None
            start = (1, obj) if back else (0, subject)
            ends = self._steps.walk({start}, self._find(sight, graph), back=back)
            for node in (node for state, node in ends if state == (0 if back else 1)):
                yield from self._bind(((self.subject if back else self.object, node),), binding)
            return
        predicate = binding.get(self.predicate) if isinstance(self.predicate, Var) else self.predicate
        found: Iterable[Triple | Quad] = sight.find(subject, predicate, obj)
        if self.graph is not None:
            found = sight.find_named(subject, predicate, obj, graph)
        for quad in found:
            yield from self._unify(quad, binding)

    def _find(self, sight: Sight, graph: Term | None) -> Callable[..., Iterator[Triple]]:
        if self.graph is None:
            return sight.find
        return lambda s, p, o: (quad.triple for quad in sight.find_named(s, p, o, graph))

    def _unify(self, quad: Triple | Quad, binding: Binding) -> Iterator[Binding]:
        parts = [(self.subject, quad.subject), (self.object, quad.object)]
        if not isinstance(self.predicate, Path):
            parts.append((self.predicate, quad.predicate))
        if isinstance(quad, Quad) and not isinstance(quad.graph_name, DefaultGraph):
            parts.append((self.graph, quad.graph_name))
        return self._bind(parts, binding)

    def _bind(self, parts: Iterable[tuple[Part | None, Term | None]], binding: Binding) -> Iterator[Binding]:
        result = dict(binding)
        for part, term in parts:
            if part is None or term is None:
                continue
            if result.setdefault(part, term) != term if isinstance(part, Var) else not _may_equal(part, term):
                return
        yield result


def _of(changed: _Changed, predicate: Part | None) -> Iterator[Triple | Quad]:
    """What changed of *predicate*; of any where it is a variable or None."""
    if predicate is None or isinstance(predicate, Var):
        for quads in changed.values():
            yield from quads
    else:
        yield from changed.get(predicate, ())


def _may_equal(part: Part, term: Term) -> bool:
    """True for one term, and for literals that the store may write in another way than a query does."""
    return part == term or (isinstance(part, Literal) and isinstance(term, Literal) and part.datatype == term.datatype
                            and not _is_text(term))  # fmt: skip


def _is_text(term: Literal) -> bool:
    return term.language is not None or bool(term.datatype.value.endswith("#string"))


@dataclass(frozen=True)
class Site:
    """A pattern, the *others* by which a change in it is followed, and the variables that make the key.

    *wanted* is None where the others do not lead to a focus node or value.
    """

    edge: Edge
    others: tuple[Edge, ...]
    wanted: frozenset[str] | None


@dataclass(frozen=True)
class QueryReads:
    """What one query reads. *keys* are the variables by which a part of its answer can be asked for on its own.

    *is_free* is False where `$this` is bound by the targets alone. *is_counting* is True where it matters how often a
    solution is found: the engine finds a triple once in each graph that a view unites. *is_known* is False for a query
    with something in it that cannot be followed, such as LIMIT or SERVICE.
    """

    sites: tuple[Site, ...] = ()
    keys: frozenset[str] = frozenset((THIS,))
    is_free: bool = False
    is_counting: bool = False
    is_known: bool = True

    @property
    def is_local(self) -> bool:
        """True where every change leads to a focus node or value."""
        return self.is_known and all(site.wanted is not None for site in self.sites)

    def touched(self, sight: Sight, by: frozenset[str], admits: Callable[[Term], bool]) -> set[Key] | None:
        """The keys, of the variables *by*, whose part of the answer may have changed; None for: all of it.

        *admits* tells whether a node is a target, or was.
        """
        if not self.is_known:
            return None if sight.written or sight.changed_named else set()
        found: set[Key] = set()
        for site in self.sites:
            for binding in site.edge.changed(sight, is_counting=self.is_counting):
                wanted = None if site.wanted is None else site.wanted & by
                if not wanted:
                    return None
                found |= set(_keys(sight, site.others, binding, wanted, admits))
        return found


def _keys(
    sight: Sight, edges: tuple[Edge, ...], binding: Binding, wanted: frozenset[str], admits: Callable[[Term], bool]
) -> Iterator[Key]:
    """The keys of every way to meet *edges* under *binding*, what finds the fewest triples first.

    It ends where the wanted variables are known: what is left could only rule the key out. Patterns of which everything
    is known are looked up all the same, as they cost little.
    """
    if THIS in binding and not admits(binding[THIS]):
        return
    best = _best(sight, edges, binding, is_enough=wanted <= binding.keys())
    if best is None:
        yield binding.get(THIS) if THIS in wanted else None, binding.get(VALUE) if VALUE in wanted else None
        return
    rest = tuple(edge for edge in edges if edge is not best)
    seen: set[frozenset[tuple[str, Term]]] = set()
    for extended in best.match(sight, binding):
        if (content := frozenset(extended.items())) not in seen:
            seen.add(content)
            yield from _keys(sight, rest, extended, wanted, admits)


def _best(sight: Sight, edges: tuple[Edge, ...], binding: Binding, *, is_enough: bool) -> Edge | None:
    """A pattern of which everything is known; else, unless that *is_enough*, the one that finds the fewest triples."""
    for edge in edges:
        if edge.joins <= binding.keys():
            return edge
    near = [] if is_enough else [edge for edge in edges if not edge.joins.isdisjoint(binding.keys())]
    if len(near) < 2:
        return next(iter(near), None)
    return min(near, key=lambda edge: (_count(edge.match(sight, binding)), THIS not in edge.joins))


def _count(found: Iterator[Binding]) -> int:
    return sum(1 for _ in islice(found, _PROBE))


def reads_to_json(reads: Mapping[str, QueryReads]) -> bytes:
    """What queries read, by their texts, as JSON."""
    content = {"format": _FORMAT, "queries": {query: _query_to_json(read) for query, read in reads.items()}}
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def reads_from_json(content: bytes) -> dict[str, QueryReads]:
    """What `reads_to_json` wrote; nothing where that was a version of it that compiled in another way."""
    read = json.loads(content)
    if read["format"] != _FORMAT:
        return {}
    return {query: _query_from_json(reads) for query, reads in read["queries"].items()}


def _query_to_json(reads: QueryReads) -> dict[str, Any]:
    edges = list(dict.fromkeys(edge for site in reads.sites for edge in (site.edge, *site.others)))
    number = {edge: index for index, edge in enumerate(edges)}
    sites = [
        [number[site.edge], [number[edge] for edge in site.others], site.wanted and sorted(site.wanted)]
        for site in reads.sites
    ]
    parts = [[_part_to_json(p) for p in (e.subject, e.predicate, e.object, e.graph)] for e in edges]
    flags = [reads.is_free, reads.is_counting, reads.is_known]
    return {"edges": parts, "sites": sites, "keys": sorted(reads.keys), "flags": flags}


def _query_from_json(content: Any) -> QueryReads:
    edges = [Edge(*map(_part_from_json, parts)) for parts in content["edges"]]
    sites = tuple(
        Site(edges[edge], tuple(edges[other] for other in others), None if wanted is None else frozenset(wanted))
        for edge, others, wanted in content["sites"]
    )
    return QueryReads(sites, frozenset(content["keys"]), *content["flags"])


def _part_to_json(part: Part | Path | None) -> Any:
    if isinstance(part, Path):
        return {"path": part.kind, "iri": part.iri, "parts": [_part_to_json(inner) for inner in part.parts]}
    if isinstance(part, Literal):
        return {"text": part.value, "language": part.language, "datatype": part.datatype.value}
    if isinstance(part, NamedNode):
        return f"<{part.value}>"
    return None if part is None else f"?{part}"


def _part_from_json(content: Any) -> Any:
    if content is None:
        return None
    if isinstance(content, str):
        return Var(content[1:]) if content.startswith("?") else NamedNode(content[1:-1])
    if "path" in content:
        return Path(content["path"], tuple(map(_part_from_json, content["parts"])), content["iri"])
    if content["language"] is not None:
        return Literal(content["text"], language=content["language"])
    return Literal(content["text"], datatype=NamedNode(content["datatype"]))
