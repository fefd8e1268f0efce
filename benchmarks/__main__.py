"""The table: building the record, starting to serve, point queries; each beside a peer in the same run."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import urlencode

from benchmarks.load import requests_per_second
from benchmarks.peers import letapis, rdflib_endpoint
from graph.rdf import QuerySolutions, RdfFormat
from graph.versions import Version, Versions

SECONDS = 6.0
ROUNDS = 3
_ENTITIES = """
SELECT DISTINCT ?s { GRAPH ?g { ?s a ?c } FILTER(REGEX(STR(?s), '/id/[POEGF][0-9]+$')) } ORDER BY ?s LIMIT 200
"""


def time_command(command: list[str]) -> float:
    """Seconds that a command takes, which must succeed."""
    started = time.monotonic()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.monotonic() - started


def time_builds(data: Path) -> tuple[float, float, float]:
    """The best of three builds from nothing, one with nothing changed, and one by the peer."""
    command = [sys.executable, "-m", "graph", "build", "--data", str(data)]
    best = float("inf")
    for _ in range(ROUNDS):
        shutil.rmtree(data, ignore_errors=True)
        best = min(best, time_command(command))
    return best, time_command(command), time_command([sys.executable, "-m", "benchmarks.naive"])


def point_queries(version: Version) -> list[str]:
    """What is said of each of 200 things, one query each."""
    rows = version.open().query(_ENTITIES)
    assert isinstance(rows, QuerySolutions)
    queries = [f"SELECT ?p ?o WHERE {{ {row['s']} ?p ?o }}" for row in rows]
    return ["/sparql?" + urlencode({"query": query}) for query in queries]


def row(what: str, ours: str, peer: str, ratio: float, aim: str) -> None:
    """Print one line of the table."""
    print(f"| {what:<44} | {ours:>14} | {peer:>14} | {ratio:>6.1f} | {aim:<14} |")


def main() -> None:
    """Measure and print."""
    print(f"| {'what':<44} | {'Letapis':>14} | {'peer':>14} | {'ratio':>6} | {'aim':<14} |")
    print("|---|---:|---:|---:|---|")
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        ours, again, peer = time_builds(data)
        row("build the record (rdflib + owlrl + pySHACL)", f"{ours:.2f} s", f"{peer:.1f} s", peer / ours, "at least 20")
        row("build again, nothing changed", f"{again:.2f} s", f"{peer:.1f} s", peer / again, "seconds")
        version = Versions(data).current()
        assert version is not None
        paths = point_queries(version)
        with letapis(data) as (port, started):
            fast = requests_per_second(port, paths, SECONDS)
        quads = Path(folder) / "quads.nq"
        version.open_disk().dump(str(quads), RdfFormat.N_QUADS)
        with rdflib_endpoint(quads) as (port, peer_started):
            slow = requests_per_second(port, paths, SECONDS)
        ready, peer_ready = f"{started:.2f} s", f"{peer_started:.1f} s"
        row("ready to serve (rdflib-endpoint)", ready, peer_ready, peer_started / started, "2 s")
        row("point queries over HTTP (rdflib-endpoint)", f"{fast:.0f}/s", f"{slow:.0f}/s", fast / slow, "at least 5")


if __name__ == "__main__":
    main()
