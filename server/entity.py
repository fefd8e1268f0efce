"""Things and claims: `/id/…` and `/claim/…` lead to the page (`/page/…`) or the data (`/data/….ttl` …) about them."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import quote

from flask import Blueprint, Response, g, jsonify, request

from graph.errors import UsageError
from graph.evaluator import RDF_FORMATS
from graph.explain import parse_term
from graph.rdf import NamedNode, serialize
from graph.read_claims import Citations, read_claim
from graph.read_data import read_dataset, to_plain
from graph.read_entity import is_redacted, read_entity, replacement
from graph.read_incoming import count_pointers, page_pointers, read_pointers
from server import pages
from server.errors import BadRequestError, GoneError, NotAcceptableFormatError, NotFoundError
from server.links import data_path, local_of, page_path, root, thing_at
from server.negotiate import CONTENT_TYPES, RDF_TYPES, choose, prefers_html

blueprint = Blueprint("entity", __name__)

DATA_TYPES = {**RDF_TYPES, "json": ("application/json",)}
_DATASETS = ("trig", "nq")


@blueprint.get("/id/<path:local>")
def thing(local: str) -> Response:
    """303 to what describes the thing: the page for a browser, data for a program."""
    return _see_other(local)


@blueprint.get("/claim/<name>")
def claim(name: str) -> Response:
    """303 to what describes the claim."""
    return _see_other(f"claim/{name}")


@blueprint.get("/voc/<path:name>")
def concept(name: str) -> Response:
    """303 to what describes the concept."""
    return _see_other(f"voc/{name}")


@blueprint.get("/src/<name>")
def capture(name: str) -> Response:
    """303 to the page of the document that the capture is the text of."""
    return _redirect(f"{root()}/sources/{quote(name)}", 303)


def _see_other(local: str) -> Response:
    subject = _find(local)
    moved = _moved(subject, "id")
    if moved is not None:
        return moved
    if prefers_html(request.accept_mimetypes):
        language = pages.chosen_language()
        return _redirect(page_path(local) + (f"?lang={language}" if language else ""), 303)
    form = choose(request.accept_mimetypes, DATA_TYPES)
    if form is None:
        types = ", ".join(kind for kinds in DATA_TYPES.values() for kind in kinds)
        raise NotAcceptableFormatError(
            "none of the accepted types describes this thing.", f"Accept one of: text/html, {types}."
        )
    return _redirect(data_path(local, form), 303)


def _redirect(path: str, status: int) -> Response:
    answer = Response(status=status)
    answer.headers["Location"] = path
    answer.headers["Vary"] = "Accept"
    return answer


def _find(local: str) -> NamedNode:
    """The thing under this address; NotFoundError where nothing is known of it, GoneError where it was redacted."""
    reader = pages.reader()
    subject = thing_at(local, g.served.project.names)
    if subject is None:
        raise NotFoundError("no thing can have this address.", "See /search for what there is.")
    if is_redacted(reader, subject):
        raise GoneError("what stood here was redacted.", "Earlier citations of it lead nowhere on purpose.")
    if not reader.holds(subject):
        raise NotFoundError(f"nothing is known of {subject.value}.", "See /search for what there is.")
    return subject


def _moved(subject: NamedNode, where: str, extension: str = "") -> Response | None:
    """301 to the thing that this one was merged into."""
    target = replacement(pages.reader(), subject)
    local = local_of(target, g.served.project.names)
    if not local:
        return None
    path = {"id": f"{root()}/id/{quote(local)}", "page": page_path(local), "data": data_path(local, extension)}[where]
    return _redirect(path, 301)


def _links(local: str, subject: NamedNode, *, is_page: bool = True) -> Iterable[tuple[str, str]]:
    """The Link headers of a page or of data: what it is of, how to cite it, and its other forms.

    The relations between page and data are those of https://signposting.org/FAIR/.
    """
    canonical = quote(subject.value, safe=":/#!$&'()*+,;=~@%")
    yield "Link", f'<{canonical}>; rel="canonical"'
    yield "Link", f'<{canonical}>; rel="cite-as"'
    if is_page:
        yield "Link", '<https://schema.org/AboutPage>; rel="type"'
        yield "Link", f'<{data_path(local, "ttl")}>; rel="describedby"; type="text/turtle"'
    else:
        yield "Link", f'<{page_path(local)}>; rel="describes"; type="text/html"'
    yield "Link", f'<{page_path(local)}>; rel="alternate"; type="text/html"'
    for form, types in DATA_TYPES.items():
        yield "Link", f'<{data_path(local, form)}>; rel="alternate"; type="{types[0]}"'


@blueprint.get("/page/<path:local>")
def page(local: str) -> Response:
    """The page about a thing, a claim or a concept; `?in=` lists what points at it by one property."""
    known = pages.unchanged_page()
    if known is not None:
        return known
    subject = _find(local)
    moved = _moved(subject, "page")
    if moved is not None:
        return moved
    if "in" in request.args:
        return _pointers_page(local, subject)
    if local.startswith("claim/"):
        return _claim_page(local, subject)
    reader = pages.reader()
    about = page_pointers(reader, subject, reader.names.term("about"))
    citations = Citations(reader)
    claims = sorted((citations.cite(NamedNode(p.subject.iri)) for p in about.shown), key=lambda c: c.order)
    return pages.render(
        "entity/entity.html", headers=_links(local, subject),
        entity=read_entity(reader, subject), pointers=read_pointers(reader, subject), claims=claims, about=about,
        local=local, forms=_forms(local),
    )  # fmt: skip


def _forms(local: str) -> list[tuple[str, str, str]]:
    """Each format with its address and media type, for the page's list of downloads."""
    return [(form, data_path(local, form), types[0]) for form, types in DATA_TYPES.items()]


