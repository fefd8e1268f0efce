"""Why a triple is here: the claims and passages that assert it, or the rule and the premises it was inferred from."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from graph.errors import UsageError
from graph.iris import OA, Names
from graph.rdf import DefaultGraph, Literal, NamedNode, Store, Term, Triple
from graph.rules import Pattern, Rule
from graph.versions import Version

MATCH_LIMIT = 50
"""Ways of meeting one rule's body that are tried before another rule is."""

_LITERAL = re.compile(
    r'"(?P<value>(?:[^"\\]|\\.)*)"'
    r'(?:@(?P<language>[A-Za-z]+(?:-[A-Za-z0-9]+)*)|\^\^(?P<datatype><[^<>"\s]+>|\S+))?',
    re.DOTALL,
)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}


@dataclass(frozen=True)
class Support:
    """One place where a triple is asserted: the graph, and for a claim its document, locator, voice and phrase."""

    graph: str
    kind: str
    document: str = ""
    locator: str = ""
    speaker: str = ""
    modality: str = ""
    status: str = ""
    phrase: str = ""


@dataclass(frozen=True)
class Explanation:
    """A triple with what supports it: asserted (*supports*), inferred (*rule* and *premises*), or neither."""

    triple: Triple
    supports: tuple[Support, ...] = ()
    rule: str = ""
    premises: tuple[Explanation, ...] = ()

    @property
    def kind(self) -> str:
        """`asserted`, `inferred` or `absent`."""
        if self.supports:
            return "asserted"
        return "inferred" if self.rule else "absent"

    def to_json(self) -> dict[str, Any]:
        """The tree for programs."""
        return {
            "triple": [str(self.triple.subject), str(self.triple.predicate), str(self.triple.object)],
            "kind": self.kind, "rule": self.rule or None,
            "supports": [vars(support) for support in self.supports],
            "premises": [premise.to_json() for premise in self.premises],
        }  # fmt: skip

    def to_text(self, depth: int = 0) -> str:
        """The tree for people, one line a triple and one a support."""
        indent = "  " * depth
        triple = f"{self.triple.subject} {self.triple.predicate} {self.triple.object}"
        how = f" by {self.rule}" if self.rule else ""
        lines = [f"{indent}{self.kind}{how}: {triple}"]
        for support in self.supports:
            where = f"{support.document}, {support.locator}: “{support.phrase}”" if support.document else support.kind
            lines.append(f"{indent}  – {where}{f' ({support.modality})' if support.modality else ''} <{support.graph}>")
        lines += [premise.to_text(depth + 1) for premise in self.premises]
        return "\n".join(lines)


def read_rules(version: Version) -> list[Rule]:
    """The rules that a version's inferences were drawn with."""
    content = json.loads((version.folder / "rules.json").read_bytes())
    return [Rule(axiom, Pattern(*head), tuple(Pattern(*part) for part in body)) for axiom, head, body in content]


def rules_to_json(rules: Iterable[Rule]) -> bytes:
    """The rules as they are kept with a version."""
    def parts(pattern: Pattern) -> list[str]:
        return [pattern.subject, pattern.predicate, pattern.object]

    content = [[rule.axiom, parts(rule.head), [parts(part) for part in rule.body]] for rule in rules]
    return json.dumps(content, indent=0).encode()


def parse_term(text: str, names: Names) -> Term:
    """A term as a person types it: `<iri>`, `prefix:name`, an IRI, or a quoted literal with language or datatype."""
    try:
        if text.startswith('"'):
            return _parse_literal(text, names)
        plain = text.removeprefix("<").removesuffix(">")
        return NamedNode(_expand(plain, names))
    except ValueError:
        known = ", ".join(names.prefixes)
        raise UsageError(
            f"`{text}` is no term.", f'Write <IRI>, prefix:name or "literal"@en, with a prefix of {known}.'
        ) from None


def _expand(text: str, names: Names) -> str:
    prefix, colon, local = text.partition(":")
    known = colon and prefix in names.prefixes and not local.startswith("//")
    return names.prefixes[prefix] + local if known else text


def _parse_literal(text: str, names: Names) -> Literal:
    match = _LITERAL.fullmatch(text)
    if match is None:
        raise ValueError(text)
    value = re.sub(r"\\(.)", lambda found: _ESCAPES.get(found[1], found[1]), match["value"])
    if match["language"]:
        return Literal(value, language=match["language"])
    if match["datatype"]:
        plain = match["datatype"].removeprefix("<").removesuffix(">")
        return Literal(value, datatype=NamedNode(_expand(plain, names)))
    return Literal(value)


