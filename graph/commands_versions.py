"""`letapis versions`: list, show, compare, tag, restore and prune versions, and the history of one thing."""

from __future__ import annotations

import argparse
import os
from argparse import Namespace
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from graph.commands import print_json, project_of
from graph.errors import UsageError
from graph.explain import parse_term
from graph.history import VERSIONS_READ, Entry, read_history
from graph.iris import Names
from graph.patch import to_text
from graph.project import Project
from graph.rdf import NamedNode
from graph.retention import Retention, Usage, choose_removed, freed_bytes, measure, show_bytes, total_bytes
from graph.versions import Version, Versions


def add_versions(parser: argparse.ArgumentParser) -> None:
    """Give the parser of `letapis versions` its actions."""
    parser.set_defaults(run=run_versions)
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    _add_json(actions.add_parser("list", help="every version with its size on disk, the current one marked"))
    actions.add_parser("show", help="all that is known of one").add_argument("version", help="a number or a tag")
    diff = actions.add_parser("diff", help="what changed from one to another, as an RDF Patch")
    diff.add_argument("before", help="a number or a tag")
    diff.add_argument("after", help="a number or a tag")
    history = actions.add_parser("history", help="which versions changed what is stated about one thing")
    history.add_argument("iri", help="an IRI, or prefix:name")
    history.add_argument("--objects", action="store_true", help="statements that point at it too")
    history.add_argument("--until", type=int, help="begin with this version, not with the current one")
    history.add_argument("--limit", type=int, default=VERSIONS_READ,
                         help="how many versions to look at (default: %(default)s)")  # fmt: skip
    _add_json(history)
    tag = actions.add_parser("tag", help="give a version a name that keeps it")
    tag.add_argument("name")
    tag.add_argument("version", help="a number or a tag")
    restore = actions.add_parser("restore", help="make an older version the next one")
    restore.add_argument("version", help="a number or a tag")
    restore.add_argument("--by", default=os.environ.get("USER", "unknown"), help="who commits (default: $USER)")
    restore.add_argument("--message", default="", help="why (kept with the version)")
    prune = actions.add_parser("prune", help="remove versions that are neither recent nor tagged")
    prune.add_argument("--keep", type=int, default=10, help="how many of the last to keep (default: %(default)s)")
    prune.add_argument("--days", type=float, help="keep those of so many days too")
    prune.add_argument("--dry-run", action="store_true", help="say what would be removed, and remove nothing")
    _add_json(prune)


def _add_json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="answer in JSON, for programs")


def run_versions(arguments: Namespace) -> int:
    """List, show, compare, tag, restore or prune versions, or tell the history of one thing."""
    project = project_of(arguments)
    action: Callable[[Namespace, Versions, Project], None] = {
        "list": _list, "show": _show, "diff": _diff, "history": _history, "tag": _tag, "restore": _restore,
        "prune": _prune,
    }[arguments.action]  # fmt: skip
    action(arguments, Versions(project.data), project)
    return 0


def _list(arguments: Namespace, versions: Versions, _: Project) -> None:
    listed, tags = versions.list(), versions.tags()
    usage = {used.number: used for used in measure(listed)}
    if arguments.json:
        print_json([{**_describe(version, tags), "disk": _disk(usage[version.number])} for version in listed])
        return
    if not listed:
        print("no version yet; `letapis build` makes the first")
    for version in listed:
        mark = "*" if version is listed[-1] else " "
        names = "".join(f" [{tag}]" for tag in _tags_of(version, tags))
        print(f"{mark} {version.number:>4}  {version.commit['at']}  {version.manifest['quads']:>8} quads  "
              f"{show_bytes(usage[version.number].own_bytes):>8}  {version.manifest['digest'][:12]}  "
              f"{_said(version)}{names}")  # fmt: skip
    if len(listed) > 1:
        print(f"{show_bytes(total_bytes(listed))} on disk; beside each version, what it shares with no other")


def _said(version: Version) -> str:
    """Who made a version and why; what would steer a terminal is left out."""
    words = f"{version.commit['by']}: {version.commit['why']}"
    return "".join(char if char.isprintable() else "\ufffd" for char in words)


