"""`/versions`: every version, one, what changed between two; `/version/<number or tag>/…`: any address as of a version.

Beside them what a process remembers of the kept versions, so that a request need not read a file for each.
"""

from __future__ import annotations

import os
import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, current_app, g, jsonify, render_template, request

from graph.errors import VersionError
from graph.history import kept_numbers, made_at, moments
from graph.patch import read_patch, to_text
from graph.rdf import DefaultGraph
from graph.retention import Usage, measure, show_bytes, total_bytes
from graph.versions import PATCH, Version, Versions
from server import pages
from server.errors import BadRequestError, NotAcceptableFormatError, NotFoundError
from server.negotiate import choose, prefers_html

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

blueprint = Blueprint("versions", __name__)

VERSION_KEY = "letapis.version"
"""Where the environment of a request names its version; absent for the current one."""
_PREFIX = "/version/"
CHANGES_SHOWN = 500
PAGE = 100
"""Versions on one page, in one feed, in one JSON answer."""

ATOM = "application/atom+xml"
_LIST_TYPES = {"json": ("application/json",), "html": ("text/html", "application/xhtml+xml"), "atom": (ATOM,)}
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot hold, not even escaped."""
_COUNTED = {"added": "stated", "removed": "taken back", "inferred": "inferred", "withdrawn": "withdrawn"}
"""What a commit counts, and how a feed calls it."""
_HOST = re.compile(r"[A-Za-z0-9._-]+(:\d+)?|\[[0-9A-Fa-f:.]+\](:\d+)?")


class VersionPaths:
    """Takes `/version/<name>` off the path, so that every address below it is served as of that version."""

    def __init__(self, application: WSGIApplication) -> None:
        self._application = application

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Any:
        """Serve one request."""
        path = environ.get("PATH_INFO", "")
        if path.startswith(_PREFIX):
            name, _, rest = path.removeprefix(_PREFIX).partition("/")
            environ[VERSION_KEY] = name
            environ["SCRIPT_NAME"] = environ.get("SCRIPT_NAME", "") + _PREFIX + name
            environ["PATH_INFO"] = f"/{rest}"
        return self._application(environ, start_response)


def asked_version() -> str | None:
    """The number or tag that this request's address names; None for the current version."""
    name: str | None = request.environ.get(VERSION_KEY)
    return name


class Kept:
    """The versions that were kept at one moment: their *numbers*, oldest first, and from when on each was current."""

    def __init__(self, versions: Versions, known: dict[int, datetime | None]) -> None:
        self.versions = versions
        self.numbers = kept_numbers(versions)
        self.made = {number: known[number] if number in known else _read_time(versions, number)
                     for number in self.numbers}  # fmt: skip
        self.moments = moments(self.made)

    def moment(self, version: Version) -> datetime:
        """From when on *version* was current."""
        return self.moments.get(version.number) or made_at(version.commit) or datetime.now(UTC)

    @cached_property
    def usage(self) -> dict[int, Usage]:
        """What each takes on disk."""
        return {used.number: used for used in measure(self._all)}

    @cached_property
    def total(self) -> int:
        """What all of them take on disk together."""
        return total_bytes(self._all)

    @property
    def _all(self) -> list[Version]:
        return list(_present(self.versions, self.numbers))


def _read_time(versions: Versions, number: int) -> datetime | None:
    try:
        return made_at(versions.get(number).commit)
    except VersionError:  # removed meanwhile, or damaged: then who asks for it is told so
        return None


def _present(versions: Versions, numbers: Iterable[int]) -> Iterator[Version]:
    """The versions of these numbers that are still there; VersionError where one is damaged."""
    for number in numbers:
        try:
            yield versions.get(number)
        except VersionError:
            if (versions.data / "versions" / str(number)).exists():
                raise


class Watched:
    """The kept versions as a process knows them; looked at again when one came or went."""

    def __init__(self, versions: Versions) -> None:
        self._versions = versions
        self._seen: tuple[tuple[int | None, int], Kept] | None = None

    def look(self) -> Kept:
        """The versions that are kept now."""
        seen, state = self._seen, self._state()
        if seen is not None and seen[0] == state:
            return seen[1]
        kept = Kept(self._versions, seen[1].made if seen else {})
        self._seen = state, kept
        return kept

    def _state(self) -> tuple[int | None, int]:
        """Changes when a version comes or goes: a folder is then renamed."""
        try:
            changed = os.stat(self._versions.data / "versions").st_mtime_ns  # noqa: PTH116 - asked for each request
        except OSError:
            changed = 0
        return self._versions.current_number(), changed


def kept() -> Kept:
    """The versions that are kept, for this request."""
    known = current_app.extensions
    if "letapis.versions" not in known:
        known.setdefault("letapis.versions", Watched(Versions(g.served.project.data)))
    watched: Watched = known["letapis.versions"]
    return watched.look()


