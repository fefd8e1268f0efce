"""Things and claims: `/id/…` and `/claim/…` lead to the page (`/page/…`) or the data (`/data/….ttl` …) about them.

What has no address here, because its IRI is somebody else's, is described at `/describe?iri=`.
"""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import cast
from urllib.parse import quote

from flask import Blueprint, Response, g, jsonify, request

from graph.errors import UsageError
from graph.evaluator import RDF_FORMATS, FrameWriter, UnwritableError, XMLGuard
from graph.explain import parse_term
from graph.rdf import NamedNode, Quad, serialize
from graph.read_claims import Citations, read_claim
from graph.read_data import read_dataset, to_plain
from graph.read_entity import is_redacted, read_entity, replacement
from graph.read_incoming import count_pointers, page_pointers, read_pointers
from server import pages
from server.errors import BadRequestError, GoneError, NotAcceptableFormatError, NotFoundError
from server.links import data_path, describe_path, local_of, page_path, parse_iri, root, thing_at
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
    return _redirect(data_path(local, _accepted_form()), 303)


def _accepted_form() -> str:
    """The format of data that the client likes best."""
    form = choose(request.accept_mimetypes, DATA_TYPES)
    if form is None:
        types = ", ".join(kind for kinds in DATA_TYPES.values() for kind in kinds)
        raise NotAcceptableFormatError(
            "none of the accepted types describes this thing.", f"Accept one of: text/html, {types}."
        )
    return form


def _redirect(path: str, status: int) -> Response:
    answer = Response(status=status)
    answer.headers["Location"] = path
    answer.headers["Vary"] = "Accept"
    return answer


def _find(local: str) -> NamedNode:
    """The thing under this address; NotFoundError where nothing is known of it, GoneError where it was redacted."""
    subject = thing_at(local, g.served.project.names)
    if subject is None:
        raise NotFoundError("no thing can have this address.", "See /search for what there is.")
    return _known(subject)


def _known(subject: NamedNode) -> NamedNode:
    reader = pages.reader()
    if is_redacted(reader, subject):
        raise GoneError("what stood here was redacted.", "Earlier citations of it lead nowhere on purpose.")
    if not reader.holds(subject):
        raise NotFoundError(f"nothing is known of {subject.value}.", "See /search for what there is.")
    return subject


def _moved(subject: NamedNode, where: str, extension: str = "") -> Response | None:
    """301 to the thing that this one was merged into, in a record."""
    if pages.kind() != "record":
        return None
    target = replacement(pages.reader(), subject)
    local = local_of(target, g.served.project.names)
    if not local:
        return None
    path = {"id": f"{root()}/id/{quote(local)}", "page": page_path(local), "data": data_path(local, extension)}[where]
    return _redirect(path, 301)


def _page_address(subject: NamedNode) -> str:
    local = local_of(subject.value, g.served.project.names)
    return page_path(local) if local else describe_path(subject.value)


def _data_address(subject: NamedNode, form: str) -> str:
    local = local_of(subject.value, g.served.project.names)
    return data_path(local, form) if local else describe_path(subject.value, format=form)


def _links(subject: NamedNode, *, is_page: bool = True) -> Iterable[tuple[str, str]]:
    """The Link headers of a page or of data: what it is of, how to cite it, and its other forms.

    The relations between page and data are those of https://signposting.org/FAIR/.
    """
    canonical, page = quote(subject.value, safe=":/#!$&'()*+,;=~@%"), _page_address(subject)
    yield "Link", f'<{canonical}>; rel="canonical"'
    yield "Link", f'<{canonical}>; rel="cite-as"'
    if is_page:
        yield "Link", '<https://schema.org/AboutPage>; rel="type"'
        yield "Link", f'<{_data_address(subject, "ttl")}>; rel="describedby"; type="text/turtle"'
    else:
        yield "Link", f'<{page}>; rel="describes"; type="text/html"'
    yield "Link", f'<{page}>; rel="alternate"; type="text/html"'
    for _, address, media_type in _forms(subject):
        yield "Link", f'<{address}>; rel="alternate"; type="{media_type}"'


def _forms(subject: NamedNode) -> list[tuple[str, str, str]]:
    """Each format with its address and media type."""
    return [(form, _data_address(subject, form), types[0]) for form, types in DATA_TYPES.items()]


@blueprint.get("/describe")
def describe() -> Response:
    """The page or the data about the thing that `iri=` names, wherever it has its home; `format=` wins over Accept."""
    form = _asked_form()
    tag_parts = ("html", pages.language()) if form == "html" else (form,)
    known = pages.unchanged(pages.etag(*tag_parts), "Accept, Accept-Language" if form == "html" else "Accept")
    if known is not None:
        return known
    subject = _known(_asked_iri())
    elsewhere = _home_of(subject, form)
    if elsewhere:
        return _redirect(elsewhere, 303)
    if form != "html":
        return _data(subject, form)
    return _pointers_page(subject) if "in" in request.args else _entity_page(subject)


