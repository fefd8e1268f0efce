"""Errors over HTTP: one body (problem+json, RFC 9457; a page for browsers), one table of statuses, one handler.

HTTPError
├─ BadRequestError 400 · UnauthorizedError 401 · ForbiddenError 403 · NotFoundError 404 · NotAcceptableFormatError 406
├─ StillRunningError 409 · GoneError 410 · PreconditionFailedError 412 · ContentTooLargeError 413
├─ UnsupportedTypeError 415 · UnprocessableError 422 · PreconditionRequiredError 428
└─ (errors of `graph` get their status from the table below)
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from flask import Flask, Response, jsonify, render_template, request
from werkzeug.exceptions import HTTPException

from graph import errors as graph_errors
from graph.errors import LetapisError, SourceError
from graph.evaluate import NotAcceptableError
from graph.inputs import UnsupportedInputError
from server.negotiate import prefers_html

LOG = logging.getLogger("letapis")
_COLUMN = re.compile(r"column (\d+): ")
"""How the message about a body that cannot be read begins, where its column is known."""
_NO_HEADERS: Mapping[str, str] = MappingProxyType({})


class HTTPError(LetapisError):
    """Base of the errors that a request gets; *status* is the answer's, *headers* are added to those of all errors."""

    status = 400

    def __init__(self, message: str, remedy: str = "", *, headers: Mapping[str, str] = _NO_HEADERS) -> None:
        super().__init__(message, remedy)
        self.headers = headers


class BadRequestError(HTTPError):
    """The request is not formed as it must be."""


class UnauthorizedError(HTTPError):
    """The request needs a token, and none was sent, or one that is not known or revoked."""

    status = 401


class ForbiddenError(HTTPError):
    """The token does not permit this; the answer names the scope that would."""

    status = 403


class NotFoundError(HTTPError):
    """Nothing is known under this address."""

    status = 404


class GoneError(HTTPError):
    """What stood under this address was taken away on purpose."""

    status = 410


class NotAcceptableFormatError(HTTPError):
    """None of the formats on offer was accepted."""

    status = 406


class StillRunningError(HTTPError):
    """The first request with this `Idempotency-Key` has not been answered yet."""

    status = 409


class PreconditionFailedError(HTTPError):
    """What the request was to change is not as `If-Match` or `If-None-Match` says; nothing was changed."""

    status = 412


class ContentTooLargeError(HTTPError):
    """The body is larger than is taken here."""

    status = 413


class UnsupportedTypeError(HTTPError):
    """The body's media type is not one that is understood here."""

    status = 415


class UnprocessableError(HTTPError):
    """The request is formed as it must be, but cannot be carried out as it is."""

    status = 422


class PreconditionRequiredError(HTTPError):
    """The change must say, by `If-Match` or `If-None-Match`, what it was made from."""

    status = 428


class KeepingError(LetapisError):
    """What is kept under an `Idempotency-Key` cannot be read or written."""


