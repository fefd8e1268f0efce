"""`Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header): a request that is sent again is not done again.

    DATA/idempotency/<key>.json   what was asked (a fingerprint), and the answer once there is one
                     <key>.lock   held while the request runs, released by the system when its process dies

`<key>` is a hash of the header and of who sent it. What a crash between a commit and the keeping of its answer leaves
is a request that was asked and not answered, and a version whose commit carries the key: the same request, sent again,
is answered with that version.
"""

from __future__ import annotations

import base64
import binascii
import fcntl
import hashlib
import json
import logging
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Response, request

from server.errors import BadRequestError, KeepingError, StillRunningError, UnprocessableError

LOG = logging.getLogger("letapis")
FOLDER = "idempotency"
KEPT = 1000
"""How many keys are remembered, the last that came."""

_HEADER = "Idempotency-Key"
_KEY = re.compile(r'"((?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])+)"|([\x21\x23-\x7e]+)')
_LONGEST = 255

FindCommitted = Callable[[str], int | None]


@dataclass
class Attempt:
    """A request that may have been sent before.

    *answer* is what it was answered with then; where that is None, what the view sets is kept. *committed* is the
    version that it made before it could be answered. *key* is for the commit to carry; None where no key was sent.
    """

    key: str | None = None
    committed: int | None = None
    answer: Response | None = None


@contextmanager
def attempted(
    data: Path, owner: str, body: bytes, find_committed: FindCommitted, *, kept: int = KEPT
) -> Iterator[Attempt]:
    """This request as an attempt, the only one with its key that runs:

        with attempted(data, token.name, body, gate.find_committed) as attempt:
            if attempt.answer is None:
                number = attempt.committed or commit(…, idempotency=attempt.key)
                attempt.answer = describe(number)
            return attempt.answer

    *owner* is the token's name, *body* the body of the request or, where that is too large to hold, its digest.
    *find_committed* tells the version, up to the current one, whose commit carries a key; the gate asks it again when
    it has the right to write, as the process that ran this request may have died and its commit still be under way.

    StillRunningError where another request with this key runs, UnprocessableError where the key came with another
    request, BadRequestError where it is malformed, KeepingError where the folder cannot be read or written; nothing was
    done then. An error that the view raises is not kept: it changed nothing, and the same request may be tried again.
    Nor is an answer with status 500 or above.
    """
    sent = _sent_key()
    if sent is None:
        yield Attempt()
        return
    key = hashlib.sha256(f"{owner}\0{sent}".encode()).hexdigest()
    folder = _Folder(data / FOLDER, kept)
    with folder.holding(key) as is_first:
        if not is_first:
            raise StillRunningError(f"a request with this `{_HEADER}` is still running.", "Ask again shortly.",
                                    headers={"Retry-After": "1"})  # fmt: skip
        fingerprint = _fingerprint(body)
        attempt = Attempt(key, answer=folder.recall(key, fingerprint))
        if attempt.answer is not None:
            yield attempt
            return
        attempt.committed = find_committed(key)
        yield attempt
        if attempt.answer is not None and attempt.answer.status_code < 500:
            folder.keep_answer(key, fingerprint, attempt.answer)


def _sent_key() -> str | None:
    """The key that was sent: a string in quotes (RFC 8941), or the same without; None where none was."""
    value = request.headers.get(_HEADER)
    if value is None:
        return None
    match = _KEY.fullmatch(value.strip())
    key = None if match is None else match[2] or re.sub(r"\\(.)", r"\1", match[1])
    if key is None or len(key) > _LONGEST:
        remedy = f'Send one UUID in quotes: `{_HEADER}: "8e03978e-40d5-43dd-bc93-6894a57f9324"`.'
        raise BadRequestError(f"`{_HEADER}` holds no key of at most {_LONGEST} characters.", remedy)
    return key


def _fingerprint(body: bytes) -> str:
    """What tells this request from others; the same bytes of another media type say something else."""
    parts = (request.method.encode(), request.script_root.encode(), request.path.encode(), request.query_string,
             request.mimetype.encode(), hashlib.sha256(body).digest())  # fmt: skip
    return hashlib.sha256(b"".join(hashlib.sha256(part).digest() for part in parts)).hexdigest()


