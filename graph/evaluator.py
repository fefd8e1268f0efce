"""The process that evaluates queries on one version: it holds the version, and forks a worker for each connection.

    python -m graph.evaluator VERSION-FOLDER SOCKET MEMORY-MIB

A worker answers one query after another on its connection. It can be killed at any moment without harm to anything
else, may use only so much memory, and cannot open a file or socket, so nothing in a query can reach another host. This
process is single-threaded, which makes forking safe; it ends when its standard input does, that is, with its parent.

Frames on the connection: a request is a length and JSON. A reply is frames of one letter, a length and bytes:
`P` the worker's process id, once · `H` JSON: kind and format of the result · `D` some of the result · `E` its end ·
`X` JSON: what went wrong.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import json
import os
import re
import resource
import select
import signal
import socket
import struct
import sys
from pathlib import Path
from typing import Any, NoReturn

from graph.errors import QueryForbiddenError, QuerySyntaxError, VersionError
from graph.query import check_query
from graph.rdf import (
    NamedNode,
    QueryBoolean,
    QueryResultsFormat,
    QuerySolutions,
    RdfFormat,
    Store,
    open_readonly,
    serialize_to,
)
from graph.versions import Versions

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
_PR_SET_PDEATHSIG = 1
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
        self._connection.sendall(letter + struct.pack("!I", len(payload)) + payload)

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
            self._connection.sendall(b"D" + struct.pack("!I", len(held)) + held)


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


def receive_exactly(connection: socket.socket, size: int) -> bytes:
    """*size* bytes from the connection; EOFError where it ends before."""
    parts = bytearray()
    while len(parts) < size:
        part = connection.recv(size - len(parts))
        if not part:
            raise EOFError
        parts += part
    return bytes(parts)


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


def _work(connection: socket.socket, store: Store, memory_mebibytes: int) -> NoReturn:
    """Serve one connection until it closes, inside the limits of a worker."""
    _confine(memory_mebibytes)
    out = FrameWriter(connection)
    out.send(b"P", str(os.getpid()).encode())
    with contextlib.suppress(EOFError, OSError):
        while True:
            size = struct.unpack("!I", receive_exactly(connection, 4))[0]
            answer(store, json.loads(receive_exactly(connection, size)), out)
    os._exit(0)


def _confine(memory_mebibytes: int) -> None:
    """Die with the parent, take only so much more memory, open nothing."""
    with Path(os.devnull).open("w") as nowhere:
        os.dup2(nowhere.fileno(), sys.stderr.fileno())  # the engine prints a backtrace when memory runs out
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    held = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    limit = held + memory_mebibytes * 2**20
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.nice(WORKER_NICENESS)
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))


def serve(folder: Path, address: str, memory_mebibytes: int) -> None:
    """Hold the version in *folder* and fork a worker for each connection to *address*, until standard input ends."""
    version = Versions(folder.parent.parent).get(int(folder.name))
    store = version.open() if version.held == "memory" else None
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(address)
    listener.listen(128)
    gc.collect()
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the system reaps workers
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)  # the parent decides when to end
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    while True:
        ready, _, _ = select.select([listener, sys.stdin], [], [])
        if sys.stdin in ready:
            break
        connection, _ = listener.accept()
        if os.fork() == 0:
            listener.close()
            # RocksDB starts threads, so an on-disk version is opened after the fork, never before.
            _work(connection, store or open_readonly(folder / "store"), memory_mebibytes)
        connection.close()
    Path(address).unlink(missing_ok=True)
    with contextlib.suppress(OSError):
        Path(address).parent.rmdir()  # the parent may have died without doing so


if __name__ == "__main__":
    try:
        serve(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
    except (VersionError, SyntaxError, OSError) as failure:
        sys.exit(f"letapis: {failure}")
