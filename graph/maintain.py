"""What was inferred, kept true after a change at the cost of the change: the reasoner beside `graph.infer`.

Removals first (delete and rederive): whatever was concluded with a removed triple goes, unless stated triples alone
still support it; of what went, whatever the rest still supports comes back. Then additions, each new triple joined with
all others once (semi-naive). A conclusion goes with its last support and stays while it has another. See Gupta, Mumick
and Subrahmanian, "Maintaining views incrementally" (1993).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from graph.layout import GraphName
from graph.match import Binding, solve, unify
from graph.rdf import DefaultGraph, Literal, NamedNode, Store, Term, Triple, in_graph
from graph.rules import TYPE, Pattern, Rule
from graph.view import Viewed


@dataclass(frozen=True)
class Maintained:
    """Triples that became inferred, and triples that are inferred no more (stated now, or supported by nothing)."""

    added: frozenset[Triple]
    removed: frozenset[Triple]


def maintain(store: Store, rules: Iterable[Rule], inferred: GraphName, viewed: Viewed) -> Maintained:
    """What *viewed*, a change already made of what is stated, makes of the conclusions in the graph *inferred*.

    Nothing is written. The result is what `graph.infer.infer` would find on the whole.
    """
    facts, index = _Facts(store, viewed.removed), _RuleIndex(rules)
    gone = _overdelete(facts, index, _Stated(store, inferred, viewed.removed))
    facts.forget(gone)
    back = {triple for triple in sorted(gone, key=str) if _is_supported(facts, index, triple)}
    facts.learn(back)
    come = back | _conclude(facts, index, [*sorted(viewed.added, key=str), *sorted(back, key=str)])
    was = {triple for triple in gone | come if in_graph(triple, inferred) in store}
    return Maintained(frozenset(come - was), frozenset((gone & was) - come))


class _RuleIndex:
    """The rules by what they read and by what they conclude."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self._readers: dict[tuple[str, str | None], list[tuple[Rule, int]]] = {}
        self._makers: dict[tuple[str, str | None], list[Rule]] = {}
        for rule in rules:
            for number, pattern in enumerate(rule.body):
                self._readers.setdefault(_key(pattern), []).append((rule, number))
            self._makers.setdefault(_key(rule.head), []).append(rule)

    def readers(self, triple: Triple) -> Iterator[tuple[Rule, int]]:
        """Each rule that may read *triple*, with the number of the pattern."""
        for key in _keys(triple):
            yield from self._readers.get(key, ())

    def makers(self, triple: Triple) -> Iterator[Rule]:
        """Each rule that may conclude *triple*."""
        for key in _keys(triple):
            yield from self._makers.get(key, ())


def _key(pattern: Pattern) -> tuple[str, str | None]:
    is_class = pattern.predicate == TYPE and not pattern.object.startswith("?")
    return pattern.predicate, pattern.object if is_class else None


def _keys(triple: Triple) -> Iterator[tuple[str, str | None]]:
    predicate = triple.predicate.value
    yield predicate, None
    if predicate == TYPE and isinstance(triple.object, NamedNode):
        yield predicate, triple.object.value


class _Facts:
    """What a plain query sees in a store, and changes of it that are not written."""

    def __init__(self, store: Store, also: Iterable[Triple]) -> None:
        self._store = store
        self._gone: set[Triple] = set()
        self._come: dict[tuple[str, Term | None, Term | None], set[Triple]] = {}
        self.learn(also)

    def learn(self, triples: Iterable[Triple]) -> None:
        """Count *triples* in."""
        for triple in triples:
            self._gone.discard(triple)
            for key in _come_keys(triple):
                self._come.setdefault(key, set()).add(triple)

    def forget(self, triples: Iterable[Triple]) -> None:
        """Count *triples* out."""
        for triple in triples:
            self._gone.add(triple)
            for key in _come_keys(triple):
                self._come.get(key, set()).discard(triple)

    def __contains__(self, triple: Triple) -> bool:
        if triple in self._gone:
            return False
        come = self._come.get((triple.predicate.value, triple.subject, triple.object), ())
        return triple in come or in_graph(triple, DefaultGraph()) in self._store

    def match(self, subject: Term | None, predicate: NamedNode, obj: Term | None) -> Iterator[Triple]:
        """The triples with these terms; None stands for any."""
        come = tuple(self._come.get((predicate.value, subject, obj), ()))
        yield from come
        seen = set(come)
        for quad in self._store.quads_for_pattern(subject, predicate, obj, DefaultGraph()):
            triple = quad.triple
            if triple not in seen and triple not in self._gone:
                yield triple