class _Folder:
    """The folder of what was asked and answered, of which the *kept* last are left."""

    def __init__(self, path: Path, kept: int) -> None:
        self._path = path
        self._kept = kept

    @contextmanager
    def holding(self, key: str) -> Iterator[bool]:
        """The right to answer *key*, for one request of one process at a time; False where another has it."""
        path = self._path / f"{key}.lock"
        try:
            self._path.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = _lock(path)
        except OSError as error:
            raise _cannot("written", error) from None
        if lock is None:
            yield False
            return
        try:
            yield True
        finally:
            with suppress(OSError):
                path.unlink()
            fcntl.flock(lock, fcntl.LOCK_UN)  # by itself: a process forked meanwhile shares what closing leaves open
            os.close(lock)

    def recall(self, key: str, fingerprint: str) -> Response | None:
        """The answer to an earlier request of this fingerprint; None where there is none yet, and this one is noted."""
        try:
            record = json.loads((self._path / f"{key}.json").read_bytes())
            asked, answer = record["fingerprint"], record["answer"]
            found = None if answer is None else _from_json(answer)
        except FileNotFoundError:
            self._begin(key, fingerprint)
            return None
        except OSError as error:
            raise _cannot("read", error) from None
        except (ValueError, KeyError, TypeError, binascii.Error):
            remedy = "See /versions whether it was done; if not, send it with another key."
            raise KeepingError(f"what is kept under this `{_HEADER}` is damaged.", remedy) from None
        if asked != fingerprint:
            raise UnprocessableError(f"this `{_HEADER}` came with another request before.",
                                     "Send each new request with a new key.")  # fmt: skip
        return found

    def _begin(self, key: str, fingerprint: str) -> None:
        """Note what is asked, before anything is done, and forget the oldest keys."""
        try:
            dates = self._dates()
            self._write(key, fingerprint, None, after=max(dates.values(), default=0))
            others = sorted(dates.keys() - {key}, key=lambda other: (dates[other], other))
            for other in others[: max(len(others) + 1 - self._kept, 0)]:
                self._forget(other)
        except OSError as error:
            raise _cannot("written", error) from None

    def keep_answer(self, key: str, fingerprint: str, answer: Response) -> None:
        """Keep *answer*; where that fails the client gets it all the same, since what it asked for is done."""
        try:
            after = (self._path / f"{key}.json").stat().st_mtime_ns
            self._write(key, fingerprint, _to_json(answer), after=after)
        except OSError as error:
            LOG.warning("an answer could not be kept: %s", error.strerror)

    def _write(self, key: str, fingerprint: str, answer: dict[str, Any] | None, *, after: int) -> None:
        """Replace what is kept in one step, dated later than *after*, whatever the clock says."""
        following = self._path / f"{key}.next"
        with following.open("wb") as file:
            file.write(json.dumps({"fingerprint": fingerprint, "answer": answer}).encode())
            file.flush()
            later = max(os.fstat(file.fileno()).st_mtime_ns, after + 1)
            os.utime(file.fileno(), ns=(later, later))
            os.fsync(file.fileno())
        following.replace(self._path / f"{key}.json")
        _sync(self._path)

    def _dates(self) -> dict[str, int]:
        """When each key was last written to."""
        dates: dict[str, int] = {}
        with os.scandir(self._path) as entries:
            for entry in entries:
                key = entry.name.partition(".")[0]
                with suppress(FileNotFoundError):
                    dates[key] = max(dates.get(key, 0), entry.stat().st_mtime_ns)
        return dates

    def _forget(self, key: str) -> None:
        """Remove what is kept under *key*, unless its request runs."""
        with self.holding(key) as is_idle:
            for ending in ("json", "next") if is_idle else ():
                (self._path / f"{key}.{ending}").unlink(missing_ok=True)


def _cannot(done: str, error: OSError) -> KeepingError:
    return KeepingError(f"what came under this `{_HEADER}` cannot be {done}: {error.strerror}.", "Nothing was done.")


def _lock(path: Path) -> int | None:
    """The file at *path*, locked; None where another holds it.

    Whoever lets go removes the file, so one that was opened before and locked after is no longer the one at *path*.
    """
    while True:
        lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if path.stat().st_ino == os.fstat(lock).st_ino:
                return lock
        except BlockingIOError:
            os.close(lock)
            return None
        except FileNotFoundError:
            pass
        except OSError:
            os.close(lock)
            raise
        os.close(lock)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _to_json(answer: Response) -> dict[str, Any]:
    body = base64.b64encode(answer.get_data()).decode("ascii")
    return {"status": answer.status_code, "headers": [*answer.headers], "body": body}


def _from_json(kept: dict[str, Any]) -> Response:
    headers = [(str(name), str(value)) for name, value in kept["headers"]]
    return Response(base64.b64decode(kept["body"], validate=True), int(kept["status"]), headers)
