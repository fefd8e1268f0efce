"""What writes by HTTP share: who sends, the body as a file, once and not twice, and what it is answered with.

The change itself is made by `graph.committer` in a process of its own; here nothing is written but a temporary file.
"""

from __future__ import annotations

import tempfile
from dataclasses import asdict
from typing import IO, Any

from flask import Response, current_app, g, jsonify, make_response, request
from werkzeug.exceptions import RequestEntityTooLarge

from graph.committer import Write, find_committed
from graph.errors import LetapisError
from graph.graphs import hash_file
from graph.report import Finding, Report
from graph.spawner import COMMITTER
from graph.tokens import Token
from graph.versions import Versions
from server.errors import BadRequestError
from server.idempotency import attempted
from server.reports import refuse
from server.service import Service

CHUNK = 2**20
SERVED_SECONDS = 10.0
"""How long a write that was committed waits for every process of the server to answer from its version."""

LONGEST_MESSAGE = 1_000


def service() -> Service:
    """The service of this application."""
    found: Service = current_app.extensions["letapis"]
    return found


def receive() -> IO[bytes]:
    """The body of this request as an open file without a name; 413 where it is larger than the server takes."""
    limit = service().spawner.limits.body_bytes
    request.max_content_length = limit
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the caller's
    size = 0
    while part := request.stream.read(CHUNK):
        size += len(part)
        if size > limit:
            file.close()
            raise RequestEntityTooLarge
        file.write(part)
    file.flush()
    file.seek(0)
    return file


def message() -> str:
    """Why the sender writes, by `message=`."""
    text = " ".join(request.args.get("message", "").split())
    if len(text) > LONGEST_MESSAGE:
        raise BadRequestError(f"the message is longer than {LONGEST_MESSAGE} characters.", "Say it shorter.")
    return text


def is_dry_run() -> bool:
    """True where `dry-run=1` asks what would happen."""
    text = request.args.get("dry-run", "0")
    if text not in ("0", "1"):
        raise BadRequestError(f"`dry-run={text}` is neither 0 nor 1.", "Write `dry-run=1`, or leave it out.")
    return text == "1"


def commit(token: Token, kind: str, body: IO[bytes], **more: Any) -> Response:
    """Put a write through the gate and answer with what it did: 200, 201 where it made a graph, 422 where refused.

    The same request with the same `Idempotency-Key` is answered as before. When the answer is sent, every process of
    this server answers from the new version.
    """
    project = g.served.project
    versions = Versions(project.data)

    def committed(key: str) -> int | None:
        version = find_committed(versions, key)
        return None if version is None else version.number

    with attempted(project.data, token.name, hash_file(body).encode(), committed) as attempt:
        if attempt.answer is None:
            write = Write(
                kind, str(project.data), project.base, project.layout.kind, token.name, message() or f"{kind} by HTTP",
                request.base_url, tuple(map(str, token.scopes)), dry_run=is_dry_run(), key=attempt.key,
                content_type=request.headers.get("Content-Type", ""),
                content_encoding=request.headers.get("Content-Encoding", ""),
                limit_bytes=service().spawner.limits.body_bytes * 8, **more,
            )  # fmt: skip
            attempt.answer = _answer(service().spawner.run(COMMITTER, asdict(write), (body.fileno(),)), write)
        return attempt.answer


def _answer(reply: dict[str, Any], write: Write) -> Response:
    if "refused" in reply:
        return refuse(Report([Finding.from_json(finding) for finding in reply["refused"]]))
    passed = reply["passed"]
    number = passed["version"]
    if number is not None and not service().wait_until_served(number, SERVED_SECONDS):
        raise LaggingError(number)
    answer = make_response(jsonify({**passed, "dryRun": write.dry_run}))
    answer.headers["Cache-Control"] = "no-store"
    if passed["created"] and not write.dry_run:
        answer.status_code = 201
    return answer


class LaggingError(LetapisError):
    """Version *number* was committed, but a process of this server does not answer from it yet."""

    def __init__(self, number: int) -> None:
        super().__init__(
            f"version {number} was committed, but this server does not answer from it yet",
            "The write is done: do not send it again. See /versions.",
        )
        self.number = number
