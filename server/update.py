"""`/update`: SPARQL 1.1 Update by the SPARQL Protocol, through the gate, with a token.

https://www.w3.org/TR/sparql11-protocol/#update-operation
"""

from __future__ import annotations

from flask import Blueprint, Response, request

from graph.update import UPDATE_LIMIT
from server import protocol, writes
from server.errors import BadRequestError, UnsupportedTypeError
from server.protocol import FORM, Fields, read_fields, read_graphs

blueprint = Blueprint("update", __name__)

DIRECT = "application/sparql-update"


@blueprint.route("/update", methods=["OPTIONS"])
def preflight() -> Response:
    """What another site's page may send here."""
    return protocol.preflight("POST, OPTIONS", "Accept, Authorization, Content-Type, Idempotency-Key")


@blueprint.post("/update")
def update() -> Response:
    """Make the change that a SPARQL Update asks for, sent as a form (`update=`) or as the body itself."""
    token = writes.let_in("update")
    with writes.receive(UPDATE_LIMIT) as body:
        text, fields = _read(body.read())
    with writes.make_file([text]) as file:
        return writes.commit(
            token, "update", file, writes.read_wish(fields), using=read_graphs(fields, "using-graph-uri"),
            using_named=read_graphs(fields, "using-named-graph-uri"),
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
