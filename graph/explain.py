"""Why a triple is here: the claims and passages that assert it, or the rule and the premises it was inferred from."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from graph.commits import Commit, find_commits
from graph.errors import UsageError
from graph.iris import OA, PREF_LABEL, RDFS, Names
from graph.layout import Layout
from graph.match import match_body, parts, unify
from graph.provenance import Provenance
from graph.rdf import BlankNode, DefaultGraph, Literal, NamedNode, Quad, Store, Term, Triple
from graph.rules import Denial, Pattern, Rule
from graph.versions import Version, Versions

MATCH_LIMIT = 50
"""Ways of meeting one rule's body that are tried before another rule is."""

_RDFS_LABEL = NamedNode(f"{RDFS}label")

_LITERAL = re.compile(
    r'"(?P<value>(?:[^"\\]|\\.)*)"'
    r'(?:@(?P<language>[A-Za-z]+(?:-[A-Za-z0-9]+)*)|\^\^(?P<datatype><[^<>"\s]+>|\S+))?',
    re.DOTALL,
)
_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))", re.DOTALL)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}


@dataclass(frozen=True)
class Support:
    """One place where a triple is asserted: the graph, and for a claim its passage, document, voice and phrase.

    *kind* is `claim`, the name of one of our own graphs, `default` for the default graph (*graph* is empty then), or
    the graph itself where it is somebody else's. *commit* is what brought the triple there, where that was asked for.
    """

    graph: str
    kind: str
    document: str = ""
    locator: str = ""
    speaker: str = ""
    modality: str = ""
    status: str = ""
    phrase: str = ""
    passage: str = ""
    commit: Commit | None = None

    @property
    def graph_name(self) -> NamedNode | BlankNode | DefaultGraph:
        """The graph as a term."""
        if self.graph.startswith("_:"):
            return BlankNode(self.graph.removeprefix("_:"))
        return NamedNode(self.graph) if self.graph else DefaultGraph()

    def to_json(self) -> dict[str, Any]:
        """The place for programs."""
        return {**vars(self), "commit": None if self.commit is None else dict(vars(self.commit), text=str(self.commit))}


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

    @property
    def leaves(self) -> tuple[Explanation, ...]:
        """What the triple rests on in the end: the asserted triples, each once, itself where it is one."""
        below = [leaf for premise in self.premises for leaf in premise.leaves]
        return tuple(dict.fromkeys(below)) if self.premises else (self,)

    def to_json(self) -> dict[str, Any]:
        """The tree for programs."""
        return {
            "triple": [str(self.triple.subject), str(self.triple.predicate), str(self.triple.object)],
            "kind": self.kind, "rule": self.rule or None,
            "supports": [support.to_json() for support in self.supports],
            "premises": [premise.to_json() for premise in self.premises],
        }  # fmt: skip

    def to_text(self, depth: int = 0) -> str:
        """The tree for people, one line a triple and one a support."""
        return tree_to_text(self.to_json(), depth)

    def to_rdf(self, names: Names) -> list[Triple]:
        """The tree by PROV-O, as `graph.provenance` describes; nothing for an absent triple."""
        provenance = Provenance(names)
        if self.kind != "absent":
            provenance.describe(self)
        return provenance.triples


def tree_to_text(tree: dict[str, Any], depth: int = 0) -> str:
    """A tree as `to_json` gives it, for people; one of a contradiction has no triple at its root."""
    indent = "  " * depth
    how = f" by {tree['rule']}" if tree["rule"] else ""
    triple = f": {' '.join(tree['triple'])}" if tree["triple"] else " of"
    lines = [f"{indent}{tree['kind']}{how}{triple}"]
    for support in tree["supports"]:
        cited = f"{support['document']}, {support['locator']}: “{support['phrase']}”"
        where = cited if support["document"] else support["kind"]
        said = f" ({support['modality']})" if support["modality"] else ""
        graph = f" <{support['graph']}>" if support["graph"] not in ("", support["kind"]) else ""
        commit = f", {support['commit']['text']}" if support["commit"] else ""
        lines.append(f"{indent}  – {where}{said}{graph}{commit}")
    lines += [tree_to_text(premise, depth + 1) for premise in tree["premises"]]
    return "\n".join(lines)


def read_rules(version: Version) -> list[Rule]:
    """The rules that a version's inferences were drawn with."""
    content = json.loads((version.folder / "rules.json").read_bytes())
    return [Rule(axiom, Pattern(*head), tuple(Pattern(*part) for part in body)) for axiom, head, body in content]


def rules_to_json(rules: Iterable[Rule]) -> bytes:
    """The rules as they are kept with a version."""
    content = [[rule.axiom, parts(rule.head), [parts(part) for part in rule.body]] for rule in rules]
    return json.dumps(content, indent=0).encode()


def read_denials(version: Version) -> list[Denial]:
    """What must not hold in a version; none for one that was made before denials were kept."""
    path = version.folder / "denials.json"
    return denials_from_json(path.read_bytes()) if path.exists() else []


def denials_from_json(content: bytes) -> list[Denial]:
    """The denials as `denials_to_json` wrote them."""
    return [
        Denial(axiom, tuple(Pattern(*part) for part in body), (differ[0], differ[1]) if differ else None)
        for axiom, body, differ in json.loads(content)
    ]


