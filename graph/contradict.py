"""Where the data contradict the ontology: every meeting of a denial, explained down to passages as a conclusion is.

Contradictions can come with what is added only, never with what is removed, so after a change it is enough to look at
those that need one of the added triples.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from graph.explain import Explainer, Explanation, tree_to_text
from graph.iris import Names
from graph.match import Binding, match_body, unify
from graph.provenance import CONSTRUCTS, Provenance
from graph.rdf import BlankNode, DefaultGraph, NamedNode, QuerySolutions, Store, Term, Triple
from graph.report import Finding
from graph.rules import TYPE, Denial, Pattern

if TYPE_CHECKING:
    from graph.validate import Locate

LIMIT = 100
"""Contradictions of one denial that are told; one more is looked for, to know that there are more."""

LIMIT_OF_ALL = 1_000
"""Contradictions that are told altogether."""

_REMEDY = "Withdraw one of the statements, or change the axiom of the ontology."


@dataclass(frozen=True)
class Contradiction:
    """What meets *denial*: one of *premises* for each of its patterns."""

    denial: Denial
    premises: tuple[Triple, ...]

    def __lt__(self, other: Contradiction) -> bool:
        return (self.denial, tuple(map(str, self.premises))) < (other.denial, tuple(map(str, other.premises)))

    @property
    def key(self) -> tuple[Denial, frozenset[Triple]]:
        """What tells it from others: the same premises the other way round are the same contradiction."""
        return self.denial, frozenset(self.premises)


@dataclass(frozen=True)
class Clash:
    """A contradiction with its premises explained: a tree like `Explanation`, but with no triple at its root."""

    axiom: str
    premises: tuple[Explanation, ...]
    kind = "contradiction"

    @property
    def leaves(self) -> tuple[Explanation, ...]:
        """The asserted triples that it rests on in the end, each once."""
        return tuple(dict.fromkeys(leaf for premise in self.premises for leaf in premise.leaves))

    def to_json(self) -> dict[str, Any]:
        """The tree for programs."""
        premises = [premise.to_json() for premise in self.premises]
        return {"triple": None, "kind": self.kind, "rule": self.axiom, "supports": [], "premises": premises}

    def to_text(self) -> str:
        """The tree for people."""
        return tree_to_text(self.to_json())

    def to_rdf(self, names: Names) -> list[Triple]:
        """The tree by PROV-O, as `graph.provenance` describes."""
        provenance = Provenance(names)
        provenance.describe_contradiction(self.axiom, self.premises)
        return provenance.triples


def find_contradictions(store: Store, denials: Iterable[Denial]) -> list[Contradiction]:
    """Every contradiction in the default graph, which holds its conclusions, in a fixed order.

    Of one denial at most `LIMIT` and one more, which ones is up to the store.
    """
    found = _Found()
    for denial in denials:
        for binding in _ask(store, denial):
            premises = next(match_body(store, denial.body, binding), None)
            if premises is not None:
                found.add(denial, premises)
            if not found.wants(denial):
                break
    return found.sorted()


def find_new_contradictions(store: Store, denials: Iterable[Denial], added: Collection[Triple]) -> list[Contradiction]:
    """The contradictions in the default graph with a premise among *added*, which were added to it, conclusions too.

    The cost follows *added* and what their things are linked to. At most `LIMIT` and one more of one denial.
    """
    readers: _Readers = {}
    for denial in denials:
        for number, pattern in enumerate(denial.body):
            readers.setdefault(_key(pattern), []).append((denial, number))
    found = _Found()
    for triple in added:
        for denial, number in _readers_of(readers, triple):
            if found.wants(denial):
                for premises in _meetings(store, denial, number, triple):
                    found.add(denial, premises)
                    if not found.wants(denial):
                        break
    return found.sorted()


class _Found:
    """Contradictions as they are met, each once."""

    def __init__(self) -> None:
        self._found: dict[tuple[Denial, frozenset[Triple]], Contradiction] = {}
        self._counts: Counter[Denial] = Counter()

    def add(self, denial: Denial, premises: tuple[Triple, ...]) -> None:
        """Count in what meets *denial*."""
        made = Contradiction(denial, premises)
        known = self._found.get(made.key)
        self._counts[denial] += known is None
        self._found[made.key] = made if known is None else min(made, known)

    def wants(self, denial: Denial) -> bool:
        """True until there are more of *denial* than are told."""
        return self._counts[denial] <= LIMIT

    def sorted(self) -> list[Contradiction]:
        """All that was met, in a fixed order."""
        return sorted(self._found.values())


def _ask(store: Store, denial: Denial) -> Iterator[Binding]:
    """Every way to meet *denial*, by a query."""
    patterns = " . ".join(
        " ".join(map(_written, (pattern.subject, pattern.predicate, pattern.object))) for pattern in denial.body
    )
    differ = f" FILTER(!sameTerm({', '.join(denial.differ)}))" if denial.differ else ""
    rows = store.query(f"SELECT * WHERE {{ {patterns}{differ} }}")
    assert isinstance(rows, QuerySolutions)  # noqa: S101 - it is a SELECT
    variables = [variable.value for variable in rows.variables]
    for row in rows:
        yield {f"?{name}": row[name] for name in variables}


def _written(part: str) -> str:
    return part if part.startswith(("?", '"')) else f"<{part}>"


_Readers = dict[tuple[str, str], list[tuple[Denial, int]]]
"""Each denial with the number of a pattern, by what a triple needs to meet that: the predicate, and a type's class."""


