"""Tokens: who may write by HTTP, and what; kept in `DATA/tokens.json` as hashes.

| scope | permits |
|---|---|
| `ingest` | adding and replacing statements in every stated graph but those of the schema |
| `ingest:<IRI prefix>` | the same in graphs whose IRI starts with it: `ingest:https://example.org/reports/` |
| `ingest:default` | the same where a write to the default graph goes |
| `update` | SPARQL Update on every stated graph but those of the schema |
| `admin` | everything: the ontology and the shapes, tags, redaction |

A secret is 256 random bits, so nobody can try them all, and a plain SHA-256 hides it as well as a slow hash would:
those are for passwords, which people choose. Whoever reads the file learns no secret.
"""

from __future__ import annotations

import fcntl
import hashlib
import hmac
import json
import os
import re
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from graph.errors import TokenError, UsageError
from graph.layout import GraphName
from graph.rdf import DefaultGraph, NamedNode

ACTIONS = ("ingest", "update", "admin")
PREFIX = "letapis_"
"""What every secret begins with, so that one that got out is recognised as what it is."""

_DEFAULT = "default"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@+-]{0,63}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_SCOPES = "A scope is `ingest`, `ingest:<IRI prefix>`, `ingest:default`, `update` or `admin`."
_DAMAGED = "Nobody is let in until it is restored, or removed and tokens are created anew."

Signature = tuple[int, int, int]


@dataclass(frozen=True)
class Scope:
    """One thing that a token permits: *action*, and for `ingest` where (everywhere if *prefix* is None)."""

    action: str
    prefix: str | None = None

    def __str__(self) -> str:
        return self.action if self.prefix is None else f"{self.action}:{self.prefix}"

    def permits(self, action: str, graph: GraphName | None = None) -> bool:
        """True where this scope permits *action* on *graph*; on any graph at all where none is given."""
        if self.action == "admin":
            return True
        return self.action == action and (self.prefix is None or graph is None or self._covers(graph))

    def _covers(self, graph: GraphName) -> bool:
        if self.prefix == _DEFAULT:
            return isinstance(graph, DefaultGraph)
        return isinstance(graph, NamedNode) and graph.value.startswith(str(self.prefix))


def parse_scope(text: str) -> Scope:
    """The scope that *text* writes; UsageError where it writes none."""
    action, colon, prefix = text.partition(":")
    if action not in ACTIONS or (colon and action != "ingest"):
        raise UsageError(f"`{text}` is no scope.", _SCOPES)
    if not colon:
        return Scope(action)
    if prefix != _DEFAULT and not _is_iri_prefix(prefix):
        raise UsageError(f"`{text}` is no scope: `{prefix}` does not begin an absolute IRI.", _SCOPES)
    return Scope(action, prefix)


def _is_iri_prefix(text: str) -> bool:
    """True for an absolute IRI with something after its scheme, else it would mean half of all graphs."""
    try:
        NamedNode(text)
    except ValueError:
        return False
    return bool(text.partition(":")[2].strip("/"))


@dataclass(frozen=True)
class Token:
    """Who writes: *name* stands in each commit; *digest* is that of the secret, and never shown."""

    name: str
    scopes: tuple[Scope, ...]
    created: str
    digest: str = field(repr=False)

    def permits(self, action: str, graph: GraphName | None = None) -> bool:
        """True where a scope permits *action* on *graph*; on any graph at all where none is given.

        Which graphs are of the schema depends on the layout: for one of them, ask for `admin`.
        """
        return any(scope.permits(action, graph) for scope in self.scopes)


