"""SPARQL 1.1 Update taken apart: the operations of a request, with their templates and patterns as text.

Only where each part begins and ends is found here; whether it is SPARQL the engine says. Variables and labels of blank
nodes in templates are replaced by IRIs made of a mark, so that the engine can read a template as triples.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NoReturn, TypeAlias

from graph.errors import QuerySyntaxError
from graph.update_tokens import DOT_BEFORE, GRAPH_NAME, IRI_ONLY, PREFIX_ONLY, SKIP, STRIDE, TOKEN, Group

_ABSOLUTE = re.compile("<[A-Za-z][A-Za-z0-9+.-]*:")


@dataclass(frozen=True)
class Declaration:
    """A PREFIX, or BASE where *prefix* is None; *iri* as written."""

    prefix: str | None
    iri: str


@dataclass(frozen=True)
class Block:
    """Triples of a template, in the graph named *graph* (as written) or in none."""

    graph: str | None
    triples: str


@dataclass(frozen=True)
class Template:
    """What quads are made of; *holes* are `?variable` and `_:label`: number 2 stands in the text as `<mark2>`."""

    blocks: tuple[Block, ...] = ()
    holes: tuple[str, ...] = ()
    mark: str = ""


@dataclass(frozen=True)
class Part:
    """Where an operation stands: *text* from *start* on; *declared* are the declarations just before it."""

    declared: tuple[Declaration, ...]
    text: str
    start: int


@dataclass(frozen=True)
class Modify:
    """INSERT and DELETE in all their forms; *where* is a group in braces, or None for DATA. Names are as written."""

    part: Part
    delete: Template
    insert: Template
    where: str | None
    graph: str | None = None
    using: tuple[str, ...] = ()
    using_named: tuple[str, ...] = ()


@dataclass(frozen=True)
class Manage:
    """CLEAR, DROP, CREATE, ADD, MOVE or COPY; graphs as written, or DEFAULT, NAMED, ALL."""

    part: Part
    verb: str
    silent: bool
    target: str
    source: str = ""


@dataclass(frozen=True)
class Load:
    """LOAD, of which no more is ever needed."""

    part: Part
    silent: bool


Operation: TypeAlias = Modify | Manage | Load


def read_operations(text: str) -> list[Operation]:
    """The operations of an update request in their order; QuerySyntaxError where one cannot be made out."""
    return _Reader(text).read()


def fail_at(text: str, place: int, message: str) -> NoReturn:
    """Raise QuerySyntaxError with line and column of *place* and with the words that stand there."""
    begin = text.rfind("\n", 0, place) + 1
    line, column = text.count("\n", 0, place) + 1, place - begin + 1
    near = text[max(begin, place - 20) : place + 20].splitlines() or [""]
    raise QuerySyntaxError(f"line {line}, column {column}, near `{near[0].strip()}`: {message}", line, column)


def find_fault(part: Part, prefixes: Iterable[str], *, has_base: bool) -> tuple[int, str] | None:
    """Where in the request the operation has a name that means nothing, and why; None where it has none."""
    known, place = set(prefixes), 0
    while match := TOKEN.match(part.text, place):
        if match.lastgroup == "name" and match[0].partition(":")[0] not in known:
            return part.start + place, "the prefix is not declared"
        if match.lastgroup == "iri" and not has_base and not _ABSOLUTE.match(match[0]):
            return part.start + place, "the IRI is relative, and there is no BASE"
        place = match.end()
    return None


class _Reader:
    """Reads a request from beginning to end."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._place = 0
        # No text can hold its own digest, so no IRI of the request is mistaken for a hole.
        self._mark = f"letapis-{hashlib.sha256(text.encode()).hexdigest()[:32]}:"
        self._labels: dict[str, set[str]] = {"INSERT DATA": set(), "WHERE": set()}

    def read(self) -> list[Operation]:
        """All operations."""
        found: list[Operation] = []
        while True:
            declared = self._declarations()
            if self._at_end():
                return found
            found.append(self._operation(declared))
            if self._at_end():
                return found
            if not self._accept(";"):
                self._fail("`;` or the end is expected after an operation")

    def _declarations(self) -> tuple[Declaration, ...]:
        found = []
        while True:
            if self._accept("BASE"):
                found.append(Declaration(None, self._match(IRI_ONLY, "an IRI")))
            elif self._accept("PREFIX"):
                prefix = self._match(PREFIX_ONLY, "a prefix with its colon")[:-1]
                found.append(Declaration(prefix, self._match(IRI_ONLY, "an IRI")))
            else:
                return tuple(found)

    def _operation(self, declared: tuple[Declaration, ...]) -> Operation:
        start = self._place

        def part() -> Part:
            return Part(declared, self._text[start : self._place], start)

        if self._accept("LOAD"):
            silent = self._accept("SILENT")
            self._match(GRAPH_NAME, "an IRI")
            if self._accept("INTO"):
                self._expect("GRAPH")
                self._match(GRAPH_NAME, "a graph")
            return Load(part(), silent)
        for verb in ("CLEAR", "DROP", "CREATE", "ADD", "MOVE", "COPY"):
            if self._accept(verb):
                silent = self._accept("SILENT")
                source, target = self._graphs(verb)
                return Manage(part(), verb, silent, target, source)
        parts = self._modify()
        return Modify(part(), *parts)

    def _graphs(self, verb: str) -> tuple[str, str]:
        """Source and target of a graph operation."""
        if verb == "CREATE":
            self._expect("GRAPH")
            return "", self._match(GRAPH_NAME, "a graph")
        if verb in ("CLEAR", "DROP"):
            return "", self._graph("DEFAULT", "NAMED", "ALL")
        source = self._graph("DEFAULT")
        self._expect("TO")
        return source, self._graph("DEFAULT")

    def _graph(self, *words: str) -> str:
        for word in words:
            if self._accept(word):
                return word
        self._accept("GRAPH")
        return self._match(GRAPH_NAME, f"a graph, or {' or '.join(words)},")

    def _modify(self) -> tuple[Template, Template, str | None, str | None, tuple[str, ...], tuple[str, ...]]:
        graph = self._match(GRAPH_NAME, "a graph") if self._accept("WITH") else None
        delete, insert = Template(), Template()
        if self._accept("DELETE"):
            if graph is None and self._accept("DATA"):
                return self._template(), insert, None, None, (), ()
            if graph is None and self._accept("WHERE"):
                begin = self._skip()
                delete = self._template()
                return delete, insert, self._text[begin : self._place], None, (), ()
            delete = self._template()
            insert = self._template() if self._accept("INSERT") else insert
        elif self._accept("INSERT"):
            if graph is None and self._accept("DATA"):
                insert = self._template()
                self._use("INSERT DATA", {hole for hole in insert.holes if hole.startswith("_:")})
                return delete, insert, None, None, (), ()
            insert = self._template()
        else:
            self._fail("an operation of SPARQL Update is expected")
        using, named = self._using()
        self._expect("WHERE")
        return delete, insert, self._group(), graph, using, named

    def _using(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        using: list[str] = []
        named: list[str] = []
        while self._accept("USING"):
            graphs = named if self._accept("NAMED") else using
            graphs.append(self._match(GRAPH_NAME, "a graph"))
        return tuple(using), tuple(named)

    def _template(self) -> Template:
        self._expect("{")
        reader = _TemplateReader(self._text, self._place, self._mark)
        template = reader.read()
        self._place = reader.place
        return template

    def _group(self) -> str:
        """The group that begins here, with its braces."""
        begin = self._skip()
        self._expect("{")
        group = Group()
        group.see("sign", "{")
        while group.is_open:
            match = TOKEN.match(self._text, self._place)
            if match is None:
                self._fail("a brace is not closed")
            kind, piece = str(match.lastgroup), match[0]
            if kind == "iri" and group.compares:
                kind, piece = "sign", "<"
            self._place += len(piece)
            if kind != "space":
                group.see(kind, piece)
        self._use("WHERE", group.labels)
        return self._text[begin : self._place]

    def _use(self, place: str, labels: set[str]) -> None:
        """Note labels of blank nodes; none may stand in two operations of a request (grammar, note 10)."""
        shared = self._labels[place] & labels
        if shared:
            self._fail(f"the blank node `{min(shared)}` stands in {place} of two operations")
        self._labels[place] |= labels

    def _skip(self) -> int:
        match = SKIP.match(self._text, self._place)
        self._place = match.end() if match else self._place
        return self._place

    def _at_end(self) -> bool:
        return self._skip() == len(self._text)

    def _accept(self, word: str) -> bool:
        """Go past *word* if it comes next."""
        begin = self._skip()
        if self._text[begin : begin + len(word)].upper() != word:
            return False
        self._place += len(word)
        return True

    def _expect(self, word: str) -> None:
        if not self._accept(word):
            self._fail(f"`{word}` is expected")

    def _match(self, pattern: re.Pattern[str], what: str) -> str:
        match = pattern.match(self._text, self._skip())
        if match is None:
            self._fail(f"{what} is expected")
        self._place = match.end()
        return match[0]

    def _fail(self, message: str) -> NoReturn:
        fail_at(self._text, self._place, message)


class _TemplateReader:
    """Reads the quads of a template from *place*, just after its brace, to the brace that closes it."""

    def __init__(self, text: str, place: int, mark: str) -> None:
        self.place = place
        self._text = text
        self._mark = mark
        self._holes: dict[str, int] = {}
        self._blocks: list[Block] = []
        self._pieces: list[str] = []
        self._graph: str | None = None

    def read(self) -> Template:
        """The template."""
        naming = False
        while True:
            match = STRIDE.match(self._text, self.place)
            if match is None:
                fail_at(self._text, self.place, "a brace is not closed")
            kind, piece, begin = match.lastgroup, match[0], self.place
            self.place = match.end()
            if kind in ("variable", "blank"):
                self._pieces.append(self._hole(piece))
            elif kind == "graph" and self._graph is None and not naming:
                self._flush()
                naming = True
            elif piece == "{" and naming:
                self._graph, self._pieces, naming = "".join(self._pieces), [], False
            elif piece == "}":
                is_last = self._graph is None
                self._flush()
                if is_last:
                    return Template(tuple(self._blocks), tuple(self._holes), self._mark)
            elif kind == "plain":
                self._pieces.append(piece)
            else:
                fail_at(self._text, begin, f"no `{piece}` is expected in triples of SPARQL 1.1")

    def _hole(self, piece: str) -> str:
        name = piece if piece.startswith("_:") else f"?{piece[1:]}"
        return f"<{self._mark}{self._holes.setdefault(name, len(self._holes))}>"

    def _flush(self) -> None:
        """Make a block of what was read."""
        triples = "".join(self._pieces)
        if self._blocks and self._graph is None:
            triples = DOT_BEFORE.sub("", triples, count=1)  # that may stand between blocks
        if triples.strip() or self._graph is not None:
            self._blocks.append(Block(self._graph, triples))
        self._graph, self._pieces = None, []
