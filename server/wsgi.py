"""The application for a WSGI server, from the environment that `letapis serve` sets."""

from __future__ import annotations

import os
from pathlib import Path

from flask import Flask

from graph.evaluate import Limits
from graph.project import Project
from server.app import create_app


def application() -> Flask:
    """The server for the project that LETAPIS_ROOT, LETAPIS_DATA and LETAPIS_BASE name."""
    project = Project(Path(os.environ["LETAPIS_ROOT"]), Path(os.environ["LETAPIS_DATA"]), os.environ["LETAPIS_BASE"])
    limits = Limits(
        seconds=float(os.environ["LETAPIS_SECONDS"]),
        mebibytes=int(os.environ["LETAPIS_MEBIBYTES"]),
        workers=int(os.environ["LETAPIS_WORKERS"]),
    )
    return create_app(project, limits)
