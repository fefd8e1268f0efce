"""What there is to read: files, folders, standard input and HTTP bodies, each with its format and its raw bytes.

Bytes come decompressed, from the start, as often as asked for: a second pass finds the lines of what was wrong.
"""

from __future__ import annotations

import gzip
import io
import os
import sys
import tempfile
import weakref
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, NamedTuple

from graph.errors import UsageError
from graph.rdf import RdfFormat

FORMATS = {
    "ttl": RdfFormat.TURTLE, "trig": RdfFormat.TRIG, "nt": RdfFormat.N_TRIPLES, "nq": RdfFormat.N_QUADS,
    "rdf": RdfFormat.RDF_XML, "xml": RdfFormat.RDF_XML, "owl": RdfFormat.RDF_XML,
    "jsonld": RdfFormat.JSON_LD, "json-ld": RdfFormat.JSON_LD,
}  # fmt: skip
"""The formats by the extension of a file, which is also their name in a command."""

MEDIA_TYPES = {
    "text/turtle": RdfFormat.TURTLE, "application/x-turtle": RdfFormat.TURTLE, "application/turtle": RdfFormat.TURTLE,
    "application/trig": RdfFormat.TRIG, "application/x-trig": RdfFormat.TRIG,
    "application/n-triples": RdfFormat.N_TRIPLES, "text/plain": RdfFormat.N_TRIPLES,
    "application/n-quads": RdfFormat.N_QUADS, "text/x-nquads": RdfFormat.N_QUADS, "text/nquads": RdfFormat.N_QUADS,
    "application/rdf+xml": RdfFormat.RDF_XML, "application/ld+json": RdfFormat.JSON_LD,
}  # fmt: skip

CLAIMS = ".yml"
STANDARD_INPUT = "-"


class UnsupportedInputError(UsageError):
    """A media type, charset or compression that is not read here."""


@dataclass(frozen=True)
class Input:
    """One file, standard input or HTTP body.

    *shown* is how a curator knows it; *open* gives its bytes, decompressed, from the start, each time it is called.
    """

    shown: str
    form: RdfFormat
    open: Callable[[], IO[bytes]]


class Found(NamedTuple):
    """What there is to read: RDF, files of claims, and what was skipped because it is neither, or hidden."""

    inputs: list[Input]
    claim_files: list[Path]
    skipped: list[Path]


def find_inputs(names: Sequence[str], form: str | None = None) -> Found:
    """What the *names* of files and folders lead to, each file once, folders in the order of their sorted paths.

    *form* is the format of every file that is named and of standard input (`-`), whatever they are called; in folders
    the extension decides. UsageError for what does not exist, and for a file that is named and has no known format.
    """
    forced = None if form is None else _format_named(form)
    found, seen = Found([], [], []), set()
    for name in names:
        if name == STANDARD_INPUT:
            if Path(name) not in seen:
                found.inputs.append(_standard_input(forced))
            seen.add(Path(name))
            continue
        path = Path(name)
        for candidate in _walk(path) if path.is_dir() else [_existing(path)]:
            if candidate.resolve() not in seen:
                _take(found, candidate, forced, is_named=candidate == path)
            seen.add(candidate.resolve())
    return found


def _format_named(name: str) -> RdfFormat:
    form = FORMATS.get(name.lower().lstrip("."))
    if form is None:
        raise UsageError(f"`{name}` is no format that is read here.", f"Known are {', '.join(FORMATS)}.")
    return form


def _existing(path: Path) -> Path:
    if not path.is_file():
        raise UsageError(f"{path} is no file and no folder.", "Name one that exists, or `-` for standard input.")
    return path


def _walk(folder: Path) -> Iterator[Path]:
    """The files below *folder* in one order; what is hidden, and links to folders, as they are."""
    try:
        paths = sorted(folder.iterdir())
    except OSError as error:
        raise UsageError(f"{folder} cannot be read: {error}.") from None
    for path in paths:
        if path.is_dir() and not path.is_symlink() and not path.name.startswith("."):
            yield from _walk(path)
        else:
            yield path


def _take(found: Found, path: Path, forced: RdfFormat | None, *, is_named: bool) -> None:
    """Put *path* where it belongs; UsageError where it *is_named* and no format is known."""
    if not is_named and (path.name.startswith(".") or not path.is_file()):
        found.skipped.append(path)
    elif path.suffix.lower() == CLAIMS:
        found.claim_files.append(path)
    elif (form := (forced if is_named else None) or _format_of(path)) is not None:
        found.inputs.append(Input(_printable(path), form, lambda: _open_file(path)))
    elif is_named:
        known = ", ".join(f".{extension}" for extension in FORMATS)
        message = f"{_printable(path)}: its extension is not that of a format that is read here."
        raise UsageError(message, f"Known are {known}, also with .gz, and {CLAIMS} for claims. Or give the format.")
    else:
        found.skipped.append(path)