def _claim_page(local: str, subject: NamedNode) -> Response:
    return pages.render(
        "entity/claim.html", headers=_links(local, subject),
        record=read_claim(pages.reader(), subject), local=local, forms=_forms(local),
    )  # fmt: skip


def _pointers_page(local: str, subject: NamedNode) -> Response:
    reader = pages.reader()
    predicate = parse_predicate(request.args["in"])
    total = dict(count_pointers(reader, subject)).get(predicate, 0)
    if not total:
        raise NotFoundError(f"nothing points at {subject.value} by {request.args['in']}.", "See the page of the thing.")
    pointers = page_pointers(reader, subject, predicate, after=request.args.get("after", ""), total=total)
    return pages.render(
        "entity/pointers.html", headers=_links(local, subject),
        thing=reader.value(subject), pointers=pointers, local=local,
    )  # fmt: skip


def parse_predicate(text: str) -> NamedNode:
    """The property that a parameter names; BadRequestError where it names none."""
    try:
        term = parse_term(text, g.served.project.names)
    except UsageError as error:
        raise BadRequestError(error.message, error.remedy) from None
    if not isinstance(term, NamedNode):
        raise BadRequestError("a literal is no property.", "Name a property, such as lt:detainee.")
    return term


@blueprint.get("/data/<path:name>")
def data(name: str) -> Response:
    """The data about a thing in the format that the address ends with; never negotiated."""
    local, _, form = name.rpartition(".")
    if not local or form not in DATA_TYPES:
        raise NotFoundError("this address ends with no known format.", f"End it with .{', .'.join(DATA_TYPES)}.")
    tag = pages.etag(form)
    known = pages.unchanged(tag)
    if known is not None:
        return known
    subject = _find(local)
    moved = _moved(subject, "data", form)
    if moved is not None:
        return moved
    answer = _plain_data(subject) if form == "json" else _rdf_data(subject, form)
    answer.headers["Content-Location"] = data_path(local, form)
    for header, value in _links(local, subject, is_page=False):
        answer.headers.add(header, value)
    return pages.with_caching(answer, tag)


def _rdf_data(subject: NamedNode, form: str) -> Response:
    names = g.served.project.names
    quads = read_dataset(pages.reader(), subject, with_graphs=form in _DATASETS)
    answer = Response(serialize(quads, RDF_FORMATS[form], names.prefixes))
    answer.headers["Content-Type"] = CONTENT_TYPES[form]
    return answer


def _plain_data(subject: NamedNode) -> Response:
    reader = pages.reader()
    if subject.value.startswith(g.served.project.names.claim("").value):
        content = to_plain(read_claim(reader, subject))
    else:
        content = to_plain(read_entity(reader, subject))
        counts = count_pointers(reader, subject)
        content["pointsHere"] = [{"predicate": predicate.value, "total": total} for predicate, total in counts]
    return jsonify(content)
