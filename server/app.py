"""The application factory."""

from __future__ import annotations

from flask import Blueprint, Flask, Response, g, request

from graph.evaluate import Limits
from graph.project import Project
from graph.spawner import WriteLimits
from graph.tokens import Tokens
from server import (
    authorize,
    docs,
    entity,
    errors,
    explain,
    graphs,
    health,
    history,
    home,
    memento,
    pages,
    search,
    sources,
    sparql,
    update,
    versions,
    vocabulary,
)
from server.service import Service

BODY_LIMIT = 2 * 2**20
"""Bytes of a request's body; larger ones get 413."""

_SECURITY_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; "
                               "font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
                               "frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "cross-origin",
}  # fmt: skip
_CORS_HEADERS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "ETag, Link, Location, Content-Location, Memento-Datetime, Retry-After, "
                                     "WWW-Authenticate",
}


def create_app(project: Project, limits: Limits | None = None, writes: WriteLimits | None = None) -> Flask:
    """The server for *project*; it opens the current version at the first request and follows newer ones."""
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = BODY_LIMIT
    app.json.sort_keys = False  # type: ignore[attr-defined]  # of the default provider
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    service = Service(project, limits or Limits(), writes=writes)
    app.extensions["letapis"] = service
    authorize.register(app, Tokens(project.data), project.layout)
    errors.register(app)
    pages.register(app)
    for blueprint in _blueprints():
        app.register_blueprint(blueprint)
    app.wsgi_app = versions.VersionPaths(app.wsgi_app)  # type: ignore[method-assign]  # how Flask takes middleware

    @app.before_request
    def hold_version() -> None:
        if request.endpoint not in (None, "static"):
            g.served = service.enter(versions.asked_version())

    @app.after_request
    def finish(response: Response) -> Response:
        served = g.pop("served", None)
        if served is not None:
            response.call_on_close(served.leave)
        if versions.asked_version() is not None:
            response.headers["X-Robots-Tag"] = "noindex"  # crawlers read the current version
        for name, value in (*_SECURITY_HEADERS.items(), *_CORS_HEADERS.items()):
            response.headers.setdefault(name, value)
        return response

    memento.register(app)
    return app


def _blueprints() -> list[Blueprint]:
    return [
        sparql.blueprint, health.blueprint, home.blueprint, entity.blueprint, vocabulary.blueprint,
        sources.blueprint, explain.blueprint, search.blueprint, docs.blueprint,
        versions.blueprint, history.blueprint, update.blueprint, graphs.blueprint,
    ]  # fmt: skip
