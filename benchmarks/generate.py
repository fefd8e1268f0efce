"""Invented data of this ontology's shape and of any size, as the record states it: nothing is inferred or derived here.

    python -m benchmarks.generate 100000 > stated.nq

A graph of *n* quads is a prefix of every larger one with the same seed: the common ground (`benchmarks.ground`), then
one document after another (`benchmarks.introduce`, `benchmarks.scenes`). All of it conforms to the shapes.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator

from benchmarks.document import Document, World
from benchmarks.ground import Ground, lay_ground
from benchmarks.introduce import introduce
from benchmarks.scenes import tell_all, tell_some
from graph.iris import Names
from graph.rdf import NamedNode, Quad, RdfFormat, serialize

SMALLEST = 2_000
"""A graph of fewer quads than this has no document that a batch could refer to."""

_LARGEST_DOCUMENT = 1_600
_FIRST_BATCH = 1_000_000
_BATCH_LIMIT = 1_000
_PIECE = 50_000


def generate(triples: int, *, seed: int = 1, names: Names = Names()) -> Iterator[Quad]:  # noqa: B008 - a frozen value
    """About *triples* quads (rounded up to a whole document) of the stated graphs, in a fixed order, each once."""
    world, count, number = World.of(names, seed), 0, 0
    ground = Ground.of(world)
    quads: Iterable[Quad] = lay_ground(world).quads
    while True:
        told = dict.fromkeys(quads)
        yield from told
        count += len(told)
        if count >= triples:
            return
        document = Document(world, number, number + 1)
        introduce(document, ground)
        document.describe(_speaker(document, ground), ground.council)
        tell_all(document)
        quads, number = document.quads, number + 1


def _speaker(document: Document, ground: Ground) -> NamedNode:
    return document.random.choice((ground.council, ground.power, document.earlier("O", 0)))


def generate_batch(
    number: int, triples: int = 100, *, into: int = 10_000, seed: int = 1, names: Names = Names()  # noqa: B008
) -> list[Quad]:  # fmt: skip
    """About *triples* quads (at most 1,000) that conform when they are added to `generate(into)` with the same seed.

    Each *number* gives another document with claims about people and things of that graph. Batches do not build on one
    another, so any may be added, and removed again, in any order.
    """
    document = _batch(number, triples, into, World.of(names, seed))
    return list(dict.fromkeys(document.quads))


def bad_batch(
    number: int, triples: int = 100, *, into: int = 10_000, seed: int = 1, names: Names = Names()  # noqa: B008
) -> list[Quad]:  # fmt: skip
    """A batch with one violation: a sentence of 999 months (`lts:Term-termMonths`)."""
    document = _batch(number, triples, into, World.of(names, seed))
    sentence = document.new("E")
    document.claim({sentence: [
        ("a", document.cls("Sentence")), ("convicted", document.earlier("P", 0)),
        ("termMonths", document.number_of(999)), ("legalBasis", Ground.of(document.world).article),
    ]})  # fmt: skip
    return list(dict.fromkeys(document.quads))


def _batch(number: int, triples: int, into: int, world: World) -> Document:
    if into < SMALLEST or not 10 <= triples <= _BATCH_LIMIT or number < 0:
        raise ValueError(f"no batch number {number} of {triples} quads for a graph of {into}")
    document = Document(world, _FIRST_BATCH + number, (into - SMALLEST) // _LARGEST_DOCUMENT + 1)
    ground = Ground.of(world)
    document.describe(ground.council, ground.council)
    tell_some(document, triples)
    return document


def write(quads: Iterable[Quad]) -> Iterator[bytes]:
    """The quads as N-Quads, piece by piece."""
    piece: list[Quad] = []
    for quad in quads:
        piece.append(quad)
        if len(piece) == _PIECE:
            yield serialize(piece, RdfFormat.N_QUADS)
            piece.clear()
    yield serialize(piece, RdfFormat.N_QUADS)


def main() -> None:
    """Write a graph to standard output."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.generate", description="Invented data as N-Quads.")
    parser.add_argument("triples", type=int, help="about how many quads")
    parser.add_argument("--seed", type=int, default=1, help="another number gives other data (1)")
    asked = parser.parse_args()
    for piece in write(generate(asked.triples, seed=asked.seed)):
        sys.stdout.buffer.write(piece)


if __name__ == "__main__":
    main()
