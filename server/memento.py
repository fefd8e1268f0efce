"""Memento (RFC 7089): every address as it was at a time, by `/timegate/…`, `/timemap/…` and the headers of answers.

What is read at an address is an original resource, the same under `/version/<n>/` a memento of it, and a memento's time
that from which its version was current. Addresses that speak of versions themselves have no mementos.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from urllib.parse import quote, unquote

from flask import Blueprint, Flask, Response, current_app, g, jsonify, request
from werkzeug.exceptions import HTTPException
from werkzeug.http import http_date

from graph.history import Holding, find_holding, holds
from graph.rdf import NamedNode
from server import pages, versions
from server.errors import BadRequestError, NotAcceptableFormatError, NotFoundError
from server.links import parse_iri, thing_at
from server.negotiate import choose
from server.versions import Kept, origin

blueprint = Blueprint("memento", __name__)

MEMENTOS = 500
"""Versions that one TimeMap looks at; earlier ones have their own."""
LINK_BYTES = 2048
"""What the Link header may take for Memento; what does not fit is left out, the least important first."""
LONGEST = 2000
"""Characters of an address that has a TimeGate: a TimeMap repeats it many times."""

LINK_FORMAT = "application/link-format"
_TYPES = {"link": (LINK_FORMAT,), "json": ("application/json",)}
_WITHOUT = frozenset(("versions", "history", "memento", "health", "docs"))
"""The blueprints whose addresses have no mementos."""
_DATE = re.compile(r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT")
_PATH_SAFE = "/:@!$&'()*+,;=~"
_QUERY_SAFE = f"{_PATH_SAFE}?%"


def register(app: Flask) -> None:
    """Let *app* speak Memento; call it after its other `after_request` functions are in place."""
    app.register_blueprint(blueprint)
    app.after_request(add_headers)


def add_headers(response: Response) -> Response:
    """The answer with what Memento wants to know of an original resource or of a memento."""
    served = g.get("served")
    if served is None or request.method not in ("GET", "HEAD") or not _is_told_of(response):
        return response
    if request.blueprint in _WITHOUT or request.endpoint in (None, "static"):
        return response
    address, name = _address(request.path, request.query_string), versions.asked_version()
    if len(address) > LONGEST:
        return response
    links = _links_of(address)
    if name is not None:
        seen, number = versions.kept(), served.version.number
        if response.status_code < 400:
            links = [*links, *_neighbours(seen, address, number)]
            if name == str(number):  # a tag may be moved, and what stands under it then changes
                response.headers["Memento-Datetime"] = http_date(seen.moment(served.version))
        links = [f'<{origin()}{address}>; rel="original"', *links]
    for link in _fitting(links):
        response.headers.add("Link", link)
    return response


def _is_told_of(response: Response) -> bool:
    """True for what there is, and for what is not there (it may have been)."""
    return response.status_code < 400 or response.status_code in (404, 410)


def _links_of(address: str) -> list[str]:
    host = origin()
    return [f'<{host}/timegate{address}>; rel="timegate"',
            f'<{host}/timemap{address}>; rel="timemap"; type="{LINK_FORMAT}"']  # fmt: skip


def _neighbours(seen: Kept, address: str, number: int) -> Iterator[str]:
    """The mementos beside the one of version *number*, one link for each, the nearest first."""
    numbers = seen.numbers
    place = {"prev": max((n for n in numbers if n < number), default=None),
             "next": min((n for n in numbers if n > number), default=None),
             "first": numbers[0], "last": numbers[-1]}  # fmt: skip
    names: dict[int, list[str]] = {number: []}
    for name, which in place.items():
        if which is not None:
            names.setdefault(which, []).insert(0, name)
    for which, rels in names.items():
        yield _memento(seen, address, which, rels)


def _memento(seen: Kept, address: str, number: int, rels: Iterable[str] = ()) -> str:
    moment = http_date(seen.moments.get(number, seen.moments[seen.numbers[-1]]))
    return f'<{origin()}/version/{number}{address}>; rel="{" ".join((*rels, "memento"))}"; datetime="{moment}"'


def _fitting(links: Iterable[str]) -> Iterator[str]:
    room = LINK_BYTES
    for link in links:
        room -= len(link) + 2
        if room < 0:
            return
        yield link


def _address(path: str, query: bytes) -> str:
    """An address of this server as it stands in a link."""
    tail = f"?{quote(query, safe=_QUERY_SAFE)}" if query else ""
    return quote(path, safe=_PATH_SAFE) + tail


def _original(path: str) -> str:
    """The address whose mementos are asked for; NotFoundError where it has none."""
    try:
        endpoint, _ = current_app.url_map.bind("").match(f"/{path}", "GET")
    except HTTPException:  # not found, no GET, or a redirection
        endpoint = "static"
    if endpoint == "static" or endpoint.partition(".")[0] in _WITHOUT:
        raise NotFoundError(f"`/{path}` is no address that has versions.", "See /versions.")
    address = _address(f"/{path}", request.query_string)
    if len(address) > LONGEST:
        raise BadRequestError(f"the address is longer than {LONGEST} characters.", "Send a long query by POST.")
    return address


def _subject(path: str) -> NamedNode | None:
    """The thing that an address is about; None where it is about no one thing: then every version has it."""
    area, _, rest = path.partition("/")
    if area == "data":
        rest = rest.rpartition(".")[0]
    names = g.served.project.names
    if area == "describe":
        return parse_iri(request.args.get("iri", ""))
    if area in ("id", "page", "data"):
        return thing_at(rest, names)
    if area in ("claim", "voc"):
        return thing_at(path, names)
    capture = thing_at(rest, names) if area in ("src", "sources") and rest else None
    return names.capture(rest) if capture is not None else None


@blueprint.route("/timegate/", methods=["OPTIONS"])
@blueprint.route("/timegate/<path:_>", methods=["OPTIONS"])
def preflight(_: str = "") -> Response:
    """What another site's page may send here."""
    answer = Response(status=204)
    answer.headers["Allow"] = answer.headers["Access-Control-Allow-Methods"] = "GET, HEAD, OPTIONS"
    answer.headers["Access-Control-Allow-Headers"] = "Accept, Accept-Datetime"
    answer.headers["Access-Control-Max-Age"] = "86400"
    return answer


