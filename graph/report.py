"""The gate's report: every finding with the place a curator can go to and what to do there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from graph.errors import Spot
from graph.explain import tree_to_text
from graph.iris import RDF_TYPE, RDFS, SH
from graph.rdf import BlankNode, Literal, NamedNode, RdfFormat, Term, Triple, serialize

SEVERITIES = ("Violation", "Warning", "Info")


@dataclass(frozen=True)
class Finding:
    """One result: *shape* fired on *focus* (*value* at *path*); *remedy* says what to do, *spots* where it stands.

    *explanation* is the tree under a contradiction, for programs and for the page that draws it.
    """

    severity: str
    shape: str
    focus: str
    path: str | None
    value: str | None
    message: str
    remedy: str
    component: str
    spots: tuple[Spot, ...] = ()
    explanation: dict[str, Any] | None = field(default=None, compare=False, repr=False)

    def __lt__(self, other: Finding) -> bool:
        return self._order() < other._order()

    def _order(self) -> tuple[Any, ...]:
        return tuple("" if part is None else part for name, part in vars(self).items() if name != "explanation")

    @property
    def identity(self) -> tuple[str, str, str]:
        """What two engines must agree on: shape, focus node, severity."""
        return self.shape, self.focus, self.severity

    def to_json(self) -> dict[str, Any]:
        """The finding for programs."""
        content = asdict(self)
        return content if self.explanation else {key: content[key] for key in content if key != "explanation"}

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> Finding:
        """The finding that `to_json` made this of."""
        spots = tuple(Spot(spot["file"], spot["line"]) for spot in content["spots"])
        return cls(**{**content, "spots": spots})

    def to_text(self) -> str:
        """The finding as a curator reads it."""
        places = [str(spot) for spot in self.spots[:5]] or ["(no file: made by the build)"]
        lines = [f"{places[0]}: {self.severity}: {self.message}", f"  focus node  {self.focus}"]
        if self.path:
            lines.append(f"  path        {self.path}")
        if self.value is not None:
            lines.append(f"  value       {self.value}")
        lines.append(f"  shape       {self.shape}")
        if self.remedy:
            lines.append(f"  what to do  {self.remedy}")
        lines += [f"  also        {place}" for place in places[1:]]
        if self.explanation:
            lines.append(tree_to_text(self.explanation, 1))
        return "\n".join(lines)


@dataclass(frozen=True)
class Report:
    """All findings of one validation, worst first."""

    findings: Sequence[Finding]

    def count(self, severity: str) -> int:
        """How many findings have *severity* (Violation, Warning, Info)."""
        return sum(finding.severity == severity for finding in self.findings)

    @property
    def conforms(self) -> bool:
        """True where nothing refuses the input: Warnings and Infos are kept and reported."""
        return self.count("Violation") == 0

    def ordered(self) -> list[Finding]:
        """The findings, Violations first, then by place."""
        return sorted(self.findings, key=lambda f: (SEVERITIES.index(f.severity), f.spots, f))

    def to_text(self, limit: int = 50, severities: Sequence[str] = SEVERITIES) -> str:
        """The findings as text, at most *limit* of them, the cut said."""
        shown = [finding for finding in self.ordered() if finding.severity in severities]
        parts = [finding.to_text() for finding in shown[:limit]]
        if len(shown) > limit:
            parts.append(f"… and {len(shown) - limit} more (capped at {limit}).")
        counts = ", ".join(f"{self.count(severity)} {severity}" for severity in SEVERITIES)
        return "\n\n".join([*parts, counts])

    def to_json(self) -> dict[str, Any]:
        """The findings for programs."""
        return {"conforms": self.conforms, "results": [finding.to_json() for finding in self.ordered()]}

    def to_rdf(self, form: RdfFormat = RdfFormat.TURTLE, *, total: int | None = None) -> bytes:
        """The findings as a `sh:ValidationReport` (https://www.w3.org/TR/shacl/#validation-report).

        Where they are part of *total* findings, a comment says so.
        """
        root = BlankNode("report")
        boolean = NamedNode("http://www.w3.org/2001/XMLSchema#boolean")
        triples = [
            Triple(root, RDF_TYPE, NamedNode(f"{SH}ValidationReport")),
            Triple(root, NamedNode(f"{SH}conforms"), Literal(str(self.conforms).lower(), datatype=boolean)),
        ]
        if total is not None and total > len(self.findings):
            said = f"The first {len(self.findings)} of {total} results; the others are left out."
            triples.append(Triple(root, NamedNode(f"{RDFS}comment"), Literal(said, language="en")))
        for number, finding in enumerate(self.ordered()):
            node = BlankNode(f"result{number}")
            triples += [Triple(root, NamedNode(f"{SH}result"), node), *_result(node, finding)]
        return serialize(triples, form, {"sh": SH})


def shown(term: Term) -> str:
    """A focus node as a finding names it: an IRI as it is, a blank node or literal as N-Triples writes it."""
    return str(term.value) if isinstance(term, NamedNode) else str(term)


def _term(text: str) -> Term:
    """The term of which `shown` gives *text*; of a literal its text alone; no blank node of the report itself."""
    if text.startswith('"'):
        return Literal(text[1 : text.rindex('"')])
    return BlankNode(f"b{text.removeprefix('_:')}") if text.startswith("_:") else NamedNode(text)


def _result(node: BlankNode, finding: Finding) -> list[Triple]:
    facts = [
        (RDF_TYPE.value, NamedNode(f"{SH}ValidationResult")),
        (f"{SH}resultSeverity", NamedNode(SH + finding.severity)),
        (f"{SH}focusNode", _term(finding.focus)),
        (f"{SH}sourceShape", _term(finding.shape)),
        (f"{SH}sourceConstraintComponent", NamedNode(finding.component)),
        (f"{SH}resultMessage", Literal(finding.message, language="en")),
    ]
    if finding.path and finding.path.startswith("http"):
        facts.append((f"{SH}resultPath", NamedNode(finding.path)))
    if finding.value is not None:
        is_iri = finding.value.startswith(("http://", "https://"))
        facts.append((f"{SH}value", NamedNode(finding.value) if is_iri else Literal(finding.value)))
    return [Triple(node, NamedNode(predicate), value) for predicate, value in facts]