def told(version: Version, key: str) -> str:
    """What a commit says of *key*, fit for any format; empty where it says nothing."""
    return _NO_XML.sub("\ufffd", str(version.commit.get(key) or "")).strip()


@dataclass(frozen=True)
class Row:
    """A version as it is listed."""

    version: Version
    tags: tuple[str, ...]
    moment: datetime
    usage: Usage
    before: int | None
    """The version before it that is kept."""

    @property
    def number(self) -> int:
        """Its number."""
        return self.version.number

    @property
    def title(self) -> str:
        """Why it was made."""
        return told(self.version, "why") or f"version {self.number}"

    @property
    def author(self) -> str:
        """Who made it."""
        return told(self.version, "by") or "unknown"

    @property
    def via(self) -> str:
        """How it came in."""
        return told(self.version, "via")

    @property
    def counts(self) -> dict[str, int]:
        """How many statements came and went, as far as the commit says."""
        commit = self.version.commit
        return {key: commit[key] for key in _COUNTED if isinstance(commit.get(key), int)}

    @property
    def summary(self) -> str:
        """Its counts in words."""
        told = [f"{number:,} {words}" for key, words in _COUNTED.items()
                if (number := self.counts.get(key)) is not None]  # fmt: skip
        return "; ".join([*told, f"{self.version.manifest['quads']:,} quads in all"])

    @property
    def size(self) -> str:
        """What it takes on disk beyond what others share, in words."""
        return show_bytes(self.usage.own_bytes)

    @property
    def shared(self) -> str:
        """What it shares with others on disk, in words."""
        return show_bytes(self.usage.shared_bytes)

    def to_json(self) -> dict[str, Any]:
        """The version for programs."""
        disk = {"own": self.usage.own_bytes, "shared": self.usage.shared_bytes}
        return {**self.version.described, "tags": list(self.tags), "disk": disk}


def _row(seen: Kept, version: Version, tags: dict[str, int]) -> Row:
    number = version.number
    position = bisect_left(seen.numbers, number)
    return Row(
        version, tuple(tag for tag, tagged in tags.items() if tagged == number), seen.moment(version),
        seen.usage.get(number) or measure([version])[0], seen.numbers[position - 1] if position else None,
    )  # fmt: skip


def origin() -> str:
    """This server as the client names it, without the slash at the end; empty where that is no plain host name."""
    return f"{request.scheme}://{request.host}" if _HOST.fullmatch(request.host) else ""


@blueprint.get("/versions")
def versions() -> Response:
    """The versions, newest first: a page for a browser, a feed for a feed reader, JSON for a program."""
    form = choose(request.accept_mimetypes, _LIST_TYPES)
    if form is None:
        raise NotAcceptableFormatError("none of the accepted types can list versions.",
                                       f"Accept text/html, application/json or {ATOM}.")  # fmt: skip
    return _list_page() if form == "html" else _list_data(form)


@blueprint.get("/versions.atom")
def feed() -> Response:
    """The versions as a feed (Atom, RFC 4287)."""
    return _list_data("atom")


def _list_page() -> Response:
    seen = kept()
    tags = seen.versions.tags()
    parts = (repr(seen.numbers), repr(tags))
    known = pages.unchanged_page(*parts)
    if known is not None:
        return known
    rows, older = _rows(seen, tags)
    return pages.render("versions/list.html", *parts, rows=rows, older=older, how_many=len(seen.numbers),
                        newest=seen.numbers[-1], total=show_bytes(seen.total), headers=_next(older))  # fmt: skip


def _list_data(form: str) -> Response:
    seen = kept()
    tags = seen.versions.tags()
    tag = pages.etag(form, origin(), repr(seen.numbers), repr(tags))
    known = pages.unchanged(tag)
    if known is not None:
        return known
    rows, older = _rows(seen, tags)
    answer = _feed(rows, older) if form == "atom" else jsonify([row.to_json() for row in rows])
    for name, value in _next(older):
        answer.headers.add(name, value)
    return pages.with_caching(answer, tag)


def _rows(seen: Kept, tags: dict[str, int]) -> tuple[list[Row], str]:
    """The versions of one page, newest first, and where the next page begins: empty where this is the last."""
    before = _before()
    numbers = [number for number in seen.numbers if before is None or number < before]
    rows = [_row(seen, version, tags) for version in _present(seen.versions, reversed(numbers[-PAGE:]))]
    return rows, str(numbers[-PAGE]) if len(numbers) > PAGE else ""


def _next(older: str) -> list[tuple[str, str]]:
    return [("Link", f'<{request.path}?before={older}>; rel="next"')] if older else []


