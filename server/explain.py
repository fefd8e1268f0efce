"""`/explain?s=&p=&o=`: why a triple is in the graph, as a page, as JSON, or as RDF by PROV-O."""

from __future__ import annotations

from flask import Blueprint, Response, g, jsonify, render_template, request

from graph.errors import UsageError
from graph.evaluator import RDF_FORMATS
from graph.explain import Explanation, add_commits, parse_term
from graph.rdf import Literal, NamedNode, Term, Triple, serialize
from graph.versions import Versions
from server import pages
from server.errors import BadRequestError, NotAcceptableFormatError, NotFoundError
from server.negotiate import CONTENT_TYPES, RDF_TYPES, choose

blueprint = Blueprint("explain", __name__)

_OFFERS = {"html": ("text/html", "application/xhtml+xml"), "json": ("application/json",), **RDF_TYPES}
_DOWNLOADS = (("ttl", "Turtle"), ("jsonld", "JSON-LD"), ("json", "JSON"))
_VARY = "Accept, Accept-Language"


@blueprint.get("/explain")
def explain() -> Response:
    """The tree under the triple: the passages that state it, or the rule and premises it follows from."""
    form = _form()
    if form == "html" and not any(key in request.args for key in "spo"):
        return Response(render_template("explain/form.html"), mimetype="text/html")
    served = g.served
    tag = pages.etag("explain", form, pages.language(), str(served.version.number))
    known = pages.unchanged(tag, _VARY)
    if known is not None:
        return known
    tree = served.explainer.explain(_triple())
    if tree.kind == "absent":
        raise NotFoundError("this triple is not in the graph.", "Copy the triple from a query's result or a page.")
    (tree,) = add_commits([tree], Versions(served.project.data), served.version)
    return pages.with_caching(_answer(tree, form), tag, _VARY)


def _form() -> str:
    """The format by `?format=`, else by Accept."""
    named = request.args.get("format", "")
    form = named if named in _OFFERS else None if named else choose(request.accept_mimetypes, _OFFERS)
    if form is not None:
        return form
    if named:
        raise BadRequestError("an explanation has no format of that name.", f"Use one of {', '.join(_OFFERS)}.")
    types = ", ".join(kinds[0] for kinds in _OFFERS.values())
    raise NotAcceptableFormatError("none of the accepted types is on offer.", f"Accept one of: {types}.")


def _answer(tree: Explanation, form: str) -> Response:
    if form == "json":
        return jsonify(tree.to_json())
    if form == "html":
        page = render_template("explain/explain.html", tree=tree, depth=_depth(tree), downloads=_DOWNLOADS)
        return Response(page, mimetype="text/html")
    names = g.served.project.names
    content = serialize(tree.to_rdf(names), RDF_FORMATS[form], names.prefixes)
    return Response(content, content_type=CONTENT_TYPES[form])


def _triple() -> Triple:
    subject, predicate, obj = (_term(key) for key in "spo")
    if isinstance(subject, Literal) or not isinstance(predicate, NamedNode):
        raise BadRequestError("a triple has an IRI as subject and as predicate.", "Quote the object only.")
    return Triple(subject, predicate, obj)


def _term(key: str) -> Term:
    text = request.args.get(key, "").strip()
    if not text:
        raise BadRequestError(f"`{key}=` is missing.", "Give s, p and o: <IRI>, prefix:name or a quoted literal.")
    try:
        return parse_term(text, g.served.project.names)
    except UsageError as error:
        raise BadRequestError(f"`{key}=`: {error.message}", error.remedy) from None


@blueprint.app_template_global("read_term")
def _read_term(text: str) -> Term:
    """A term of the tree of an explanation, which writes it as N-Triples do."""
    return parse_term(text, g.served.project.names)


def _depth(tree: Explanation) -> int:
    return 1 + max((_depth(premise) for premise in tree.premises), default=0)
