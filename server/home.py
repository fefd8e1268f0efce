"""`/`: what this is, how much of it there is, and the ways in. `/browse/<class>`: the things of a class."""

from __future__ import annotations

import re

from flask import Blueprint, Response, g, request

from graph.iris import DCT
from graph.rdf import NamedNode, QuerySolutions
from graph.read import pick
from graph.read_list import Order, order_class, read_list
from server import pages
from server.errors import BadRequestError, NotFoundError
from server.links import thing_at
from server.service import Served

blueprint = Blueprint("home", __name__)

WAYS_IN = (
    "Person", "AgentGroup", "Organization", "Event", "Case", "Place", "LegalAct", "Provision", "Figure", "Indicator",
    "Document",
)  # fmt: skip
"""Classes that the front page leads to, where the ontology has them and the record has some."""


class Orders:
    """The orders and sizes of the classes of one version, each found when first asked for."""

    def __init__(self, served: Served) -> None:
        self._store = served.store
        self._names = served.project.names
        self._kept: dict[NamedNode, Order] = {}
        self._sizes: dict[NamedNode, int] = {}

    def of(self, cls: NamedNode) -> Order:
        """The order of everything in *cls*."""
        if cls not in self._kept:
            self._kept[cls] = order_class(self._store, self._names, cls)
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
    names, counts = g.served.project.names, g.served.version.manifest["counts"]
    orders, reader = g.served.keep(Orders), pages.reader()
    ways = []
    for name in WAYS_IN:
        cls = names.term(name)
        number = orders.size(cls) if cls.value in pages.vocabulary().terms else 0
        if number:
            ways.append((reader.value(cls), name, number))
    about = pick(reader.texts(NamedNode(f"{names.base}ontology"), NamedNode(f"{DCT}description")), reader.language)
    return pages.render("home/home.html", about=about, counts=counts, ways=ways)


@blueprint.get("/browse/<name>")
def browse(name: str) -> Response:
    """The things of a class, a page at a time; dated ones by date, others by name."""
    known = pages.unchanged_page()
    if known is not None:
        return known
    names, reader = g.served.project.names, pages.reader()
    cls = _class(name)
    after = request.args.get("after", "")
    thing = thing_at(after, names) if after else None
    if after and thing is None:
        raise BadRequestError("`after=` names no thing.", "Follow the links of the list.")
    try:
        listing = read_list(reader, g.served.keep(Orders).of(cls), thing.value if thing else "")
    except KeyError:
        raise BadRequestError("`after=` names nothing in this list.", "Follow the links of the list.") from None
    entry = pages.vocabulary().terms[cls.value]
    above = [reader.thing(iri) for iri in pages.vocabulary().most_specific_first(pages.vocabulary().above(cls.value))]
    below = [reader.thing(e.iri) for e in pages.vocabulary().below(cls.value)]
    return pages.render(
        "home/browse.html", cls=reader.value(cls), entry=entry, listing=listing, name=name, above=above, below=below
    )


def _class(name: str) -> NamedNode:
    names = g.served.project.names
    plain = thing_at(name, names)
    own = names.term(name).value if plain is not None else ""
    classes = [iri for iri, entry in pages.vocabulary().terms.items() if entry.kind == "class"]
    for iri in (own, *sorted(classes)):  # a class of our own before one of another vocabulary
        if iri in classes and re.split("[#/]", iri)[-1] == name:
            return NamedNode(iri)
    raise NotFoundError(f"the ontology has no class `{name}`.", "See /ontology.")