class Explainer:
    """Explains triples of one version."""

    def __init__(self, store: Store, rules: Iterable[Rule], names: Names) -> None:
        self._store = store
        self._names = names
        self._by_predicate: dict[str, list[Rule]] = {}
        for rule in rules:
            self._by_predicate.setdefault(rule.head.predicate, []).append(rule)
        own = ("accepted", "inferred")
        self._skipped = {names.graph(name) for name in own}
        self._claims = names.claim("").value

    def explain(self, triple: Triple) -> Explanation:
        """The tree under *triple*; kind `absent` where it is not in the graph."""
        return self._explain(triple, frozenset()) or Explanation(triple)

    def _explain(self, triple: Triple, above: frozenset[Triple]) -> Explanation | None:
        supports = tuple(self._supports(triple))
        if supports:
            return Explanation(triple, supports)
        if triple in above or not self._holds(triple):
            return None
        for rule in self._by_predicate.get(triple.predicate.value, ()):
            found = self._derive(triple, rule, above | {triple})
            if found is not None:
                return found
        return None

    def _holds(self, triple: Triple) -> bool:
        return any(self._store.quads_for_pattern(triple.subject, triple.predicate, triple.object, DefaultGraph()))

    def _derive(self, triple: Triple, rule: Rule, above: frozenset[Triple]) -> Explanation | None:
        binding = _unify(rule.head, triple, {})
        if binding is None:
            return None
        for number, premises in enumerate(self._matches(list(rule.body), binding)):
            if number >= MATCH_LIMIT:
                break
            trees = []
            for premise in premises:
                tree = self._explain(premise, above)
                if tree is None:
                    break
                trees.append(tree)
            else:
                return Explanation(triple, rule=rule.axiom, premises=tuple(trees))
        return None

    def _matches(self, body: list[Pattern], binding: dict[str, Term]) -> Iterator[list[Triple]]:
        if not body:
            yield []
            return
        pattern, *rest = body
        wanted = [_bound(part, binding) for part in (pattern.subject, pattern.predicate, pattern.object)]
        if isinstance(wanted[0], Literal):
            return
        for quad in self._store.quads_for_pattern(wanted[0], wanted[1], wanted[2], DefaultGraph()):
            extended = _unify(pattern, quad.triple, binding)
            if extended is not None:
                for others in self._matches(rest, extended):
                    yield [quad.triple, *others]

    def _supports(self, triple: Triple) -> Iterator[Support]:
        quads = self._store.quads_for_pattern(triple.subject, triple.predicate, triple.object, None)
        graphs = sorted({q.graph_name.value for q in quads if isinstance(q.graph_name, NamedNode)})
        for graph in graphs:
            if graph.startswith(self._claims):
                yield self._claim(NamedNode(graph))
            elif NamedNode(graph) not in self._skipped:
                yield Support(graph, kind=graph.rsplit("/", 1)[-1])

    def _claim(self, claim: NamedNode) -> Support:
        names = self._names
        passage = self._value(claim, names.term("passage"))
        segment = self._value(passage, names.term("segment"))
        capture = self._value(passage, NamedNode(f"{OA}hasSource"))
        documents = list(self._store.quads_for_pattern(None, names.term("capture"), capture, DefaultGraph()))
        cited = self._value(documents[0].subject, names.term("citeAs")) if documents else None
        parts = {
            "document": cited, "locator": self._value(passage, names.term("locator")),
            "speaker": self._value(claim, names.term("speaker")),
            "phrase": self._value(segment, NamedNode(f"{OA}exact")),
        }  # fmt: skip
        words = {key: self._value(claim, names.term(key)) for key in ("modality", "status")}
        return Support(
            claim.value, kind="claim",
            **{key: term.value if term else "" for key, term in parts.items()},
            **{key: term.value.rsplit("/", 1)[-1] if term else "" for key, term in words.items()},
        )  # fmt: skip

    def _value(self, subject: Term | None, predicate: NamedNode) -> Any:
        if subject is None:
            return None
        found = sorted(self._store.quads_for_pattern(subject, predicate, None, DefaultGraph()), key=str)
        return found[0].object if found else None


def _unify(pattern: Pattern, triple: Triple, binding: dict[str, Term]) -> dict[str, Term] | None:
    result = dict(binding)
    parts = (pattern.subject, pattern.predicate, pattern.object)
    for part, term in zip(parts, (triple.subject, triple.predicate, triple.object), strict=True):
        if not part.startswith("?"):
            if not isinstance(term, NamedNode) or term.value != part:
                return None
        elif result.setdefault(part, term) != term:
            return None
    return result


def _bound(part: str, binding: dict[str, Term]) -> Any:
    return binding.get(part) if part.startswith("?") else NamedNode(part)


def explain(version: Version, names: Names, subject: Term, predicate: Term, obj: Term) -> Explanation:
    """Why the triple is in *version*."""
    if not isinstance(predicate, NamedNode) or isinstance(subject, Literal):
        raise UsageError("a triple has an IRI as subject and as predicate.")
    explainer = Explainer(version.open(), read_rules(version), names)
    return explainer.explain(Triple(subject, predicate, obj))
