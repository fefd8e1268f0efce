"""`/graphs`: the SPARQL 1.1 Graph Store HTTP Protocol; every write goes through the gate, with a token.

https://www.w3.org/TR/sparql11-http-rdf-update/. `?graph=<IRI>` or `?default` names the graph. What it holds has a
strong entity tag, by which a client can make sure that it changes what it saw (`If-Match`), or makes a graph that is
not there (`If-None-Match: *`).
"""

from __future__ import annotations

from urllib.parse import urlencode

from flask import Blueprint, Response, g, make_response, request

from graph.evaluate import Request
from graph.evaluator import RDF_FORMATS
from graph.graphs import new_graph_name, read_graph, tag_graph
from graph.layout import GraphName
from graph.rdf import DefaultGraph, NamedNode, serialize
from graph.skolem import unskolemize
from server import writes
from server.authorize import authorize, check_preconditions
from server.errors import BadRequestError, NotAcceptableFormatError, NotFoundError, UnsupportedTypeError
from server.links import is_absolute
from server.negotiate import CONTENT_TYPES, RDF_TYPES, choose
from server.sparql import send

blueprint = Blueprint("graphs", __name__)

_METHODS = "GET, HEAD, PUT, POST, DELETE, PATCH, OPTIONS"
_HEADERS = "Accept, Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match"
PATCHES = "application/sparql-update"


@blueprint.route("/graphs", methods=["OPTIONS"])
def preflight() -> Response:
    """What another site's page may send here."""
    answer = make_response("", 204)
    answer.headers["Allow"] = answer.headers["Access-Control-Allow-Methods"] = _METHODS
    answer.headers["Access-Control-Allow-Headers"] = _HEADERS
    answer.headers["Access-Control-Max-Age"] = "86400"
    answer.headers["Accept-Patch"] = PATCHES
    return answer


@blueprint.get("/graphs")
def get_graph() -> Response:
    """The triples of the graph; 404 where there is none."""
    graph = _graph()
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
    answer.set_etag(f"{tag}.{form}")
    return answer


@blueprint.put("/graphs")
def put_graph() -> Response:
    """Make the graph hold what the body does, and nothing else."""
    return _write("put", _graph())


@blueprint.post("/graphs")
def post_graph() -> Response:
    """Add what the body holds to the graph; without a name, to a new one, whose address is told."""
    if "graph" in request.args or "default" in request.args:
        return _write("post", _graph())
    token = authorize("ingest")
    with writes.receive() as body:
        name = new_graph_name(g.served.project.layout, body)
        authorize("ingest", [NamedNode(name)])
        answer = writes.commit(token, "post", body, graph=name)
    if answer.status_code < 300:
        answer.headers["Location"] = f"{request.base_url}?{urlencode({'graph': name})}"
    return answer


@blueprint.delete("/graphs")
def delete_graph() -> Response:
    """Take away what the graph holds; 404 where there is none."""
    return _write("delete", _graph())


@blueprint.patch("/graphs")
def patch_graph() -> Response:
    """Change the graph, and no other, by the SPARQL Update that the body is."""
    if request.mimetype != PATCHES:
        raise UnsupportedTypeError(f"the body's type is {request.mimetype or 'none'}.", f"Send {PATCHES}.",
                                   headers={"Accept-Patch": PATCHES})  # fmt: skip
    return _write("patch", _graph())


def _write(kind: str, graph: GraphName) -> Response:
    token = authorize("ingest", [graph])
    sent = "If-Match" in request.headers or "If-None-Match" in request.headers
    seen = _tag(graph) if sent else None
    if sent:
        check_preconditions(_sent_form(seen), required=False)
    name = graph.value if isinstance(graph, NamedNode) else None
    with writes.receive() as body:
        return writes.commit(token, kind, body, graph=name, is_conditional=sent, seen=seen)


def _sent_form(tag: str | None) -> str | None:
    """The tag in the form of it that the client has seen, which says which format it got."""
    if tag is None:
        return None
    sent = request.headers.get("If-Match", "") + request.headers.get("If-None-Match", "")
    return next((f"{tag}.{form}" for form in RDF_TYPES if f'"{tag}.{form}"' in sent), tag)


def _tag(graph: GraphName) -> str | None:
    return tag_graph(g.served.store, g.served.version, g.served.project.layout, graph)


def _content(graph: GraphName, form: str) -> Response:
    served, layout = g.served, g.served.project.layout
    if layout.kind != "plain" and graph == layout.shapes:
        quads = unskolemize(read_graph(served.store, served.version, layout, graph), layout.names)
        return make_response(serialize(quads, RDF_FORMATS[form], layout.names.prefixes))
    triples = "?s ?p ?o" if isinstance(graph, DefaultGraph) else f"GRAPH {graph} {{ ?s ?p ?o }}"
    asked = Request(f"CONSTRUCT {{ ?s ?p ?o }} WHERE {{ {triples} }}", graph=form,
                    prefixes=tuple(layout.names.prefixes.items()))  # fmt: skip
    return send(served.evaluators.answer(asked))


def _graph() -> GraphName:
    """The graph that the address names: exactly one of `?graph=` with an absolute IRI, and `?default`."""
    names = request.args.getlist("graph")
    if ("default" in request.args) == bool(names) or len(names) > 1:
        raise BadRequestError("the address must name one graph.", "Write ?default, or ?graph= with an absolute IRI.")
    if not names:
        return DefaultGraph()
    if not is_absolute(names[0]):
        raise BadRequestError(f"`graph={names[0]}` is no absolute IRI.", "Name a graph of this dataset.")
    return NamedNode(names[0])
