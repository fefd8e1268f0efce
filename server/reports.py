"""The gate's report over HTTP: 422 with a `sh:ValidationReport` as Turtle or JSON-LD, problem+json, or a page."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from flask import Response, jsonify, make_response, render_template, request

from graph.evaluator import RDF_FORMATS
from graph.report import SEVERITIES, Finding, Report
from server import pages
from server.links import is_absolute
from server.negotiate import CONTENT_TYPES, RDF_TYPES, choose

_IRI = re.compile(r"<?(https?://[^\s<>()|]+)>?")
_OFFERS = {
    "problem": ("application/problem+json", "application/json"), "html": ("text/html", "application/xhtml+xml"),
    **RDF_TYPES,
}  # fmt: skip


def refuse(shown: Report, counts: Mapping[str, int]) -> Response:
    """The answer to a write that the gate refused: the findings *shown*, the worst of all that *counts* counts."""
    form = choose(request.accept_mimetypes, _OFFERS) or "problem"
    counts = {severity: counts.get(severity, 0) for severity in SEVERITIES}
    total = sum(counts.values())
    if form == "problem":
        answer = make_response(jsonify(_problem(shown, counts, total)))
        answer.mimetype = "application/problem+json"
    elif form == "html":
        page = render_template("report.html", findings=_told_once(shown), told=len(shown.findings), total=total,
                               counts=counts, brief=_brief)  # fmt: skip
        answer = make_response(page)
    else:
        written = Report([_for_rdf(finding) for finding in shown.findings])
        answer = make_response(written.to_rdf(RDF_FORMATS[form], total=total))
        answer.headers["Content-Type"] = CONTENT_TYPES[form]
    answer.status_code = 422
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["Vary"] = "Accept"
    return answer


def _problem(shown: Report, counts: Mapping[str, int], total: int) -> dict[str, object]:
    violations = counts["Violation"]
    return {
        "type": "/docs/errors#refusederror", "title": "The gate refused the change", "status": 422,
        "detail": f"{violations} violation(s). Nothing was changed. Mend what the report names and try again.",
        "conforms": False, "counts": counts, "total": total, "capped": len(shown.findings) < total,
        "results": [finding.to_json() for finding in shown.ordered()],
    }  # fmt: skip


def _told_once(shown: Report) -> list[Finding]:
    """The findings for a page; several constraints of a shape may say the same of the same."""
    told = {(f.severity, f.message, f.focus, f.path, f.value, f.spots): f for f in reversed(shown.ordered())}
    return [*reversed(told.values())]


def _brief(name: str) -> str:
    """An IRI as people write it, with a prefix or without the base; also those in a path of several."""
    short, base = pages.reader().short, pages.reader().names.base
    return _IRI.sub(lambda match: short(match[1]).removeprefix(base), name)


def _for_rdf(finding: Finding) -> Finding:
    """The finding with its places in the message: SHACL has no property for them."""
    places = ", ".join(map(str, finding.spots))
    message = f"{finding.message} ({places})" if places else finding.message
    path, value = finding.path, finding.value
    if value is not None and value.startswith("http") and not is_absolute(value):
        message, value = f"{message} [{value}]", None  # text that would be taken for an IRI
    return replace(finding, message=message, path=path if path and is_absolute(path) else None, value=value)
