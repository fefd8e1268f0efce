"""Writes by HTTP, each in a process of its own that may be killed: a request and an open file in, one reply out.

The server never changes a store itself. `graph.spawner` forks this process, which puts the request through the gate; a
Violation comes back as the report, every other failure as the error that it is.
"""

from __future__ import annotations

import io
import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from itertools import chain
from pathlib import Path
from typing import IO, Any, TypeAlias, cast

from graph.change import make_change
from graph.delta import Delta
from graph.errors import (
    ConflictError,
    DoneBeforeError,
    GroundChangedError,
    LetapisError,
    MissingGraphError,
    QueryForbiddenError,
    QuerySyntaxError,
    RefusedError,
    UsageError,
)
from graph.gate import Gate, Passed, Submission
from graph.graphs import Named, as_held, exists, name_by_content, read_graph, replace_graph, says, tag_graph
from graph.inputs import Input, body_input
from graph.iris import Names
from graph.layout import GraphName, Kind, Layout
from graph.locate_rdf import PLACED, place_findings
from graph.rdf import BlankNode, DefaultGraph, NamedNode, Quad, Store, open_memory
from graph.read_rdf import Reading, read_all
from graph.report import SEVERITIES, Finding, Report
from graph.tokens import Scope, parse_scope
from graph.update import UpdateRequest, apply_update
from graph.versions import Version, Versions

Change: TypeAlias = Callable[[Store, Version | None], Delta]

LISTED_QUADS = 1_000
"""How many quads of each kind the reply to a dry run lists."""

REMEMBERED = 100
"""Versions that are looked through for a write that is sent again."""

_LABEL = re.compile("[A-Za-z0-9]+")


@dataclass(frozen=True)
class Part:
    """RDF in the open file of a write: *size* bytes from *start* on, which an error calls *shown*."""

    content_type: str
    content_encoding: str = ""
    shown: str = "request body"
    start: int = 0
    size: int = 0


@dataclass(frozen=True)
class Write:
    """What the server asks for: an `update`, or to `put`, `post`, `create`, `delete` or `patch` a graph.

    *scopes* are those of the sender's token; *seen* is the tag of the graph that the sender's preconditions were
    checked against, where there were any; *key* is that of the request, to know it again. *parts* are what is put or
    posted. *limit_bytes* is how much they may be once they are decompressed.
    """

    kind: str
    data: str
    base: str
    layout: str
    by: str
    why: str
    endpoint: str
    scopes: tuple[str, ...]
    graph: str | None = None
    parts: tuple[Part, ...] = ()
    using: tuple[str, ...] = ()
    using_named: tuple[str, ...] = ()
    dry_run: bool = False
    key: str | None = None
    is_conditional: bool = False
    seen: str | None = None
    wait: float = 30.0
    limit_bytes: int | None = None


class _TooLargeError(LetapisError):
    """A part holds more than it may, once it is decompressed."""


def run(request: dict[str, Any], fds: list[int]) -> dict[str, Any]:
    """Put one write through the gate: `passed` with what changed, `refused` with the findings of the report and how
    many there are, or `tooLarge` with the number of bytes that are too many.

    Errors of ours are raised for the server to answer with.
    """
    fields: dict[str, Any] = {key: tuple(v) if isinstance(v, list) else v for key, v in request.items()}
    fields["parts"] = tuple(Part(**part) for part in fields.get("parts", ()))
    with os.fdopen(fds[0], "rb") if fds else io.BytesIO() as body:
        return _Committer(Write(**fields), body).run()


def find_committed(versions: Versions, key: str | None) -> Version | None:
    """The version, among the last ones, that a write with this key made."""
    if key is None:
        return None
    listed = versions.list()[-REMEMBERED:]
    return next((version for version in reversed(listed) if version.commit.get("idempotency") == key), None)


