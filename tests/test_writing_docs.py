"""docs/writing.md is true: its commands, run from top to bottom against a server, say what it shows."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from graph.committer import LISTED_QUADS
from graph.graphs import NAMED_QUADS
from graph.locate_rdf import PLACED
from graph.project import Project
from graph.spawner import WriteLimits
from graph.update import UPDATE_LIMIT
from server.writes import LOCK_SECONDS, LONGEST_MESSAGE, UNPACKED
from tests.conftest import ROOT
from tests.server.live import Live

PAGE = (ROOT / "docs/writing.md").read_text(encoding="utf-8")
FILES = re.findall(r"```turtle\n# (\S+)\n(.*?)```", PAGE, re.DOTALL)
_BLOCKS = "\n".join(re.findall(r"```console\n(.*?)```", PAGE, re.DOTALL))
COMMANDS = re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", _BLOCKS, re.MULTILINE)
"""Each command, with what it is said to print."""

MARK = "@@ next command @@"
pytestmark = pytest.mark.skipif(shutil.which("curl") is None, reason="no curl on PATH (Debian: apt-get install curl)")


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[str]]:
    """What each command prints, all of them run by one shell, while the server runs that the page starts."""
    folder = tmp_path_factory.mktemp("writing")
    for name, text in FILES:
        (folder / name).write_text(f"# {name}\n{text}")
    (serve,) = re.findall(r"^letapis serve (.*)$", PAGE, re.MULTILINE)
    options = [str(folder / word) if word.endswith(".ttl") else word for word in shlex.split(serve)]
    data = folder / options.pop(options.index("--data") + 1)
    options.remove("--data")
    with Live(Project(folder, data, kind="union"), folder / "log", *options) as live:
        yield run(folder, live)


def run(folder: Path, live: Live) -> list[str]:
    lines = [f"letapis() {{ {shlex.quote(sys.executable)} -m graph \"$@\"; }}"]
    for command, _ in COMMANDS:
        lines += [f"echo; echo '{MARK}'", command.replace("127.0.0.1:8000", f"127.0.0.1:{live.port}")]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "LC_ALL": "C.UTF-8"}
    done = subprocess.run(["bash", "-c", "\n".join(lines)], cwd=folder, env=environment, text=True, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)  # fmt: skip
    return [part.strip("\n") for part in done.stdout.split(MARK)][1:]


@pytest.mark.parametrize("number", range(len(COMMANDS)), ids=lambda number: f"{number} {COMMANDS[number][0][:40]}")
def test_a_command_of_the_page_prints_what_is_shown(printed: list[str], number: int) -> None:
    shown = ".*".join(map(re.escape, COMMANDS[number][1].strip("\n").split("…")))
    assert re.fullmatch(shown, printed[number], re.DOTALL), printed[number]


def test_the_page_shows_every_method_and_every_command() -> None:
    assert len(COMMANDS) > 25
    commands = "\n".join(command for command, _ in COMMANDS)
    for word in ("PUT", "POST", "PATCH", "DELETE", "/update", "dry-run=1", "--dry-run", "--quarantine", "If-Match",
                 "If-None-Match", "Idempotency-Key", "tokens create"):  # fmt: skip
        assert word in commands, word


def test_the_limits_are_those_of_the_code() -> None:
    limits = WriteLimits()
    for text in (
        f"{limits.body_bytes // 2**20} MiB; {UNPACKED} times as much", f"| {UPDATE_LIMIT // 2**20} MiB |",
        f"{limits.seconds:g} seconds, {limits.mebibytes} MiB; it waits at most {LOCK_SECONDS:g} seconds",
        f"| {limits.at_once} in a process", f"the first {PLACED:,} findings", f"lists {LISTED_QUADS:,} statements",
        f"| {LONGEST_MESSAGE:,} characters", f"at most {NAMED_QUADS:,} statements",
    ):  # fmt: skip
        assert text in PAGE, text