def denials_to_json(denials: Iterable[Denial]) -> bytes:
    """The denials as they are kept with a version."""
    content = [[denial.axiom, [parts(part) for part in denial.body], denial.differ] for denial in denials]
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
    value = _ESCAPE.sub(_unescape, match["value"])
    if match["language"]:
        return Literal(value, language=match["language"])
    if match["datatype"]:
        plain = match["datatype"].removeprefix("<").removesuffix(">")
        return Literal(value, datatype=NamedNode(_expand(plain, names)))
    return Literal(value)


def _unescape(found: re.Match[str]) -> str:
    code = found[1] or found[2]
    return chr(int(code, 16)) if code else _ESCAPES.get(found[3], found[3])


class Explainer:
    """Explains triples of one version, or of a store that may become one."""

    def __init__(self, store: Store, rules: Iterable[Rule], names: Names, layout: Layout | None = None) -> None:
        self._store = store
        self._names = names
        self._by_predicate: dict[str, list[Rule]] = {}
        for rule in rules:
            self._by_predicate.setdefault(rule.head.predicate, []).append(rule)
        derived = {names.graph(name) for name in ("accepted", "inferred")}
        self._skipped = derived if layout is None else derived & layout.derived
        self._claims = names.claim("").value

    def explain(self, triple: Triple) -> Explanation:
        """The tree under *triple*; kind `absent` where it is not in the graph."""
        return self._explain(triple, frozenset()) or Explanation(triple)

    def label(self, term: Term) -> str:
        """What people call *term*: its English label, else its name with a prefix; of a literal its text in quotes."""
        if isinstance(term, Literal):
            return f"“{term.value}”"
        labels = [quad.object for predicate in (PREF_LABEL, _RDFS_LABEL)
                  for quad in self._store.quads_for_pattern(term, predicate, None, DefaultGraph())]  # fmt: skip
        texts = [text for text in labels if isinstance(text, Literal) and text.language in ("en", None)]
        words = sorted((text.language != "en", text.value) for text in texts)
        return words[0][1] if words else self._short(term)

    def name(self, term: Term) -> str:
        """What people call *term*, and its name with a prefix beside a label."""
        label = self.label(term)
        short = label if isinstance(term, Literal) else self._short(term)
        return label if label == short else f"{label} ({short})"

    def _short(self, term: NamedNode | BlankNode) -> str:
        prefixes = self._names.prefixes if isinstance(term, NamedNode) else {}
        fits = [(len(space), prefix) for prefix, space in prefixes.items() if term.value.startswith(space)]
        length, prefix = max(fits, default=(0, ""))
        return f"{prefix}:{term.value[length:]}" if fits else str(term)

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
        binding = unify(rule.head, triple, {})
        if binding is None:
            return None
        for number, premises in enumerate(match_body(self._store, rule.body, binding)):
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

    def _supports(self, triple: Triple) -> Iterator[Support]:
        quads = self._store.quads_for_pattern(triple.subject, triple.predicate, triple.object, None)
        graphs = {quad.graph_name for quad in quads}
        if graphs == {DefaultGraph()}:  # it repeats no other graph, so it was written there
            yield Support("", kind="default")
        for graph in sorted(graphs - self._skipped - {DefaultGraph()}, key=str):
            yield self._support(graph)

    def _support(self, graph: NamedNode | BlankNode) -> Support:
        name = graph.value if isinstance(graph, NamedNode) else str(graph)
        if name.startswith(self._claims):
            return self._claim(NamedNode(name))
        is_own = name.startswith(self._names.base)
        return Support(name, kind=name.rsplit("/", 1)[-1] if is_own else name)

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
            "phrase": self._value(segment, NamedNode(f"{OA}exact")), "passage": passage,
        }  # fmt: skip
        words = {key: self._value(claim, names.term(key)) for key in ("modality", "status")}
        told: dict[str, Any] = {key: term.value if term else "" for key, term in parts.items()}
        told |= {key: term.value.rsplit("/", 1)[-1] if term else "" for key, term in words.items()}
        return Support(claim.value, kind="claim", **told)

    def _value(self, subject: Term | None, predicate: NamedNode) -> Any:
        if subject is None:
            return None
        found = sorted(self._store.quads_for_pattern(subject, predicate, None, DefaultGraph()), key=str)
        return found[0].object if found else None


def add_commits(trees: Iterable[Explanation], versions: Versions, version: Version) -> list[Explanation]:
    """The trees of *version* with the commits that brought in what they rest on."""
    trees = list(trees)
    quads = {_quad(leaf.triple, support) for tree in trees for leaf in tree.leaves for support in leaf.supports}
    commits = find_commits(versions, quads, version) if quads else {}
    return [_with_commits(tree, commits) for tree in trees]


def _with_commits(tree: Explanation, commits: dict[Quad, Commit]) -> Explanation:
    supports = (replace(support, commit=commits.get(_quad(tree.triple, support))) for support in tree.supports)
    premises = (_with_commits(premise, commits) for premise in tree.premises)
    return replace(tree, supports=tuple(supports), premises=tuple(premises))


def _quad(triple: Triple, support: Support) -> Quad:
    return Quad(triple.subject, triple.predicate, triple.object, support.graph_name)


def explain(
    version: Version, names: Names, subject: Term, predicate: Term, obj: Term, *, versions: Versions | None = None
) -> Explanation:
    """Why the triple is in *version*; with *versions* also since which commit."""
    if not isinstance(predicate, NamedNode) or isinstance(subject, Literal):
        raise UsageError("a triple has an IRI as subject and as predicate.")
    tree = Explainer(version.open(), read_rules(version), names).explain(Triple(subject, predicate, obj))
    return tree if versions is None else add_commits([tree], versions, version)[0]