class _Committer:
    """One write."""

    def __init__(self, write: Write, body: IO[bytes]) -> None:
        self._write = write
        self._body = body
        self._layout = Layout(cast(Kind, write.layout), Names(write.base))
        self._versions = Versions(Path(write.data))
        self._graph: GraphName = DefaultGraph() if write.graph is None else NamedNode(write.graph)
        self._created = False
        self._named = Named([], {})

    def run(self) -> dict[str, Any]:
        """The reply."""
        write = self._write
        changes: dict[str, Change] = {
            "update": self._update, "patch": self._update, "put": self._put, "post": self._post,
            "create": self._create, "delete": self._delete,
        }  # fmt: skip
        via = "update" if write.kind == "update" else "graphs"
        more = {"idempotency": write.key} if write.key else {}
        submission = Submission(changes[write.kind], write.by, write.why, via, more=more)
        gate = Gate(self._versions, self._layout, wait=write.wait)
        try:
            passed = gate.submit(submission, dry_run=write.dry_run, check=self._check)
        except DoneBeforeError as done:
            return {"passed": {"version": done.number, "created": write.kind == "create", "again": True}}
        except RefusedError as error:
            counts = {severity: error.report.count(severity) for severity in SEVERITIES}
            return {"refused": [finding.to_json() for finding in self._placed(error.report)], "counts": counts}
        except _TooLargeError:
            return {"tooLarge": write.limit_bytes}
        reply = describe(passed, self._layout) | {"created": self._created}
        return {"passed": reply if write.dry_run else {key: reply[key] for key in reply if key != "would"}}

    def _check(self, version: Version | None) -> None:
        """Under the lock: the same write may be committed already, and what it changes must be as the sender saw it."""
        done = find_committed(self._versions, self._write.key)
        if done is not None:
            raise DoneBeforeError(done.number)
        if self._write.is_conditional:
            store = open_memory() if version is None else version.open_disk()
            if tag_graph(store, version, self._layout, self._graph) != self._write.seen:
                raise GroundChangedError

    def _placed(self, report: Report) -> list[Finding]:
        """The worst findings, with the lines of the body that they come from where that was RDF."""
        worst = report.ordered()[:PLACED]
        if self._write.kind not in ("put", "post", "create"):
            return worst
        sought = [replace(f, focus=self._read_as(f.focus), value=f.value and self._read_as(f.value)) for f in worst]
        placed = place_findings(Report(sought), self._readings).findings
        return [replace(finding, spots=found.spots) for finding, found in zip(worst, placed, strict=True)]

    def _read_as(self, name: str) -> str:
        """What a finding calls a blank node, by the name that this had in the body."""
        label = name.rpartition("/")[2].removeprefix("_:")
        before = self._named.before.get(BlankNode(label)) if _LABEL.fullmatch(label) else None
        return name if before is None else str(before)

    @property
    def _blank_prefix(self) -> str:
        """What tells blank nodes of this write from all others: the version that it leads to. Ask under the lock."""
        return f"v{(self._versions.current_number() or 0) + 1}"

    @cached_property
    def _readings(self) -> list[Reading]:
        """How the parts are read, each with blank nodes of its own."""
        write, prefix = self._write, self._blank_prefix
        base, target = write.graph or write.endpoint, self._layout.target(self._graph)
        return [
            Reading(_limited(_open_part(self._body, part), write.limit_bytes), base, f"{prefix}p{number}b", target)
            for number, part in enumerate(write.parts)
        ]  # fmt: skip

    def _permit(self, graph: GraphName) -> None:
        scopes = [parse_scope(text) for text in self._write.scopes]
        action = "update" if self._write.kind == "update" else "ingest"
        permit(scopes, self._layout, action, graph)

    def _read(self) -> list[Quad]:
        """The body's triples, in the graph that is written; UsageError where it names another."""
        quads = as_held(chain.from_iterable(map(read_all, self._readings)))
        target = self._layout.target(self._graph)
        for quad in quads:
            if quad.graph_name != target:
                remedy = "Send each graph to its own address, or all of them to /update or to `letapis ingest`."
                raise UsageError(f"the body has statements of the graph {quad.graph_name}.", remedy)
        return quads

    def _read_named(self) -> list[Quad]:
        """The same, blank nodes named by what is said of them."""
        self._named = name_by_content(self._read(), self._layout.target(self._graph))
        return self._named.quads

    def _exists(self, store: Store, version: Version | None) -> bool:
        self._permit(self._graph)
        return exists(store, version, self._layout, self._graph)

    def _put(self, store: Store, version: Version | None) -> Delta:
        is_new, quads = not self._exists(store, version), self._read_named()
        self._created = is_new and bool(quads)
        return replace_graph(store, version, self._layout, self._graph, quads)

    def _post(self, store: Store, version: Version | None) -> Delta:
        is_new, quads = not self._exists(store, version), self._read()
        self._created = is_new and bool(quads)
        return make_change(store, version, self._layout, quads, ())

    def _create(self, store: Store, version: Version | None) -> Delta:
        """A graph whose name comes of what is sent: the same sent again finds it there."""
        is_new, quads = not self._exists(store, version), self._read_named()
        if not quads:
            raise UsageError("the body holds no statement, and a graph that holds none is not kept.", "Send some.")
        if not is_new and not says(store, version, self._layout, self._graph, quads):
            message = f"the graph {self._graph} was made of this before, and holds something else now."
            raise ConflictError(message, "PUT to it to replace that, or POST to it to add.")
        self._created = is_new
        return make_change(store, version, self._layout, quads, ()) if is_new else Delta()

    def _delete(self, store: Store, version: Version | None) -> Delta:
        self._must_exist(store, version)
        return replace_graph(store, version, self._layout, self._graph, ())

    def _must_exist(self, store: Store, version: Version | None) -> None:
        if not self._exists(store, version):
            raise MissingGraphError(self._write.graph or "")

    def _update(self, store: Store, version: Version | None) -> Delta:
        write, is_patch = self._write, self._write.kind == "patch"
        if is_patch:
            self._must_exist(store, version)
        request = UpdateRequest(
            _text(self._body.read()), base=write.graph or write.endpoint, using=write.using,
            using_named=write.using_named, graph=write.graph if is_patch else None,
        )  # fmt: skip
        shapes = partial(read_graph, store, version, self._layout, self._layout.shapes)
        return apply_update(
            store, self._layout, request, self._permit, blank_prefix=f"{self._blank_prefix}b", shapes=shapes
        )  # fmt: skip


