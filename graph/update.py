"""SPARQL 1.1 Update as a change of quads: each operation is evaluated here, never by the engine's own update.

The gate must know which quads come and go, and where: a default graph that repeats other graphs is not written itself
(see `graph.layout`). So templates become quads here, for each solution that the engine finds. The engine also takes no
PREFIX after `;`, which does not matter here, where operations are checked one by one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeAlias

from graph.change import place
from graph.delta import Delta, difference
from graph.errors import (
    ConflictError,
    DerivedGraphError,
    LetapisError,
    MissingGraphError,
    QueryForbiddenError,
    QuerySyntaxError,
    UsageError,
)
from graph.iris import XSD
from graph.layout import GraphName, Layout
from graph.query import refuse_service
from graph.rdf import BlankNode, DefaultGraph, Literal, NamedNode, Quad, Store, Triple, in_graph, open_memory
from graph.update_syntax import Load, Manage, Modify, Operation, read_operations
from graph.update_template import Binding, Namer, Row, Scope, fill, holes, name_new, read_template, solve
from graph.view import apply

UPDATE_LIMIT = 64 * 2**20
"""Bytes; longer updates are refused."""

_AS_WRITTEN = (NamedNode(f"{XSD}string"), NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#langString"))

Permit: TypeAlias = Callable[[GraphName], None]
Shapes: TypeAlias = Callable[[], Iterable[Quad]]


@dataclass(frozen=True)
class UpdateRequest:
    """An update and what the protocol says beside it.

    *using* and *using_named* are the dataset of the patterns. *graph* is the one graph that is updated: it stands where
    the default graph would, and no other may be changed.
    """

    text: str
    base: str | None = None
    using: tuple[str, ...] = ()
    using_named: tuple[str, ...] = ()
    graph: str | None = None


def check_update(text: str, base: str | None = None) -> None:
    """Return where *text* is an update that may be evaluated here; nothing is.

    QuerySyntaxError where it is not SPARQL, QueryForbiddenError where it would reach out.
    """
    _read(UpdateRequest(text, base))


def apply_update(
    store: Store,
    layout: Layout,
    request: UpdateRequest,
    permit: Permit = lambda _: None,
    *,
    blank_prefix: str = "u",
    shapes: Shapes = tuple,
) -> Delta:
    """Make the update in *store* and return what it changed of the stated graphs, and of the shapes.

    *permit* is asked once for each graph that is written and may raise; CLEAR and DROP of ALL and NAMED leave out what
    it refuses. New blank nodes are named *blank_prefix* and a number. *shapes* gives the shapes as they are, for an
    update that names their graph, which no store holds. Where this raises, *store* may hold a part of the change:
    errors as of `check_update`; UsageError where text and protocol both name a dataset; DerivedGraphError,
    MissingGraphError and ConflictError where the graphs do not allow it; QueryError where a pattern cannot be answered.
    """
    run = _Run(store, layout, request, permit, namer=Namer(blank_prefix, store), shapes=shapes)
    for operation, scope in _read(request):
        if isinstance(operation, Modify):
            run.modify(operation, scope)
        elif isinstance(operation, Manage):
            run.manage(operation, scope)
    return run.delta()


def _read(request: UpdateRequest) -> list[tuple[Operation, Scope]]:
    """The operations, each checked, with their scopes."""
    text = request.text
    try:
        size = len(text.encode())
    except UnicodeEncodeError:
        raise QuerySyntaxError("the update holds a half of a surrogate pair, which is no character") from None
    if size > UPDATE_LIMIT:
        raise QuerySyntaxError(f"the update is longer than {UPDATE_LIMIT} bytes")
    scope = Scope(open_memory(), request.base, {})
    found = []
    for operation in read_operations(text):
        scope = scope.declare(operation.part.declared)
        scope.check(operation.part, text)
        _refuse(operation, request)
        found.append((operation, scope))
    return found


def _refuse(operation: Operation, request: UpdateRequest) -> None:
    """Raise for what would reach out, and for two datasets at once."""
    if isinstance(operation, Load) and not operation.silent:  # by the standard, LOAD SILENT may fail and do nothing
        remedy = "Fetch it yourself, and POST it to /graphs or give it to `letapis ingest`."
        raise QueryForbiddenError("LOAD would fetch from another host, which this server does not do.", remedy)
    if isinstance(operation, Modify) and operation.where is not None:
        refuse_service(operation.where)
        names_dataset = operation.graph or operation.using or operation.using_named
        if names_dataset and (request.using or request.using_named):
            remedy = "Name the dataset in one of the two."
            raise UsageError("the request has using-graph-uri, and the update has WITH or USING.", remedy)


class _Run:
    """One request on its way through its operations."""

    def __init__(
        self, store: Store, layout: Layout, request: UpdateRequest, permit: Permit, *, namer: Namer, shapes: Shapes
    ) -> None:
        self._store = store
        self._layout = layout
        self._request = request
        self._permit = permit
        self._namer = namer
        self._read_shapes = shapes
        self._shapes: set[Quad] | None = None
        self._written: dict[Quad, Quad] = {}
        self._default: GraphName = DefaultGraph() if request.graph is None else _named(request.graph)
        self._permitted: set[GraphName] = set()
        self._created: set[GraphName] = set()
        self._added: set[Quad] = set()
        self._removed: set[Quad] = set()

    def delta(self) -> Delta:
        """What changed so far; shapes as they are written in their file."""
        return Delta(frozenset(self._added), frozenset(self._written.get(quad, quad) for quad in self._removed))

    # INSERT and DELETE

    def modify(self, operation: Modify, scope: Scope) -> None:
        """Make the change of INSERT or DELETE in any form."""
        graph = self._default if operation.graph is None else scope.name(operation.graph)
        delete = read_template(operation.delete, scope, graph)
        insert = read_template(operation.insert, scope, graph)
        with self._shapes_for({row[3] for row in (*delete, *insert)}):
            deleted, inserted = self._instances(operation, scope, graph, delete, insert)
            self._change(inserted, deleted)

    def _instances(
        self, operation: Modify, scope: Scope, graph: GraphName, delete: list[Row], insert: list[Row]
    ) -> tuple[set[Quad], set[Quad]]:
        """What the templates make of the solutions: the quads to delete and to insert."""
        variables = [name for name in holes([*delete, *insert]) if name.startswith("?")]
        blanks = [name for name in holes(insert) if name.startswith("_:")]
        solutions: Iterable[Binding] = [{}]
        if operation.where is not None:
            solutions = solve(self._store, scope, operation.where, variables, self._dataset(operation, scope, graph))
        # Whatever order the engine finds them in: the same update gives the same names.
        ordered = sorted(solutions, key=_sort_key) if blanks else solutions
        makes_nodes = "BNODE" in (operation.where or "").upper()
        deleted, inserted = set[Quad](), set[Quad]()
        for solution in ordered:
            deleted.update(fill(delete, solution))
            fresh = {name: BlankNode() if makes_nodes else self._namer.next() for name in blanks}
            inserted.update(fill(insert, {**solution, **fresh}))
        if makes_nodes:
            inserted = name_new(inserted, self._namer, f"{operation.insert.mark}known")
        return deleted, inserted

    def _dataset(self, operation: Modify, scope: Scope, graph: GraphName) -> dict[str, Any]:
        """What the pattern sees, as options of the engine."""
        using = [*map(scope.name, operation.using), *map(_named, self._request.using)]
        named = [*map(scope.name, operation.using_named), *map(_named, self._request.using_named)]
        if using or named:
            return {"default_graph": using, "named_graphs": named}
        return {} if isinstance(graph, DefaultGraph) else {"default_graph": [graph]}

    # CLEAR, DROP, CREATE, ADD, MOVE and COPY

    def manage(self, operation: Manage, scope: Scope) -> None:
        """Make the change of an operation on whole graphs; what cannot be done is left where it is SILENT."""
        try:
            if operation.verb in ("CLEAR", "DROP"):
                self._clear(operation.target, scope)
            elif operation.verb == "CREATE":
                self._create(self._graph(operation.target, scope))
            else:
                source, target = (self._graph(name, scope) for name in (operation.source, operation.target))
                self._transfer(operation.verb, source, target)
        except (MissingGraphError, ConflictError):
            if not operation.silent:
                raise

    def _graph(self, written: str, scope: Scope) -> GraphName:
        """The graph that is meant; where the default graph is not written itself, the one that is written for it."""
        return self._layout.target(self._default if written == "DEFAULT" else scope.name(written))

    def _clear(self, written: str, scope: Scope) -> None:
        if written in ("ALL", "NAMED"):
            self._change((), self._contents(self._clearable(with_default=written == "ALL")))
            return
        graph = self._graph(written, scope)
        with self._shapes_for({graph}):
            if written != "DEFAULT":
                self._must_exist(graph)
            self._allow((graph,))
            self._change((), self._contents((graph,)))
            self._created.discard(graph)

    def _clearable(self, *, with_default: bool) -> list[GraphName]:
        """The graphs that may be cleared; the refusal where there are some, and none may be."""
        graphs = [graph for graph in self._store.named_graphs() if self._layout.is_stated(graph)]
        stated: list[GraphName] = [*graphs, DefaultGraph()] if with_default and self._layout.kind == "plain" else graphs
        allowed: list[GraphName] = []
        refusal: LetapisError | None = None
        for graph in sorted(stated, key=str):
            if graph in self._layout.schema or not self._holds_any(graph):
                continue
            try:
                self._allow((graph,))
                allowed.append(graph)
            except LetapisError as error:
                refusal = refusal or error
        if refusal is not None and not allowed:
            raise refusal
        return allowed

    def _create(self, graph: GraphName) -> None:
        with self._shapes_for({graph}):
            if self._holds_any(graph) or graph in self._created:
                raise ConflictError(f"the graph {graph} is there already.", "Leave CREATE out, or make it SILENT.")
        self._allow((graph,))
        self._created.add(graph)

    def _transfer(self, verb: str, source: GraphName, target: GraphName) -> None:
        with self._shapes_for({source, target}):
            self._must_exist(source)
            if source == target:
                return
            self._allow((target, source) if verb == "MOVE" else (target,))
            contents = self._contents((source,))
            gone = set() if verb == "ADD" else self._contents((target,))
            if verb == "MOVE":
                gone |= contents
                self._created.discard(source)
            self._change({in_graph(quad.triple, target) for quad in contents}, gone)

    def _must_exist(self, graph: GraphName) -> None:
        if graph != self._layout.target(self._default) and graph not in self._created and not self._holds_any(graph):
            raise MissingGraphError(graph.value if isinstance(graph, NamedNode) else str(graph))

    def _holds_any(self, graph: GraphName) -> bool:
        return any(True for _ in self._store.quads_for_pattern(None, None, None, graph))

    def _contents(self, graphs: Iterable[GraphName]) -> set[Quad]:
        return {quad for graph in graphs for quad in self._store.quads_for_pattern(None, None, None, graph)}

    # What every operation comes to

    def _change(self, inserted: Iterable[Quad], deleted: Iterable[Quad]) -> None:
        """Delete, then insert, as one step."""
        come, gone = set(inserted), set(deleted)
        stays = {quad for quad in come & gone if self._repeats(quad) and self._stands(quad)}
        wanted = {place(quad, self._layout) for quad in come - stays}
        removed = {quad for each in gone - stays for quad in self._places(each)}
        self._allow({quad.graph_name for quad in (*wanted, *removed)})
        change = difference(self._store, wanted, removed)
        change = Delta(_as_held(change.added), _as_held(change.removed))
        apply(self._store, self._layout, change)
        self._refuse_accepted(quad for quad in gone - come if self._repeats(quad))
        self._note(change)

    def _repeats(self, quad: Quad) -> bool:
        """True for a quad in a default graph that repeats other graphs."""
        return isinstance(quad.graph_name, DefaultGraph) and self._layout.kind != "plain"

    def _places(self, quad: Quad) -> Iterable[Quad]:
        """Where *quad* is to be deleted."""
        return self._holders(quad) if self._repeats(quad) else (place(quad, self._layout),)

    def _holders(self, quad: Quad) -> Iterator[Quad]:
        """The quads that a default graph repeats with *quad*, but for the ontology's."""
        for held in self._store.quads_for_pattern(quad.subject, quad.predicate, quad.object, None):
            if self._layout.is_served(held.graph_name) and held.graph_name not in self._layout.schema:
                yield held

    def _stands(self, quad: Quad) -> bool:
        """True where a default graph that repeats others holds *quad*, and not only because it was inferred."""
        held = self._store.quads_for_pattern(quad.subject, quad.predicate, quad.object, None)
        return any(self._layout.is_served(h.graph_name) or h.graph_name == self._layout.accepted for h in held)

    def _allow(self, graphs: Iterable[GraphName]) -> None:
        """Ask once for each graph whether it may be changed."""
        for graph in sorted(set(graphs) - self._permitted, key=str):
            if not self._layout.is_stated(graph):
                raise DerivedGraphError(graph.value if isinstance(graph, NamedNode) else str(graph))
            if self._request.graph is not None and graph != self._layout.target(self._default):
                message = f"this changes {graph}, and the request is for <{self._request.graph}> alone."
                raise UsageError(message, "Send what changes other graphs to /update.")
            self._permit(graph)
            self._permitted.add(graph)

    def _refuse_accepted(self, quads: Iterable[Quad]) -> None:
        """ConflictError where one of *quads*, deleted from the default graph, is still there by a claim."""
        layout = self._layout
        if layout.kind != "record":
            return
        standing = [quad.triple for quad in quads if in_graph(quad.triple, layout.accepted) in self._store]
        if standing:
            triple = min(standing, key=str)
            claims = " and ".join(str(claim) for claim in self._accepting(triple))
            raise ConflictError(f"`{triple}` stands by the accepted {claims}.", "Supersede or change the claim.")

    def _accepting(self, triple: Triple) -> list[GraphName]:
        """The claim graphs that say *triple* and are accepted."""
        names = self._layout.names
        status, accepting, meta = names.term("status"), names.voc("accepted"), names.graph("meta")
        quads = self._store.quads_for_pattern(triple.subject, triple.predicate, triple.object, None)
        graphs = {quad.graph_name for quad in quads if isinstance(quad.graph_name, NamedNode)}
        return sorted((graph for graph in graphs if Quad(graph, status, accepting, meta) in self._store), key=str)

    def _note(self, change: Delta) -> None:
        """Count a change that was made, and keep no empty graph."""
        back, undone = change.added & self._removed, change.removed & self._added
        self._added = (self._added - undone) | (change.added - back)
        self._removed = (self._removed - back) | (change.removed - undone)
        for graph in {quad.graph_name for quad in change.removed}:
            if not isinstance(graph, DefaultGraph) and not self._holds_any(graph):
                self._store.remove_graph(graph)

    @contextmanager
    def _shapes_for(self, graphs: set[Any]) -> Iterator[None]:
        """Have the shapes in the store while an operation that names their graph is made."""
        shapes = self._layout.shapes
        if self._layout.kind == "plain" or shapes not in graphs:
            yield
            return
        if self._shapes is None:
            self._written = {held: quad for quad in self._read_shapes() for held in _as_held(frozenset((quad,)))}
            self._shapes = set(self._written)
        self._store.extend(self._shapes)
        try:
            yield
        finally:
            self._shapes = self._contents((shapes,))
            self._store.remove_graph(shapes)


def _named(iri: str) -> NamedNode:
    try:
        return NamedNode(iri)
    except ValueError as error:
        raise UsageError(f"`{iri}` names no graph: {error}.", "Give an absolute IRI.") from None


def _as_held(quads: frozenset[Quad]) -> frozenset[Quad]:
    """The quads as a store gives them back: numbers are kept by their value, not as they were written."""
    typed = {quad for quad in quads if isinstance(quad.object, Literal) and quad.object.datatype not in _AS_WRITTEN}
    return (quads - typed) | set(open_memory(typed)) if typed else quads


def _sort_key(binding: Binding) -> tuple[str, ...]:
    return tuple(str(term) for term in binding.values())
