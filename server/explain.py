"""`/explain?s=&p=&o=`: why a triple is in the graph, as a page or as JSON."""

from __future__ import annotations

from flask import Blueprint, Response, g, jsonify, render_template, request

from graph.errors import UsageError
from graph.explain import Explanation, parse_term
from graph.rdf import Literal, NamedNode, Term, Triple
from server import pages
from server.errors import BadRequestError, NotFoundError
from server.negotiate import choose

blueprint = Blueprint("explain", __name__)

_OFFERS = {"html": ("text/html", "application/xhtml+xml"), "json": ("application/json",)}


@blueprint.get("/explain")
def explain() -> Response:
    """The tree under the triple: the passages that state it, or the rule and premises it follows from."""
    wants_json = choose(request.accept_mimetypes, _OFFERS) == "json"
    if not any(key in request.args for key in "spo") and not wants_json:
        return Response(render_template("explain/form.html"), mimetype="text/html")
    form = "json" if wants_json else "html"
    tag = pages.etag("explain", form, pages.language())
    known = pages.unchanged(tag, "Accept, Accept-Language")
    if known is not None:
        return known
    tree = g.served.explainer.explain(_triple())
    if tree.kind == "absent":
        raise NotFoundError("this triple is not in the graph.", "Copy the triple from a query's result or a page.")
    if wants_json:
        return pages.with_caching(jsonify(tree.to_json()), tag, "Accept, Accept-Language")
    page = Response(render_template("explain/explain.html", tree=tree, depth=_depth(tree)), mimetype="text/html")
    return pages.with_caching(page, tag, "Accept, Accept-Language")


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


def _depth(tree: Explanation) -> int:
    return 1 + max((_depth(premise) for premise in tree.premises), default=0)
