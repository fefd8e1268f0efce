"""The `redact` command: what it takes, and what it says was done, or would be."""

from __future__ import annotations

import argparse
import re
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from graph.build import read_record
from graph.commands import print_json, project_of, tell_progress
from graph.errors import LetapisError, RefusedError, Spot, UsageError
from graph.explain import parse_term
from graph.iris import Names
from graph.project import Project
from graph.rdf import NamedNode, Quad, Triple
from graph.readers import wait_until_served
from graph.redact import Outcome, Request, redact
from graph.redact_select import Target
from graph.redact_version import black_out
from graph.report import Report

SHOWN = 50
"""Places in files that are listed."""
SERVED_SECONDS = 30.0
"""How long servers are waited for, until they answer without what was redacted."""


def add_redact(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    parser.set_defaults(run=run_redact)
    parser.add_argument("things", nargs="*", metavar="IRI", help="a thing to be redacted: an IRI, or prefix:name")
    parser.add_argument("--statement", action="append", default=[], metavar="'S P O'",
                        help="a single statement to be redacted; may be repeated")  # fmt: skip
    parser.add_argument("--message", required=True, help="why (kept with the version); must not repeat what goes")
    parser.add_argument("--by", required=True, help="who redacts (kept with the version)")
    parser.add_argument("--keep-claims", action="store_true",
                        help="keep the records of claims that state nothing any more, as redacted")  # fmt: skip
    parser.add_argument("--keep-texts", action="store_true",
                        help="leave the names of the thing where they stand within other texts")  # fmt: skip
    parser.add_argument("--absent", action="store_true",
                        help="do it though no kept version states it: removed statements leave bytes")  # fmt: skip
    parser.add_argument("--despite", action="store_true", help="do it even where the shapes are violated then")
    parser.add_argument("--dry-run", action="store_true", help="tell what would go, and change nothing")
    parser.add_argument("--json", action="store_true", help="answer in JSON, for programs")


def run_redact(arguments: Namespace) -> int:
    """Redact; exit 1 with the report where the shapes would be violated, or are and the run is dry."""
    project = project_of(arguments)
    target = read_target(arguments.things, arguments.statement, project.names, keep_claims=arguments.keep_claims)
    request = Request(
        target, arguments.by, arguments.message,
        keep_texts=arguments.keep_texts, absent=arguments.absent, despite=arguments.despite, dry_run=arguments.dry_run,
    )  # fmt: skip
    try:
        outcome = redact(project.data, project.layout, request, tell_progress())
    except RefusedError as error:
        if arguments.json:
            print_json(error.report.to_json())
        else:
            print("\n".join(_tell_violations(error.report)))
        raise
    number = None if outcome.version is None else outcome.version.number
    is_served = number is None or wait_until_served(project.data, number, SERVED_SECONDS)
    spots, unread = _still_stated(project, target, outcome)
    if arguments.json:
        print_json(_to_json(outcome, is_served, spots, unread))
    else:
        print("\n".join(_tell(outcome, is_served, spots, unread)))
    return 0 if outcome.version is not None or arguments.despite or outcome.report.conforms else 1


def read_target(things: list[str], statements: list[str], names: Names, *, keep_claims: bool = False) -> Target:
    """What the words of a command mean; UsageError where they mean nothing that can be redacted."""
    iris = [parse_term(text, names) for text in things]
    if any(not isinstance(iri, NamedNode) for iri in iris):
        raise UsageError("a literal is no thing.", "Name a thing, such as id:P0001, or give its --statement.")
    triples = frozenset(_parse_statement(text, names) for text in statements)
    if not iris and not triples:
        raise UsageError("nothing is named.", "Name a thing, such as id:P0001, or a --statement.")
    return Target(frozenset(iri.value for iri in iris), triples, keep_claims)


def _parse_statement(text: str, names: Names) -> Triple:
    parts = text.strip().removesuffix(" .").split(None, 2)
    terms = [parse_term(part.strip(), names) for part in parts]
    if len(terms) != 3 or not all(isinstance(term, NamedNode) for term in terms[:2]):
        raise UsageError(f"`{text}` is no statement.", "Write subject, predicate and object: 'id:P1 foaf:name \"A\"'.")
    return Triple(*terms)


def _still_stated(project: Project, target: Target, outcome: Outcome) -> tuple[list[Spot], str]:
    """Where the files of a record still state what was redacted, or name it; and why they could not be read."""
    if project.kind != "record":
        return [], ""
    spots = set(_naming_lines(project, target, outcome))
    try:
        _, record = read_record(project)
    except LetapisError as error:
        return sorted(spots), str(error)
    for triple, places in record.triple_spots.items():
        quad = Quad(triple.subject, triple.predicate, triple.object)
        if target.hits(quad) or black_out(quad, outcome.wording) != quad:
            spots.update(places)
    return sorted(spots), ""


def _naming_lines(project: Project, target: Target, outcome: Outcome) -> Iterator[Spot]:
    """Lines that hold a name, or the identifier by which curators refer to a thing."""
    prefix = project.names.id("").value
    own = "|".join(re.escape(iri.removeprefix(prefix)) for iri in target.iris if iri.startswith(prefix))
    identifier = re.compile(rf"(?<![\w/-])(?:{own})(?![\w/-])") if own else None
    for folder in (project.documents, project.entities, project.claims):
        for path in sorted(folder.glob("*.yml")):
            for number, line in enumerate(_lines(path), start=1):
                if outcome.wording.mentions(line) or (identifier and identifier.search(line)):
                    yield Spot(f"graph/{folder.name}/{path.name}", number)


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8", errors="replace").splitlines()


def _to_json(outcome: Outcome, is_served: bool, spots: list[Spot], unread: str) -> dict[str, Any]:
    is_dry = outcome.version is None
    return {
        "dryRun": is_dry, "version": None if outcome.version is None else outcome.version.number,
        "redacted": outcome.counts, "violations": outcome.report.count("Violation"), "isServed": is_served,
        "filesThatStateIt": [str(spot) for spot in spots], "filesUnread": unread, "filesLeft": list(outcome.left),
        "namesKept": len(outcome.shared), **({"names": sorted(outcome.names)} if is_dry else {}),
    }  # fmt: skip


def _tell(outcome: Outcome, is_served: bool, spots: list[Spot], unread: str) -> Iterator[str]:
    """What was done, line by line; names are repeated by a dry run only."""
    counts = outcome.counts
    what = (f"{counts['statements']} statements and {counts['claims']} claims, in {counts['versions']} versions; "
            f"names in {counts['texts']} other texts are blacked out")  # fmt: skip
    if outcome.version is None:
        yield f"This would go: {what}. Nothing was changed."
        yield from (f"  blacked out wherever it stands: {name}" for name in sorted(outcome.names))
        yield from _tell_violations(outcome.report)
    else:
        yield f"Redacted: {what}. Version {outcome.version.number} records it."
    if outcome.shared:
        yield f"{len(outcome.shared)} of its names are those of something else too, and stay in other texts."
    if not is_served:
        yield "A server still answers from before: restart it."
    yield from (f"{name} still holds a trace; remove or mend it." for name in outcome.left)
    if unread:
        yield f"The files of the record were not read: {unread}"
    if spots:
        yield "These files still state or name it; the gate refuses it from them, so the next build needs them mended:"
        yield from (f"  {spot}" for spot in spots[:SHOWN])
        if len(spots) > SHOWN:
            yield f"  … and {len(spots) - SHOWN} more"


def _tell_violations(report: Report) -> Iterator[str]:
    if not report.conforms:
        yield "The shapes would be violated:\n"
        yield report.to_text(severities=("Violation",))
        yield "\nRedact what these name too, mend the record first, or give --despite."
