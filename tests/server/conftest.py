"""What the server's tests share: a client in this process, and a real server process."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from graph.project import Project
from tests.server.live import Live


class ClosingClient(FlaskClient):
    """Reads each answer to its end and closes it, as a server does; an open one would hold its version."""

    def open(self, *args: Any, buffered: bool = True, **kwargs: Any) -> TestResponse:
        return super().open(*args, buffered=buffered, **kwargs)


@pytest.fixture(scope="session")
def app(app: Flask) -> Flask:
    """The server on the built invented record, for clients that close what they read."""
    app.test_client_class = ClosingClient
    return app


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A client of the server in this process."""
    return app.test_client()


@pytest.fixture(scope="session")
def live(built: Project, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """`letapis serve` on the invented record, two seconds for a query; shared, so leave it as it was."""
    with Live(built, tmp_path_factory.mktemp("live") / "log", "--timeout", "2") as server:
        yield server
