"""`/history/<local>`: which versions changed what is stated about one thing."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from urllib.parse import quote

from flask import Blueprint, Response, g, jsonify, request

from graph.errors import UsageError
from graph.explain import parse_term
from graph.history import Entry, Statement, read_history
from graph.iris import Names
from graph.rdf import BlankNode, Literal, NamedNode, Term
from graph.read import Value
from graph.read_entity import is_redacted
from server import pages, versions
from server.errors import BadRequestError, GoneError, NotFoundError
from server.links import local_of, root, thing_at
from server.negotiate import prefers_html

blueprint = Blueprint("history", __name__)

VERSIONS_READ = 50
"""Versions that one request looks at: fewer than the command does, as others wait."""
STATEMENTS_SHOWN = 100
"""Statements of one version that a page shows."""
_LONGEST = 400
"""Characters of a literal that a page shows."""


@dataclass(frozen=True)
class Line:
    """A statement as a page shows it; *graph* tells who states it, and *link* leads there as of the right version."""

    kind: str
    predicate: Value
    value: Value
    about: str
    graph: Value
    link: str


@blueprint.get("/history/<path:local>")
def history(local: str) -> Response:
    """The versions that changed the thing, newest first; up to this version, or `until=` an earlier one."""
    names = g.served.project.names
    subject = thing_at(local, names)
    if subject is None:
        raise NotFoundError("no thing can have this address.", "See /search for what there is.")
    if is_redacted(pages.reader(), subject):
        raise GoneError("what stood here was redacted.", "Earlier citations of it lead nowhere on purpose.")
    seen, until = versions.kept(), _until()
    is_page = prefers_html(request.accept_mimetypes)
    tag = pages.etag("html" if is_page else "json", pages.language(), repr(seen.numbers))
    known = pages.unchanged(tag, "Accept, Accept-Language")
    if known is not None:
        return known
    found = read_history(seen.versions, names, subject, until=until, limit=VERSIONS_READ,
                         objects="objects" in request.args)  # fmt: skip
    if not found.entries and found.older is None:
        raise NotFoundError(f"no version states anything of {subject.value}.", "See /search for what there is.")
    if not is_page:
        return pages.with_caching(jsonify(found.to_json()), tag, "Accept, Accept-Language")
    return pages.render(
        "versions/history.html", repr(seen.numbers), thing=pages.reader().value(subject), history=found, local=local,
        entries=[(entry, seen.moment(entry.version), _groups(entry, subject)) for entry in found.entries],
        told=versions.told,
        is_there=pages.reader().holds(subject),
    )  # fmt: skip


def _until() -> int:
    current: int = g.served.version.number
    text = request.args.get("until", "")
    if not text:
        return current
    if not (text.isascii() and text.isdecimal() and len(text) < 10):
        raise BadRequestError("`until=` is no number of a version.", "Write until=12.")
    return min(int(text), current)


def _groups(entry: Entry, subject: NamedNode) -> list[list[Line]]:
    """The first statements that came and went, property by property: what replaced what stands together.

    Each leads to the claim that states it, in a version that has it.
    """
    numbers = {"A": entry.version.number, "D": entry.since or entry.version.number}
    changed = [*(("A", statement) for statement in entry.added), *(("D", statement) for statement in entry.removed)]
    own = str(subject)

    def place(change: tuple[str, Statement]) -> tuple[bool, str, str]:
        return change[1].subject != own, change[1].subject, change[1].predicate

    changed.sort(key=place)
    return [[_line(kind, statement, numbers[kind]) for kind, statement in group]
            for _, group in groupby(changed[:STATEMENTS_SHOWN], place)]  # fmt: skip


def _line(kind: str, statement: Statement, number: int) -> Line:
    names, reader = g.served.project.names, pages.reader()
    value, graph = reader.value(_term(statement.object, names)), _term(statement.graph, names)
    if len(value.text) > _LONGEST:
        value = Value(value.term, f"{value.text[:_LONGEST]} …", value.language)
    said_by = reader.value(graph) if statement.graph else Value(graph, "default graph")
    return Line(kind, reader.value(_term(statement.predicate, names)), value, statement.subject.strip("<>"), said_by,
                _claim_path(graph, names, number))  # fmt: skip


def _claim_path(graph: Term, names: Names, number: int) -> str:
    local = local_of(graph.value, names) if isinstance(graph, NamedNode) else ""
    if not local.startswith("claim/"):
        return ""
    where = root() if number == g.served.version.number else f"/version/{number}"
    return f"{where}/page/{quote(local)}"


def _term(text: str, names: Names) -> Term:
    """A term that stands in N-Quads; what cannot be read as one is shown as it is written."""
    if text.startswith("<"):
        return NamedNode(text[1:-1])
    if text.startswith("_:"):
        return BlankNode(text[2:])
    try:
        return parse_term(text, names)
    except UsageError:
        return Literal(text)
