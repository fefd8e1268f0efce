"""`/graphs`: the SPARQL 1.1 Graph Store HTTP Protocol; every write goes through the gate, with a token.

https://www.w3.org/TR/sparql11-http-rdf-update/. `?graph=<IRI>` or `?default` names the graph; `/graph/<name>` is the
one that `<base>graph/<name>` names. What it holds has a strong entity tag, by which a client can make sure that it
changes what it saw (`If-Match`), or makes a graph that is not there (`If-None-Match: *`). A graph that holds nothing is
not kept: to replace one by nothing is to delete it.
"""

from __future__ import annotations

import os
import re
from typing import IO
from urllib.parse import urlencode

from flask import Blueprint, Response, g, make_response, request

from graph.committer import Part
from graph.evaluate import Request
from graph.evaluator import RDF_FORMATS
from graph.graphs import new_graph_name, read_graph, tag_graph
from graph.inputs import body_input
from graph.layout import GraphName
from graph.rdf import DefaultGraph, NamedNode, serialize
from graph.skolem import unskolemize
from server import protocol, writes
from server.authorize import check_preconditions
from server.errors import BadRequestError, NotAcceptableFormatError, NotFoundError, UnsupportedTypeError
from server.links import is_absolute
from server.multipart import MULTIPART, split
from server.negotiate import CONTENT_TYPES, RDF_TYPES, choose
from server.protocol import Fields, read_fields
from server.service import Served
from server.sparql import send
from server.writes import Ground

blueprint = Blueprint("graphs", __name__)

_METHODS = "GET, HEAD, PUT, POST, DELETE, PATCH, OPTIONS"
_HEADERS = "Accept, Authorization, Content-Type, Content-Encoding, Idempotency-Key, If-Match, If-None-Match"
_CACHE = "public, max-age=0, must-revalidate"
_NAME = re.compile(r"[^\x00-\x20<>\"{}|\\^`#?%]+")
PATCHES = "application/sparql-update"


@blueprint.route("/graphs", methods=["OPTIONS"])
@blueprint.route("/graph/<path:name>", methods=["OPTIONS"])
def preflight(name: str = "") -> Response:  # noqa: ARG001 - the same for every graph
    """What another site's page may send here."""
    answer = protocol.preflight(_METHODS, _HEADERS)
    answer.headers["Accept-Patch"] = PATCHES
    return answer


@blueprint.get("/graphs")
@blueprint.get("/graph/<path:name>")
def get_graph(name: str | None = None) -> Response:
    """The triples of the graph; 404 where there is none."""
    graph = _graph(_fields(), name)
    form = choose(request.accept_mimetypes, RDF_TYPES)
    if form is None:
        raise NotAcceptableFormatError("a graph is RDF.", f"Accept one of: {', '.join(RDF_TYPES)}.")
    tag = _tag(graph)
    if tag is None:
        raise NotFoundError(f"there is no graph {graph}.", "SELECT DISTINCT ?g { GRAPH ?g {} } lists them.")
    is_known = request.if_none_match.contains_weak(f"{tag}.{form}")
    answer = make_response("", 304) if is_known else _content(graph, form)
    answer.headers["Content-Type"] = CONTENT_TYPES[form]
    answer.headers["Vary"] = "Accept"
    answer.headers["Cache-Control"] = _CACHE
    answer.set_etag(f"{tag}.{form}")
    return answer


@blueprint.put("/graphs")
@blueprint.put("/graph/<path:name>")
def put_graph(name: str | None = None) -> Response:
    """Make the graph hold what the body does, and nothing else."""
    return _write("put", name)


@blueprint.post("/graphs")
@blueprint.post("/graph/<path:name>")
def post_graph(name: str | None = None) -> Response:
    """Add what the body holds to the graph; without a name, make one, and tell what it is called."""
    fields = _fields()
    if name is None and not any(key in ("graph", "default") for key, _ in fields):
        return _create(fields)
    return _write("post", name)


@blueprint.delete("/graphs")
@blueprint.delete("/graph/<path:name>")
def delete_graph(name: str | None = None) -> Response:
    """Take away what the graph holds; 404 where there is none."""
    return _write("delete", name)


@blueprint.patch("/graphs")
@blueprint.patch("/graph/<path:name>")
def patch_graph(name: str | None = None) -> Response:
    """Change the graph, and no other, by the SPARQL Update that the body is."""
    return _write("patch", name)


def _write(kind: str, name: str | None) -> Response:
    """Change the graph that the address names."""
    writes.let_in("ingest")
    fields = _fields()
    graph = _graph(fields, name)
    writes.let_in("ingest", [graph])
    with writes.receive() as body:
        if kind == "patch":
            _check_patch()
        file, parts = _parts(body) if kind in ("put", "post") else (body, ())
        with file:
            return _commit(kind, graph, file, parts, fields)


