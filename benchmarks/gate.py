"""The speed of the gate: building from much, a small change of much, and reading while commits run; beside the peers.

    python -m benchmarks.gate                the table at 10,000, 100,000 and 1,000,000 quads
    python -m benchmarks.gate 10000 20000    at other sizes; --batches and --seconds shorten it

Everything is measured from outside, as a user meets it: `letapis ingest` as a command, `/update` and `/sparql` by HTTP.
A change counts as done when it is acknowledged and a reader sees it.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.clients import Clients, latencies, quantile
from benchmarks.generate import generate, generate_batch, write
from benchmarks.meter import Cost, run_metered
from benchmarks.peers import letapis
from graph.project import Project
from graph.rdf import Quad
from graph.versions import Versions

SIZES = (10_000, 100_000, 1_000_000)
SMALL = 10_000
"""The size at which the naive stack is measured too; it would take hours for more."""

ROOT = Path(__file__).parent.parent
PEERS = {
    "naive": "rdflib, owlrl and pySHACL",
    "pyrudof": "pyrudof alone: SHACL Core of both views",
    "revalidate": "validating all of it again",
    "reinfer": "inferring all of it again",
}  # fmt: skip


@dataclass(frozen=True)
class Changes:
    """Seconds from sending each change to a reader seeing it."""

    added: list[float]
    removed: list[float]


@dataclass(frozen=True)
class Reading:
    """The p95 of readers' latencies in seconds, in a quiet store and while commits run one after another."""

    quiet: float
    busy: float
    commits: int


def make_root(folder: Path) -> Path:
    """A record with this ontology and these shapes, and no documents."""
    root = folder / "record"
    for name in ("documents", "entities", "claims"):
        (root / "graph" / name).mkdir(parents=True)
    for name in ("ontology", "shapes"):
        (root / name).symlink_to(ROOT / name)
    return root


@contextmanager
def record_at(root: Path) -> Iterator[None]:
    """Commands that are run within take the record in *root*."""
    before = os.environ.get("LETAPIS_ROOT")
    os.environ["LETAPIS_ROOT"] = str(root)
    try:
        yield
    finally:
        os.environ.pop("LETAPIS_ROOT")
        if before is not None:
            os.environ["LETAPIS_ROOT"] = before


def write_file(path: Path, triples: int) -> Path:
    """A file of about *triples* quads."""
    with path.open("wb") as file:
        file.writelines(write(generate(triples)))
    return path


def build(data: Path, file: Path) -> Cost:
    """What it costs to make a version of the ontology, the shapes and *file*."""
    schema = run_metered(_command("build", data))
    return schema.then(run_metered(_command("ingest", data, str(file))))


def peer(name: str, file: Path) -> Cost:
    """What its part of the same work costs a peer, in a process of its own; what it is given ready is not counted."""
    cost = run_metered([sys.executable, "-m", "benchmarks.gate_peers", name, str(file)])
    return Cost(float(cost.output), cost.memory)


def _command(name: str, data: Path, *words: str) -> list[str]:
    return [sys.executable, "-m", "graph", name, "--data", str(data), *words]


def make_token(data: Path) -> str:
    """A token that permits updates."""
    made = subprocess.run(
        _command("tokens", data, "create", "benchmark", "--scope", "update"), check=True, capture_output=True, text=True
    )
    return made.stdout.strip()


def measure_changes(clients: Clients, size: int, numbers: range) -> Changes:
    """Batches added one by one and then removed one by one, each waited for until a reader sees it."""
    batches = [generate_batch(number, into=size) for number in numbers]
    added = [clients.change("INSERT", batch) for batch in batches]
    removed = [clients.change("DELETE", batch) for batch in batches]
    return Changes(added, removed)


def measure_reading(clients: Clients, size: int, numbers: range, seconds: float) -> Reading:
    """Readers in a quiet store for some seconds, and again while batches are committed without a pause."""
    queries = [_about(quad) for quad in _spread(size)]
    quiet = latencies(clients.port, queries, seconds)
    with clients.committing(generate_batch(number, into=size) for number in numbers) as committed:
        busy = latencies(clients.port, queries, seconds)
    return Reading(quantile(quiet, 0.95), quantile(busy, 0.95), committed.count)


