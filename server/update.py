"""`/update`: SPARQL 1.1 Update by the SPARQL Protocol, through the gate, with a token.

https://www.w3.org/TR/sparql11-protocol/#update-operation
"""

from __future__ import annotations

import tempfile
from urllib.parse import parse_qsl

from flask import Blueprint, Response, make_response, request

from server import writes
from server.authorize import authorize
from server.errors import BadRequestError, UnsupportedTypeError
from server.links import is_absolute

blueprint = Blueprint("update", __name__)

FORM = "application/x-www-form-urlencoded"
DIRECT = "application/sparql-update"
_METHODS = "POST, OPTIONS"


@blueprint.route("/update", methods=["OPTIONS"])
def preflight() -> Response:
    """What another site's page may send here."""
    answer = make_response("", 204)
    answer.headers["Allow"] = answer.headers["Access-Control-Allow-Methods"] = _METHODS
    answer.headers["Access-Control-Allow-Headers"] = "Accept, Authorization, Content-Type, Idempotency-Key"
    answer.headers["Access-Control-Max-Age"] = "86400"
    return answer


@blueprint.post("/update")
def update() -> Response:
    """Make the change that a SPARQL Update asks for, sent as a form (`update=`) or as the body itself."""
    token = authorize("update")
    with writes.receive() as body:
        text, fields = _read(body.read())
    with tempfile.TemporaryFile() as file:
        file.write(text)
        file.flush()
        file.seek(0)
        return writes.commit(
            token, "update", file, using=_values(fields, "using-graph-uri"),
            using_named=_values(fields, "using-named-graph-uri"),
        )  # fmt: skip


Fields = list[tuple[str, str]]


def _read(body: bytes) -> tuple[bytes, Fields]:
    """The update's text and the other parameters."""
    fields = _fields(request.query_string)
    if request.mimetype == DIRECT:
        texts = [body]
    elif request.mimetype == FORM:
        fields += _fields(body)
        texts = [value.encode() for name, value in fields if name == "update"]
    else:
        what = request.mimetype or "none"
        raise UnsupportedTypeError(f"the body's type is {what}.", f"Send {FORM} with `update=`, or {DIRECT}.")
    if any(name == "query" for name, _ in fields):
        raise BadRequestError("this address takes updates, not queries.", "Send queries to /sparql.")
    if len(texts) != 1:
        raise BadRequestError(f"{len(texts)} updates were sent.", "Send exactly one `update`.")
    return texts[0], fields


def _fields(encoded: bytes) -> Fields:
    """The parameters of a query string or form; what is not UTF-8 is refused, never replaced."""
    try:
        return parse_qsl(encoded.decode("utf-8"), keep_blank_values=True, errors="strict")
    except UnicodeDecodeError:
        raise BadRequestError("the parameters are not UTF-8.", "Percent-encode them from UTF-8.") from None


def _values(fields: Fields, name: str) -> tuple[str, ...]:
    """The graphs that a parameter names."""
    values = tuple(value for key, value in fields if key == name)
    for value in values:
        if not is_absolute(value):
            raise BadRequestError(f"`{name}={value}` is no absolute IRI.", "Name a graph of this dataset.")
    return values