def _create(fields: Fields) -> Response:
    """Make a graph of the body; its name, which comes of what is sent, is the Location."""
    writes.let_in("ingest")
    with writes.receive() as body:
        file, parts = _parts(body)
        with file:
            graph = NamedNode(new_graph_name(g.served.project.layout, file))
            answer = _commit("create", graph, file, parts, fields)
    if answer.status_code < 300:
        answer.headers["Location"] = graph.value
        answer.headers["Link"] = f'<{request.base_url}?{urlencode({"graph": graph.value})}>; rel="alternate"'
    return answer


def _commit(kind: str, graph: GraphName, file: IO[bytes], parts: tuple[Part, ...], fields: Fields) -> Response:
    token, wish = writes.let_in("ingest", [graph]), writes.read_wish(fields)
    for part in parts:
        body_input(file, part.content_type, part.content_encoding, part.shown)  # raises where it is not read
    name = graph.value if isinstance(graph, NamedNode) else None
    return writes.commit(token, kind, file, wish, lambda: _ground(kind, graph), graph=name, parts=parts)


def _check_patch() -> None:
    """UnsupportedTypeError where the body is no SPARQL Update."""
    if request.mimetype != PATCHES:
        raise UnsupportedTypeError(f"the body's type is {request.mimetype or 'none'}.", f"Send {PATCHES}.",
                                   headers={"Accept-Patch": PATCHES})  # fmt: skip


def _parts(body: IO[bytes]) -> tuple[IO[bytes], tuple[Part, ...]]:
    """The RDF in the body, one part or many, and the file that it is in."""
    coding = request.headers.get("Content-Encoding", "")
    if request.mimetype == MULTIPART:
        if coding.strip().lower() not in ("", "identity"):
            raise UnsupportedTypeError(f"a form in the encoding `{coding}` is not read.", "Send it as it is.")
        return split(body, request.mimetype_params.get("boundary", ""))
    size = body.seek(0, os.SEEK_END)
    body.seek(0)
    return body, (Part(request.headers.get("Content-Type", ""), coding, size=size),)


def _ground(kind: str, graph: GraphName) -> Ground:
    """What the sender's preconditions were held against; PreconditionFailedError where they do not hold.

    PreconditionRequiredError where there are none and the server takes no other change of what is there.
    """
    is_required = writes.service().spawner.limits.needs_match and kind in ("put", "patch", "delete")
    if "If-Match" not in request.headers and "If-None-Match" not in request.headers and not is_required:
        return Ground()
    seen = _tag(graph)
    check_preconditions(_sent_form(seen), required=is_required)
    return Ground(True, seen)


def _sent_form(tag: str | None) -> str | None:
    """The tag in the form of it that the client has seen, which says which format it got."""
    if tag is None:
        return None
    sent = request.headers.get("If-Match", "") + request.headers.get("If-None-Match", "")
    return next((f"{tag}.{form}" for form in RDF_TYPES if f'"{tag}.{form}"' in sent), tag)


def _tag(graph: GraphName) -> str | None:
    """The tag of a graph of the version that this request holds; what was found is kept with the version."""
    served: Served = g.served
    known = served.keep(_no_tags)
    tag = known.get(graph)
    if tag is None:
        tag = tag_graph(served.store, served.version, served.project.layout, graph)
        if tag is not None:
            known[graph] = tag
    return tag


def _no_tags(_: Served) -> dict[GraphName, str]:
    return {}


def _content(graph: GraphName, form: str) -> Response:
    served, layout = g.served, g.served.project.layout
    if layout.kind != "plain" and graph == layout.shapes:
        quads = unskolemize(read_graph(served.store, served.version, layout, graph), layout.names)
        return make_response(serialize(quads, RDF_FORMATS[form], layout.names.prefixes))
    triples = "?s ?p ?o" if isinstance(graph, DefaultGraph) else f"GRAPH {graph} {{ ?s ?p ?o }}"
    asked = Request(f"CONSTRUCT {{ ?s ?p ?o }} WHERE {{ {triples} }}", graph=form,
                    prefixes=tuple(layout.names.prefixes.items()))  # fmt: skip
    return send(served.evaluators.answer(asked))


def _fields() -> Fields:
    return read_fields(request.query_string)


def _graph(fields: Fields, name: str | None) -> GraphName:
    """The graph that the address names: in its path, or by exactly one of `?graph=<absolute IRI>` and `?default`."""
    named = [value for key, value in fields if key == "graph"]
    defaults = sum(key == "default" for key, _ in fields)
    if len(named) + defaults != (name is None):
        raise BadRequestError("the address must name one graph.", "Write ?default, or ?graph= with an absolute IRI.")
    if name is not None:
        if not _NAME.fullmatch(name):
            raise BadRequestError("what follows /graph/ cannot be read back from an IRI.", "Write /graphs?graph=<IRI>.")
        named = [g.served.project.names.graph("").value + name]
    if not named:
        return DefaultGraph()
    if not is_absolute(named[0]):
        remedy = "Write it whole, percent-encoded once: `%2B` for a plus sign."
        raise BadRequestError(f"`{named[0]}` is no absolute IRI, and names no graph.", remedy)
    return NamedNode(named[0])
