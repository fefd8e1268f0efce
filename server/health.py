"""`/healthz`: whether this process can answer, on which version, and how it holds it."""

from __future__ import annotations

from flask import Blueprint, Response, g, jsonify

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def healthz() -> Response:
    """200 with the version served; 503 where there is none."""
    version = g.served.version
    answer = jsonify(status="ok", version=version.number, digest=version.manifest["digest"], held=g.served.held,
                     quads=version.manifest["quads"])  # fmt: skip
    answer.headers["Cache-Control"] = "no-store"
    return answer
