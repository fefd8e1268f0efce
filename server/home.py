"""`/`: what this is, how much of it there is, and the ways in. `/browse/<class>`: the things of a class.

Of data that are no record the ways in are the classes that have most things; `/browse?class=` lists those of any.
"""

from __future__ import annotations

import re

from flask import Blueprint, Response, g, request

from graph.iris import DCT, OWL, RDF_TYPE, RDFS, SH
from graph.rdf import NamedNode, QuerySolutions
from graph.read import Reader, Text, Value, pick
from graph.read_list import Order, order_class, read_list, view_of
from graph.read_terms import find_graphs
from server import pages
from server.errors import BadRequestError, NotFoundError
from server.generic import classes_in_use
from server.links import local_of, parse_iri, thing_at
from server.service import Served

blueprint = Blueprint("home", __name__)

WAYS_IN = (
    "Person", "AgentGroup", "Organization", "Event", "Case", "Place", "LegalAct", "Provision", "Figure", "Indicator",
    "Document",
)  # fmt: skip
"""Classes that the front page leads to, where the ontology has them and the record has some."""

CLASSES_SHOWN = 12
"""Classes of other data that the front page leads to."""
GRAPHS_SHOWN = 12
_VOCABULARY = (OWL, RDFS, SH, RDF_TYPE.value.removesuffix("type"))
"""Where the classes of terms and shapes are, which are not what data are about."""


class Orders:
    """The orders and sizes of the classes of one version, each found when first asked for."""

    def __init__(self, served: Served) -> None:
        self._store = served.store
        self._names = served.project.names
        self._kind = served.project.kind
        self._kept: dict[NamedNode, Order] = {}
        self._sizes: dict[NamedNode, int] = {}

    def of(self, cls: NamedNode) -> Order:
        """The order of everything in *cls*."""
        if cls not in self._kept:
            self._kept[cls] = order_class(self._store, self._names, cls, self._kind)
        return self._kept[cls]

    def size(self, cls: NamedNode) -> int:
        """How many things are in *cls*."""
        if cls not in self._sizes:
            rows = self._store.query(f"SELECT (COUNT(*) AS ?n) WHERE {{ ?s a {cls} }}")
            assert isinstance(rows, QuerySolutions)  # noqa: S101 - a SELECT
            self._sizes[cls] = int(next(iter(rows))["n"].value)
        return self._sizes[cls]


@blueprint.get("/")
def home() -> Response:
    """The front page."""
    known = pages.unchanged_page()
    if known is not None:
        return known
    return _record_home() if pages.kind() == "record" else _data_home()


def _record_home() -> Response:
    names, counts = g.served.project.names, g.served.version.manifest["counts"]
    orders, reader = g.served.keep(Orders), pages.reader()
    ways = []
    for name in WAYS_IN:
        cls = names.term(name)
        number = orders.size(cls) if cls.value in pages.vocabulary().terms else 0
        if number:
            ways.append((reader.value(cls), number))
    about = pick(reader.texts(NamedNode(f"{names.base}ontology"), NamedNode(f"{DCT}description")), reader.language)
    return pages.render("home/home.html", about=about, counts=counts, ways=ways)


def _data_home() -> Response:
    """The front page of data that are no record."""
    served, reader = g.served, pages.reader()
    used = served.keep(classes_in_use)
    ways = [(reader.term(NamedNode(iri)), number) for iri, number in used.terms if not iri.startswith(_VOCABULARY)]
    graphs, are_all = find_graphs(served.store)
    shown = [reader.value(graph) for graph in graphs if reader.is_apart(graph)]
    return pages.render(
        "home/data.html", counts=served.version.manifest["counts"], ways=ways[:CLASSES_SHOWN], more=len(ways),
        is_whole=used.is_whole, titles=_titles(reader), graphs=shown[:GRAPHS_SHOWN], are_all=are_all,
        left=max(len(shown) - GRAPHS_SHOWN, 0), is_empty=served.version.manifest["quads"] == 0,
    )  # fmt: skip


def _titles(reader: Reader) -> list[tuple[Value, Text | None]]:
    """The ontologies of the dataset, each with what it says of itself."""
    modules = pages.vocabulary().modules
    return [(reader.thing(module.iri), pick(module.comments, reader.language)) for module in modules]


@blueprint.get("/browse")
def browse_any() -> Response:
    """The things of the class that `class=` names by its IRI."""
    known = pages.unchanged_page()
    if known is not None:
        return known
    cls = parse_iri(request.args.get("class", ""))
    if cls is None:
        raise BadRequestError("`class=` is no absolute IRI.", "Write /browse?class= and the IRI of a class.")
    instances = g.served.store.quads_for_pattern(None, RDF_TYPE, cls, view_of(pages.kind()))
    if cls.value not in pages.vocabulary().terms and not any(True for _ in instances):
        raise NotFoundError(f"nothing is in a class {cls.value}.", "See /ontology for the classes there are.")
    return _list_page(cls, g.served.keep(Orders).of(cls), parse_iri(request.args.get("after", "")))


@blueprint.get("/browse/<name>")
def browse(name: str) -> Response:
    """The things of a class, a page at a time; dated ones by date, others by name."""
    known = pages.unchanged_page()
    if known is not None:
        return known
    cls, after = _class(name), request.args.get("after", "")
    return _list_page(cls, g.served.keep(Orders).of(cls), thing_at(after, g.served.project.names))


def _list_page(cls: NamedNode, order: Order, after: NamedNode | None) -> Response:
    reader = pages.reader()
    if request.args.get("after") and after is None:
        raise BadRequestError("`after=` names no thing.", "Follow the links of the list.")
    try:
        listing = read_list(reader, order, after.value if after else "")
    except KeyError:
        raise BadRequestError("`after=` names nothing in this list.", "Follow the links of the list.") from None
    above = [reader.thing(iri) for iri in pages.vocabulary().most_specific_first(pages.vocabulary().above(cls.value))]
    below = [reader.thing(e.iri) for e in pages.vocabulary().below(cls.value)]
    name = _local if "class" not in request.args else str
    return pages.render(
        "home/browse.html", cls=reader.term(cls), listing=listing, above=above, below=below,
        following=name(listing.after), previous=name(listing.before),
    )  # fmt: skip


def _local(iri: str) -> str:
    return local_of(iri, g.served.project.names)


def _class(name: str) -> NamedNode:
    names = g.served.project.names
    plain = thing_at(name, names)
    own = names.term(name).value if plain is not None else ""
    classes = [iri for iri, entry in pages.vocabulary().terms.items() if entry.kind == "class"]
    for iri in (own, *sorted(classes)):  # a class of our own before one of another vocabulary
        if iri in classes and re.split("[#/]", iri)[-1] == name:
            return NamedNode(iri)
    raise NotFoundError(f"the ontology has no class `{name}`.", "See /ontology.")
