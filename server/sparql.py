"""`/sparql`: the SPARQL 1.1 Protocol for queries (https://www.w3.org/TR/sparql11-protocol/#query-operation)."""

from __future__ import annotations

from flask import Blueprint, Response, current_app, g, make_response, render_template, request
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import RequestEntityTooLarge

from graph.errors import QueryForbiddenError
from graph.evaluate import Answer, Request
from server import protocol
from server.description import describe_service
from server.errors import BadRequestError, NotAcceptableFormatError, UnsupportedTypeError
from server.negotiate import CONTENT_TYPES, RDF_TYPES, SOLUTION_TYPES, by_name, choose, prefers_html
from server.protocol import FORM, read_fields, read_graphs
from server.results import result_page

blueprint = Blueprint("sparql", __name__)

DIRECT = "application/sparql-query"


@blueprint.route("/sparql", methods=["OPTIONS"])
def preflight() -> Response:
    """What another site's page may send here."""
    return protocol.preflight("GET, HEAD, POST, OPTIONS", "Accept, Content-Type, Authorization, If-None-Match")


@blueprint.get("/sparql")
def query_by_get() -> Response:
    """Answer `?query=`; without one, the query form for a browser and the service description for a program."""
    parameters = _parameters(request.query_string)
    if "query" in parameters or "update" in parameters:
        return _answer(parameters, None)
    if prefers_html(request.accept_mimetypes):
        page = make_response(render_template("sparql.html", query="", result=None))
        page.headers["Vary"] = "Accept"
        return page
    return describe_service(g.served, request.base_url)


@blueprint.post("/sparql")
def query_by_post() -> Response:
    """Answer a query sent as a form or as the body itself; any other media type is refused."""
    parameters = _parameters(request.query_string)
    if request.mimetype == FORM:
        return _answer(_parameters(_body(), parameters), None)
    if request.mimetype == DIRECT:
        try:
            text = _body().decode("utf-8")
        except UnicodeDecodeError:
            raise BadRequestError("the query is not UTF-8.", "Send it in UTF-8.") from None
        return _answer(parameters, text)
    if request.mimetype == "application/sparql-update":
        raise QueryForbiddenError("this address takes queries, not updates.", "Send updates to /update.")
    what = request.mimetype or "none"
    raise UnsupportedTypeError(f"the body's type is {what}.", f"Send {FORM} with `query=`, or {DIRECT}.")


def _body() -> bytes:
    """The whole body; of one whose length was not told, Werkzeug would silently give the first part."""
    body = request.get_data(cache=False)
    limit = request.max_content_length
    if request.content_length is None and limit is not None and len(body) >= limit:
        raise RequestEntityTooLarge
    return body


def _parameters(encoded: bytes, more: MultiDict[str, str] | None = None) -> MultiDict[str, str]:
    """The parameters of a query string or form, before *more*; what is not UTF-8 is refused, never replaced."""
    return MultiDict([*read_fields(encoded), *(more.items(multi=True) if more else ())])


def _answer(parameters: MultiDict[str, str], direct: str | None) -> Response:
    if "update" in parameters:
        raise QueryForbiddenError("this address takes queries, not updates.", "Send updates to /update.")
    queries = [*parameters.getlist("query"), *([] if direct is None else [direct])]
    if len(queries) != 1:
        raise BadRequestError(f"{len(queries)} queries were sent.", "Send exactly one `query`.")
    names, fields = g.served.project.names, list(parameters.items(multi=True))
    asked = Request(
        queries[0], base=request.base_url,
        default_graphs=read_graphs(fields, "default-graph-uri"), named_graphs=read_graphs(fields, "named-graph-uri"),
        prefixes=tuple(names.prefixes.items()), seconds=_seconds(parameters), **_formats(parameters),
    )  # fmt: skip
    if "format" not in parameters and prefers_html(request.accept_mimetypes):
        return result_page(asked)
    return send(g.served.evaluators.answer(asked))


def _formats(parameters: MultiDict[str, str]) -> dict[str, str | None]:
    """The format for each kind of result: by `format=` where it is given, else by Accept."""
    wanted = parameters.get("format")
    if wanted is None:
        accept = request.accept_mimetypes
        formats = {"solutions": choose(accept, SOLUTION_TYPES), "graph": choose(accept, RDF_TYPES)}
        if formats["solutions"] is None and formats["graph"] is None and not prefers_html(accept):
            raise NotAcceptableFormatError(f"none of the types in `Accept: {accept}` can be sent.", _offers())
        return formats
    solutions, graph = by_name(wanted)
    if solutions is None and graph is None:
        raise BadRequestError(f"`format={wanted}` is not known.", f"Use one of: {', '.join(CONTENT_TYPES)}.")
    return {"solutions": solutions, "graph": graph}


def _offers() -> str:
    types = [t for offers in (SOLUTION_TYPES, RDF_TYPES) for kinds in offers.values() for t in kinds]
    return f"On offer: {', '.join(types)}."


def _seconds(parameters: MultiDict[str, str]) -> float | None:
    """The client's own deadline; the server's limit still holds."""
    text = parameters.get("timeout")
    if text is None:
        return None
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise BadRequestError(f"`timeout={text}` is no number of seconds.", "Write `timeout=10`.")
    return seconds


def send(answer: Answer) -> Response:
    """The answer as a response; its length is known, so a body that breaks off on its way cannot pass for whole."""
    response = current_app.response_class(answer.chunks())
    response.headers["Content-Type"] = CONTENT_TYPES[answer.format]
    response.headers["Content-Length"] = str(answer.size)
    response.headers["Vary"] = "Accept"
    response.call_on_close(answer.close)
    return response
