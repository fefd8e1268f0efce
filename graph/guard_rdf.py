"""What may go into an RDF parser: bytes that are UTF-8, not too many, and not nested or expanded without measure.

The parser recurses on nested JSON and nested triple terms until the process dies of it, expands XML entities as they
are declared, and takes an RDF/XML file that ends in the middle for a whole one. So every byte passes here first. For
XML that is a second parser, expat, which also tells line and column; this module is the fence around it.
"""

from __future__ import annotations

import codecs
import gzip
import re
import zlib
from collections.abc import Callable
from typing import IO, Protocol
from xml.parsers import expat

from graph.errors import LetapisError
from graph.rdf import RdfFormat

DEEPEST = 100
"""Objects and arrays in each other, or triple terms: more than data has. The parser dies of 200 in 512 KiB of stack."""

DEEPEST_ELEMENT = 250
"""Elements in elements: no danger to the parser, which takes longer with each."""

LONGEST = 16 * 2**20
"""Bytes of one token: what the parser itself holds for formats other than RDF/XML."""

LONGEST_ENTITY = 256
"""Characters: entities are for abbreviating IRIs."""

_PIECE_ENDS = {RdfFormat.RDF_XML: b">", RdfFormat.JSON_LD: b"}", RdfFormat.STREAMING_JSON_LD: b"}"}
"""Where pieces end that are smaller than a line, in formats that people often write in few lines."""

_BOM = codecs.BOM_UTF8


class FeedError(LetapisError):
    """The input is wrong at *line* and *column*, from 1, where they are known."""

    def __init__(self, message: str, remedy: str = "", line: int | None = None, column: int | None = None) -> None:
        super().__init__(message, remedy)
        self.line = line
        self.column = column


class Guard(Protocol):
    """Looks at the bytes of one format before the parser does."""

    def check(self, data: bytes) -> None:
        """Take the next bytes, none at the end; FeedError where they must not reach the parser."""
        ...

    def note_quad(self) -> None:
        """Take note that the parser is done with a statement."""
        ...

    @property
    def column(self) -> int | None:
        """The column where the last thing that can be named begins, where known."""
        ...


class Feed:
    """The bytes of an input as a parser reads them, checked; by lines, tags or objects if *by_piece*, which is slower.

    *watch* is shown each piece before the parser is. `read` raises FeedError for damaged compression, for what is not
    UTF-8, for more than *limit* bytes, and where a guard does.
    """

    def __init__(
        self,
        raw: IO[bytes],
        form: RdfFormat,
        *,
        limit: int | None = None,
        by_piece: bool = False,
        watch: Callable[[Feed, bytes], None] | None = None,
    ) -> None:
        self._raw = raw
        self._pull = self._piece if by_piece else raw.read
        self._end = _PIECE_ENDS.get(form)
        self._rest = b""
        self._limit = limit
        self._taken = 0
        self._is_over = False
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._line = 1
        self._column = 1
        self._watch = watch
        self.guard = _guard(form)

    @property
    def line(self) -> int:
        """The line on which the last byte stands that was read."""
        return self._line - (self._column == 1 and self._line > 1)

    @property
    def column(self) -> int:
        """The column in which the last thing begins that has a name, in RDF/XML; else the one that is reached."""
        return self.guard.column or self._column

    def read(self, size: int = -1, /) -> bytes:
        """At most *size* bytes; none at the end."""
        if self._is_over:
            return b""
        data = self._take(size)
        if self._taken == 0 and data.startswith(_BOM):
            data = data.removeprefix(_BOM) or self._take(size)
        self._taken += len(data)
        self._is_over = not data
        if self._limit is not None and self._taken > self._limit:
            message = f"the input holds more than {self._limit} bytes, counted after decompression"
            raise FeedError(message, "Send it in parts.", self._line)
        self._advance(data)
        self.guard.check(data)
        if self._watch is not None:
            self._watch(self, data)
        return data

    def _take(self, size: int) -> bytes:
        try:
            return self._pull(size)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            message = f"the gzip data is damaged or cut off: {error}"
            raise FeedError(message, "Make the file again.", self._line) from None
        except OSError as error:
            raise FeedError(f"it cannot be read: {error}", "", self._line) from None

    def _piece(self, size: int) -> bytes:
        self._rest = self._rest or self._raw.readline(size)
        end = len(self._rest) if self._end is None else self._rest.find(self._end) + 1 or len(self._rest)
        data, self._rest = self._rest[: min(end, size)], self._rest[min(end, size) :]
        return data

    def _advance(self, data: bytes) -> None:
        try:
            self._count(self._decoder.decode(data, not data))
        except UnicodeDecodeError as error:
            self._count(error.object[: error.start].decode())
            shown = f"byte 0x{error.object[error.start]:02x} begins no character"
            raise FeedError(f"not UTF-8: {shown}", "Save it as UTF-8.", self._line, self._column) from None

    def _count(self, text: str) -> None:
        newlines = text.count("\n")
        self._line += newlines
        self._column = len(text) - text.rfind("\n") if newlines else self._column + len(text)


