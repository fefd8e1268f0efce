"""A query's result as a page for a browser: the query, its time, and a table or a list of triples."""

from __future__ import annotations

import json
import time
from dataclasses import replace

from flask import Response, g, make_response, render_template

from graph.errors import QueryError, ResultTooLargeError
from graph.evaluate import Request
from server.errors import status_of

ROWS_SHOWN = 1000
PAGE_BYTES = 8 * 2**20


def result_page(asked: Request) -> Response:
    """The page for *asked*: the rows (at most 1,000 shown, said so), or what went wrong beside the query."""
    started = time.monotonic()
    try:
        shown, status = _evaluate(asked), 200
    except QueryError as error:
        shown, status = {"error": error}, status_of(error)
    shown["seconds"] = time.monotonic() - started
    page = make_response(render_template("sparql.html", query=asked.query, result=shown), status)
    page.headers["Vary"] = "Accept"
    if status == 503:
        page.headers["Retry-After"] = "5"
    return page


def _evaluate(asked: Request) -> dict[str, object]:
    served = g.served
    answer = served.evaluators.answer(replace(asked, solutions="json", graph="ttl"))
    body = answer.read()
    if len(body) > PAGE_BYTES:
        raise ResultTooLargeError(PAGE_BYTES)
    if answer.kind == "graph":
        return {"turtle": body.decode()}
    content = json.loads(body)
    if "boolean" in content:
        return {"boolean": content["boolean"]}
    rows = content["results"]["bindings"]
    return {"variables": content["head"]["vars"], "rows": rows[:ROWS_SHOWN], "total": len(rows)}
