"""What writes by HTTP share: who sends, the body as a file, once and not twice, and what it is answered with.

The change itself is made by `graph.committer` in a process of its own; here nothing is written but a temporary file.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from typing import IO, Any, NamedTuple

from flask import Response, current_app, g, jsonify, make_response, request
from werkzeug.exceptions import MethodNotAllowed, RequestEntityTooLarge

from graph.committer import Write, find_committed
from graph.errors import WriteDeadlineError, WriteError, WriteLostError
from graph.graphs import hash_file
from graph.layout import GraphName
from graph.report import Finding, Report
from graph.spawner import COMMITTER
from graph.tokens import Token
from graph.versions import Versions
from server.authorize import authorize
from server.errors import BadRequestError, ContentTooLargeError
from server.idempotency import attempted
from server.protocol import Fields
from server.reports import refuse
from server.service import Service
from server.versions import asked_version

CHUNK = 2**20
SERVED_SECONDS = 10.0
"""How long a write that was committed waits for every process of the server to answer from its version."""

LOCK_SECONDS = 30.0
"""How long a write waits for another to end, at the most; a quarter of the time that it has, where that is less."""

UNPACKED = 8
"""How many times as large as the largest body may what was sent compressed be."""

LONGEST_MESSAGE = 1_000


def service() -> Service:
    """The service of this application."""
    found: Service = current_app.extensions["letapis"]
    return found


def let_in(action: str, graphs: Iterable[GraphName] = ()) -> Token:
    """The token of this request, which permits *action* on *graphs* as `authorize` says.

    MethodNotAllowed at the address of an older version: what is written there would become part of the current one.
    """
    if asked_version() is not None:
        raise MethodNotAllowed(["GET", "HEAD", "OPTIONS"], "An older version is read, and never written.")
    return authorize(action, graphs)


def receive(most: int | None = None) -> IO[bytes]:
    """The body of this request as an open file without a name.

    ContentTooLargeError where it is larger than *most*, or than any that the server takes; WriteError where the disk
    cannot hold it.
    """
    limit = service().spawner.limits.body_bytes
    limit = limit if most is None else min(limit, most)
    request.max_content_length = limit
    try:
        return make_file(_chunks(limit))
    except RequestEntityTooLarge:
        raise _too_large(limit, "") from None


def _chunks(limit: int) -> Iterator[bytes]:
    """The body piece by piece; RequestEntityTooLarge past *limit*."""
    size = 0
    while part := request.stream.read(CHUNK):
        size += len(part)
        if size > limit:
            raise RequestEntityTooLarge
        yield part


def make_file(parts: Iterable[bytes]) -> IO[bytes]:
    """An open file without a name that holds *parts*, at its beginning; WriteError where the disk cannot hold it."""
    try:
        with ExitStack() as stack:
            file = stack.enter_context(tempfile.TemporaryFile())
            for part in parts:
                file.write(part)
            file.seek(0)
            stack.pop_all()
            return file
    except OSError as error:
        raise WriteError(f"the body cannot be kept: {error.strerror}.", "Nothing was changed.") from None


def _too_large(limit: int, when: str) -> ContentTooLargeError:
    message = f"the body is larger than {limit} bytes{when}."
    return ContentTooLargeError(message, "Send it in parts, or give it to `letapis ingest` on the server.")


class Wish(NamedTuple):
    """How a write is to be made: *message* says why, *is_dry_run* that it is only to be told what would happen."""

    message: str
    is_dry_run: bool


def read_wish(fields: Fields) -> Wish:
    """What `message=` and `dry-run=` say; BadRequestError where they cannot be meant so.

    A dry run that was misspelt would be done for real, so what looks like one is refused.
    """
    for name, _ in fields:
        if name != "dry-run" and name.lower().replace("-", "").replace("_", "") == "dryrun":
            raise BadRequestError(f"`{name}=` is no parameter here.", "Write `dry-run=1`.")
    texts = [value for name, value in fields if name == "dry-run"]
    if texts not in ([], ["0"], ["1"]):
        shown = "&".join(f"dry-run={text}" for text in texts)
        raise BadRequestError(f"`{shown}` is neither 0 nor 1.", "Write `dry-run=1`, or leave it out.")
    message = " ".join(" ".join(value for name, value in fields if name == "message").split())
    if len(message) > LONGEST_MESSAGE:
        raise BadRequestError(f"the message is longer than {LONGEST_MESSAGE} characters.", "Say it shorter.")
    return Wish(message, texts == ["1"])


@dataclass(frozen=True)
class Ground:
    """What a write is based on: *is_stated* where the sender said so, and the tag of what was found then."""

    is_stated: bool = False
    seen: str | None = None


def commit(
    token: Token, kind: str, body: IO[bytes], wish: Wish, ground: Callable[[], Ground] = Ground, **more: Any
) -> Response:
    """Put a write through the gate and answer with what it did: 200, 201 where it made a graph, 422 where refused.

    The same request with the same `Idempotency-Key` is answered as before; *ground* is asked, and may raise, only where
    it is not. When the answer is sent, every process of this server answers from the new version.
    """
    project, limits = g.served.project, service().spawner.limits
    versions = Versions(project.data)
    write = Write(
        kind, str(project.data), project.base, project.layout.kind, token.name, wish.message or f"{kind} by HTTP",
        request.base_url, tuple(map(str, token.scopes)), dry_run=wish.is_dry_run,
        wait=min(LOCK_SECONDS, limits.seconds / 4), limit_bytes=limits.body_bytes * UNPACKED, **more,
    )  # fmt: skip

    def committed(key: str) -> int | None:
        version = find_committed(versions, key)
        return None if version is None else version.number

    asked_for = f"{hash_file(body)} {wish} {more}".encode()
    with attempted(project.data, token.name, asked_for, committed) as attempt:
        if attempt.answer is None:
            found = Ground() if attempt.committed else ground()
            asked = replace(write, key=attempt.key, is_conditional=found.is_stated, seen=found.seen)
            attempt.answer = _answer(_run(versions, asked, body), asked)
        return attempt.answer


def _run(versions: Versions, write: Write, body: IO[bytes]) -> dict[str, Any]:
    """The reply of the process that makes the write; where that was killed, what it left is removed."""
    try:
        return service().spawner.run(COMMITTER, asdict(write), (body.fileno(),))
    except (WriteDeadlineError, WriteLostError):
        versions.sweep()
        raise


def _answer(reply: dict[str, Any], write: Write) -> Response:
    if "tooLarge" in reply:
        raise _too_large(reply["tooLarge"], " once it is decompressed")
    if "refused" in reply:
        return refuse(Report([Finding.from_json(finding) for finding in reply["refused"]]), reply["counts"])
    passed = reply["passed"]
    number = passed["version"]
    is_served = number is None or service().wait_until_served(number, SERVED_SECONDS)
    answer = make_response(jsonify({**passed, "dryRun": write.dry_run, **({} if is_served else {"served": False})}))
    answer.headers["Cache-Control"] = "no-store"
    if passed["created"] and not write.dry_run:
        answer.status_code = 201
    return answer
