"""Reading the shapes of a version for people: what each looks at, what it wants, what it says and how severely.

Whoever wrote the shapes may have said none of that in words: then it is told from the constraints themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from graph.iris import RDF_TYPE, RDFS, SH
from graph.rdf import BlankNode, NamedNode, Term, Triple
from graph.shapes import Shapes

_RDF = RDF_TYPE.value.removesuffix("type")
_TARGETS = {"targetClass": "class", "targetNode": "", "targetSubjectsOf": "subjects of", "targetObjectsOf": "values of"}
_ASIDE = frozenset(("property", "path", "message", "severity", "sparql", "name", "description", "order", "group",
                    *_TARGETS))  # fmt: skip
_PATHS = {"inversePath": "^{}", "zeroOrMorePath": "{}*", "oneOrMorePath": "{}+", "zeroOrOnePath": "{}?"}
DEEPEST = 8
"""Levels of a path or a list that are written out."""
MEMBERS_SHOWN = 20


@dataclass(frozen=True)
class ConstraintEntry:
    """What a shape wants of the values at *path* (empty: of the node itself), in short words, and how severely."""

    path: str
    wants: str
    message: str
    severity: str


@dataclass(frozen=True)
class ShapeEntry:
    """A shape as its page shows it: what it looks at, what it refuses, how severely, and what to do."""

    name: str
    iri: str
    view: str
    severity: str
    message: str
    remedy: str
    targets: tuple[str, ...]
    constraints: tuple[ConstraintEntry, ...]


def read_shape_entries(shapes: Shapes, short: Callable[[str], str]) -> list[ShapeEntry]:
    """The shapes of one view that look at something by themselves, by IRI; *short* writes an IRI for people."""
    reading = _Reading(shapes, short)
    entries = [reading.entry(shape) for shape in reading.roots()]
    return sorted(entries, key=lambda entry: (entry.name, entry.iri))


class _Reading:
    """The shapes of one view by subject."""

    def __init__(self, shapes: Shapes, short: Callable[[str], str]) -> None:
        self._shapes = shapes
        self._short = short
        self._facts: dict[Term, list[Triple]] = {}
        for triple in sorted(shapes.triples, key=str):
            self._facts.setdefault(triple.subject, []).append(triple)

    def roots(self) -> list[Term]:
        """The node shapes, and whatever else has a target."""
        return [shape for shape, facts in self._facts.items() if any(map(_makes_root, facts))]

    def entry(self, shape: Term) -> ShapeEntry:
        """One shape."""
        iri = shape.value if isinstance(shape, NamedNode) else ""
        constraints = [self._constraint(shape), *map(self._constraint, self._values(shape, "property"))]
        return ShapeEntry(
            iri.rsplit("#", 1)[-1].rsplit("/", 1)[-1] or iri or "unnamed", iri, self._shapes.view,
            self._severity(shape), self._text(shape, "message"), self._text(shape, f"{RDFS}comment"),
            tuple(self._targets(shape)), tuple(one for one in constraints if one.wants or one.message),
        )  # fmt: skip

    def _values(self, subject: Term, name: str) -> list[Term]:
        iri = name if name.startswith("http") else f"{SH}{name}"
        return [triple.object for triple in self._facts.get(subject, ()) if triple.predicate.value == iri]

    def _text(self, subject: Term, name: str) -> str:
        return next((value.value for value in self._values(subject, name)), "")

    def _targets(self, shape: Term) -> Iterable[str]:
        for name, words in _TARGETS.items():
            for target in self._values(shape, name):
                yield f"{words} {self._word(target)}".strip()
        if isinstance(shape, NamedNode) and NamedNode(f"{RDFS}Class") in self._values(shape, RDF_TYPE.value):
            yield f"class {self._word(shape)}"

    def _constraint(self, shape: Term) -> ConstraintEntry:
        wants = [
            f"{triple.predicate.value.removeprefix(SH)} {self._word(triple.object)}"
            for triple in self._facts.get(shape, ())
            if triple.predicate.value.startswith(SH) and triple.predicate.value.removeprefix(SH) not in _ASIDE
        ]
        wants += ["a SPARQL constraint" for _ in self._values(shape, "sparql")]
        paths = self._values(shape, "path")
        path = self._path(paths[0], 0) if paths else ""
        return ConstraintEntry(path, ", ".join(wants), self._text(shape, "message"), self._severity(shape))

    def _severity(self, shape: Term) -> str:
        return next((value.value for value in self._values(shape, "severity")), "Violation").removeprefix(SH)

    def _word(self, term: Term, depth: int = 0) -> str:
        """A value of a constraint in short words."""
        if isinstance(term, NamedNode):
            return self._short(term.value)
        if not isinstance(term, BlankNode):
            return str(term.value)
        if self._values(term, f"{_RDF}first"):
            return "( " + " ".join(self._word(member, depth + 1) for member in self._members(term, depth)) + " )"
        return "[ … ]"

    def _members(self, head: Term, depth: int) -> list[Term]:
        found: list[Term] = []
        while depth < DEEPEST and len(found) < MEMBERS_SHOWN and self._values(head, f"{_RDF}first"):
            found.append(self._values(head, f"{_RDF}first")[0])
            head = next(iter(self._values(head, f"{_RDF}rest")), head)
        return found

    def _path(self, node: Term, depth: int) -> str:
        if isinstance(node, NamedNode) or depth > DEEPEST:
            return self._short(node.value) if isinstance(node, NamedNode) else "…"
        for name, pattern in _PATHS.items():
            for inner in self._values(node, name):
                return pattern.format(self._path(inner, depth + 1))
        parts, sign = self._members(node, depth), " / "
        for choices in self._values(node, "alternativePath"):
            parts, sign = self._members(choices, depth), " | "
        whole = sign.join(self._path(part, depth + 1) for part in parts)
        return f"({whole})" if depth and len(parts) > 1 else whole


def _makes_root(triple: Triple) -> bool:
    if triple.predicate == RDF_TYPE:
        return bool(triple.object == NamedNode(f"{SH}NodeShape"))
    return triple.predicate.value.removeprefix(SH) in _TARGETS and triple.predicate.value.startswith(SH)
