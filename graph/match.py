"""Matching patterns of rules and denials with triples: for conclusions, contradictions and explanations."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeAlias

from graph.rdf import DefaultGraph, Literal, NamedNode, Store, Term, Triple
from graph.rules import Pattern

Binding: TypeAlias = dict[str, Term]
Find: TypeAlias = Callable[[Any, Any, Any], Iterator[Triple]]
"""Gives the triples with these terms; None stands for any."""


def solve(find: Find, body: Sequence[Pattern], binding: Binding) -> Iterator[tuple[Binding, tuple[Triple, ...]]]:
    """Every way to meet *body* under *binding*: what is bound then, and the triples in the order of the patterns.

    The pattern of which most is known is looked up first.
    """
    if not body:
        yield binding, ()
        return
    number = max(range(len(body)), key=lambda n: (_known(body[n], binding), -n))
    pattern, rest = body[number], (*body[:number], *body[number + 1 :])
    subject, predicate, obj = (_bound(part, binding) for part in parts(pattern))
    if isinstance(subject, Literal):
        return
    for triple in find(subject, predicate, obj):
        extended = unify(pattern, triple, binding)
        if extended is not None:
            for whole, others in solve(find, rest, extended):
                yield whole, (*others[:number], triple, *others[number:])


def match_body(store: Store, body: Sequence[Pattern], binding: Binding) -> Iterator[tuple[Triple, ...]]:
    """Every way in which the default graph meets *body* under *binding*: the triples in the order of the patterns."""

    def find(subject: Any, predicate: Any, obj: Any) -> Iterator[Triple]:
        return (quad.triple for quad in store.quads_for_pattern(subject, predicate, obj, DefaultGraph()))

    return (premises for _, premises in solve(find, body, binding))


def unify(pattern: Pattern, triple: Triple, binding: Binding) -> Binding | None:
    """*binding* with what makes *pattern* the *triple*; None where nothing does."""
    result = dict(binding)
    for part, term in zip(parts(pattern), (triple.subject, triple.predicate, triple.object), strict=True):
        if part.startswith("?"):
            if result.setdefault(part, term) != term:
                return None
        elif part != (term.value if isinstance(term, NamedNode) else str(term)):
            return None
    return result


def parts(pattern: Pattern) -> list[str]:
    """The subject, predicate and object of a pattern."""
    return [pattern.subject, pattern.predicate, pattern.object]


def _known(pattern: Pattern, binding: Binding) -> int:
    return sum(not part.startswith("?") or part in binding for part in parts(pattern))


def _bound(part: str, binding: Binding) -> Term | None:
    """The term that *part* means; None for any, and for a literal, which `unify` compares as it is written."""
    if part.startswith('"'):
        return None
    return binding.get(part) if part.startswith("?") else NamedNode(part)
