"""Example queries for the query form and the front page, one file each in `server/examples`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from graph.iris import CANONICAL_BASE, Names


@dataclass(frozen=True)
class Example:
    """A query with what it asks, in words."""

    title: str
    query: str


@cache
def read_examples(names: Names) -> tuple[Example, ...]:
    """The examples in order, for a record under the base of *names*."""
    files = sorted((Path(__file__).parent / "examples").glob("*.rq"))
    return tuple(_read_example(path, names) for path in files)


def _read_example(path: Path, names: Names) -> Example:
    text = path.read_text(encoding="utf-8").replace(CANONICAL_BASE, names.base)
    title = text.splitlines()[0].removeprefix("#").strip()
    return Example(title, text)
