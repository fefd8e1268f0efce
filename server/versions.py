"""`/versions`: every version, what changed between two; `/version/<number or tag>/…`: every address as of a version."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, current_app, g, jsonify, request

from graph.errors import VersionError
from graph.patch import to_text
from graph.versions import Version, Versions
from server import pages
from server.errors import BadRequestError, NotFoundError
from server.negotiate import prefers_html

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

blueprint = Blueprint("versions", __name__)

VERSION_KEY = "letapis.version"
"""Where the environment of a request names its version; absent for the current one."""
_PREFIX = "/version/"
CHANGES_SHOWN = 500


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


@blueprint.get("/versions")
def versions() -> Response:
    """The versions, newest first: a page for a browser, JSON for a program."""
    store = _versions()
    listed, tags = list(reversed(store.list())), store.tags()
    rows = [(version, [tag for tag, number in tags.items() if number == version.number]) for version in listed]
    if prefers_html(request.accept_mimetypes):
        return pages.render("versions/list.html", str(tags), str(len(rows)), rows=rows)
    answer = jsonify([{**version.manifest, **version.commit, "tags": names} for version, names in rows])
    answer.headers["Vary"] = "Accept"
    return answer


@blueprint.get("/versions/diff")
def diff() -> Response:
    """What changed `from=` one version `to=` another: the first changes on a page, all as an RDF Patch."""
    before, after = _named("from"), _named("to")
    if not prefers_html(request.accept_mimetypes):
        answer = current_app.response_class(_encode(to_text(before, after)), mimetype="application/rdf-patch")
        answer.headers["Vary"] = "Accept"
        return answer
    changes = [line for line in to_text(before, after) if line[:2] in ("A ", "D ")]
    numbers = {kind: sum(line[0] == kind for line in changes) for kind in "AD"}
    return pages.render("versions/diff.html", before=before, after=after, numbers=numbers,
                        shown=changes[:CHANGES_SHOWN], total=len(changes))  # fmt: skip


def _encode(lines: Iterator[str]) -> Iterator[bytes]:
    for line in lines:
        yield line.encode() + b"\n"


def _versions() -> Versions:
    return Versions(g.served.project.data)


def _named(parameter: str) -> Version:
    name = request.args.get(parameter, "")
    if not name:
        raise BadRequestError(f"`{parameter}=` names no version.", "See /versions.")
    try:
        return _versions().find(name)
    except VersionError as error:
        raise NotFoundError(error.message, "See /versions.") from None
