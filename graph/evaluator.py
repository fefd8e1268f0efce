"""The processes that evaluate queries on one version: one holds it, and forks a worker for each connection.

`hold` is run by `graph.spawner`. A worker answers one query after another on its connection. It can be killed at any
moment without harm to anything else, may use only so much more memory, and cannot open a socket (nor, where the version
is in memory, a file), so nothing in a query can reach another host. The holder ends when its own connection is closed,
and its workers with it.

Frames (see `graph.forking`) of holder and worker: `R` ready. A worker's reply is `H` JSON: kind and format of the
result · `D` some of the result · `E` its end · `X` JSON: what went wrong.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import re
import socket
from functools import partial
from pathlib import Path
from typing import Any

from graph.confine import forbid_files, forbid_sockets, limit_memory, silence
from graph.errors import QueryForbiddenError, QuerySyntaxError, VersionError
from graph.forking import fork_for_each, receive_request, send_frame
from graph.query import check_query
from graph.rdf import (
    NamedNode,
    QueryBoolean,
    QueryResultsFormat,
    QuerySolutions,
    RdfFormat,
    Store,
    serialize_to,
)
from graph.versions import Version, Versions

CHUNK = 64 * 1024
WORKER_NICENESS = 10
"""Queries yield the processor to pages and to whoever takes requests."""
RESULT_FORMATS = {
    "json": QueryResultsFormat.JSON, "xml": QueryResultsFormat.XML,
    "csv": QueryResultsFormat.CSV, "tsv": QueryResultsFormat.TSV,
}  # fmt: skip
RDF_FORMATS = {
    "ttl": RdfFormat.TURTLE, "nt": RdfFormat.N_TRIPLES, "rdf": RdfFormat.RDF_XML,
    "jsonld": RdfFormat.JSON_LD, "trig": RdfFormat.TRIG, "nq": RdfFormat.N_QUADS,
}  # fmt: skip
_UNSUPPORTED = re.compile(r"The custom (?:aggregate )?function <[^>]*> is not supported")
_NOT_XML = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]|\xef\xbf[\xbe\xbf]|<oxprefix:[ >/]")
_PLACE = re.compile(r"(?:error|parser error) at (\d+):(\d+):? ?")


class FrameWriter:
    """Sends frames; as a file it turns what the engine writes into `D` frames of a useful size."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._held = bytearray()

    def send(self, letter: bytes, payload: bytes) -> None:
        """Send one frame, after whatever was held back."""
        self.flush()
        send_frame(self._connection, letter, payload)

    def write(self, data: bytes) -> int:
        """Take a piece of the result."""
        self._held += data
        if len(self._held) >= CHUNK:
            self.flush()
        return len(data)

    def flush(self) -> None:
        """Send what is held back."""
        if self._held:
            held, self._held = self._held, bytearray()
            send_frame(self._connection, b"D", held)


class XMLGuard:
    """Passes XML on to *out*, mended where the engine writes it wrong, and fails on what XML has no way to write.

    A bare carriage return would be read as a line feed; other control characters and some property names cannot stand
    in XML at all, and the engine writes them all the same.
    """

    def __init__(self, out: FrameWriter) -> None:
        self._out = out
        self._last = b""

    def write(self, data: bytes) -> int:
        """Take a piece of the result."""
        seen = self._last + bytes(data)
        if _NOT_XML.search(seen):
            raise UnwritableError
        self._last = seen[-16:]
        self._out.write(bytes(data).replace(b"\r", b"&#xD;"))
        return len(data)

    def flush(self) -> None:
        """Send what is held back."""
        self._out.flush()


class UnwritableError(Exception):
    """The format cannot hold this result."""