def _asked_iri() -> NamedNode:
    text = request.args.get("iri", "")
    if not text:
        raise BadRequestError("`iri=` is missing.", "Write /describe?iri= and the IRI of a thing, percent-encoded.")
    found = parse_iri(text)
    if found is None:
        raise BadRequestError("`iri=` is no absolute IRI.", "Write it whole, as in the data, percent-encoded once.")
    return found


def _asked_form() -> str:
    named = request.args.get("format", "")
    if not named:
        return "html" if prefers_html(request.accept_mimetypes) else _accepted_form()
    if named not in ("html", *DATA_TYPES):
        raise BadRequestError("a thing is not described in a format of that name.",
                              f"Use one of html, {', '.join(DATA_TYPES)}.")  # fmt: skip
    return named


def _home_of(subject: NamedNode, form: str) -> str:
    """Where a thing is described that has an address of its own here; empty for any other."""
    if local_of(subject.value, g.served.project.names):
        return _page_address(subject) if form == "html" else _data_address(subject, form)
    return pages.address(subject.value) if form == "html" and pages.reader().is_ours(subject) else ""


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
        return _pointers_page(subject)
    is_claim = pages.kind() == "record" and local.startswith("claim/")
    return _claim_page(subject) if is_claim else _entity_page(subject)


def _entity_page(subject: NamedNode) -> Response:
    reader = pages.reader()
    about, claims = None, []
    if reader.is_ours(subject):
        about, citations = page_pointers(reader, subject, reader.names.term("about")), Citations(reader)
        claims = sorted((citations.cite(NamedNode(p.subject.iri)) for p in about.shown), key=lambda c: c.order)
    return pages.render(
        "entity/entity.html", headers=_links(subject),
        entity=read_entity(reader, subject), pointers=read_pointers(reader, subject), claims=claims, about=about,
        local=local_of(subject.value, reader.names), forms=_forms(subject),
    )  # fmt: skip


def _claim_page(subject: NamedNode) -> Response:
    return pages.render(
        "entity/claim.html", headers=_links(subject),
        record=read_claim(pages.reader(), subject), local=local_of(subject.value, pages.reader().names),
        forms=_forms(subject),
    )  # fmt: skip


def _pointers_page(subject: NamedNode) -> Response:
    reader = pages.reader()
    predicate = parse_predicate(request.args["in"])
    total = dict(count_pointers(reader, subject)).get(predicate, 0)
    if not total:
        raise NotFoundError(f"nothing points at {subject.value} by {request.args['in']}.", "See the page of the thing.")
    pointers = page_pointers(reader, subject, predicate, after=request.args.get("after", ""), total=total)
    return pages.render(
        "entity/pointers.html", headers=_links(subject), thing=reader.value(subject), pointers=pointers,
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
    return _data(subject, form)


def _data(subject: NamedNode, form: str) -> Response:
    answer = _plain_data(subject) if form == "json" else _rdf_data(subject, form)
    answer.headers["Content-Location"] = _data_address(subject, form)
    for header, value in _links(subject, is_page=False):
        answer.headers.add(header, value)
    return pages.with_caching(answer, pages.etag(form))


def _rdf_data(subject: NamedNode, form: str) -> Response:
    names = g.served.project.names
    quads = read_dataset(pages.reader(), subject, with_graphs=form in _DATASETS)
    prefixes = names.prefixes if pages.kind() == "record" else _used(names.prefixes, quads)
    body = serialize(quads, RDF_FORMATS[form], prefixes)
    answer = Response(_guard_xml(body) if form == "rdf" else body)
    answer.headers["Content-Type"] = CONTENT_TYPES[form]
    return answer


def _used(prefixes: dict[str, str], quads: Iterable[Quad]) -> dict[str, str]:
    """The prefixes that shorten something in *quads*."""
    iris = {term.value for quad in quads for term in quad if isinstance(term, NamedNode)}
    return {name: space for name, space in prefixes.items() if any(iri.startswith(space) for iri in iris)}


def _guard_xml(body: bytes) -> bytes:
    """RDF/XML that can be read; NotAcceptableFormatError for what it has no way to write."""
    held = io.BytesIO()
    try:
        XMLGuard(cast(FrameWriter, held)).write(body)
    except UnwritableError:
        what = "these data hold a character or a property that XML has no way to write."
        raise NotAcceptableFormatError(what, "Ask for another format.") from None
    return held.getvalue()


def _plain_data(subject: NamedNode) -> Response:
    reader = pages.reader()
    if reader.is_claim(subject):
        content = to_plain(read_claim(reader, subject))
    else:
        content = to_plain(read_entity(reader, subject))
        counts = count_pointers(reader, subject)
        content["pointsHere"] = [{"predicate": predicate.value, "total": total} for predicate, total in counts]
    return jsonify(content)
