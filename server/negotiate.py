"""Content negotiation (RFC 9110, section 12): which of the media types on offer a client likes best."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from werkzeug.datastructures import MIMEAccept

SOLUTION_TYPES: Mapping[str, Sequence[str]] = {
    "json": ("application/sparql-results+json", "application/json"),
    "xml": ("application/sparql-results+xml", "application/xml"),
    "csv": ("text/csv",),
    "tsv": ("text/tab-separated-values",),
}
"""Formats of SELECT and ASK results with their media types; the first format is the default."""

RDF_TYPES: Mapping[str, Sequence[str]] = {
    "ttl": ("text/turtle",),
    "jsonld": ("application/ld+json",),
    "nt": ("application/n-triples", "text/plain"),
    "rdf": ("application/rdf+xml",),
    "trig": ("application/trig",),
    "nq": ("application/n-quads",),
}
"""Formats of RDF with their media types; the first format is the default."""

CONTENT_TYPES = {
    "json": "application/sparql-results+json", "xml": "application/sparql-results+xml",
    "csv": "text/csv; charset=utf-8", "tsv": "text/tab-separated-values; charset=utf-8",
    "ttl": "text/turtle; charset=utf-8", "nt": "application/n-triples", "rdf": "application/rdf+xml",
    "jsonld": "application/ld+json", "trig": "application/trig; charset=utf-8", "nq": "application/n-quads",
}  # fmt: skip


_ALIASES = {
    "json": ("json", "jsonld"), "xml": ("xml", "rdf"),
    "turtle": (None, "ttl"), "n3": (None, "ttl"), "ntriples": (None, "nt"), "n-triples": (None, "nt"),
    "rdf+xml": (None, "rdf"), "rdfxml": (None, "rdf"), "json-ld": (None, "jsonld"),
    "nquads": (None, "nq"), "n-quads": (None, "nq"),
}  # fmt: skip
"""Names of formats that clients send, for solutions and for a graph, beside the formats' own."""


def by_name(name: str) -> tuple[str | None, str | None]:
    """The formats for solutions and for a graph that *name* (of a format, or a media type) asks for; None: none.

    Clients name one without knowing which kind of result their query has, so `xml` and `json` mean one of each.
    """
    plain = name.strip().lower().replace(" ", "+")  # an unescaped `+` arrives as a space
    if plain in _ALIASES:
        return _ALIASES[plain]
    found = [
        next((form for form, types in offers.items() if plain == form or plain in types), None)
        for offers in (SOLUTION_TYPES, RDF_TYPES)
    ]
    return found[0], found[1]


def choose(accept: MIMEAccept, offers: Mapping[str, Sequence[str]]) -> str | None:
    """The format of *offers* that *accept* likes best, None where it likes none; no Accept at all means the first.

    Between formats that are liked equally the earlier one wins, so `*/*` gets the default.
    """
    if not accept:
        return next(iter(offers))
    best, best_quality = None, 0.0
    for name, types in offers.items():
        quality = max(_quality(accept, media_type) for media_type in types)
        if quality > best_quality:
            best, best_quality = name, quality
    return best


def _quality(accept: MIMEAccept, media_type: str) -> float:
    """The q-value of the most specific range that covers *media_type* (RFC 9110, section 12.5.1)."""
    main = media_type.split("/", maxsplit=1)[0]
    found: dict[int, float] = {}
    for value, quality in accept:
        plain = value.split(";")[0].strip().lower()
        rank = {media_type: 3, f"{main}/*": 2, "*/*": 1}.get(plain)
        if rank is not None:
            found[rank] = max(found.get(rank, 0.0), quality)
    return found[max(found)] if found else 0.0


def prefers_html(accept: MIMEAccept) -> bool:
    """True for a browser: HTML is named, and liked at least as well as every RDF and result format that is named."""
    named = [value.split(";")[0].strip().lower() for value, _ in accept]
    if "text/html" not in named and "application/xhtml+xml" not in named:
        return False
    html = max(_quality(accept, "text/html"), _quality(accept, "application/xhtml+xml"))
    machine = [t for types in (*SOLUTION_TYPES.values(), *RDF_TYPES.values()) for t in types if t in named]
    return html > 0 and all(_quality(accept, media_type) <= html for media_type in machine)