def _spread(size: int) -> list[Quad]:
    """Quads from all parts of the graph."""
    return [quad for number, quad in enumerate(generate(size)) if number % max(1, size // 200) == 0]


def _about(quad: Quad) -> str:
    return f"SELECT ?p ?o WHERE {{ {quad.subject} ?p ?o }}"


@dataclass(frozen=True)
class Measured:
    """Everything measured at one size."""

    size: int
    build: Cost
    changes: Changes
    reading: Reading
    peers: dict[str, Cost]


def measure(size: int, folder: Path, batches: int, seconds: float) -> Measured:
    """All of it, at one size."""
    data, file = folder / f"data-{size}", write_file(folder / f"{size}.nq", size)
    cost = build(data, file)
    peers = {name: peer(name, file) for name in PEERS if name != "naive" or size <= SMALL}
    with letapis(data) as (port, _):
        clients = Clients(port, make_token(data), Project(ROOT, data).names)
        measure_changes(clients, size, range(1_000, 1_003))  # the first writes find nothing warm
        changes = measure_changes(clients, size, range(batches))
        reading = measure_reading(clients, size, range(2_000, 12_000), seconds)
    made = Versions(data).current()
    assert made is not None
    return Measured(size, cost, changes, reading, peers)


def print_rows(result: Measured, smaller: list[Measured]) -> None:
    """The rows of one size, with the aims where they can be told."""
    _row(result.size, "build: parse, infer, validate, store", result.build.shown, "120 s and 6 GiB at 1,000,000")
    if smaller:
        growth = result.build.seconds / smaller[-1].build.seconds
        what = f"build, compared with {smaller[-1].size:,}"
        _row(result.size, what, f"{growth:.1f} times", "at most 12 for 10 times as much")
    for name, cost in result.peers.items():
        ratio = f"{cost.seconds / result.build.seconds:.1f} times the build"
        _row(result.size, PEERS[name], cost.shown, f"{ratio} (at least 100)" if name == "naive" else ratio)
    first = smaller[0] if smaller else result
    _print_changes(result.size, "added", result.changes.added, first.changes.added)
    _print_changes(result.size, "removed", result.changes.removed, first.changes.removed)
    reading = result.reading
    aim = f"{reading.quiet * 1000:.1f} ms in a quiet store: {reading.busy / reading.quiet:.2f} times (at most 1.5)"
    _row(result.size, f"readers' p95 during {reading.commits} commits", f"{reading.busy * 1000:.1f} ms", aim)


def _print_changes(size: int, what: str, times: list[float], first: list[float]) -> None:
    median, late = statistics.median(times), quantile(times, 0.95)
    ratio = f"{median / statistics.median(first):.2f} times that of the smallest (at most 2)"
    _row(size, f"a batch of 100 {what} and seen", f"{median:.3f} s (p95 {late:.3f} s)", f"under 1 s; {ratio}")


def _row(size: int, what: str, here: str, aim: str) -> None:
    print(f"| {size:,} | {what} | {here} | {aim} |", flush=True)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gate", description="The speed of the gate.")
    parser.add_argument("sizes", type=int, nargs="*", default=SIZES, help="quads (10000 100000 1000000)")
    parser.add_argument("--batches", type=int, default=20, help="changes of each kind that are measured (20)")
    parser.add_argument("--seconds", type=float, default=20.0, help="of reading, quiet and while commits run (20)")
    asked, done = parser.parse_args(), list[Measured]()
    print("| quads | what | here | aim or peer |\n|---:|---|---:|---|", flush=True)
    with tempfile.TemporaryDirectory() as folder, record_at(make_root(Path(folder))):
        for size in sorted(asked.sizes):
            result = measure(size, Path(folder), asked.batches, asked.seconds)
            print_rows(result, done)
            done.append(result)


if __name__ == "__main__":
    main()
