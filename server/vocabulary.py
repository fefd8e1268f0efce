"""`/ontology` and `/shapes`: the vocabulary of a version and what validates it, as pages and as RDF.

Where there is no ontology, `/ontology` tells which classes and properties the data use.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, partial

from flask import Blueprint, Response, g, request

from graph.errors import SourceError
from graph.evaluator import RDF_FORMATS
from graph.findings import read_findings
from graph.iris import RDF_TYPE
from graph.rdf import DefaultGraph, NamedNode, Quad, QuerySolutions, Triple, serialize
from graph.read import Value, shorten
from graph.read_claims import Statement
from graph.read_shapes import ShapeEntry, read_shape_entries
from graph.read_terms import GENID, Counts
from graph.read_vocabulary import TREE_SHOWN, TermEntry
from graph.report import Finding
from graph.schema import read_shape_quads
from graph.shapes import make_shapes
from graph.skolem import unskolemize
from graph.unsupported import is_left_out
from server import pages
from server.errors import NotAcceptableFormatError, NotFoundError
from server.generic import classes_in_use, properties_in_use
from server.links import thing_at
from server.negotiate import CONTENT_TYPES, RDF_TYPES, choose, prefers_html
from server.service import Served

blueprint = Blueprint("vocabulary", __name__)

EXAMPLES_SHOWN = 5
_IN_SCHEME = NamedNode("http://www.w3.org/2004/02/skos/core#inScheme")


TERMS_SHOWN = 2_000
"""Properties of an ontology that its page lists."""
_SEVERITIES = ("Violation", "Warning", "Info")


@dataclass(frozen=True)
class ShapeBook:
    """The shapes of a version: as a list, as triples, or what is wrong with them."""

    entries: tuple[ShapeEntry, ...]
    triples: tuple[Triple, ...]
    problem: str = ""

    @cached_property
    def digest(self) -> str:
        """Tells this book from another."""
        said = [*(str(triple) for triple in self.triples), self.problem]
        return hashlib.sha256("\n".join(said).encode()).hexdigest()


def _read_book(served: Served) -> ShapeBook:
    layout = served.project.layout
    if layout.kind == "plain":
        return ShapeBook((), ())
    quads = sorted(unskolemize(read_shape_quads(served.version, layout), layout.names), key=str)
    triples = tuple(sorted({quad.triple for quad in quads}, key=str))
    try:
        views = make_shapes(quads, layout.names)
    except SourceError as error:  # an older version may hold what is not taken any more
        return ShapeBook((), triples, str(error))
    short = partial(shorten, names=layout.names)
    entries = [entry for shapes in views.values() for entry in read_shape_entries(shapes, short)]
    entries.sort(key=lambda entry: (_severity(entry), entry.name))
    return ShapeBook(tuple(entries), triples)


def _severity(entry: ShapeEntry) -> int:
    return _SEVERITIES.index(entry.severity) if entry.severity in _SEVERITIES else len(_SEVERITIES)


def _left_out(served: Served) -> list[Finding]:
    """What the reasoner takes no account of in the ontology."""
    return [finding for finding in read_findings(served.version) if is_left_out(finding)]


def _uses(_: Served) -> dict[str, int]:
    """How often each term is used, counted when its page is first asked for."""
    return {}


@blueprint.get("/ontology")
def ontology() -> Response:
    """The ontology: a page for a browser, RDF for a program; of the term that `term=` names by its IRI, if any."""
    if "term" in request.args:
        return term(request.args["term"])
    if not prefers_html(request.accept_mimetypes):
        return _rdf(_ontology_triples(), "ontology")
    known = pages.unchanged_page()
    if known is not None:
        return known
    vocabulary, used = pages.vocabulary(), pages.kind() != "record"
    return pages.render(
        "vocabulary/ontology.html", vocabulary=vocabulary, tree=vocabulary.tree(), limit=TREE_SHOWN,
        classes=sum(entry.kind == "class" for entry in vocabulary.terms.values()),
        properties=vocabulary.properties()[:TERMS_SHOWN], others=max(len(vocabulary.properties()) - TERMS_SHOWN, 0),
        used=_used() if used else None, left_out=g.served.keep(_left_out) if used else [],
    )  # fmt: skip


def _used() -> list[tuple[str, Counts]]:
    return [("classes", g.served.keep(classes_in_use)), ("properties", g.served.keep(properties_in_use))]


@blueprint.get("/ontology/<path:name>")
def term(name: str) -> Response:
    """One term, by its name or as `prefix:name`; a module's name leads to its place on the page of the whole."""
    entry = _find(name)
    if not prefers_html(request.accept_mimetypes):
        return _rdf([t for t in _ontology_triples() if t.subject == NamedNode(entry.iri)], "term")
    known = pages.unchanged_page()
    if known is not None:
        return known
    vocabulary, reader = pages.vocabulary(), pages.reader()
    return pages.render(
        "vocabulary/term.html", entry=entry, word=reader.thing(entry.iri), vocabulary=vocabulary,
        uses=_count_uses(entry), examples=_examples(entry), query=_uses_query(entry),
    )  # fmt: skip


