"""`/healthz`: what an operator's probe is told."""

from __future__ import annotations

from flask.testing import FlaskClient

from graph.project import Project
from graph.versions import Versions


def test_health_names_the_version_that_is_served(built: Project, client: FlaskClient) -> None:
    response = client.get("/healthz")
    version = Versions(built.data).current()
    assert version is not None and response.status_code == 200
    body = response.get_json()
    assert body == {
        "status": "ok", "version": version.number, "digest": version.manifest["digest"],
        "held": "memory", "quads": version.manifest["quads"],
    }  # fmt: skip


def test_health_is_never_told_from_a_cache(client: FlaskClient) -> None:
    assert client.get("/healthz").headers["Cache-Control"] == "no-store"


def test_health_answers_head(client: FlaskClient) -> None:
    assert client.head("/healthz").status_code == 200
