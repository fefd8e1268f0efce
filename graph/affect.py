"""Which focus nodes a change can affect: for the Core shapes of a view, and for each of its SPARQL constraints."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from graph.core_reads import read_core
from graph.query_compile import read_query
from graph.query_reads import THIS, VALUE, Key, QueryReads
from graph.rdf import NamedNode, Term
from graph.shapes import Shapes, SparqlConstraint
from graph.sight import Sight

Reads = Mapping[str, QueryReads]
"""What queries read, by their texts."""


@dataclass(frozen=True)
class Affected:
    """What a change can affect in one view.

    *nodes* are focus nodes of Core shapes, None for all of them. *keys* are, for each shape with SPARQL constraints,
    the parts of their answers; None for the whole.
    """

    nodes: frozenset[Term] | None
    keys: Mapping[str, frozenset[Key] | None]


def find_affected(sight: Sight, shapes: Shapes, reads: Reads) -> Affected:
    """What the change that *sight* looks at can affect; *reads* spares compiling the queries that are in it."""
    core = read_core(shapes.triples)
    nodes = frozenset(core.affected(sight)) if not core.unknown else None if sight.changed else frozenset()
    keys = {shape: _keys(sight, shapes, constraints, reads) for shape, constraints in _by_shape(shapes).items()}
    return Affected(nodes, {shape: found for shape, found in keys.items() if found is None or found})


def compile_reads(shapes: Iterable[Shapes]) -> dict[str, QueryReads]:
    """What the queries of all SPARQL constraints read; to compile one takes some milliseconds."""
    return {constraint.query: reads_of(constraint, {}) for group in shapes for constraint in group.constraints}


def reads_of(constraint: SparqlConstraint, reads: Reads) -> QueryReads:
    """What the query of a constraint reads, from *reads* or compiled."""
    return reads.get(constraint.query) or read_query(constraint.before, constraint.after)


def unlocal_shapes(shapes: Iterable[Shapes]) -> dict[str, str]:
    """The shapes that may have to be validated over the whole graph after a change, and why."""
    found: dict[str, str] = {}
    for group in shapes:
        core = read_core(group.triples)
        if core.unknown:
            found |= {shape.value: f"{', '.join(sorted(core.unknown))} in the view" for shape in core.targets}
        for constraint in group.constraints:
            reads = reads_of(constraint, {})
            if not reads.is_known:
                found[constraint.shape] = "the query cannot be followed"
            elif not reads.is_local:
                found[constraint.shape] = "a pattern is joined to neither $this nor ?value"
    return found


def _by_shape(shapes: Shapes) -> dict[str, list[SparqlConstraint]]:
    found: dict[str, list[SparqlConstraint]] = {}
    for constraint in shapes.constraints:
        found.setdefault(constraint.shape, []).append(constraint)
    return found


def _keys(
    sight: Sight, shapes: Shapes, constraints: list[SparqlConstraint], reads: Reads
) -> frozenset[Key] | None:
    """The parts of the answers of one shape's constraints; a finding does not tell from which of them it is."""
    targets = read_core(shapes.triples).targets[NamedNode(constraints[0].shape)]
    compiled = [reads_of(constraint, reads) for constraint in constraints]
    by = frozenset((THIS, VALUE)).intersection(*(read.keys for read in compiled))
    admits = cache(lambda node: sight.is_target(node, targets, "either"))
    found: set[Key] = {(node, None) for node in sight.retargeted(targets)}
    for read in compiled:
        touched = read.touched(sight, by, admits)
        if touched is None:
            return None
        found |= touched
    return frozenset(key for key in found if (key[0], None) not in found or key[1] is None)
