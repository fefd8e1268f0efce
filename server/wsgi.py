"""The application for a WSGI server, from the environment that `letapis serve` sets."""

from __future__ import annotations

import ctypes
import os
import signal
from pathlib import Path

from flask import Flask

from graph.evaluate import Limits
from graph.project import Project
from server.app import create_app

_PR_SET_PDEATHSIG = 1


def application() -> Flask:
    """The server for the project that LETAPIS_ROOT, LETAPIS_DATA and LETAPIS_BASE name."""
    _leave_signals_to_parent()
    project = Project(Path(os.environ["LETAPIS_ROOT"]), Path(os.environ["LETAPIS_DATA"]), os.environ["LETAPIS_BASE"])
    limits = Limits(
        seconds=float(os.environ["LETAPIS_SECONDS"]),
        mebibytes=int(os.environ["LETAPIS_MEBIBYTES"]),
        workers=int(os.environ["LETAPIS_WORKERS"]),
    )
    return create_app(project, limits)


def _leave_signals_to_parent() -> None:
    """Get the signal to end from the parent only, and also when it is killed.

    Ctrl-C reaches every process of the terminal's group, and a Granian worker that gets a second signal never ends.
    """
    os.setpgrp()
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
