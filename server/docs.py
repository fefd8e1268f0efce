"""`/docs/errors`: every error that an answer's `type` can name, with what to do about it."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from types import ModuleType

from flask import Blueprint, Response

from graph import errors as graph_errors
from graph import inputs
from graph.errors import LetapisError
from server import errors as server_errors
from server import pages

blueprint = Blueprint("docs", __name__)

_REMEDIES = {
    "QuerySyntaxError": "Mend the query at the line and column that the answer names.",
    "QueryForbiddenError": "Leave out LOAD, and SERVICE to hosts that are not allowed; updates go to /update, with a "
                           "token for each graph that they change.",
    "QueryUnsupportedError": "Use the functions of SPARQL 1.1, and a format that can hold the result.",
    "DeadlineError": "Bind more variables, avoid cross products, add a LIMIT; `seconds` is the time it had.",
    "WorkerLostError": "Ask for fewer rows, or avoid sorting and grouping large results.",
    "ResultTooLargeError": "Ask for fewer rows or columns, or take the dump.",
    "BusyError": "Wait as long as `Retry-After` says, then try again.",
    "VersionError": "There is nothing to serve yet, or it is damaged: the operator runs `letapis build`.",
    "UsageError": "Correct the parameter that the answer names.",
    "BadRequestError": "Correct the parameter that the answer names.",
    "NotFoundError": "Search for the thing by its name; an identifier that was once given out is never given another.",
    "GoneError": "What stood here was redacted on purpose. There is no other copy to look for here.",
    "NotAcceptableFormatError": "Accept one of the types that the answer lists, or use an address with an extension.",
    "NotAcceptableError": "Accept one of the types that this kind of query can be answered with.",
    "UnsupportedInputError": "Send one of the media types that the answer names, in UTF-8, as it is or as gzip.",
    "UnsupportedTypeError": "Send the body with one of the media types that the answer names.",
    "QueryError": "Simplify the query; if it should work, report it with the query.",
    "UnauthorizedError": "Send a token as `Authorization: Bearer`; `letapis tokens create` makes one.",
    "ForbiddenError": "Ask the operator for a token with the scope that the answer names.",
    "TokenError": "The operator mends or replaces the file that the answer names.",
    "KeepingError": "The operator makes room in the data folder; the request was not carried out.",
    "StillRunningError": "Wait as long as `Retry-After` says, then send the same request again.",
    "ConflictError": "Change the statement that the answer names where it was made.",
    "PreconditionFailedError": "Read it again, and decide again.",
    "PreconditionRequiredError": "Send `If-Match` with the tag of what you read, or `If-None-Match: *` to make it.",
    "GroundChangedError": "Read it again, and decide again.",
    "MissingGraphError": "Name a graph that is there, or make it with PUT.",
    "DerivedGraphError": "Change what the graph follows from.",
    "RedactedError": "Leave it out: it was taken back on purpose.",
    "DoneBeforeError": "Nothing: the write was done, as the version that the answer names.",
    "ContentTooLargeError": "Send less at once, or use `letapis ingest`.",
    "UnprocessableError": "Send another `Idempotency-Key` with another request.",
    "LockedError": "Wait for the other write, then try again.",
    "WriteError": "See /versions: only what is listed there was done.",
    "WriteDeadlineError": "See /versions: only what is listed there was done. Send the rest in smaller parts.",
    "WriteLostError": "See /versions: only what is listed there was done. Send the rest in smaller parts.",
    "WriteBusyError": "Wait as long as `Retry-After` says, then try again: nothing was changed.",
    "RefusedError": "Mend what the validation report names, then send the whole change again: nothing was changed.",
}
_HTTP = (
    ("BadRequest", 400, "The request is not formed as it must be.", "Correct what the answer names."),
    ("NotFound", 404, "There is no such address.", "Start from the front page, or search by name."),
    ("MethodNotAllowed", 405, "The address does not take this method.", "Use one that the `Allow` header lists."),
    ("RequestEntityTooLarge", 413, "The body is larger than the server takes.", "Send less at once."),
    ("InternalServerError", 500, "Something went wrong in the server.", "It was logged; report when it happened."),
)


@dataclass(frozen=True)
class ErrorEntry:
    """One kind of error: the anchor that `type` points to, its status, what it means and what to do."""

    anchor: str
    name: str
    status: int
    meaning: str
    remedy: str


def list_errors() -> list[ErrorEntry]:
    """Every kind of error by status, then by name."""
    found = {entry.name: entry for module in (graph_errors, inputs, server_errors) for entry in _of_module(module)}
    for name, status, meaning, remedy in _HTTP:
        found[name] = ErrorEntry(name.lower(), name, status, meaning, remedy)
    return sorted(found.values(), key=lambda entry: (entry.status, entry.name))


def _of_module(module: ModuleType) -> list[ErrorEntry]:
    kinds = [kind for _, kind in inspect.getmembers(module, inspect.isclass) if issubclass(kind, LetapisError)]
    skipped = ("LetapisError", "HTTPError", "SourceError", "AnchorError")
    return [_entry(kind) for kind in kinds if kind.__name__ not in skipped]


def _entry(kind: type[LetapisError]) -> ErrorEntry:
    name = kind.__name__
    status = server_errors.status_of(kind.__new__(kind))
    return ErrorEntry(name.lower(), name, status, inspect.getdoc(kind) or "", _REMEDIES.get(name, ""))


@blueprint.get("/docs/errors")
def errors_page() -> Response:
    """The page of errors."""
    return pages.render("docs/errors.html", errors=list_errors())
