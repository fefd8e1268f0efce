"""What every page shares: the language of its labels, its reader, its ETag and headers, and what templates may call."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

from flask import Flask, Response, current_app, g, make_response, render_template, request
from markupsafe import Markup, escape

from graph.layout import Kind
from graph.rdf import BlankNode, Literal, NamedNode, Term
from graph.read import LANGUAGES, Reader, Value
from graph.read_vocabulary import Vocabulary, read_vocabulary
from server import dates, links
from server.errors import BadRequestError
from server.examples import Topic, read_topics
from server.generic import generic_topics
from server.service import Served

_CACHE = "public, max-age=0, must-revalidate"
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")
_SHOWN = 5_000
"""Characters of a text that a page shows; the data have all."""

_SITE = {
    "record": (("/browse/Event", "Events"), ("/sources", "Documents"), ("/ontology", "Ontology"),
               ("/shapes", "Shapes"), ("/sparql", "SPARQL")),
    "union": (("/ontology", "Terms"), ("/shapes", "Shapes"), ("/versions", "Versions"), ("/sparql", "SPARQL")),
    "plain": (("/ontology", "Terms"), ("/versions", "Versions"), ("/sparql", "SPARQL")),
}  # fmt: skip
"""What the head of every page leads to, by the layout of the dataset."""


def kind() -> Kind:
    """The layout of the dataset that is served."""
    found: Kind = current_app.extensions["letapis"].project.kind
    return found


def vocabulary() -> Vocabulary:
    """The ontology of the version that this request holds."""
    found: Vocabulary = g.served.keep(_read_vocabulary)
    return found


def _read_vocabulary(served: Served) -> Vocabulary:
    return read_vocabulary(served.store, served.project.names, served.project.kind)


def reader() -> Reader:
    """This request's reader, in the language that the client asked for."""
    if "reader" not in g:
        g.reader = Reader(g.served.store, g.served.project.names, vocabulary(), language(), kind())
    found: Reader = g.reader
    return found


def chosen_language() -> str:
    """The language that `?lang=` names, empty where it is not there; BadRequestError where it is not on offer."""
    wanted = request.args.get("lang", "")
    if wanted and not _is_on_offer(wanted):
        if kind() != "record":
            raise BadRequestError("`lang=` names no language.", "Write a tag such as lang=en.")
        raise BadRequestError("labels are not written in the language that `lang=` names.", "Use lang=en, be or ru.")
    return wanted


def _is_on_offer(language: str) -> bool:
    """True for the languages of a record; of other data, whose languages nobody knows, for any."""
    return language in LANGUAGES if kind() == "record" else _LANGUAGE.fullmatch(language) is not None


def language() -> str:
    """The language for labels: by `?lang=`, else by Accept-Language, else English."""
    return chosen_language() or _accepted_language()


def _accepted_language() -> str:
    if kind() == "record":
        return request.accept_languages.best_match(LANGUAGES) or LANGUAGES[0]
    tags = (tag for tag, quality in request.accept_languages if quality > 0 and _LANGUAGE.fullmatch(tag))
    return next((tag.partition("-")[0].lower() for tag in tags), LANGUAGES[0])


@cache
def _code_digest() -> str:
    """A digest of what turns data into pages, so that a new release of the server does not meet old ETags."""
    folder = Path(__file__).parent
    names = ("read*.py", "search.py", "history.py", "retention.py", "explain.py", "provenance.py", "commits.py")
    library = [path for name in names for path in (folder.parent / "graph").glob(name)]
    files = [*folder.glob("*.py"), *folder.glob("templates/**/*.*ml"), *library]
    whole = hashlib.sha256()
    for path in sorted(files):
        whole.update(path.read_bytes())
    return whole.hexdigest()


def etag(*parts: str) -> str:
    """A strong ETag for one representation: this address and version, and *parts* that tell it from others."""
    said = (g.served.version.manifest["digest"], _code_digest(), request.full_path, *parts)
    return hashlib.sha256("\0".join(said).encode()).hexdigest()[:32]


def unchanged(tag: str, vary: str = "Accept") -> Response | None:
    """304 where the client has what *tag* names; asked before anything is evaluated."""
    if tag not in request.if_none_match.as_set():
        return None
    return with_caching(Response(status=304), tag, vary)


def with_caching(response: Response, tag: str, vary: str = "Accept") -> Response:
    """The response with its ETag and what it varies with."""
    response.set_etag(tag)
    response.headers["Vary"] = vary
    response.headers["Cache-Control"] = _CACHE
    return response


def render(template: str, *tag_parts: str, headers: Iterable[tuple[str, str]] = (), **context: Any) -> Response:
    """The page, with its language and ETag."""
    response = make_response(render_template(template, **context))
    response.headers["Content-Language"] = ", ".join(dict.fromkeys((language(), "en")))
    for name, value in headers:
        response.headers.add(name, value)
    return with_caching(response, etag("html", language(), *tag_parts), "Accept, Accept-Language")


def unchanged_page(*tag_parts: str) -> Response | None:
    """304 where the client has this very page in this language."""
    return unchanged(etag("html", language(), *tag_parts), "Accept, Accept-Language")