def _key(pattern: Pattern) -> tuple[str, str]:
    is_class = pattern.predicate == TYPE and not pattern.object.startswith("?")
    return pattern.predicate, pattern.object if is_class else ""


def _readers_of(readers: _Readers, triple: Triple) -> Iterator[tuple[Denial, int]]:
    predicate = triple.predicate.value
    yield from readers.get((predicate, ""), ())
    if predicate == TYPE:
        yield from readers.get((predicate, triple.object.value), ())


def _meetings(store: Store, denial: Denial, number: int, triple: Triple) -> Iterator[tuple[Triple, ...]]:
    """Every way to meet *denial* with *triple* as the premise of that number.

    The triple is taken as the store holds it, which keeps the value of some literals, not how they were written.
    """
    rest = (*denial.body[:number], *denial.body[number + 1 :])
    for quad in store.quads_for_pattern(triple.subject, triple.predicate, triple.object, DefaultGraph()):
        binding = unify(denial.body[number], quad.triple, {})
        for others in () if binding is None else match_body(store, rest, binding):
            premises = (*others[:number], quad.triple, *others[number:])
            if _differ(denial, premises):
                yield premises


def _differ(denial: Denial, premises: tuple[Triple, ...]) -> bool:
    if denial.differ is None:
        return True
    binding = _binding(denial, premises)
    one, other = denial.differ
    return bool(binding[one] != binding[other])


def _binding(denial: Denial, premises: Iterable[Triple]) -> Binding:
    binding: Binding = {}
    for pattern, triple in zip(denial.body, premises, strict=True):
        binding = unify(pattern, triple, binding) or binding
    return binding


def explain_contradiction(contradiction: Contradiction, explainer: Explainer) -> Clash:
    """The tree under a contradiction, a premise that meets several patterns once."""
    premises = dict.fromkeys(contradiction.premises)
    return Clash(contradiction.denial.axiom, tuple(explainer.explain(premise) for premise in premises))


def to_findings(contradictions: Iterable[Contradiction], explainer: Explainer, locate: Locate) -> list[Finding]:
    """A Violation for each contradiction, with its tree; what is left out is told by one more, which has none.

    *explainer* explains the triples of the store in which they were found.
    """
    counts: Counter[Denial] = Counter()
    found: list[Finding] = []
    for contradiction in contradictions:
        denial = contradiction.denial
        counts[denial] += 1
        if len(found) >= LIMIT_OF_ALL:
            return [*found, _rest(denial, f"more than {LIMIT_OF_ALL} contradictions were found")]
        if counts[denial] <= LIMIT:
            found.append(_finding(contradiction, explainer, locate))
        elif counts[denial] == LIMIT + 1:
            text = f"more than {LIMIT} contradictions by {denial.axiom} of {explainer.label(_about(denial))} were found"
            found.append(_rest(denial, text))
    return found


