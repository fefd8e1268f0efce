"""The `ingest` command: files through the gate, and what is said about it."""

from __future__ import annotations

import argparse
import json
import os
import sys
from argparse import Namespace
from pathlib import Path

from graph.commands import project_of, tell_progress
from graph.committer import describe
from graph.errors import RefusedError, UsageError
from graph.gate import Passed
from graph.ingest import Ingest, QuarantinedError, ingest
from graph.inputs import FORMATS
from graph.layout import Layout
from graph.rdf import DefaultGraph, NamedNode
from graph.report import Report

SHOWN = 20
"""Statements of each kind that a dry run prints."""


def add_ingest(parser: argparse.ArgumentParser) -> None:
    """Give the parser of `letapis ingest` its arguments."""
    parser.set_defaults(run=run_ingest)
    parser.add_argument("names", nargs="+", metavar="FILE", help="files, folders, or - for standard input")
    parser.add_argument("--format", choices=sorted(FORMATS), help="of files that are named, and of standard input")
    parser.add_argument("--graph", help="the graph for what names none (default: the default graph)")
    parser.add_argument("--base-iri", help="what relative IRIs are resolved against")
    parser.add_argument("--remove", action="store_true", help="take the statements away instead")
    parser.add_argument("--dry-run", action="store_true", help="tell what would change, and change nothing")
    parser.add_argument("--quarantine", metavar="DIR", help="keep the good and the bad part of refused input there")
    parser.add_argument("--by", default=os.environ.get("USER", "unknown"), help="who commits (default: $USER)")
    parser.add_argument("--message", default="", help="why (kept with the version)")
    parser.add_argument("--json", action="store_true", help="answer in JSON, for programs")


def run_ingest(arguments: Namespace) -> int:
    """Ingest; exit 1 with the report where the gate refuses."""
    project = project_of(arguments)
    try:
        passed = ingest(project, _wanted(arguments), tell_progress())
    except RefusedError as error:
        _print_refusal(error, as_json=arguments.json)
        raise
    reply = describe(passed, project.layout)
    if arguments.json:
        print(json.dumps(reply, indent=2, ensure_ascii=False, sort_keys=True))
    else:
        _print_passed(passed, project.layout, dry_run=arguments.dry_run)
    return 0


def _wanted(arguments: Namespace) -> Ingest:
    try:
        graph = NamedNode(arguments.graph) if arguments.graph else DefaultGraph()
    except ValueError:
        raise UsageError(f"`{arguments.graph}` is no absolute IRI.", "Name the graph by an IRI.") from None
    return Ingest(
        arguments.names, arguments.by, arguments.message or f"ingest {' '.join(arguments.names)}",
        form=arguments.format, graph=graph, iri=arguments.base_iri, remove=arguments.remove,
        dry_run=arguments.dry_run, quarantine=Path(arguments.quarantine) if arguments.quarantine else None,
    )  # fmt: skip


def _print_refusal(error: RefusedError, *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(error.report.to_json(), indent=2, ensure_ascii=False, sort_keys=True))
    else:
        print(error.report.to_text(severities=("Violation",)))
    if isinstance(error, QuarantinedError):
        for part in error.parted:
            print(f"{part.shown}: {part.good_quads} quads without fault in {part.good}, {part.bad_quads} others in "
                  f"{part.bad}, the reasons in {part.text}", file=sys.stderr)  # fmt: skip


def _print_passed(passed: Passed, layout: Layout, *, dry_run: bool) -> None:
    reply = describe(passed, layout)
    changed = reply["changed"]
    counts = ", ".join(f"{number} {name}" for name, number in changed.items() if number is not None)
    if None in changed.values():
        anew = f"all that follows was derived anew, {reply['inferredInAll']} inferred in all"
        counts = "; ".join(filter(None, [counts, anew]))
    if dry_run:
        print(f"This would pass the gate. {counts}.")
        for name, quads in reply["would"].items():
            for quad in quads[:SHOWN]:
                print(f"  {name}: {quad}")
            if (changed[name] or 0) > SHOWN:
                print(f"  {name}: … and {changed[name] - SHOWN} more")
    elif passed.version is None:
        print("Nothing changed: all of it was there already.")
    else:
        print(f"Version {passed.version.number}: {counts}.")
    _print_warnings(passed.report)


def _print_warnings(report: Report) -> None:
    if report.findings:
        print(f"Warnings: {report.count('Warning')}, infos: {report.count('Info')}.")
