"""The fingerprint of a set of quads, kept at the cost of a change: the same quads give the same digest.

A sum of hashes, one for each quad, modulo 2^2048: adding and removing are the same sum up and down, whatever the order
(M. Bellare and D. Micciancio, "A new paradigm for collision-free hashing: incrementality at reduced cost", 1997; the
width keeps the generalised birthday attack out of reach). What is shown is the SHA-256 of the sum.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from graph.rdf import Quad

_BYTES = 256
_MODULUS = 1 << (8 * _BYTES)


def weigh(quads: Iterable[Quad]) -> int:
    """The sum of the hashes of *quads*, each of which must come once."""
    total = 0
    for quad in quads:
        total += int.from_bytes(hashlib.shake_256(str(quad).encode()).digest(_BYTES), "big")
    return total % _MODULUS


def weigh_lines(lines: Iterable[bytes]) -> tuple[int, int]:
    """The weight of the quads in lines of N-Quads, and their number."""
    total = number = 0
    for number, line in enumerate(lines, 1):  # noqa: B007 - counted
        quad = line.removesuffix(b" .\n")
        total += int.from_bytes(hashlib.shake_256(quad).digest(_BYTES), "big")
    return total % _MODULUS, number


def shift(weight: int, added: Iterable[Quad], removed: Iterable[Quad]) -> int:
    """The weight of what has *weight* after *added* came and *removed* went."""
    return (weight + weigh(added) - weigh(removed)) % _MODULUS


def digest_of(weight: int) -> str:
    """The fingerprint to show, as 64 hexadecimal digits."""
    return hashlib.sha256(weight.to_bytes(_BYTES, "big")).hexdigest()


def to_text(weight: int) -> str:
    """The weight as it is kept."""
    return format(weight, "x")


def from_text(text: str) -> int:
    """The weight that was kept as *text*."""
    return int(text, 16)