def _about(denial: Denial) -> NamedNode:
    """The class or property that an axiom is about."""
    first = denial.body[0]
    return NamedNode(first.object if _key(first)[1] else first.predicate)


def _finding(contradiction: Contradiction, explainer: Explainer, locate: Locate) -> Finding:
    denial, first, last = contradiction.denial, contradiction.premises[0], contradiction.premises[-1]
    clash = explain_contradiction(contradiction, explainer)
    shown = last if last.subject == first.subject else first
    stated = (leaf.triple for leaf in clash.leaves)
    places = (locate(_plain(t.subject), t.predicate.value, _plain(t.object)) for t in stated)
    return Finding(
        severity="Violation", shape=_about(denial).value, focus=_plain(first.subject), path=shown.predicate.value,
        value=_plain(shown.object), message=_message(contradiction, explainer), remedy=_REMEDY,
        component=CONSTRUCTS[denial.axiom], spots=tuple(dict.fromkeys(spot for spots in places for spot in spots)),
        explanation=clash.to_json(),
    )  # fmt: skip


def _rest(denial: Denial, text: str) -> Finding:
    term = _about(denial).value
    return Finding(
        severity="Violation", shape=term, focus=term, path=None, value=None, component=CONSTRUCTS[denial.axiom],
        message=f"{text}; the others are not shown.", remedy="Mend those that are shown and try again.",
    )  # fmt: skip


def _plain(term: Term) -> str:
    return str(term) if isinstance(term, BlankNode) else str(term.value)


_TEXTS = {
    "functional property": "{s} has two values of “{p}”, {o} and {o2}, and can have only one.",
    "inverse functional property": "{s} and {s2} share {o} as value of “{p}”, which only one thing can have.",
    "asymmetric property": "“{p}” leads from {s} to {o} and from {s2} to {o2}, and can lead one way only.",
    "irreflexive property": "“{p}” leads from {s} to itself, which it cannot.",
    "disjoint properties": "“{p}” and “{p2}” both lead from {s} to {o}, and they exclude each other.",
    "different individuals": "{s} and {o} are said to be the same, and to be different.",
    "negative property assertion": "the ontology says that “{p}” does not lead from {s} to {o}, and here it does.",
}
"""What is wrong, in words, by the axiom; of the first premise and of the last."""


def _message(contradiction: Contradiction, explainer: Explainer) -> str:
    denial, premises = contradiction.denial, contradiction.premises
    if all(_key(pattern)[1] and pattern.subject == "?x" for pattern in denial.body):
        kinds = [_with_article(explainer.label(triple.object)) for triple in premises]
        what = f"both {', '.join(kinds[:-1])} and {kinds[-1]}" if len(kinds) > 1 else kinds[0]
        return f"{explainer.name(premises[0].subject)} is {what}, which the ontology says nothing can be."
    words: dict[str, str] = {}
    for number, triple in (("", premises[0]), ("2", premises[-1])):
        words |= {f"s{number}": explainer.name(triple.subject), f"p{number}": explainer.label(triple.predicate),
                  f"o{number}": explainer.name(triple.object)}  # fmt: skip
    if denial.axiom in _TEXTS:
        return _TEXTS[denial.axiom].format(**words)
    said = "; ".join(
        f"{explainer.name(t.subject)} “{explainer.label(t.predicate)}” {explainer.name(t.object)}" for t in premises
    )
    return f"these cannot all be, by {denial.axiom}: {said}."


def _with_article(word: str) -> str:
    return f"{'an' if word[:1].lower() in 'aeiou' else 'a'} {word}"
