"""Reading RDF that comes in from outside (`graph.inputs`), streamed, with the places of what is wrong.

Everything passes `graph.guard_rdf` on its way to the parser. Blank nodes are renamed in order of appearance, so that
the same input gives the same names whenever it is read. Where a parser does not tell the place of what is wrong, the
input is read once more, piece by piece, up to there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

from graph.errors import SourceError, Spot, UsageError
from graph.guard_rdf import LONGEST, Feed, FeedError
from graph.inputs import Input
from graph.layout import GraphName
from graph.rdf import BlankNode, DefaultGraph, Literal, NamedNode, Quad, RdfFormat, Triple, parse_stream


@dataclass(frozen=True)
class Reading:
    """How an *input* is read, so that it can be read in the same way again.

    Relative IRIs are resolved against *base* and are an error without it. What names no graph goes to *graph*. Blank
    nodes are named *blank_prefix* and a number. More than *limit_bytes* bytes after decompression are an error.
    """

    input: Input
    base: str | None
    blank_prefix: str
    graph: GraphName = DefaultGraph()
    limit_bytes: int | None = None


def read_quads(
    input: Input,
    *,
    base: str | None,
    graph: GraphName = DefaultGraph(),  # noqa: B008 - a value
    blank_prefix: str,
    limit_bytes: int | None = None,
) -> Iterator[Quad]:
    """The quads of *input* as a `Reading` with these settings gives them, each as soon as the parser has it.

    Memory grows with the number of blank nodes, and with JSON-LD by its largest object outside arrays at the top.
    SourceError tells line, and column where known: of a parse error, of what is not UTF-8, not whole, too large, nested
    too deep, RDF 1.2 (triple terms, directions), or a context elsewhere. UsageError where *base* is no IRI.
    """
    reading = Reading(input, base, blank_prefix, graph, limit_bytes)
    _check_base(base)
    try:
        with _opened(input) as raw:
            yield from _parse(reading, Feed(raw, input.form, limit=limit_bytes), input.form)
    except FeedError as error:
        raise _placed(reading, error) from None


def read_all(reading: Reading) -> Iterator[Quad]:
    """The quads of a reading, as `read_quads` gives them."""
    return read_quads(
        reading.input, base=reading.base, graph=reading.graph, blank_prefix=reading.blank_prefix,
        limit_bytes=reading.limit_bytes,
    )  # fmt: skip


def read_placed(reading: Reading) -> Iterator[tuple[Quad, Spot]]:
    """The quads of a reading, each with its place; read piece by piece, so slower.

    That is the line of the quad in N-Triples and N-Quads, and the one where it ends in Turtle, TriG and RDF/XML.
    JSON-LD is held back by its parser up to the end of an object at the top, so there it is the line with the
    subject's `@id`, or that end. SourceError as with `read_quads`.
    """
    form = reading.input.form
    mentions = _Mentions() if form == RdfFormat.JSON_LD else None
    watch = None if mentions is None else mentions.read
    try:
        with _opened(reading.input) as raw:
            feed = Feed(raw, form, limit=reading.limit_bytes, by_piece=True, watch=watch)
            for quad in _parse(reading, feed, form):
                line = feed.line if mentions is None else mentions.line(quad, feed)
                yield quad, Spot(reading.input.shown, line)
    except FeedError as error:
        raise _placed(reading, error) from None


def _check_base(base: str | None) -> None:
    try:
        if base is not None:
            NamedNode(base)
    except ValueError as error:
        raise UsageError(f"the base `{base}` is no IRI: {error}.", "Give an absolute one.") from None


def _opened(input: Input) -> IO[bytes]:
    try:
        return input.open()
    except OSError as error:
        raise FeedError(f"it cannot be read: {error}", "", 1) from None


def _parse(reading: Reading, feed: Feed, form: RdfFormat) -> Iterator[Quad]:
    """The quads, owned and checked; FeedError for everything that is wrong with them."""
    own, note_quad = _Owner(reading).own, feed.guard.note_quad
    is_json = form in (RdfFormat.JSON_LD, RdfFormat.STREAMING_JSON_LD)
    try:
        # A JSON-LD parser that checks drops what it does not like, so it does not, and this does.
        quads = parse_stream(feed, form, reading.base, lenient=is_json)
        for quad in map(_check_terms, quads) if is_json else quads:
            note_quad()
            yield own(quad)
    except SyntaxError as error:
        raise _parse_error(form, error) from None
    except MemoryError as error:
        if "buffer" not in str(error):
            raise
        raise FeedError(f"one term is longer than {LONGEST} bytes", "Check that its quote or bracket ends.") from None


def _parse_error(form: RdfFormat, error: SyntaxError) -> FeedError:
    reason = re.sub("^Parser error [^:]*: ", "", error.msg)
    remedy = ""
    if "LoadDocumentCallback" in reason:
        reason, remedy = "a context at another address is named, and none is ever fetched", "Write the context out."
    elif "No scheme found" in reason:
        reason, remedy = f"a relative IRI, and no base: {reason}", "Write IRIs whole, or declare a base."
    return FeedError(f"not {form.name.removeprefix('Streaming ')}: {reason}", remedy, error.lineno, error.offset)


class _Owner:
    """Makes a parser's quads ours: of RDF 1.1, in our graph where they name none, with blank nodes renamed.

    Blank nodes are numbered in order of appearance: parsers name those without a label at random.
    """

    def __init__(self, reading: Reading) -> None:
        self._prefix = reading.blank_prefix
        self._graph = reading.graph
        self._numbers: dict[str, int] = {}

    def own(self, quad: Quad) -> Quad:
        """The quad as it is ours; FeedError for what RDF 1.1 does not have."""
        subject, predicate, obj, graph = quad
        if type(subject) is BlankNode:
            subject = self._blank(subject)
        if type(obj) is Literal:
            if obj.direction is not None:
                raise FeedError("a text has a direction (RDF 1.2).", "Leave the direction out.")
        elif type(obj) is BlankNode:
            obj = self._blank(obj)
        elif type(obj) is Triple:
            raise FeedError("a triple term or reifier stands here (RDF 1.2).", "Use RDF 1.1.")
        if type(graph) is DefaultGraph:
            graph = self._graph
        elif type(graph) is BlankNode:
            graph = self._blank(graph)
        # Naming the default graph makes a quad take twice as long to make.
        return Quad(subject, predicate, obj) if type(graph) is DefaultGraph else Quad(subject, predicate, obj, graph)

    def _blank(self, node: BlankNode) -> BlankNode:
        return BlankNode(f"{self._prefix}{self._numbers.setdefault(node.value, len(self._numbers))}")


def _check_terms(quad: Quad) -> Quad:
    """The quad; FeedError where an IRI or a language is none."""
    obj = quad.object
    terms = [quad.subject, quad.predicate, obj, quad.graph_name]
    if isinstance(obj, Literal):
        terms.append(obj.datatype)
    for term in terms:
        if isinstance(term, NamedNode):
            _check_iri(term.value)
    if isinstance(obj, Literal) and obj.language is not None:
        try:
            Literal(obj.value, language=obj.language)
        except ValueError as error:
            raise FeedError(f"`{obj.language}` is no language tag: {error}", "See RFC 5646.") from None
    return quad


def _check_iri(value: str) -> None:
    try:
        NamedNode(value)
    except ValueError as error:
        remedy = "Write IRIs whole, or declare a base."
        raise FeedError(f"`{value}` is no absolute IRI: {error}", remedy) from None


def _placed(reading: Reading, error: FeedError) -> SourceError:
    """The error with the place of what is wrong."""
    line, column = error.line, error.column
    if line is None:
        line, column = _find_place(reading, error.message)
    where = "" if column is None else f"column {column}: "
    return SourceError(Spot(reading.input.shown, line), f"{where}{error.message}", error.remedy)


_PROMPT = (RdfFormat.RDF_XML, RdfFormat.STREAMING_JSON_LD)
"""The formats whose parser gives up as soon as it has read what is wrong, so that a column means something."""


def _find_place(reading: Reading, message: str) -> tuple[int, int | None]:
    """Line and column where reading piece by piece ends with *message*."""
    forms = [reading.input.form]
    if forms == [RdfFormat.JSON_LD]:
        # It holds back less, so it is nearer to the place, but refuses some orders of keys.
        forms.insert(0, RdfFormat.STREAMING_JSON_LD)
    for form in forms:
        feed = None
        try:
            with _opened(reading.input) as raw:
                feed = Feed(raw, form, by_piece=True)
                for _ in _parse(reading, feed, form):
                    pass
        except FeedError as error:
            if feed is not None and error.message == message:
                return feed.line, feed.column if form in _PROMPT else None
    return 1, None


class _Mentions:
    """The lines with an `@id`, of the JSON-LD read since a statement last came out of the parser.

    That is what the parser holds back itself, so this takes no more memory than it does.
    """

    def __init__(self) -> None:
        self._lines: dict[str, tuple[bool, int]] = {}
        self._is_over = False

    def read(self, feed: Feed, data: bytes) -> None:
        """Look at the next line."""
        if self._is_over:
            self._lines.clear()
            self._is_over = False
        for local, end in _ID.findall(data.decode("utf-8", "replace")):
            is_reference = bool(end)
            if local not in self._lines or (self._lines[local][0] and not is_reference):
                self._lines[local] = (is_reference, feed.line)

    def line(self, quad: Quad, feed: Feed) -> int:
        """The line with the subject's `@id`, or where the parser had the quad."""
        self._is_over = True
        subject = quad.subject
        local = re.split("[/#:]", subject.value)[-1] if isinstance(subject, NamedNode) else ""
        return self._lines.get(local, (False, feed.line))[1]


_ID = re.compile(r'"@?id"\s*:\s*"(?:[^"]*[/#:])?([^"/#:]*)"\s*(\}?)')
"""The last part of an identifier, however the rest is abbreviated, and whether nothing else is said of it there."""