class _Section(io.RawIOBase):
    """A section of a file, read from its own place whatever else reads the file."""

    def __init__(self, file: IO[bytes], start: int, size: int) -> None:
        self._file = file
        self._start = start
        self._size = size
        self._place = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        bases = {os.SEEK_SET: 0, os.SEEK_CUR: self._place, os.SEEK_END: self._size}
        self._place = bases[whence] + offset
        return self._place

    def readinto(self, buffer: Any) -> int:
        self._file.seek(self._start + self._place)
        data = self._file.read(max(min(len(buffer), self._size - self._place), 0))
        memoryview(buffer)[: len(data)] = data
        self._place += len(data)
        return len(data)


def _open_part(body: IO[bytes], part: Part) -> Input:
    section = cast(IO[bytes], _Section(body, part.start, part.size))
    return body_input(section, part.content_type, part.content_encoding, part.shown)


class _Limited(io.RawIOBase):
    """The bytes of a stream; _TooLargeError past *limit* of them."""

    def __init__(self, raw: IO[bytes], limit: int) -> None:
        self._raw = raw
        self._left = limit

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._raw.read(len(buffer))
        self._left -= len(data)
        if self._left < 0:
            raise _TooLargeError("the body is too large once it is decompressed")
        memoryview(buffer)[: len(data)] = data
        return len(data)

    def close(self) -> None:
        super().close()
        self._raw.close()


def _limited(given: Input, limit: int | None) -> Input:
    if limit is None:
        return given
    return replace(given, open=lambda: io.BufferedReader(_Limited(given.open(), limit)))


def describe(passed: Passed, layout: Layout) -> dict[str, Any]:
    """What passed the gate, for programs: the version and the counts; of a dry run what would change, up to a limit.

    Where everything was derived anew, how much became inferred or withdrawn is not known, and null; after a load in
    bulk how much was added too. How much is inferred in all is told.
    """
    stated, derived = passed.stated or Delta(), passed.derived or Delta()
    inferred, withdrawn = (
        [quad for quad in quads if quad.graph_name == layout.inferred] for quads in (derived.added, derived.removed)
    )
    groups = {"added": stated.added, "removed": stated.removed, "inferred": inferred, "withdrawn": withdrawn}
    reply: dict[str, Any] = {
        "version": None if passed.version is None else passed.version.number,
        "digest": None if passed.version is None else passed.version.manifest["digest"],
        "changed": {name: len(quads) for name, quads in groups.items()} | dict.fromkeys(_unknown(passed)),
        "warnings": passed.report.count("Warning"), "infos": passed.report.count("Info"),
    }  # fmt: skip
    if passed.derived is None:
        reply["inferredInAll"] = passed.counts.get("inferred", 0)
    if passed.version is None:
        reply["would"] = {name: sorted(map(str, quads))[:LISTED_QUADS] for name, quads in groups.items()}
    return reply


def _unknown(passed: Passed) -> list[str]:
    """The kinds of changes that were not counted."""
    missing = [] if passed.stated is not None else ["added", "removed"]
    return missing if passed.derived is not None else [*missing, "inferred", "withdrawn"]


def permit(scopes: Sequence[Scope], layout: Layout, action: str, graph: GraphName) -> None:
    """Return where *scopes* permit *action* on *graph*; QueryForbiddenError names the one that is lacking."""
    needed = "admin" if graph in layout.schema else action
    place, default = layout.target(graph), DefaultGraph()
    places: list[GraphName] = [place, default] if place == layout.target(default) else [place]
    if not any(scope.permits(needed, place) for scope in scopes for place in places):
        shown = graph.value if isinstance(graph, NamedNode) else "the default graph"
        raise QueryForbiddenError(f"the token may not write to {shown}.", f"It needs the scope `{needed}`.")


def _text(body: bytes) -> str:
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        raise QuerySyntaxError("the update is not UTF-8") from None
