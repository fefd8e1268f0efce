"""Servers to compare: `letapis serve`, and rdflib-endpoint with the same quads in rdflib's memory."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_RDFLIB_ENDPOINT = """
import sys, uvicorn
from rdflib import Dataset
from rdflib_endpoint import SparqlEndpoint
data = Dataset()
data.parse(sys.argv[1], format="nquads")
uvicorn.run(SparqlEndpoint(graph=data, path="/sparql"), port=int(sys.argv[2]), log_level="warning")
"""


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def letapis(data: Path) -> Iterator[tuple[int, float]]:
    """`letapis serve` on *data*: its port, and the seconds from its start to its first answer."""
    port = free_port()
    command = [sys.executable, "-m", "graph", "serve", "--data", str(data), "--port", str(port)]
    with _running(command, f"http://127.0.0.1:{port}/healthz") as seconds:
        yield port, seconds


@contextmanager
def rdflib_endpoint(quads: Path) -> Iterator[tuple[int, float]]:
    """rdflib-endpoint on the same quads: its port, and the seconds from its start to its first answer."""
    port = free_port()
    command = [sys.executable, "-c", _RDFLIB_ENDPOINT, str(quads), str(port)]
    with _running(command, f"http://127.0.0.1:{port}/sparql?query=ASK%7B%7D") as seconds:
        yield port, seconds


@contextmanager
def _running(command: list[str], url: str) -> Iterator[float]:
    started = time.monotonic()
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            _wait_for(url, started + 120)
            yield time.monotonic() - started
        finally:
            process.terminate()
            process.wait(timeout=20)


def _wait_for(url: str, deadline: float) -> None:
    while True:
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                answer.read()
            return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)
