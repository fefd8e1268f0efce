"""Traces of what is redacted outside the stores: in reports and answers that were kept, in quarantined input.

| below the data folder | what becomes of it |
|---|---|
| `idempotency/*.json` | an answer that holds a trace is forgotten; the commit still tells that the write was done |
| `*.good.nq`, `*.bad.nq` | lines with a trace are left out |
| `*.report.ttl`, `*.report.txt` | removed where they hold a trace; submitting the input again makes them anew |
| `loading/` | removed: a load that was interrupted begins again |
| `sources/` | not looked at: the texts of documents are what they are |
| anything else | named, and not touched |
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from graph.rdf import Triple
from graph.redacted import REDACTED
from graph.swap import JOURNAL, Move
from graph.wording import Wording

LOADING, IDEMPOTENCY = "loading", "idempotency"
_OWN = ("versions", "staging", "sources", "tags", "readers", "current", "lock", LOADING, REDACTED, JOURNAL)
_QUARANTINED = (".good.nq", ".bad.nq")
_REPORTS = (".report.ttl", ".report.txt")


class Traces:
    """Finds the *iris* and their parts, names, *statements*, and the IRIs of what *gone* lists, in texts."""

    def __init__(
        self, iris: Iterable[str], statements: Iterable[Triple], gone: Iterable[str], wording: Wording
    ) -> None:
        parts = "|".join(re.escape(iri) for iri in sorted(iris))
        self._iris = re.compile(rf"(?:{parts})(?![\w/%~-])(?!\.\w)") if parts else None
        self._statements = tuple(str(triple) for triple in statements)
        self._gone = frozenset(gone)
        self._wording = wording

    def is_in(self, text: str) -> bool:
        """True where *text* mentions anything of it."""
        if text in self._gone or self._wording.mentions(text):
            return True
        if self._iris is not None and self._iris.search(text):
            return True
        return any(statement in text for statement in self._statements)

    def is_in_any(self, content: Any) -> bool:
        """True where a string in this JSON does."""
        return any(map(self.is_in, _strings(content)))


def _strings(content: Any) -> Iterator[str]:
    if isinstance(content, str):
        yield content
    elif isinstance(content, Mapping):
        for key, value in content.items():
            yield key
            yield from _strings(value)
    elif isinstance(content, list | tuple):
        for value in content:
            yield from _strings(value)


@dataclass
class Cleared:
    """How the files beside the versions are to be changed; *left* are those that hold a trace and stay as they are."""

    moves: list[Move] = field(default_factory=list)
    removals: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)


def clear(data: Path, traces: Traces, folder: Path) -> Cleared:
    """What is to be done to the files of a data folder; their replacements are made in *folder*."""
    cleared = Cleared()
    if (data / LOADING).is_dir():
        cleared.removals.append(LOADING)
    for path in _files(data):
        name = str(path.relative_to(data))
        content = path.read_bytes()
        if not _holds(path, content, traces):
            continue
        if path.name.endswith(_QUARANTINED):
            cleared.moves.append(_without_lines(data, path, content, traces, folder))
        elif path.name.endswith(_REPORTS) or (path.parent == data / IDEMPOTENCY and path.suffix == ".json"):
            cleared.removals.append(name)
        else:
            cleared.left.append(name)
    return cleared


def _files(data: Path) -> Iterator[Path]:
    for top in sorted(data.iterdir()):
        if top.name not in _OWN:
            paths = sorted(top.rglob("*")) if top.is_dir() and not top.is_symlink() else [top]
            yield from (path for path in paths if path.is_file() and not path.is_symlink())


def _holds(path: Path, content: bytes, traces: Traces) -> bool:
    if path.suffix == ".json":
        try:
            return traces.is_in_any(_opened(json.loads(content)))
        except ValueError:
            pass
    return any(traces.is_in(line) for line in content.decode("utf-8", errors="replace").splitlines())


def _opened(content: Any) -> Any:
    """JSON with the body of a kept answer decoded."""
    answer = content.get("answer") if isinstance(content, dict) else None
    if not isinstance(answer, dict) or not isinstance(answer.get("body"), str):
        return content
    try:
        text = base64.b64decode(answer["body"]).decode("utf-8", errors="replace")
    except binascii.Error:
        return content
    return [content, text, *text.splitlines(), _parsed(text)]


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


def _without_lines(data: Path, path: Path, content: bytes, traces: Traces, folder: Path) -> Move:
    """The file without the lines that hold a trace."""
    folder.mkdir(parents=True, exist_ok=True)
    made = folder / f"{len(list(folder.iterdir()))}"
    lines = content.decode("utf-8", errors="replace").splitlines(keepends=True)
    made.write_bytes("".join(line for line in lines if not traces.is_in(line)).encode())
    made.chmod(path.stat().st_mode & 0o777)
    return Move(str(made.relative_to(data)), str(path.relative_to(data)))