def _guard(form: RdfFormat) -> Guard:
    if form == RdfFormat.RDF_XML:
        return _XmlGuard()
    return _JsonGuard() if form in (RdfFormat.JSON_LD, RdfFormat.STREAMING_JSON_LD) else _TripleTermGuard()


class _TripleTermGuard:
    """Counts the triple terms that begin in one statement; more of them than may be nested are refused."""

    column = None

    def __init__(self) -> None:
        self._begun = 0
        self._tail = b""

    def check(self, data: bytes) -> None:
        self._begun += (self._tail + data).count(b"<<(")
        self._tail = data[-2:]
        if self._begun > DEEPEST:
            raise FeedError(f"more than {DEEPEST} triple terms (RDF 1.2) in one statement", "Use RDF 1.1.")

    def note_quad(self) -> None:
        self._begun = 0


class _JsonGuard:
    """Counts how deep objects and arrays are nested, outside strings."""

    column = None

    def __init__(self) -> None:
        self._depth = 0
        self._open = b""

    def check(self, data: bytes) -> None:
        data = _JSON_STRING.sub(b"", self._open + data)
        start = data.find(b'"')
        self._open = b"" if start < 0 else b'"' + _unfinished(data[start:])
        brackets = data if start < 0 else data[:start]
        opened, closed = (sum(map(brackets.count, pair)) for pair in ((b"{", b"["), (b"}", b"]")))
        if self._depth + opened > DEEPEST:
            self._walk(brackets)
        else:
            self._depth += opened - closed

    def _walk(self, brackets: bytes) -> None:
        for bracket in _JSON_BRACKET.findall(brackets):
            self._depth += 1 if bracket in b"{[" else -1
            if self._depth > DEEPEST:
                raise FeedError(f"objects or arrays are nested deeper than {DEEPEST}", "Give nested things an @id.")

    def note_quad(self) -> None:
        """Statements do not matter here."""


_JSON_STRING = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
_JSON_BRACKET = re.compile(rb"[\[\]{}]")


def _unfinished(string: bytes) -> bytes:
    """What the next bytes need to be read rightly of a string that goes on in them: a backslash without its mate."""
    slashes = len(string) - len(string.rstrip(b"\\"))
    return b"\\" if slashes % 2 else b""


class _XmlGuard:
    """Expat: whether it is XML, where it is not, how deep it is, how long texts are, and which entities it declares."""

    def __init__(self) -> None:
        self._depth = 0
        self._length = 0
        self._literal = 0
        self._tag = 0
        parser = self._parser = expat.ParserCreate()
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        parser.EntityDeclHandler = self._entity

    @property
    def column(self) -> int | None:
        """The column where the last element begins."""
        return self._tag or None

    def check(self, data: bytes) -> None:
        try:
            self._parser.Parse(data, not data)
        except expat.ExpatError as error:
            reason = expat.ErrorString(error.code)
            raise FeedError(f"not XML: {reason}", "", error.lineno, error.offset + 1) from None

    def note_quad(self) -> None:
        """Statements do not matter here."""

    def _refuse(self, message: str, remedy: str) -> None:
        raise FeedError(message, remedy, self._parser.CurrentLineNumber, self._parser.CurrentColumnNumber + 1)

    def _start(self, _name: str, attributes: dict[str, str]) -> None:
        self._tag = self._parser.CurrentColumnNumber + 1
        self._depth += 1
        if self._depth > DEEPEST_ELEMENT:
            self._refuse(f"elements are nested deeper than {DEEPEST_ELEMENT}", "Name the inner things with rdf:about.")
        self._begin_text()
        for name, value in attributes.items():
            self._text(value)
            if name.endswith("parseType") and value not in _NO_LITERALS and not self._literal:
                self._literal = self._depth
        self._begin_text()

    def _begin_text(self) -> None:
        """Count a new text, unless all of this is within an XML literal."""
        if not self._literal:
            self._length = 0

    def _end(self, _name: str) -> None:
        if self._literal == self._depth:
            self._literal = 0
        self._begin_text()
        self._depth -= 1

    def _text(self, text: str) -> None:
        self._length += len(text)
        if self._length > LONGEST:
            self._refuse(f"a text is longer than {LONGEST} characters", "Write what the entities stand for.")

    def _entity(self, name: str, is_parameter: bool, value: str | None, *_outside: str | None) -> None:
        if is_parameter or value is None:
            self._refuse(f"the entity `{name}` stands for another file or for markup", "Write out what it stands for.")
        elif "&" in value or len(value) > LONGEST_ENTITY:
            self._refuse(f"the entity `{name}` is long, or refers to another", "Write out what it stands for.")


_NO_LITERALS = ("Resource", "Collection", "Triple")
"""What `rdf:parseType` may say so that the content is not one literal."""