_STATUS: dict[type[LetapisError], int] = {
    graph_errors.QuerySyntaxError: 400,
    UnsupportedInputError: 415,
    graph_errors.UsageError: 400,
    graph_errors.QueryUnsupportedError: 400,
    graph_errors.QueryForbiddenError: 403,
    NotAcceptableError: 406,
    graph_errors.DeadlineError: 503,
    graph_errors.WorkerLostError: 503,
    graph_errors.BusyError: 503,
    graph_errors.ResultTooLargeError: 503,
    graph_errors.VersionError: 503,
    graph_errors.TokenError: 503,
    KeepingError: 503,
    graph_errors.RefusedError: 422,
    graph_errors.RedactedError: 422,
    graph_errors.SourceError: 400,
    graph_errors.MissingGraphError: 404,
    graph_errors.DoneBeforeError: 409,
    graph_errors.DerivedGraphError: 403,
    graph_errors.ConflictError: 409,
    graph_errors.GroundChangedError: 412,
    graph_errors.WriteError: 503,
    graph_errors.QueryError: 500,
}
_RETRY_SECONDS = {503: "5"}
_FUTILE = ("ResultTooLargeError", "WorkerLostError", "WriteDeadlineError", "WriteLostError")
"""The same request again would fail the same way, or do the same again."""
_TITLES = {
    "QuerySyntaxError": "The query is not SPARQL", "QueryForbiddenError": "The query is not allowed here",
    "QueryUnsupportedError": "The query cannot be answered so",
    "DeadlineError": "The query took too long", "WorkerLostError": "The query took too much memory",
    "ResultTooLargeError": "The result is too large", "BusyError": "The server is busy",
    "VersionError": "No version to serve",
    "NotAcceptableError": "No acceptable format", "NotAcceptableFormatError": "No acceptable format",
    "BadRequestError": "Bad request", "NotFoundError": "Not found", "GoneError": "Gone",
    "UnsupportedTypeError": "Unsupported media type", "UnsupportedInputError": "Unsupported media type",
    "UnauthorizedError": "A token is needed", "ForbiddenError": "The token does not permit this",
    "TokenError": "Tokens cannot be checked", "KeepingError": "The request cannot be remembered",
    "StillRunningError": "The first request is still running", "ConflictError": "Conflict with another change",
    "PreconditionFailedError": "Changed in the meantime", "PreconditionRequiredError": "A precondition is needed",
    "ContentTooLargeError": "The body is too large", "UnprocessableError": "The request cannot be carried out",
    "RefusedError": "The change was refused", "SourceError": "The body cannot be read",
    "DerivedGraphError": "The graph is not written", "MissingGraphError": "There is no such graph",
    "RedactedError": "It was redacted", "GroundChangedError": "Changed in the meantime",
    "WriteDeadlineError": "The write took too long", "WriteLostError": "The write took too much memory",
    "WriteBusyError": "The server is busy with writes", "LockedError": "Another write is under way",
}  # fmt: skip


def register(app: Flask) -> None:
    """Make every failure of *app* end in this module."""
    app.register_error_handler(LetapisError, _answer_own)
    app.register_error_handler(HTTPException, _answer_http)


def status_of(error: LetapisError) -> int:
    """The status that an error is answered with."""
    if isinstance(error, HTTPError):
        return error.status
    return next((_STATUS[kind] for kind in type(error).__mro__ if kind in _STATUS), 500)


def _answer_own(error: LetapisError) -> Response:
    name = type(error).__name__
    details = {
        key: value for key in ("line", "column", "seconds", "mebibytes", "bytes", "kind")
        if (value := getattr(error, key, None)) is not None
    }  # fmt: skip
    if isinstance(error, SourceError):
        details |= _place(error)
    status, headers = status_of(error), error.headers if isinstance(error, HTTPError) else _NO_HEADERS
    if "Retry-After" in headers:
        details["retryAfter"] = int(headers["Retry-After"])
    if status >= 500:
        LOG.warning("%s: %s", name, error.message)
    answer = problem(status, _TITLES.get(name, "The request failed"), str(error), name, details)
    answer.headers.update(headers)
    return answer


def _place(error: SourceError) -> dict[str, Any]:
    """Where in the body something is wrong."""
    column = _COLUMN.match(error.message)
    return {"line": error.spot.line, **({"column": int(column[1])} if column else {})}


def _answer_http(error: HTTPException) -> Response:
    status = error.code or 500
    detail = "Something went wrong here; it was logged." if status == 500 else (error.description or "")
    answer = problem(status, error.name, detail, error.name.replace(" ", ""), {})
    for header, value in error.get_headers():
        if header in ("Allow", "Retry-After", "WWW-Authenticate"):
            answer.headers[header] = value
    valid = getattr(error, "valid_methods", None)
    if valid:
        answer.headers["Allow"] = ", ".join(sorted(valid))
    return answer


def problem(status: int, title: str, detail: str, name: str, details: dict[str, Any]) -> Response:
    """The one error body: problem+json, or the same as a page where a browser asks."""
    body = {"type": f"/docs/errors#{name.lower()}", "title": title, "status": status, "detail": detail, **details}
    may_retry = status in _RETRY_SECONDS and name not in _FUTILE
    if may_retry:
        body["retryAfter"] = int(_RETRY_SECONDS[status])
    if prefers_html(request.accept_mimetypes):
        answer = Response(render_template("error.html", problem=body), mimetype="text/html")
    else:
        answer = jsonify(body)
        answer.mimetype = "application/problem+json"
    answer.status_code = status
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["Vary"] = "Accept"
    if may_retry:
        answer.headers["Retry-After"] = _RETRY_SECONDS[status]
    return answer