def answer(store: Store, request: dict[str, Any], out: FrameWriter) -> None:
    """Evaluate one request and send the reply frames; every failure becomes an `X` frame.

    The query is checked here, not in the server: a hostile text can make that slow, and here it can be killed.
    """
    try:
        check_query(request["query"])
        results = _evaluate(store, request)
        if isinstance(results, QuerySolutions | QueryBoolean):
            kind, name, form = "solutions", request["solutions"], RESULT_FORMATS.get(request["solutions"])
        else:
            kind, name, form = "graph", request["graph"], RDF_FORMATS.get(request["graph"])
        if form is None:
            out.send(b"X", json.dumps({"error": "not acceptable", "kind": kind}).encode())
            return
        out.send(b"H", json.dumps({"kind": kind, "format": name}).encode())
        sink = XMLGuard(out) if form in (QueryResultsFormat.XML, RdfFormat.RDF_XML) else out
        if kind == "graph" and form in (RdfFormat.TURTLE, RdfFormat.TRIG):
            serialize_to(sink, results, form, request.get("prefixes"))
        else:
            results.serialize(output=sink, format=form)
        out.send(b"E", b"")
    except UnwritableError:
        message = "the result holds a character or a property that XML has no way to write"
        failure = {"error": "unsupported", "message": message, "remedy": "Ask for another format."}
        out.send(b"X", json.dumps(failure).encode())
    except QueryForbiddenError as error:
        failure = {"error": "forbidden", "message": error.message, "remedy": error.remedy}
        out.send(b"X", json.dumps(failure).encode())
    except QuerySyntaxError as error:
        out.send(b"X", json.dumps({"error": "syntax", "message": error.message, "line": None, "column": None}).encode())
    except SyntaxError as error:
        out.send(b"X", json.dumps(_syntax_failure(error.msg, request["query"])).encode())
    except (ValueError, RuntimeError, OSError) as error:
        kind = "unsupported" if _UNSUPPORTED.fullmatch(str(error)) else "evaluation"
        failure = {"error": kind, "message": str(error), "remedy": "Use the functions of SPARQL 1.1."}
        out.send(b"X", json.dumps(failure).encode())


def _syntax_failure(message: str, query: str) -> dict[str, Any]:
    """The parser's message, as in `error at 1:6: expected …`, with the place and the words that stand there."""
    match = _PLACE.match(message)
    if match is None:
        return {"error": "syntax", "message": message, "line": None, "column": None}
    said = message[match.end() :]
    if "Prefix not found" in said:  # among pages of what else could stand there
        said = "a prefix is used that the query does not declare"
    line, column = int(match[1]), int(match[2])
    where = f"line {line}, column {column}, near `{_near(query, line, column)}`"
    return {"error": "syntax", "message": f"{where}: {said}", "line": line, "column": column}


def _near(query: str, line: int, column: int) -> str:
    """The end of what was read and the beginning of what was not, at most forty characters."""
    lines = query.splitlines() or [""]
    text = lines[min(line, len(lines)) - 1]
    start = max(column - 21, 0)
    return text[start : start + 40].strip()


def _evaluate(store: Store, request: dict[str, Any]) -> Any:
    options: dict[str, Any] = {}
    if request.get("default_graphs"):
        options["default_graph"] = [NamedNode(iri) for iri in request["default_graphs"]]
    if request.get("named_graphs"):
        options["named_graphs"] = [NamedNode(iri) for iri in request["named_graphs"]]
        options.setdefault("default_graph", [])
    return store.query(request["query"], base_iri=request.get("base"), **options)


def hold(connection: socket.socket, request: dict[str, Any]) -> None:
    """Hold the version in the folder that *request* names, in memory or on disk, and fork a worker for each connection
    that comes over this one, until it is closed.

    VersionError where it cannot be opened.
    """
    folder = Path(request["folder"])
    version = Versions(folder.parent.parent).get(int(folder.name))
    store = None
    if request["held"] == "memory":
        store = _open(version)
    gc.collect()
    gc.freeze()
    send_frame(connection, b"R")
    fork_for_each(connection, partial(_work, version, store, request["mebibytes"]))


def _open(version: Version) -> Store:
    try:
        return version.open()
    except (OSError, SyntaxError) as error:
        raise VersionError(f"version {version.number} cannot be opened: {error}.", "Build it again.") from None


def _work(version: Version, store: Store | None, memory_mebibytes: int, connection: socket.socket) -> None:
    """Answer what comes over *connection* until it closes, inside the limits of a worker."""
    # Of many files RocksDB opens some only when it needs them. Where sockets cannot be forbidden alone, it must fail.
    may_open_files = forbid_sockets() and store is None
    if store is None:
        store = version.open_disk()  # after the fork, never before: RocksDB starts threads
    os.nice(WORKER_NICENESS)
    silence()  # the engine prints a backtrace when memory runs out
    limit_memory(memory_mebibytes)
    if not may_open_files:
        forbid_files()
    out = FrameWriter(connection)
    out.send(b"R", b"")
    with contextlib.suppress(EOFError, OSError):
        while True:
            answer(store, json.loads(receive_request(connection)[0]), out)