def _come_keys(triple: Triple) -> Iterator[tuple[str, Term | None, Term | None]]:
    predicate = triple.predicate.value
    for subject in (None, triple.subject):
        for obj in (None, triple.object):
            yield predicate, subject, obj


@dataclass(frozen=True)
class _Stated:
    """Tells what is stated from what is inferred."""

    store: Store
    inferred: GraphName
    removed: frozenset[Triple]

    def is_inferred(self, triple: Triple) -> bool:
        """True for a conclusion of before the change."""
        return in_graph(triple, self.inferred) in self.store

    def is_stated(self, triple: Triple) -> bool:
        """True for what is stated after the change."""
        if triple in self.removed or self.is_inferred(triple):
            return False
        return in_graph(triple, DefaultGraph()) in self.store


def _overdelete(facts: _Facts, index: _RuleIndex, stated: _Stated) -> set[Triple]:
    """What is stated no more, and every conclusion that may have rested on it and that stated triples do not support.

    The second half of that keeps a removal from running through a whole class or network.
    """
    gone = set(stated.removed)
    queue = sorted(stated.removed, key=str)
    while queue:
        triple = queue.pop()
        for head in _heads_from(facts, index, triple):
            if head not in gone and stated.is_inferred(head) and not _is_founded(facts, index, stated, head):
                gone.add(head)
                queue.append(head)
    return gone


def _is_founded(facts: _Facts, index: _RuleIndex, stated: _Stated, triple: Triple) -> bool:
    """True where stated triples alone conclude *triple*."""
    return any(all(map(stated.is_stated, premises)) for premises in _derivations(facts, index, triple))


def _is_supported(facts: _Facts, index: _RuleIndex, triple: Triple) -> bool:
    """True where the facts conclude *triple* in one step."""
    return any(True for _ in _derivations(facts, index, triple))


def _conclude(facts: _Facts, index: _RuleIndex, triples: Iterable[Triple]) -> set[Triple]:
    """Every conclusion from *triples* and the facts that is no fact yet; the facts learn it."""
    found: set[Triple] = set()
    queue = list(triples)
    while queue:
        for head in list(_heads_from(facts, index, queue.pop())):
            if head not in facts:
                found.add(head)
                facts.learn((head,))
                queue.append(head)
    return found


def _heads_from(facts: _Facts, index: _RuleIndex, triple: Triple) -> Iterator[Triple]:
    """What the rules conclude from *triple* and the facts, in one step."""
    for rule, number in index.readers(triple):
        binding = unify(rule.body[number], triple, {})
        if binding is not None:
            rest = (*rule.body[:number], *rule.body[number + 1 :])
            for whole, _ in solve(facts.match, rest, binding):
                head = _instance(rule.head, whole)
                if head is not None:
                    yield head


def _derivations(facts: _Facts, index: _RuleIndex, triple: Triple) -> Iterator[tuple[Triple, ...]]:
    """The premises of every way in which a rule concludes *triple* from the facts."""
    for rule in index.makers(triple):
        binding = unify(rule.head, triple, {})
        if binding is not None:
            for _, premises in solve(facts.match, rule.body, binding):
                yield premises


def _instance(pattern: Pattern, binding: Binding) -> Triple | None:
    """The triple that *pattern* means; None where its subject is a literal."""
    subject, obj = (
        binding[part] if part.startswith("?") else NamedNode(part) for part in (pattern.subject, pattern.object)
    )
    return None if isinstance(subject, Literal) else Triple(subject, NamedNode(pattern.predicate), obj)
