"""The gate's report over HTTP: 422 with a `sh:ValidationReport` as Turtle or JSON-LD, problem+json, or a page."""

from __future__ import annotations

from flask import Response, jsonify, make_response, render_template, request

from graph.evaluator import RDF_FORMATS
from graph.report import Report
from server.negotiate import CONTENT_TYPES, RDF_TYPES, choose

SHOWN = 1_000
"""Findings that one answer holds; it says so where there are more."""

_OFFERS = {
    "problem": ("application/problem+json", "application/json"), "html": ("text/html", "application/xhtml+xml"),
    **RDF_TYPES,
}  # fmt: skip


def refuse(report: Report) -> Response:
    """The answer to a write that the gate refused."""
    capped = Report(report.ordered()[:SHOWN])
    form = choose(request.accept_mimetypes, _OFFERS) or "problem"
    total = len(report.findings)
    if form == "problem":
        answer = make_response(jsonify(_problem(report, capped)))
        answer.mimetype = "application/problem+json"
    elif form == "html":
        page = render_template("report.html", report=capped, total=total, counts=_counts(report))
        answer = make_response(page)
    else:
        answer = make_response(capped.to_rdf(RDF_FORMATS[form], total=total))
        answer.headers["Content-Type"] = CONTENT_TYPES[form]
    answer.status_code = 422
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["Vary"] = "Accept"
    return answer


def _counts(report: Report) -> dict[str, int]:
    return {name: report.count(name) for name in ("Violation", "Warning", "Info")}


def _problem(report: Report, capped: Report) -> dict[str, object]:
    violations = report.count("Violation")
    return {
        "type": "/docs/errors#refusederror", "title": "The gate refused the change", "status": 422,
        "detail": f"{violations} violation(s). Nothing was changed. Mend what the report names and try again.",
        "counts": _counts(report), "total": len(report.findings), "capped": len(capped.findings) < len(report.findings),
        "conforms": False, "results": [finding.to_json() for finding in capped.findings],
    }  # fmt: skip
