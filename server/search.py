"""`/search?q=`: things by any of their names, as a page or as JSON."""

from __future__ import annotations

from collections import Counter

from flask import Blueprint, Response, g, jsonify, request

from graph.rdf import NamedNode
from graph.read import Reader, Value
from graph.search import Hit, NameIndex, index_names
from server import pages
from server.negotiate import choose
from server.service import Served

blueprint = Blueprint("search", __name__)

HITS_SHOWN = 50
KINDS_COUNTED = 1000
_OFFERS = {"html": ("text/html", "application/xhtml+xml"), "json": ("application/json",)}
_RANKS = ("the same", "begins so", "has these words", "contains it")


def _index(served: Served) -> NameIndex:
    return index_names(served.store, served.project.names, served.project.kind)


@blueprint.get("/search")
def search() -> Response:
    """What the words of `q` name, best first; `kind` keeps one class, `from` skips."""
    query, kind = request.args.get("q", "").strip(), request.args.get("kind", "")
    reader = pages.reader()
    hits = g.served.keep(_index).find(query) if query else []
    kinds = _count_kinds(reader, hits[:KINDS_COUNTED])
    if kind:
        hits = [hit for hit in hits[:KINDS_COUNTED] if _kind_name(reader, hit) == kind]
    start = _start()
    shown = [(hit, reader.thing(hit.iri), reader.kind(NamedNode(hit.iri))) for hit in hits[start : start + HITS_SHOWN]]
    if choose(request.accept_mimetypes, _OFFERS) == "json":
        return _as_json(shown, len(hits), start)
    following = start + HITS_SHOWN if start + HITS_SHOWN < len(hits) else 0
    return pages.render(
        "search/search.html", query=query, kind=kind, kinds=kinds, hits=shown, total=len(hits), start=start,
        following=following, ranks=_RANKS,
    )  # fmt: skip


def _start() -> int:
    text = request.args.get("from", "0")
    return int(text) if text.isdecimal() and len(text) < 8 else 0


def _kind_name(reader: Reader, hit: Hit) -> str:
    kind = reader.kind(NamedNode(hit.iri))
    return reader.short(kind.iri) if kind else ""


def _count_kinds(reader: Reader, hits: list[Hit]) -> list[tuple[str, Value, int]]:
    """The kinds of what was found with their numbers, the most frequent first."""
    counts: Counter[Value] = Counter()
    for hit in hits:
        kind = reader.kind(NamedNode(hit.iri))
        if kind is not None:
            counts[kind] += 1
    return [(reader.short(kind.iri), kind, number) for kind, number in counts.most_common()]


def _as_json(shown: list[tuple[Hit, Value, Value | None]], total: int, start: int) -> Response:
    results = [
        {
            "iri": hit.iri, "label": thing.text, "language": thing.language or None, "page": pages.address(hit.iri),
            "kind": {"iri": kind.iri, "label": kind.text} if kind else None,
            "matched": {"text": hit.name.text, "language": hit.name.language or None, "how": _RANKS[hit.rank]},
        }
        for hit, thing, kind in shown
    ]  # fmt: skip
    answer = jsonify(total=total, **{"from": start}, results=results)
    answer.headers["Vary"] = "Accept, Accept-Language"
    return answer