@blueprint.get("/timegate/", defaults={"path": ""})
@blueprint.get("/timegate/<path:path>")
def timegate(path: str) -> Response:
    """302 to the address as of the version that was current at `Accept-Datetime`, or of the current one without it.

    What is older than the first memento leads to the first.
    """
    address, moment, seen = _original(path), _accepted_moment(), versions.kept()
    number = _choose(seen, moment)
    subject = _subject(path)
    if subject is not None and moment is not None and not holds(seen.versions.get(number), subject):
        number = _first_after(seen, subject, number)
    answer = Response(status=302)
    answer.headers["Location"] = f"/version/{number}{address}"
    answer.headers["Vary"] = "accept-datetime"
    links = [f'<{origin()}{address}>; rel="original"', _links_of(address)[1], _memento(seen, address, number)]
    for link in _fitting(links):
        answer.headers.add("Link", link)
    return answer


def _accepted_moment() -> datetime | None:
    text = request.headers.get("Accept-Datetime", "").strip()
    if not text:
        return None
    try:
        if not _DATE.fullmatch(text):
            raise ValueError
        return datetime.strptime(text, "%a, %d %b %Y %H:%M:%S GMT").replace(tzinfo=UTC)
    except ValueError:
        raise BadRequestError("`Accept-Datetime` is no date as HTTP writes it.",
                              "Write it like `Thu, 31 May 2007 20:35:00 GMT`.") from None  # fmt: skip


def _choose(seen: Kept, moment: datetime | None) -> int:
    """The version that was current at *moment*; the first one where it is earlier, the last one where it is None."""
    if moment is None:
        return seen.numbers[-1]
    earlier = [number for number in seen.numbers if seen.moments[number] <= moment]
    return earlier[-1] if earlier else seen.numbers[0]


def _first_after(seen: Kept, subject: NamedNode, number: int) -> int:
    """The first version that holds *subject*, where *number* is before it; else *number*, which truly does not."""
    found = find_holding(seen.versions, seen.numbers[-MEMENTOS:], subject)
    is_whole = found.older is None and len(seen.numbers) <= MEMENTOS
    return found.numbers[0] if is_whole and found.numbers and number < found.numbers[0] else number