def _tags_of(version: Version, tags: dict[str, int]) -> list[str]:
    return [tag for tag, number in tags.items() if number == version.number]


def _describe(version: Version, tags: dict[str, int]) -> dict[str, Any]:
    return {**version.described, "tags": _tags_of(version, tags)}


def _disk(usage: Usage) -> dict[str, int]:
    return {"own": usage.own_bytes, "shared": usage.shared_bytes}


def _show(arguments: Namespace, versions: Versions, _: Project) -> None:
    version = versions.find(arguments.version)
    (usage,) = measure([version])
    print_json({**_describe(version, versions.tags()), "held": version.held, "disk": _disk(usage)})


def _diff(arguments: Namespace, versions: Versions, _: Project) -> None:
    before, after = versions.find(arguments.before), versions.find(arguments.after)
    for line in to_text(before, after):
        print(line)


def _history(arguments: Namespace, versions: Versions, project: Project) -> None:
    if arguments.limit < 1:
        raise UsageError("`--limit` is no number of versions.", "Look at 1 or more.")
    history = read_history(
        versions, project.names, _thing(arguments.iri, project.names),
        objects=arguments.objects, until=arguments.until, limit=arguments.limit,
    )  # fmt: skip
    if arguments.json:
        print_json(history.to_json())
        return
    for entry in history.entries:
        print("\n".join(_tell(entry)))
    if not history.entries:
        print(f"no version that was looked at states anything of <{history.iri}>")
    if history.older is not None:
        print(f"Older versions: --until {history.older}")


def _thing(text: str, names: Names) -> NamedNode:
    term = parse_term(text, names)
    if not isinstance(term, NamedNode):
        raise UsageError("a literal has no history.", "Name a thing, such as id:P0001.")
    return term


def _tell(entry: Entry) -> list[str]:
    """An entry line by line."""
    first = "" if entry.since is not None else ", the oldest version that is kept"
    lines = [f"version {entry.version.number}  {entry.version.commit['at']}  {_said(entry.version)}{first}"]
    if not entry.complete:
        return [*lines, "  too much is stated of it to be compared"]
    lines += [f"  A {statement}" for statement in entry.added] + [f"  D {statement}" for statement in entry.removed]
    if entry.inferred or entry.withdrawn:
        lines.append(f"  inferred: {entry.inferred} more, {entry.withdrawn} withdrawn")
    return lines


def _tag(arguments: Namespace, versions: Versions, _: Project) -> None:
    with versions.writer() as writer:
        version = versions.find(arguments.version)
        writer.tag(arguments.name, version)
    print(f"{arguments.name} is version {version.number}.")


def _restore(arguments: Namespace, versions: Versions, _: Project) -> None:
    with versions.writer() as writer:
        old = versions.find(arguments.version)
        made = writer.restore(old, by=arguments.by, why=arguments.message or f"restore version {old.number}")
    print(f"Version {made.number} holds what version {old.number} does, and is current.")


def _prune(arguments: Namespace, versions: Versions, _: Project) -> None:
    retention = Retention(arguments.keep, arguments.days)
    if arguments.dry_run:
        doomed, size = _choose(versions, retention)
    else:
        with versions.writer() as writer:
            doomed, size = _choose(versions, retention)
            doomed = writer.remove(doomed)
    if arguments.json:
        print_json({"removed": doomed, "bytes": size, "dryRun": arguments.dry_run, **asdict(retention)})
        return
    numbers = ", ".join(map(str, doomed)) or "none"
    print(f"Would remove: {numbers}; that frees {show_bytes(size)}." if arguments.dry_run else f"Removed: {numbers}.")


def _choose(versions: Versions, retention: Retention) -> tuple[list[int], int]:
    """The versions to remove, and the bytes that this frees."""
    listed = versions.list()
    doomed = choose_removed(listed, versions.tags(), retention, datetime.now(UTC))
    return doomed, freed_bytes(version for version in listed if version.number in set(doomed))
