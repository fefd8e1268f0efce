"""`/update`: SPARQL 1.1 Update by the SPARQL Protocol, through the gate, with a token.

https://www.w3.org/TR/sparql11-protocol/#update-operation
"""

from __future__ import annotations

from flask import Blueprint, Response, make_response, request

from graph.update import UPDATE_LIMIT
from server import writes
from server.errors import BadRequestError, UnsupportedTypeError
from server.links import is_absolute
from server.writes import Fields, read_fields

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
    token = writes.let_in("update")
    with writes.receive(UPDATE_LIMIT) as body:
        text, fields = _read(body.read())
    with writes.make_file([text]) as file:
        return writes.commit(
            token, "update", file, writes.read_wish(fields), using=_values(fields, "using-graph-uri"),
            using_named=_values(fields, "using-named-graph-uri"),
        )  # fmt: skip


def _read(body: bytes) -> tuple[bytes, Fields]:
    """The update's text and the other parameters."""
    fields = read_fields(request.query_string)
    if request.mimetype == DIRECT:
        _check_direct()
        texts = [body, *(value.encode() for name, value in fields if name == "update")]
    elif request.mimetype == FORM:
        fields += read_fields(body)
        texts = [value.encode() for name, value in fields if name == "update"]
    else:
        what = request.mimetype or "none"
        raise UnsupportedTypeError(f"the body's type is {what}.", f"Send {FORM} with `update=`, or {DIRECT}.")
    if any(name == "query" for name, _ in fields):
        raise BadRequestError("this address takes updates, not queries.", "Send queries to /sparql.")
    if len(texts) != 1:
        raise BadRequestError(f"{len(texts)} updates were sent.", "Send exactly one `update`.")
    return texts[0], fields


def _check_direct() -> None:
    """UnsupportedTypeError where the update is not sent as it is, in UTF-8."""
    charset, coding = request.mimetype_params.get("charset", "utf-8"), request.headers.get("Content-Encoding", "")
    if charset.lower() not in ("utf-8", "utf8", "us-ascii"):
        raise UnsupportedTypeError(f"the charset {charset} is not read here.", "Send the update as UTF-8.")
    if coding.strip().lower() not in ("", "identity"):
        raise UnsupportedTypeError(f"an update in the encoding `{coding}` is not read.", "Send it as it is.")


def _values(fields: Fields, name: str) -> tuple[str, ...]:
    """The graphs that a parameter names."""
    values = tuple(value for key, value in fields if key == name)
    for value in values:
        if not is_absolute(value):
            raise BadRequestError(f"`{name}={value}` is no absolute IRI.", "Name a graph of this dataset.")
    return values