@blueprint.get("/shapes")
def shapes() -> Response:
    """The shapes that everything passes before it gets in: a page for a browser, RDF for a program."""
    book = g.served.keep(_read_book)
    if not prefers_html(request.accept_mimetypes):
        return _rdf(book.triples, book.digest)
    return pages.render("vocabulary/shapes.html", book.digest, book=book)


def _find(name: str) -> TermEntry:
    names, terms = g.served.project.names, pages.vocabulary().terms
    prefix, colon, local = name.partition(":")
    if name in terms:
        return terms[name]
    if thing_at(name, names) is not None:
        iri = names.prefixes.get(prefix, "") + local if colon else names.term(name).value
        if iri in terms:
            return terms[iri]
        module = next((m for m in pages.vocabulary().modules if m.iri == f"{names.base}ontology/{name}"), None)
        if module is not None:
            return TermEntry(module.iri, "module", module.labels, module.comments)
    raise NotFoundError(f"the ontology has no term `{name}`.", "See /ontology.")


def _ontology_triples() -> list[Triple]:
    """The ontology as it was written: its blank nodes are blank again."""
    layout = g.served.project.layout
    if layout.kind == "plain":
        return []
    quads = g.served.store.quads_for_pattern(None, None, None, layout.ontology)
    return sorted((quad.triple for quad in unskolemize(quads, layout.names)), key=str)


def _rdf(triples: Iterable[Triple], tag_part: str) -> Response:
    form = choose(request.accept_mimetypes, RDF_TYPES)
    if form is None:
        types = ", ".join(kind for kinds in RDF_TYPES.values() for kind in kinds)
        raise NotAcceptableFormatError("none of the accepted types is on offer.", f"Accept one of: text/html, {types}.")
    tag = pages.etag(form, tag_part)
    known = pages.unchanged(tag)
    if known is not None:
        return known
    answer = Response(serialize(triples, RDF_FORMATS[form], g.served.project.names.prefixes))
    answer.headers["Content-Type"] = CONTENT_TYPES[form]
    return pages.with_caching(answer, tag)


def _pattern(entry: TermEntry) -> str:
    if entry.kind == "concept scheme":
        return f"?concept <{_IN_SCHEME.value}> <{entry.iri}>"
    return f"?subject <{entry.iri}> ?value" if entry.is_property else f"?thing a <{entry.iri}>"


def _uses_query(entry: TermEntry) -> str:
    return f"SELECT * WHERE {{ {_pattern(entry)} }}\nLIMIT 100"


def _count_uses(entry: TermEntry) -> int:
    kept: dict[str, int] = g.served.keep(_uses)
    if entry.iri not in kept:
        rows = g.served.store.query(f"SELECT (COUNT(*) AS ?n) WHERE {{ {_pattern(entry)} }}")
        assert isinstance(rows, QuerySolutions)  # noqa: S101 - a SELECT
        kept[entry.iri] = int(next(iter(rows))["n"].value)
    return kept[entry.iri]


def _examples(entry: TermEntry) -> tuple[list[Value], list[Statement]]:
    """A few things of a class, or a few statements with a property."""
    reader, store = pages.reader(), g.served.store
    if not entry.is_property:
        kind = _IN_SCHEME if entry.kind == "concept scheme" else RDF_TYPE
        quads = store.quads_for_pattern(None, kind, NamedNode(entry.iri), DefaultGraph())
        return [reader.value(q.subject) for q in _first(quads)], []
    quads = store.quads_for_pattern(None, NamedNode(entry.iri), None, DefaultGraph())
    predicate = reader.thing(entry.iri)
    return [], [Statement(reader.value(q.subject), predicate, reader.value(q.object)) for q in _first(quads)]


def _first(quads: Iterable[Quad]) -> list[Quad]:
    found: list[Quad] = []
    for quad in quads:
        if len(found) == EXAMPLES_SHOWN:
            break
        if isinstance(quad.subject, NamedNode) and GENID not in quad.subject.value:
            found.append(quad)
    return found