def _before() -> int | None:
    text = request.args.get("before", "")
    if text and not (text.isascii() and text.isdecimal() and len(text) < 10):
        raise BadRequestError("`before=` is no number of a version.", "Write before=12.")
    return int(text) if text else None


def _feed(rows: list[Row], older: str) -> Response:
    text = render_template("versions/feed.xml", rows=rows, older=older, host=origin(), base=g.served.project.base)
    return Response(text, content_type=f"{ATOM}; charset=utf-8")


@blueprint.get("/versions/<name>")
def one(name: str) -> Response:
    """One version: who made it, when, why and how, what it changed, and what it takes on disk."""
    version, seen = _find(name), kept()
    tags = seen.versions.tags()
    parts = (repr(seen.numbers), repr(tags))
    if prefers_html(request.accept_mimetypes):
        return pages.unchanged_page(*parts) or _one_page(seen, _row(seen, version, tags), parts)
    tag = pages.etag("json", *parts)
    return pages.unchanged(tag) or pages.with_caching(jsonify(_row(seen, version, tags).to_json()), tag)


def _one_page(seen: Kept, row: Row, parts: tuple[str, ...]) -> Response:
    lines = _change(seen.versions, row.version) if _is_quick(row.version) else None
    changes = (line for line in lines or () if line[:2] in ("A ", "D "))
    shown = list(islice(changes, CHANGES_SHOWN + 1))
    later = [number for number in seen.numbers if number > row.number]
    return pages.render(
        "versions/one.html", *parts, row=row, after=later[0] if later else None, shown=shown[:CHANGES_SHOWN],
        has_more=len(shown) > CHANGES_SHOWN, is_known=lines is not None,
    )  # fmt: skip


def _is_quick(version: Version) -> bool:
    """True where a page need not wait for what a version changed: a patch tells, all is new, or there is little."""
    return version.manifest["parent"] is None or version.held == "memory" or (version.folder / PATCH).is_file()


@blueprint.get("/versions/<name>/patch")
def patch(name: str) -> Response:
    """What a version changed, as an RDF Patch of the one that it was made from."""
    version = _find(name)
    tag = pages.etag("patch", version.manifest["digest"])
    known = pages.unchanged(tag)
    if known is not None:
        return known
    lines = _change(kept().versions, version)
    if lines is None:
        raise NotFoundError(f"what version {version.number} changed is not kept: its parent was removed.",
                            "Compare it with another by /versions/diff.")  # fmt: skip
    return pages.with_caching(_send_patch(lines), tag)


def _change(versions: Versions, version: Version) -> Iterator[str] | None:
    """The patch that makes *version* of its parent, line by line; None where neither it nor its parent is kept."""
    number = version.manifest["parent"]
    try:
        return _from_nothing(version) if number is None else to_text(versions.get(number), version)
    except VersionError:
        return _kept_patch(version) if (version.folder / PATCH).is_file() else None


def _kept_patch(version: Version) -> Iterator[str]:
    yield f"H id <urn:sha256:{version.manifest['digest']}> ."
    yield "TX ."
    for change in read_patch(version.folder / PATCH):
        yield f"{change.kind} {change.quad} ."
    yield "TC ."


def _from_nothing(version: Version) -> Iterator[str]:
    """The first version has no parent: all that it holds was added, in the order of its store."""
    is_plain = version.manifest.get("layout") == "plain"
    yield f"H id <urn:sha256:{version.manifest['digest']}> ."
    yield "TX ."
    for quad in version.open_disk():
        if is_plain or not isinstance(quad.graph_name, DefaultGraph):
            yield f"A {quad} ."
    yield "TC ."


@blueprint.get("/versions/diff")
def diff() -> Response:
    """What changed `from=` one version `to=` another: the first changes on a page, all as an RDF Patch."""
    before, after = _named("from"), _named("to")
    if not prefers_html(request.accept_mimetypes):
        answer = _send_patch(to_text(before, after))
        answer.headers["Vary"] = "Accept"
        return answer
    changes = [line for line in to_text(before, after) if line[:2] in ("A ", "D ")]
    numbers = {kind: sum(line[0] == kind for line in changes) for kind in "AD"}
    return pages.render("versions/diff.html", before=before, after=after, numbers=numbers,
                        shown=changes[:CHANGES_SHOWN], total=len(changes))  # fmt: skip


def _send_patch(lines: Iterator[str]) -> Response:
    return current_app.response_class((f"{line}\n".encode() for line in lines), mimetype="application/rdf-patch")


def _named(parameter: str) -> Version:
    name = request.args.get(parameter, "")
    if not name:
        raise BadRequestError(f"`{parameter}=` names no version.", "See /versions.")
    return _find(name)


def _find(name: str) -> Version:
    try:
        return Versions(g.served.project.data).find(name)
    except VersionError as error:
        raise NotFoundError(error.message, "See /versions.") from None
