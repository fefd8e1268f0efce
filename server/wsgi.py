"""The application for a WSGI server, from the environment that `letapis serve` sets."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from pathlib import Path
from typing import cast

from flask import Flask

from graph.evaluate import Limits
from graph.layout import Kind
from graph.project import Project
from graph.spawner import WriteLimits
from server.app import create_app

_PR_SET_PDEATHSIG = 1
SWITCH_SECONDS = 0.001
"""How long a thread that computes keeps others waiting: a short request takes its turn several times."""


def application() -> Flask:
    """The server for the project that the environment describes; it follows newer versions."""
    _leave_signals_to_parent()
    sys.setswitchinterval(SWITCH_SECONDS)
    project = Project(
        Path(os.environ["LETAPIS_ROOT"]), Path(os.environ["LETAPIS_DATA"]), os.environ["LETAPIS_BASE"],
        cast(Kind, os.environ["LETAPIS_KIND"]),
    )  # fmt: skip
    limits = Limits(
        seconds=float(os.environ["LETAPIS_SECONDS"]),
        mebibytes=int(os.environ["LETAPIS_MEBIBYTES"]),
        workers=int(os.environ["LETAPIS_WORKERS"]),
    )
    writes = WriteLimits(
        seconds=float(os.environ["LETAPIS_WRITE_SECONDS"]),
        mebibytes=int(os.environ["LETAPIS_WRITE_MEBIBYTES"]),
        body_bytes=int(os.environ["LETAPIS_BODY_BYTES"]),
        needs_match=os.environ["LETAPIS_NEEDS_MATCH"] == "True",
        at_once=int(os.environ["LETAPIS_WRITES"]),
    )
    app = create_app(project, limits, writes)
    app.extensions["letapis"].follow()
    return app


def _leave_signals_to_parent() -> None:
    """Get the signal to end from the parent only, and also when it is killed.

    Ctrl-C reaches every process of the terminal's group, and a Granian worker that gets a second signal never ends.
    """
    os.setpgrp()
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