def _format_of(path: Path) -> RdfFormat | None:
    suffixes = [suffix.lower().lstrip(".") for suffix in path.suffixes]
    if suffixes[-1:] == ["gz"]:
        suffixes.pop()
    return FORMATS.get(suffixes[-1]) if suffixes else None


def _printable(path: Path) -> str:
    return os.fsencode(path).decode("utf-8", "replace")


def _open_file(path: Path) -> IO[bytes]:
    is_zipped = path.suffix.lower() == ".gz"
    return _unzipped(path.open("rb"), always=is_zipped)


def _standard_input(form: RdfFormat | None) -> Input:
    if form is None:
        raise UsageError("standard input has no name to tell its format.", f"Give one of {', '.join(FORMATS)}.")
    kept = _Kept(sys.stdin.buffer)
    return Input("standard input", form, lambda: _unzipped(_again(kept.read_at)))


def body_input(file: IO[bytes], content_type: str, content_encoding: str, shown: str = "request body") -> Input:
    """The HTTP body in *file*, which can be sought, as its headers describe it; UnsupportedInputError where unknown."""
    media_type, *parameters = (part.strip().lower() for part in content_type.split(";"))
    form = MEDIA_TYPES.get(media_type)
    if form is None:
        stated = f"the media type `{media_type}` is not read here" if media_type else "no Content-Type is given"
        raise UnsupportedInputError(f"{stated}.", f"Known are {', '.join(MEDIA_TYPES)}.")
    for parameter in parameters:
        key, _, value = parameter.partition("=")
        if key.strip() == "charset" and value.strip(' "') not in ("utf-8", "utf8", "us-ascii"):
            raise UnsupportedInputError(f"the charset {value.strip()} is not read here.", "Send it as UTF-8.")
    encoding = content_encoding.strip().lower()
    if encoding not in ("", "identity", "gzip", "x-gzip"):
        raise UnsupportedInputError(f"the content encoding `{encoding}` is not read here.", "Use gzip, or none.")

    def read_at(position: int, size: int) -> bytes:
        file.seek(position)
        return file.read(size)

    if "gzip" in encoding:
        return Input(shown, form, lambda: _unzipped(_again(read_at), always=True))
    return Input(shown, form, lambda: _again(read_at))


_GZIP_MAGIC = b"\x1f\x8b"


def _unzipped(raw: IO[bytes], *, always: bool = False) -> IO[bytes]:
    """The bytes of *raw*, decompressed where they begin as gzip does (no text does); closing it closes *raw*."""
    if not always:
        is_zipped = raw.read(2) == _GZIP_MAGIC
        raw.seek(0)
        if not is_zipped:
            return raw
    return io.BufferedReader(_Unzipped(raw), 2**16)


class _Unzipped(gzip.GzipFile):
    """A gzip file that closes what it reads from."""

    def __init__(self, raw: IO[bytes]) -> None:
        self._raw = raw
        super().__init__(fileobj=raw, mode="rb")

    def close(self) -> None:
        super().close()
        self._raw.close()


def _again(read_at: Callable[[int, int], bytes]) -> IO[bytes]:
    return io.BufferedReader(_Again(read_at), 2**16)


class _Again(io.RawIOBase):
    """Reads from the start what is kept elsewhere, and leaves it open when closed."""

    def __init__(self, read_at: Callable[[int, int], bytes]) -> None:
        self._read_at = read_at
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        if whence == os.SEEK_END:
            raise io.UnsupportedOperation("the end is not known")
        self._position = offset + (self._position if whence == os.SEEK_CUR else 0)
        return self._position

    def readinto(self, buffer: Any) -> int:
        data = self._read_at(self._position, len(buffer))
        memoryview(buffer)[: len(data)] = data
        self._position += len(data)
        return len(data)


class _Kept:
    """A stream that can be read once, copied to a temporary file as it is read, so that it can be read again."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._copy = tempfile.TemporaryFile()  # noqa: SIM115 - closed when this object goes
        self._size = 0
        weakref.finalize(self, self._copy.close)

    def read_at(self, position: int, size: int) -> bytes:
        """At most *size* bytes from *position*, none at the end."""
        while position >= self._size:
            data = self._stream.read(size)
            if not data:
                return b""
            self._copy.seek(self._size)
            self._copy.write(data)
            self._size += len(data)
        self._copy.seek(position)
        return self._copy.read(min(size, self._size - position))