class Tokens:
    """The tokens of the data folder *data*."""

    def __init__(self, data: Path) -> None:
        self._data = data
        self._path = data / "tokens.json"
        self._read: tuple[Signature | None, tuple[Token, ...]] = (None, ())

    def create(self, name: str, scopes: Iterable[str]) -> str:
        """The secret of a new token, which cannot be had again; UsageError where name or scopes are malformed.

        TokenError where the name is taken or the file cannot be written.
        """
        if not _NAME.fullmatch(name):
            raise UsageError(f"`{name}` is no name for a token.", "Use at most 64 letters, digits and `._@+-`.")
        parsed = tuple(dict.fromkeys(parse_scope(text) for text in scopes))
        if not parsed:
            raise UsageError("a token without a scope would permit nothing.", _SCOPES)
        secret = PREFIX + secrets.token_urlsafe(32)
        with self._writing():
            tokens = self._tokens()
            if any(token.name == name for token in tokens):
                raise TokenError(f"there is a token `{name}` already.", "Revoke it first, or choose another name.")
            created = datetime.now(UTC).isoformat(timespec="seconds")
            self._write((*tokens, Token(name, parsed, created, _digest(secret))))
        return secret

    def list(self) -> list[Token]:
        """Every token, oldest first; TokenError where the file cannot be read or is damaged."""
        return [*self._tokens()]

    def revoke(self, name: str) -> None:
        """Let nobody in by the token *name* from now on; TokenError where there is none."""
        with self._writing():
            tokens = self._tokens()
            kept = tuple(token for token in tokens if token.name != name)
            if len(kept) == len(tokens):
                raise TokenError(f"there is no token `{name}`.", "See `letapis tokens list`.")
            self._write(kept)

    def find(self, secret: str) -> Token | None:
        """The token that *secret* belongs to, or None; TokenError where the file cannot be read or is damaged.

        Every token is compared, each in constant time: how long it takes tells nothing of what is kept.
        """
        digest, found = _digest(secret), None
        for token in self._tokens():
            if hmac.compare_digest(token.digest, digest):
                found = token
        return found

    def _tokens(self) -> tuple[Token, ...]:
        """The tokens as they are now: the file is read again only where it was replaced or touched."""
        try:
            signature = _signature(self._path.stat())
            if signature != self._read[0]:
                with self._path.open("rb") as file:
                    signature = _signature(os.fstat(file.fileno()))
                    self._read = (signature, _parse(file.read()))
        except FileNotFoundError:
            self._read = (None, ())
        except OSError as error:
            raise TokenError(f"`tokens.json` cannot be read: {error.strerror}.", _DAMAGED) from None
        return self._read[1]

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """The right to change the file, waited for: it is never held for long."""
        try:
            self._data.mkdir(parents=True, exist_ok=True)
            lock = os.open(self._data / "tokens.lock", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise TokenError(f"{self._data} cannot be written: {error.strerror}.", "Name another folder.") from None
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)

    def _write(self, tokens: Iterable[Token]) -> None:
        """Replace the file in one step; TokenError where it cannot be written: it stays as it was then."""
        rows = [{**asdict(token), "scopes": [str(scope) for scope in token.scopes]} for token in tokens]
        following = self._path.with_suffix(".next")
        try:
            following.unlink(missing_ok=True)
            with open(following, "xb", opener=_open_private) as file:  # noqa: PTH123 - Path.open takes no opener
                file.write(json.dumps({"tokens": rows}, indent=2).encode() + b"\n")
                file.flush()
                self._date_later(file.fileno())
                os.fsync(file.fileno())
            following.replace(self._path)
            _sync(self._data)
        except OSError as error:
            remedy = "Nothing was changed."
            raise TokenError(f"`tokens.json` cannot be written: {error.strerror}.", remedy) from None

    def _date_later(self, following: int) -> None:
        """Date the new file after the old one, whatever the clock says: readers tell them apart by it."""
        try:
            before = self._path.stat().st_mtime_ns
        except FileNotFoundError:
            return
        later = max(os.fstat(following).st_mtime_ns, before + 1)
        os.utime(following, ns=(later, later))


def _open_private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _signature(status: os.stat_result) -> Signature:
    return status.st_mtime_ns, status.st_ino, status.st_size


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def _parse(content: bytes) -> tuple[Token, ...]:
    """The tokens that a file holds; TokenError where anything in it is not as `Tokens` writes it."""
    try:
        rows = json.loads(content)["tokens"]
        tokens = tuple(_parse_token(row) for row in rows)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, UsageError):
        raise TokenError("`tokens.json` is damaged.", _DAMAGED) from None
    if len({token.name for token in tokens}) < len(tokens):
        raise TokenError("`tokens.json` is damaged: it holds a name twice.", _DAMAGED)
    return tokens


def _parse_token(row: dict[str, Any]) -> Token:
    name, created, digest, scopes = row["name"], row["created"], row["digest"], row["scopes"]
    if not (_NAME.fullmatch(name) and _DIGEST.fullmatch(digest) and isinstance(created, str) and scopes):
        raise ValueError(name)
    return Token(name, tuple(parse_scope(scope) for scope in scopes), created, digest)
