"""Serving in production: Granian, a WSGI server, in a few processes of a few threads; the fence around it."""

from __future__ import annotations

import os
import socket
import sys

from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server import Server

from graph.errors import UsageError
from graph.evaluate import Limits
from graph.project import Project
from graph.readers import oldest_served
from graph.spawner import WriteLimits

STOP_SECONDS = 5
"""How long requests under way may take when the server is told to stop."""


PAGE_THREADS = 8
"""Threads of a process that are left to pages however many queries come."""


def serve(
    project: Project, limits: Limits, writes: WriteLimits | None = None, *, host: str, port: int, processes: int
) -> None:
    """Serve *project* on *host*:*port* until told to stop; UsageError where the address cannot be had."""
    _check_address(host, port)
    writes = writes or WriteLimits()
    os.environ.update(
        LETAPIS_ROOT=str(project.root), LETAPIS_DATA=str(project.data), LETAPIS_BASE=project.base,
        LETAPIS_KIND=project.kind,
        LETAPIS_SECONDS=str(limits.seconds), LETAPIS_MEBIBYTES=str(limits.mebibytes),
        LETAPIS_WORKERS=str(limits.workers), LETAPIS_WRITES=str(writes.at_once),
        LETAPIS_WRITE_SECONDS=str(writes.seconds), LETAPIS_WRITE_MEBIBYTES=str(writes.mebibytes),
        LETAPIS_BODY_BYTES=str(writes.body_bytes), LETAPIS_NEEDS_MATCH=str(writes.needs_match),
    )  # fmt: skip
    print(_welcome(host, port), file=sys.stderr, flush=True)
    server = Server(
        "server.wsgi:application", factory=True, address=host, port=port, interface=Interfaces.WSGI,
        workers=processes, workers_kill_timeout=STOP_SECONDS, blocking_threads=_threads(limits, writes), backlog=1024,
        respawn_failed_workers=True, log_level=LogLevels.error, working_dir=project.root,
    )  # fmt: skip
    try:
        server.serve()
    finally:
        oldest_served(project.data)  # removes what its processes left


def _threads(limits: Limits, writes: WriteLimits) -> int:
    """Threads for every query that runs or waits and every write, and some that these can never take from pages."""
    return limits.workers + limits.waiting + writes.at_once + PAGE_THREADS


def _check_address(host: str, port: int) -> None:
    try:
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except (OSError, OverflowError) as error:
        remedy = "Choose another with PORT= or --port."
        reason = getattr(error, "strerror", None) or str(error)
        raise UsageError(f"{host}:{port} cannot be used: {reason}.", remedy) from None


def _welcome(host: str, port: int) -> str:
    address = f"http://{host}:{port}"
    return f"Letapis at {address}/   SPARQL at {address}/sparql   (Ctrl-C stops it)"
