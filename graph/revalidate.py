"""Validating again, after a change, what the change can have affected: the incremental twin of `graph.validate`."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import combinations

from graph.affect import Affected, Reads, find_affected, reads_of
from graph.core_reads import read_core
from graph.query_reads import Key
from graph.rdf import BlankNode, NamedNode, Quad, Store, Term
from graph.report import Finding, Report, shown
from graph.shapes import Shapes, SparqlConstraint
from graph.sight import Sight
from graph.validate import SPARQL_COMPONENT, Answer, Locate, ask, check_core, view_triples

_CHUNK = 500
"""Keys that are asked for at once."""


@dataclass(frozen=True)
class Revalidated:
    """The *report* of what was validated again, and what that was.

    *nodes* are, by view, the focus nodes for which all Core shapes of the view were decided again. *asked* are, by
    shape, the parts of the answers of its SPARQL constraints that were asked for again: a focus node, a value, or a
    focus node with one value, None for any. *whole* are the shapes that could not be followed to what the change
    affects and were validated over the whole graph; *views* those views of which all Core shapes are among them.

    With these, a finding of before is replaced (`merge` leaves it out) where it is of a SPARQL constraint and its shape
    is in *whole*, or its focus node and value are in *asked* of its shape; and where it is of a Core shape and a view
    to which that shape belongs is in *views*, or has its focus node in *nodes*. All others stay as they are, with the
    places (`Finding.spots`) that were right when they were found.
    """

    report: Report
    nodes: Mapping[str, frozenset[Term]]
    asked: Mapping[str, frozenset[Key]]
    whole: frozenset[str] = frozenset()
    views: frozenset[str] = frozenset()


def revalidate(
    store: Store,
    shapes: Iterable[Shapes],
    added: Collection[Quad],
    removed: Collection[Quad],
    locate: Locate,
    *,
    reads: Reads | None = None,
) -> Revalidated:
    """The findings on all that the change can have affected; *store* holds its result already.

    *added* and *removed* are all quads that changed, those of derived graphs and of the default graph too. *reads*, by
    `graph.affect.compile_reads`, spares compiling the constraints. With `merge` this gives what `validate` finds. The
    cost follows the change and what is linked to it. SourceError where the shapes cannot be used.
    """
    views = {g.view: _View(store, g, Sight(store, g.view, added, removed), locate, reads or {}) for g in shapes}
    affected = _share(views)
    findings: set[Finding] = set()
    asked: dict[str, frozenset[Key]] = {}
    whole: set[str] = set()
    for name, view in views.items():
        found = affected[name]
        findings.update(view.check(found))
        asked |= {shape: keys for shape, keys in found.keys.items() if keys is not None}
        whole |= {shape for shape, keys in found.keys.items() if keys is None}
        whole |= _names(view.shapes) if found.nodes is None else set()
    nodes = {name: found.nodes or frozenset() for name, found in affected.items()}
    unknown = frozenset(name for name, found in affected.items() if found.nodes is None)
    return Revalidated(Report(sorted(findings)), nodes, asked, frozenset(whole), unknown)


def merge(before: Iterable[Finding], again: Revalidated, shapes: Iterable[Shapes]) -> list[Finding]:
    """All findings after the change, sorted: those of *before* that stand as they did, and those found again.

    *before* are the findings of the same *shapes* before the change.
    """
    views: dict[str, set[str]] = {}
    for group in shapes:
        for name in _names(group):
            views.setdefault(name, set()).add(group.view)
    nodes = {view: {shown(node) for node in found} for view, found in again.nodes.items()}
    asked = {shape: {_shown(key) for key in keys} for shape, keys in again.asked.items()}

    def is_replaced(finding: Finding) -> bool:
        if finding.component == SPARQL_COMPONENT:
            wanted = {(finding.focus, None), (None, finding.value), (finding.focus, finding.value)}
            return finding.shape in again.whole or not wanted.isdisjoint(asked.get(finding.shape, ()))
        own = views.get(finding.shape, set())
        return any(view in again.views or finding.focus in nodes.get(view, ()) for view in own)

    return sorted({finding for finding in before if not is_replaced(finding)}.union(again.report.findings))


def _shown(key: Key) -> tuple[str | None, str | None]:
    focus, value = key
    return None if focus is None else shown(focus), None if value is None else value.value


def _names(shapes: Shapes) -> set[str]:
    """The shapes that may be named in findings of a view."""
    return {shown(shape) for shape in read_core(shapes.triples).states}


def _share(views: Mapping[str, _View]) -> dict[str, Affected]:
    """What is affected in each view; the findings of a shape that two views share do not tell of which they are, so its
    nodes are those of both.
    """
    result = {name: find_affected(view.sight, view.shapes, view.reads) for name, view in views.items()}
    for one, other in combinations(views, 2):
        if not _names(views[one].shapes).isdisjoint(_names(views[other].shapes)):
            first, second = result[one].nodes, result[other].nodes
            nodes = None if first is None or second is None else first | second
            result |= {name: Affected(nodes, result[name].keys) for name in (one, other)}
    return result


@dataclass(frozen=True)
class _View:
    """One view of a store, and what it is validated by."""

    store: Store
    shapes: Shapes
    sight: Sight
    locate: Locate
    reads: Reads

    def check(self, affected: Affected) -> Iterator[Finding]:
        """What is found on what is affected."""
        if affected.nodes is None:
            triples = list(view_triples(self.store, self.shapes.view))
            yield from check_core(triples, self.shapes, self.shapes.core, self.locate)
        else:
            yield from self._core(affected.nodes)
        for constraint in self.shapes.constraints:
            if constraint.shape in affected.keys:
                yield from self._sparql(constraint, affected.keys[constraint.shape])

    def _core(self, nodes: frozenset[Term]) -> Iterator[Finding]:
        """What the Core shapes find on *nodes*, given the triples that decide it."""
        reads = read_core(self.shapes.triples)
        aims = reads.aims(self.sight, nodes)
        if not aims:
            return
        names = {shown(node) for node in nodes}
        for finding in check_core(reads.extract(self.sight, aims), self.shapes, reads.aimed(aims), self.locate):
            if finding.focus in names:
                yield finding

    def _sparql(self, constraint: SparqlConstraint, keys: frozenset[Key] | None) -> Iterator[Finding]:
        """What a constraint finds, in the parts of its answer that *keys* name."""
        if keys is None:
            yield from (answer.finding for answer in self._ask(constraint, constraint.focus))
            return
        targets = read_core(self.shapes.triples).targets[NamedNode(constraint.shape)]
        is_target = cache(lambda node: node is None or self.sight.is_target(node, targets, "now"))
        now = [key for key in keys if is_target(key[0])]
        is_free = reads_of(constraint, self.reads).is_free
        for beginning in _beginnings(now, constraint.focus, is_free=is_free):
            for answer in self._ask(constraint, beginning):
                if is_target(answer.focus) and _is_in(answer, keys):
                    yield answer.finding

    def _ask(self, constraint: SparqlConstraint, beginning: str) -> Iterator[Answer]:
        return ask(self.store, self.shapes.view, constraint, constraint.given(beginning), self.locate)


def _is_in(answer: Answer, keys: frozenset[Key]) -> bool:
    focus, value = answer.focus, answer.value
    return (focus, None) in keys or (None, value) in keys or (focus, value) in keys


def _beginnings(keys: Collection[Key], focus: str, *, is_free: bool) -> Iterator[str]:
    """How the patterns of queries begin that ask for *keys*: with the focus nodes, values or both that are wanted.

    What the query's own patterns do not bind, *focus* does. Blank nodes cannot be named in a query: for their sake all
    is asked for.
    """
    if any(isinstance(term, BlankNode) for key in keys for term in key):
        yield focus
        return
    kinds: tuple[tuple[str, Callable[[Key], bool], str], ...] = (
        ("$this", lambda key: key[1] is None, ""),
        ("?value", lambda key: key[0] is None, "" if is_free else focus),
        ("$this ?value", lambda key: key[0] is not None and key[1] is not None, ""),
    )
    for variables, is_of_kind, rest in kinds:
        rows = sorted(" ".join(str(term) for term in key if term is not None) for key in keys if is_of_kind(key))
        for start in range(0, len(rows), _CHUNK):
            listed = " ".join(f"({row})" for row in rows[start : start + _CHUNK])
            yield f"VALUES ({variables}) {{ {listed} }} {rest}"
