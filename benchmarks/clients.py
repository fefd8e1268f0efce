"""Clients of a running server: one that writes and waits until it is seen, and many that read and note how long."""

from __future__ import annotations

import http.client
import json
import multiprocessing
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlencode

from graph.iris import RDF_TYPE, Names
from graph.rdf import NamedNode, Quad

_TIMEOUT = 120.0
READERS = 2
"""Processes that read, one connection each."""


@dataclass
class Committed:
    """How many commits were acknowledged."""

    count: int = 0


class Clients:
    """The writer with *token* at *port*."""

    def __init__(self, port: int, token: str, names: Names) -> None:
        self.port = port
        self._token = token
        self._names = names

    def change(self, kind: str, quads: Sequence[Quad]) -> float:
        """Seconds from sending `INSERT` or `DELETE` of *quads* to the first answer of a reader that shows it."""
        connection = _connect(self.port)
        wanted = kind == "INSERT"
        ask = _query(f"ASK {{ {self._sign(quads)} a ?kind }}")
        assert _ask(connection, ask) is not wanted
        body = to_update(kind, quads)
        started = time.monotonic()
        self._send(connection, body)
        while _ask(connection, ask) is not wanted:
            time.sleep(0.002)
        seconds = time.monotonic() - started
        connection.close()
        return seconds

    def _sign(self, quads: Sequence[Quad]) -> NamedNode:
        """A thing that only these quads describe: the document that they come from."""
        return next(q.subject for q in quads if q.predicate == RDF_TYPE and q.object == self._names.term("Document"))

    def _send(self, connection: http.client.HTTPConnection, body: bytes) -> None:
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/sparql-update"}
        connection.request("POST", "/update", body, headers)
        answer = connection.getresponse()
        text = answer.read()
        if answer.status not in (200, 201, 204):
            raise RuntimeError(f"the update was answered with {answer.status}: {text[:500]!r}")

    @contextmanager
    def committing(self, batches: Iterable[Sequence[Quad]]) -> Iterator[Committed]:
        """Commits run one after another within; what went wrong in them is raised at the end."""
        committed, stop, errors = Committed(), threading.Event(), list[Exception]()

        def commit() -> None:
            connection = _connect(self.port)
            try:
                for batch in batches:
                    if stop.is_set():
                        return
                    self._send(connection, to_update("INSERT", batch))
                    committed.count += 1
            except Exception as error:  # noqa: BLE001 - raised again in the thread that waits
                errors.append(error)

        thread = threading.Thread(target=commit)
        thread.start()
        try:
            yield committed
        finally:
            stop.set()
            thread.join()
        if errors:
            raise errors[0]


def to_update(kind: str, quads: Iterable[Quad]) -> bytes:
    """A SPARQL Update that inserts or deletes *quads*, none of which is in the default graph."""
    graphs: dict[str, list[str]] = {}
    for quad in quads:
        graphs.setdefault(str(quad.graph_name), []).append(f"{quad.triple} .")
    parts = (f"GRAPH {graph} {{\n" + "\n".join(triples) + "\n}" for graph, triples in graphs.items())
    return f"{kind} DATA {{\n{chr(10).join(parts)}\n}}".encode()


def latencies(port: int, queries: Sequence[str], seconds: float) -> list[float]:
    """Seconds that each answer took readers who ask *queries* in turn, each again as soon as it is answered."""
    with multiprocessing.get_context("spawn").Pool(READERS) as pool:
        parts = pool.starmap(_read, [(port, queries[n::READERS], seconds) for n in range(READERS)])
    return [latency for part in parts for latency in part]


def quantile(values: Sequence[float], share: float) -> float:
    """The value that *share* of all are at most."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def _read(port: int, queries: Sequence[str], seconds: float) -> list[float]:
    connection, found = _connect(port), list[float]()
    paths = [_query(query) for query in queries]
    end, number = time.monotonic() + seconds, 0
    while (started := time.monotonic()) < end:
        _get(connection, paths[number % len(paths)])
        found.append(time.monotonic() - started)
        number += 1
    return found


def _connect(port: int) -> http.client.HTTPConnection:
    return http.client.HTTPConnection("127.0.0.1", port, timeout=_TIMEOUT)


def _query(query: str) -> str:
    return "/sparql?" + urlencode({"query": query})


def _get(connection: http.client.HTTPConnection, path: str) -> bytes:
    connection.request("GET", path, headers={"Accept": "application/sparql-results+json"})
    answer = connection.getresponse()
    body = answer.read()
    if answer.status != 200:
        raise RuntimeError(f"a query was answered with {answer.status}: {body[:500]!r}")
    return body


def _ask(connection: http.client.HTTPConnection, path: str) -> bool:
    return bool(json.loads(_get(connection, path))["boolean"])
