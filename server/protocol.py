"""What the addresses of the SPARQL protocols share: the preflight, the parameters, the graphs that these name."""

from __future__ import annotations

from urllib.parse import parse_qsl

from flask import Response, make_response

from server.errors import BadRequestError
from server.links import is_absolute

FORM = "application/x-www-form-urlencoded"
Fields = list[tuple[str, str]]


def preflight(methods: str, headers: str) -> Response:
    """What another site's page may send to an address: these methods, with these headers."""
    answer = make_response("", 204)
    answer.headers["Allow"] = answer.headers["Access-Control-Allow-Methods"] = methods
    answer.headers["Access-Control-Allow-Headers"] = headers
    answer.headers["Access-Control-Max-Age"] = "86400"
    return answer


def read_fields(encoded: bytes) -> Fields:
    """The parameters of a query string or form; BadRequestError for what is not UTF-8, which is never replaced."""
    try:
        return parse_qsl(encoded.decode("utf-8"), keep_blank_values=True, errors="strict")
    except (UnicodeDecodeError, ValueError):
        raise BadRequestError("the parameters are not UTF-8.", "Percent-encode them from UTF-8.") from None


def read_graphs(fields: Fields, name: str) -> tuple[str, ...]:
    """The graphs that the parameter *name* names; BadRequestError where one is no absolute IRI."""
    values = tuple(value for key, value in fields if key == name)
    for value in values:
        if not is_absolute(value):
            raise BadRequestError(f"`{name}={value}` is no absolute IRI.", "Name a graph of this dataset.")
    return values
