"""Who may write, by the `Authorization: Bearer` header (RFC 6750), and on what it was based (RFC 9110, section 13.1).

A secret is taken from that header alone and stands in no message: neither in an answer nor in a log.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import cast
from urllib.parse import quote

from flask import Flask, current_app, request

from graph.layout import GraphName, Layout
from graph.rdf import DefaultGraph, NamedNode
from graph.tokens import Token, Tokens
from server.errors import (
    BadRequestError,
    ForbiddenError,
    PreconditionFailedError,
    PreconditionRequiredError,
    UnauthorizedError,
)

_GUARD = "letapis.guard"
_REALM = 'Bearer realm="letapis"'
_BEARER = re.compile(r"bearer +([A-Za-z0-9._~+/-]+=*) *", re.IGNORECASE)
_IN_ADDRESS = ("token", "access_token")
_IN_SCOPE = "!#$%&'()*+,/:;=?@[]~"
"""What stands in a scope as it is, besides letters and digits; all else would not fit in a header."""

_ENTITY_TAG = r'(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"'
_ENTITY_TAGS = re.compile(rf"[\s,]*{_ENTITY_TAG}(?:\s*,[\s,]*{_ENTITY_TAG})*[\s,]*")


@dataclass(frozen=True)
class _Guard:
    tokens: Tokens
    layout: Layout


def register(app: Flask, tokens: Tokens, layout: Layout) -> None:
    """Let *tokens* decide who may write to a dataset of *layout* by *app*."""
    app.extensions[_GUARD] = _Guard(tokens, layout)


def authorize(action: str, graphs: Iterable[GraphName] = ()) -> Token:
    """The token of this request, which permits `ingest`, `update` or `admin` on each of *graphs*.

    Without graphs: a token that permits *action* somewhere; ask so before a body is read, and again when it is known
    what it writes to. A graph of the schema needs `admin`. UnauthorizedError where no valid token was sent,
    ForbiddenError where its scopes do not suffice, BadRequestError where a secret stands in the address.
    """
    guard = cast(_Guard, current_app.extensions[_GUARD])
    _refuse_secret_in_address()
    token = _identify(guard.tokens, action)
    needs = [_need(guard.layout, action, graph) for graph in graphs] or [(action, None)]
    lacking = sorted({_scope(*need) for need in needs if not _permits(guard.layout, token, *need)})
    if lacking:
        raise _insufficient(token, lacking)
    return token


def _refuse_secret_in_address() -> None:
    for name in request.args:
        if name.lower() in _IN_ADDRESS:
            message = f"`{name}=` in the address: a secret there ends up in logs and histories."
            remedy = "Revoke it, and send another as the header `Authorization: Bearer <secret>`."
            raise BadRequestError(message, remedy)


def _identify(tokens: Tokens, action: str) -> Token:
    """The token that the header names; one error for all that are not valid, so that it tells nothing of them."""
    header = request.headers.get("Authorization", "").strip()
    scheme = header.partition(" ")[0].lower()
    if scheme != "bearer":
        message = "this needs a token." if not header else f"this needs a token, not `Authorization: {_shown(scheme)}`."
        remedy = (f"Whoever runs this server makes one with `letapis tokens create NAME --scope {action}`; "
                  "send it as the header `Authorization: Bearer <secret>`.")  # fmt: skip
        raise UnauthorizedError(message, remedy, headers={"WWW-Authenticate": _REALM})
    match = _BEARER.fullmatch(header)
    token = tokens.find(match[1]) if match else None
    if token is None:
        challenge = f'{_REALM}, error="invalid_token"'
        remedy = "See `letapis tokens list`; `letapis tokens create` makes another."
        raise UnauthorizedError("the token is not known, or was revoked.", remedy,
                                headers={"WWW-Authenticate": challenge})  # fmt: skip
    return token


def _shown(scheme: str) -> str:
    """The scheme where it is one that exists: anything else could be a secret that was sent bare."""
    return f"{scheme.title()} …" if scheme in ("basic", "digest", "negotiate") else "…"


def _need(layout: Layout, action: str, graph: GraphName) -> tuple[str, GraphName]:
    """What is to be permitted for *action* on *graph*: more where it is of the schema."""
    return ("admin" if graph in layout.schema else action), graph


def _permits(layout: Layout, token: Token, action: str, graph: GraphName | None) -> bool:
    """True where *token* permits this; the default graph and where a write to it goes are the same place."""
    if graph is None:
        return token.permits(action)
    place, default = layout.target(graph), DefaultGraph()
    return token.permits(action, place) or (place == layout.target(default) and token.permits(action, default))


def _scope(action: str, graph: GraphName | None) -> str:
    """The narrowest scope that permits *action* on *graph*."""
    if action != "ingest" or graph is None:
        return action
    if isinstance(graph, DefaultGraph):
        return "ingest:default"
    return f"ingest:{graph.value}" if isinstance(graph, NamedNode) else action


def _insufficient(token: Token, lacking: list[str]) -> ForbiddenError:
    """The error that names the first scope that *token* lacks, and how many more."""
    scope, more = lacking[0], f" and {len(lacking) - 1} more" if lacking[1:] else ""
    challenge = f'{_REALM}, error="insufficient_scope", scope="{quote(scope, safe=_IN_SCOPE)}"'
    remedy = "`letapis tokens create NAME --scope …` makes one that has it."
    return ForbiddenError(f"the token `{token.name}` lacks the scope `{scope}`{more}.", remedy,
                          headers={"WWW-Authenticate": challenge})  # fmt: skip


def check_preconditions(etag: str | None, *, required: bool) -> None:
    """Return where a write may go on, *etag* being that of what it changes, or None where that does not exist.

    PreconditionFailedError where `If-Match` or `If-None-Match` does not hold, PreconditionRequiredError where one is
    *required* and neither was sent, BadRequestError where one is malformed. Ask while nobody else can write: what
    holds before the right to write was had may not hold after. *etag* is an entity tag, or the text between its quotes.
    """
    match, none_match = _sent_tags("If-Match"), _sent_tags("If-None-Match")
    if required and match is None and none_match is None:
        remedy = "Send `If-Match` with the ETag of what you read, or `If-None-Match: *` to make what is not there yet."
        raise PreconditionRequiredError("the request does not say what its change is based on.", remedy)
    current = None if etag is None else _as_tag(etag)
    if match is not None and not _matches_strongly(current, match):
        message = "what `If-Match` names " + ("does not exist." if current is None else "was changed in the meantime.")
        raise PreconditionFailedError(message, "Nothing was changed. Read it again, and send its ETag of now.")
    if none_match is not None and _matches_weakly(current, none_match):
        message = "it exists already." if none_match == ["*"] else "it is still what `If-None-Match` names."
        raise PreconditionFailedError(message, "Nothing was changed. Read it, and send `If-Match` to replace it.")


def _sent_tags(header: str) -> list[str] | None:
    """The entity tags that *header* lists, or `*` alone; None where it was not sent."""
    value = request.headers.get(header)
    if value is None or value.strip() == "*":
        return None if value is None else ["*"]
    if not _ENTITY_TAGS.fullmatch(value):
        remedy = f'Send `{header}: "<tag>"`, several separated by commas, or `{header}: *`.'
        raise BadRequestError(f"`{header}` holds no list of entity tags in quotes.", remedy)
    return re.findall(_ENTITY_TAG, value)


def _as_tag(etag: str) -> str:
    return etag if etag.endswith('"') else f'"{etag}"'


def _matches_strongly(current: str | None, tags: list[str]) -> bool:
    """RFC 9110, section 8.8.3.2: a weak tag is the same as none."""
    if current is None or tags == ["*"]:
        return current is not None
    return not current.startswith("W/") and current in tags


def _matches_weakly(current: str | None, tags: list[str]) -> bool:
    """The same where it does not matter which of the two is weak."""
    if current is None or tags == ["*"]:
        return current is not None
    return current.removeprefix("W/") in {tag.removeprefix("W/") for tag in tags}