def register(app: Flask) -> None:
    """Give the templates of *app* what they may call."""
    app.jinja_env.filters["address"] = address
    app.jinja_env.filters["outward"] = _outward
    app.jinja_env.filters["clip"] = _clip
    app.jinja_env.filters["ticks"] = _ticks
    app.jinja_env.filters["date_words"] = dates.date_words
    app.jinja_env.filters["thousands"] = lambda number: f"{number:,}".replace(",", "\u202f")
    app.jinja_env.globals.update(
        browse_path=browse_path, here=_here, short=_short, cell=_cell, own=_own, concept=_concept, term=_term,
        example_topics=_topics,
    )  # fmt: skip

    @app.context_processor
    def common() -> dict[str, Any]:
        served = g.get("served")
        return {
            "version": served.version if served else None, "root": links.root(),
            "languages": LANGUAGES, "chosen_language": _safe_language(), "page_language": language_or_english(),
            "layout": kind(), "site": _SITE[kind()],
        }  # fmt: skip


def _safe_language() -> str:
    wanted = request.args.get("lang", "")
    return wanted if _is_on_offer(wanted) else ""


def language_or_english() -> str:
    """The language for labels where a bad `?lang=` is being answered with an error page."""
    return _safe_language() or _accepted_language()


def address(iri: str) -> str:
    """Where to link for *iri*: its page here, else the IRI itself where a browser can open it, else nowhere."""
    if iri in vocabulary().terms and not _is_ours(iri):
        return term_path(iri)
    if _is_ours(iri):
        return links.address(iri, g.served.project.names, _safe_language())
    if not is_described(iri):
        return iri if iri.startswith(("https://", "http://")) else ""
    local = links.local_of(iri, g.served.project.names)
    if local:
        return links.with_parameters(links.page_path(local), lang=_safe_language())
    return links.describe_path(iri, lang=_safe_language())


def _is_ours(iri: str) -> bool:
    return kind() == "record" and iri.startswith(g.served.project.names.base)


def is_described(iri: str) -> bool:
    """True where the dataset states something of *iri*."""
    node = links.parse_iri(iri)
    return node is not None and reader().holds(node)


def term_path(iri: str) -> str:
    """The page about a term of the ontology; one that no prefix fits is named as a parameter."""
    short, language = _short(iri), _safe_language()
    if short == iri:
        return links.with_parameters(f"{links.root()}/ontology", term=iri, lang=language)
    return links.with_parameters(f"{links.root()}/ontology/{quote(short, safe=':')}", lang=language)


def browse_path(iri: str) -> str:
    """The list of the things of a class: by its name for a class of a record, else by its IRI."""
    own = g.served.project.names.term("").value
    if kind() == "record" and iri in vocabulary().terms:
        name = iri.removeprefix(own) if iri.startswith(own) else re.split("[#/]", iri)[-1]
        return links.with_parameters(f"{links.root()}/browse/{quote(name)}", lang=_safe_language())
    return links.with_parameters(f"{links.root()}/browse", **{"class": iri, "lang": _safe_language()})


def _outward(iri: str) -> str:
    """The IRI itself, where the page of a thing stands here though the thing is somebody else's, on the web."""
    is_elsewhere = iri.startswith(("https://", "http://")) and not iri.startswith(g.served.project.names.base)
    return iri if is_elsewhere and iri not in vocabulary().terms and is_described(iri) else ""


def _clip(text: str, length: int = _SHOWN) -> str:
    """The text, or the beginning of a very long one."""
    return text if len(text) <= length else f"{text[:length]} …"


def _short(iri: str) -> str:
    return reader().short(iri)


def _own(iri: str) -> bool:
    """True where *iri* has its page here."""
    return _is_ours(iri) or iri in vocabulary().terms or is_described(iri)


def _ticks(text: str) -> Markup:
    """The text with what stands between backticks as code."""
    parts = [escape(part) for part in text.split("`")]
    if len(parts) % 2 == 0:
        return escape(text)
    coded = (Markup("<code>{}</code>").format(part) if number % 2 else part for number, part in enumerate(parts))
    return Markup("").join(coded)


def _concept(name: str) -> Value:
    """The concept `voc/<name>`, such as a modality."""
    return reader().value(g.served.project.names.voc(name))


def _term(term: Term | str) -> Value:
    """A term with words; a string is an IRI."""
    return reader().value(NamedNode(term) if isinstance(term, str) else term)


def _topics() -> tuple[Topic, ...]:
    found: tuple[Topic, ...] = g.served.keep(read_topics if kind() == "record" else generic_topics)
    return found


def _here(**changes: str) -> str:
    """The address of this page with some parameters changed; an empty one is left out."""
    return links.with_parameters(quote(request.script_root + request.path), **{**request.args.to_dict(), **changes})


def _cell(binding: dict[str, Any] | None) -> Value | None:
    """A cell of a query's result with words, from SPARQL results JSON; None where it is unbound."""
    if not binding:
        return None
    kind, content = binding["type"], binding["value"]
    if kind == "triple":
        parts = [_cell(content[place]) for place in ("subject", "predicate", "object")]
        return Value(BlankNode(), "<<( " + " ".join(part.text for part in parts if part) + " )>>")
    if kind == "bnode":
        return Value(BlankNode(content), f"_:{content}")
    try:
        return _named_cell(content) if kind == "uri" else _literal_cell(binding)
    except ValueError:  # a function of the query made what is no proper IRI or language
        return Value(Literal(content), content)


def _named_cell(iri: str) -> Value:
    node = NamedNode(iri)
    return reader().value(node) if _own(iri) else Value(node, _short(iri))


def _literal_cell(binding: dict[str, Any]) -> Value:
    text, tag, datatype = binding["value"], binding.get("xml:lang"), binding.get("datatype")
    if tag:
        return Value(Literal(text, language=tag), text, tag)
    return Value(Literal(text, datatype=NamedNode(datatype)) if datatype else Literal(text), text)
