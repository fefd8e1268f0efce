"""What changed between two versions, as an RDF Patch (https://afs.github.io/rdf-delta/rdf-patch.html)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from graph.versions import Version


@dataclass(frozen=True)
class Change:
    """One statement that was added (`A`) or deleted (`D`), as a line of N-Quads without its end."""

    kind: str
    quad: str


def diff(before: Version, after: Version) -> Iterator[Change]:
    """The changes from one version to another, in the order of their lines; streamed, whatever the size.

    Statements in the default graph are left out: it repeats what the named graphs hold.
    """
    old, new = _lines(before.folder / "quads.nq"), _lines(after.folder / "quads.nq")
    left, right = next(old, None), next(new, None)
    while left is not None or right is not None:
        if right is None or (left is not None and left < right):
            assert left is not None  # noqa: S101 - one of the two is there
            yield Change("D", left.removesuffix(" ."))
            left = next(old, None)
        elif left is None or right < left:
            yield Change("A", right.removesuffix(" ."))
            right = next(new, None)
        else:
            left, right = next(old, None), next(new, None)


def _lines(path: Path) -> Iterator[str]:
    """The statements of the named graphs, in the order of the file: by bytes, which is also that of code points."""
    with path.open(encoding="utf-8", newline="\n") as file:
        for line in file:
            if _is_named(line.removesuffix(" .\n")):
                yield line.rstrip("\n")


def _is_named(statement: str) -> bool:
    """True where a graph's IRI follows the object: after a literal's quotes, or as a fourth IRI."""
    subject, predicate, rest = statement.split(" ", 2)
    if not rest.startswith('"'):
        return rest.count(" ") == 1
    closing = rest.rindex('"')
    return rest[closing:].endswith(">") and " " in rest[closing:]


def to_text(before: Version, after: Version) -> Iterator[str]:
    """The patch, line by line: its header, one transaction, a change a line."""
    yield f"H prev <urn:sha256:{before.manifest['digest']}> ."
    yield f"H id <urn:sha256:{after.manifest['digest']}> ."
    yield "TX ."
    for change in diff(before, after):
        yield f"{change.kind} {change.quad} ."
    yield "TC ."
