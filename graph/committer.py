"""Writes by HTTP, each in a process of its own that may be killed: a request and an open file in, one reply out.

The server never changes a store itself. `graph.spawner` forks this process, which puts the request through the gate; a
Violation comes back as the report, every other failure as the error that it is.
"""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, TypeAlias, cast

from graph.change import make_change
from graph.delta import Delta
from graph.errors import (
    DoneBeforeError,
    GroundChangedError,
    MissingGraphError,
    QueryForbiddenError,
    QuerySyntaxError,
    RefusedError,
)
from graph.gate import Gate, Passed, Submission
from graph.graphs import exists, replace_graph, tag_graph
from graph.inputs import body_input
from graph.iris import Names
from graph.layout import GraphName, Kind, Layout
from graph.locate_rdf import place_findings
from graph.rdf import DefaultGraph, NamedNode, Quad, Store, open_memory
from graph.read_rdf import Reading, read_all
from graph.report import Report
from graph.tokens import Scope, parse_scope
from graph.versions import Version, Versions

Change: TypeAlias = Callable[[Store, Version | None], Delta]

LISTED_QUADS = 1_000
"""How many quads of each kind the reply to a dry run lists."""

REMEMBERED = 100
"""Versions that are looked through for a write that is sent again."""


@dataclass(frozen=True)
class Write:
    """What the server asks for: an `update`, or to `put`, `post`, `delete` or `patch` a graph.

    *scopes* are those of the sender's token; *seen* is the tag of the graph that the sender's preconditions were
    checked against, where there were any; *key* is that of the request, to know it again.
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
    content_type: str = ""
    content_encoding: str = ""
    using: tuple[str, ...] = ()
    using_named: tuple[str, ...] = ()
    dry_run: bool = False
    key: str | None = None
    is_conditional: bool = False
    seen: str | None = None
    wait: float = 30.0
    limit_bytes: int | None = None


def run(request: dict[str, Any], fds: list[int]) -> dict[str, Any]:
    """Put one write through the gate: `passed` with what changed, or `refused` with the findings of the report.

    Errors of ours are raised for the server to answer with.
    """
    fields: dict[str, Any] = {key: tuple(v) if isinstance(v, list) else v for key, v in request.items()}
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
        self._created = False

    def run(self) -> dict[str, Any]:
        """The reply."""
        write = self._write
        changes: dict[str, Change] = {
            "update": self._update, "patch": self._update, "put": self._put, "post": self._post, "delete": self._delete,
        }  # fmt: skip
        via = "update" if write.kind == "update" else "graphs"
        more = {"idempotency": write.key} if write.key else {}
        submission = Submission(changes[write.kind], write.by, write.why, via, more=more)
        gate = Gate(self._versions, self._layout, wait=write.wait)
        try:
            passed = gate.submit(submission, dry_run=write.dry_run, check=self._check)
        except DoneBeforeError as done:
            return {"passed": {"version": done.number, "created": False, "again": True}}
        except RefusedError as error:
            return {"refused": [finding.to_json() for finding in self._placed(error.report).findings]}
        return {"passed": describe(passed, self._layout) | {"created": self._created}}

    def _check(self, version: Version | None) -> None:
        """Under the lock: the same write may be committed already, and what it changes must be as the sender saw it."""
        done = find_committed(self._versions, self._write.key)
        if done is not None:
            raise DoneBeforeError(done.number)
        if self._write.is_conditional:
            store = open_memory() if version is None else version.open_disk()
            if tag_graph(store, version, self._layout, self._graph) != self._write.seen:
                raise GroundChangedError

    def _placed(self, report: Report) -> Report:
        """The report with the lines of the body that its findings come from, where the body was RDF."""
        if self._write.kind not in ("put", "post"):
            return report
        return place_findings(report, [self._reading])

    @property
    def _graph(self) -> GraphName:
        return DefaultGraph() if self._write.graph is None else NamedNode(self._write.graph)

    @property
    def _blank_prefix(self) -> str:
        """What tells the blank nodes of this write from all others: the version that it leads to."""
        return f"v{(self._versions.current_number() or 0) + 1}b"

    @property
    def _reading(self) -> Reading:
        write = self._write
        body = body_input(self._body, write.content_type, write.content_encoding)
        return Reading(body, write.graph or write.endpoint, self._blank_prefix, self._layout.target(self._graph),
                       write.limit_bytes)  # fmt: skip

    def _permit(self, graph: GraphName) -> None:
        scopes = [parse_scope(text) for text in self._write.scopes]
        action = "update" if self._write.kind == "update" else "ingest"
        permit(scopes, self._layout, action, graph)

    def _read(self) -> list[Quad]:
        """The body's triples, in the graph that is written."""
        target = self._layout.target(self._graph)
        return [Quad(quad.subject, quad.predicate, quad.object, target) for quad in read_all(self._reading)]

    def _open(self, store: Store, version: Version | None, *, needed: bool) -> None:
        """Learn whether the write makes the graph; MissingGraphError where it must be there and is not."""
        self._permit(self._graph)
        self._created = not exists(store, version, self._layout, self._graph)
        if needed and self._created:
            raise MissingGraphError(self._write.graph or "")

    def _put(self, store: Store, version: Version | None) -> Delta:
        self._open(store, version, needed=False)
        return replace_graph(store, version, self._layout, self._graph, self._read())

    def _post(self, store: Store, version: Version | None) -> Delta:
        self._open(store, version, needed=False)
        return make_change(store, version, self._layout, self._read(), ())

    def _delete(self, store: Store, version: Version | None) -> Delta:
        self._open(store, version, needed=True)
        return replace_graph(store, version, self._layout, self._graph, ())

    def _update(self, store: Store, version: Version | None) -> Delta:
        from graph.update import UpdateRequest, apply_update

        write = self._write
        if write.kind == "patch":
            self._open(store, version, needed=True)
        request = UpdateRequest(
            _text(self._body.read()), base=write.endpoint, using=write.using, using_named=write.using_named,
            graph=write.graph if write.kind == "patch" else None,
        )  # fmt: skip
        return apply_update(store, self._layout, request, self._permit, blank_prefix=self._blank_prefix)


def describe(passed: Passed, layout: Layout) -> dict[str, Any]:
    """What passed the gate, for programs: the version and the counts; of a dry run what would change, up to a limit."""
    stated, derived = passed.stated or Delta(), passed.derived or Delta()
    inferred, withdrawn = (
        [quad for quad in quads if quad.graph_name == layout.inferred] for quads in (derived.added, derived.removed)
    )
    groups = {"added": stated.added, "removed": stated.removed, "inferred": inferred, "withdrawn": withdrawn}
    reply: dict[str, Any] = {
        "version": None if passed.version is None else passed.version.number,
        "digest": None if passed.version is None else passed.version.manifest["digest"],
        "changed": {name: len(quads) for name, quads in groups.items()},
        "warnings": passed.report.count("Warning"), "infos": passed.report.count("Info"),
    }  # fmt: skip
    if passed.version is None:
        reply["would"] = {name: sorted(map(str, quads))[:LISTED_QUADS] for name, quads in groups.items()}
    return reply


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