@blueprint.get("/timemap/", defaults={"path": ""})
@blueprint.get("/timemap/<path:path>")
def timemap(path: str) -> Response:
    """The newest mementos of an address, as links or JSON."""
    return _timemap(path, None)


@blueprint.get("/timemap/until/<int:number>/", defaults={"path": ""})
@blueprint.get("/timemap/until/<int:number>/<path:path>")
def earlier_timemap(number: int, path: str) -> Response:
    """The mementos of an address up to version *number*."""
    return _timemap(path, number)


def _timemap(path: str, until: int | None) -> Response:
    form = choose(request.accept_mimetypes, _TYPES) if request.accept_mimetypes else "link"
    if form is None:
        raise NotAcceptableFormatError("a TimeMap has none of the accepted types.",
                                       f"Accept {LINK_FORMAT} or application/json.")  # fmt: skip
    address, seen = _original(path), versions.kept()
    tag = pages.etag(form, origin(), repr(seen.numbers))
    known = pages.unchanged(tag)
    if known is not None:
        return known
    held = _held(seen, path, until)
    if not held.numbers and held.older is None:
        raise NotFoundError(f"no version holds `/{unquote(path)}`.", "See /search for what there is.")
    map_ = _Map(seen, address, until, held)
    answer = jsonify(map_.to_json()) if form == "json" else Response(map_.to_text(), content_type=LINK_FORMAT)
    return pages.with_caching(answer, tag)


def _held(seen: Kept, path: str, until: int | None) -> Holding:
    """The versions that have the address, at most `MEMENTOS` of them up to *until*."""
    numbers = [number for number in seen.numbers if until is None or number <= until]
    looked, subject = numbers[-MEMENTOS:], _subject(path)
    found = Holding(tuple(looked), None) if subject is None else find_holding(seen.versions, looked, subject)
    if found.older is None and len(numbers) > MEMENTOS:
        return Holding(found.numbers, numbers[-MEMENTOS - 1])
    return found


class _Map:
    """A TimeMap: the mementos of *address* in the versions that *held* tells, up to *until* or the newest."""

    def __init__(self, seen: Kept, address: str, until: int | None, held: Holding) -> None:
        self._seen = seen
        self._address = address
        self._held = held
        self._until = until
        host = origin()
        self._original = f"{host}{address}"
        self._timegate = f"{host}/timegate{address}"
        self._self = self._at(until)
        self._older = None if held.older is None else self._at(held.older)

    def _at(self, until: int | None) -> str:
        return f"{origin()}/timemap{'' if until is None else f'/until/{until}'}{self._address}"

    def _moment(self, number: int) -> str:
        return http_date(self._seen.moments[number])

    def to_text(self) -> str:
        """The map in the link format (RFC 6690), a link a line."""
        numbers = self._held.numbers
        span = f'; from="{self._moment(numbers[0])}"; until="{self._moment(numbers[-1])}"' if numbers else ""
        lines = [f'<{self._original}>; rel="original"', f'<{self._timegate}>; rel="timegate"',
                 f'<{self._self}>; rel="self"; type="{LINK_FORMAT}"{span}']  # fmt: skip
        if self._older is not None:
            lines.append(f'<{self._older}>; rel="timemap"; type="{LINK_FORMAT}"')
        lines += [_memento(self._seen, self._address, number, self._rels(number)) for number in numbers]
        return ",\n".join(lines) + "\n"

    def _rels(self, number: int) -> list[str]:
        """`first` and `last` where this map knows that they are so."""
        numbers = self._held.numbers
        is_first = number == numbers[0] and self._older is None
        is_last = number == numbers[-1] and self._until is None
        return [*(["first"] if is_first else []), *(["last"] if is_last else [])]

    def to_json(self) -> dict[str, object]:
        """The map for programs, with the keys that MemGator gave it."""
        listed = [{"datetime": self._seen.moments[number].isoformat().replace("+00:00", "Z"),
                   "uri": f"{origin()}/version/{number}{self._address}"} for number in self._held.numbers]  # fmt: skip
        ends = {rel: memento for number, memento in zip(self._held.numbers, listed, strict=True)
                for rel in self._rels(number)}  # fmt: skip
        older = {} if self._older is None else {"older_timemap_uri": self._older}
        return {"original_uri": self._original, "timegate_uri": self._timegate, "self": self._self, **older,
                "mementos": {"list": listed, **ends}}  # fmt: skip
