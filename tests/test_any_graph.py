"""The guide to data of somebody else is true: its commands are run as they stand there, and print what it shows."""

from __future__ import annotations

import re
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.guides import Step, environment, read_steps
from tests.server.live import PATIENCE, fetch, free_port, wait_until

ROOT = Path(__file__).parent.parent
GUIDE = (ROOT / "docs" / "any-graph.md").read_text(encoding="utf-8")
_ADDRESS = re.compile(r"^\| `(/[^`…]*)`", re.MULTILINE)
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00")
SERVE = "letapis serve"


STEPS = read_steps(GUIDE)
RUN = [step for step in STEPS if not step.commands.startswith(SERVE)]


@dataclass(frozen=True)
class Walked:
    """The guide's commands run one after another in *folder*, but the last, which serves, and what they *printed*."""

    folder: Path
    printed: dict[Step, str]


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory) -> Walked:
    made = Walked(tmp_path_factory.mktemp("guide"), {})
    for step in RUN:
        done = subprocess.run(
            ["sh", "-c", f"set -e\n{step.commands}"], cwd=made.folder, env=environment(USER="ada"),
            capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        made.printed[step] = done.stdout + done.stderr
        assert done.returncode == 0, made.printed[step]
    return made


def test_the_guide_goes_all_the_way() -> None:
    commands = " ".join(step.commands for step in STEPS)
    for words in ("ingest", "query", "explain", "serve"):
        assert f"letapis {words}" in commands
    assert STEPS[-1].commands.startswith(SERVE)


@pytest.mark.parametrize("step", RUN, ids=str)
def test_a_step_prints_what_the_guide_shows(walked: Walked, step: Step) -> None:
    assert _TIME.sub("then", walked.printed[step]) == _TIME.sub("then", step.shown)


def test_the_data_are_served_as_the_guide_says(walked: Walked, tmp_path: Path) -> None:
    (step,) = [step for step in STEPS if step.commands.startswith(SERVE)]
    port, log = free_port(), tmp_path / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            ["sh", "-c", f"exec {step.commands}"], cwd=walked.folder, env=environment(PORT=str(port)),
            stdin=subprocess.DEVNULL, stdout=output, stderr=output,
        )  # fmt: skip
    try:
        def answers() -> bool:
            assert process.poll() is None, log.read_text()
            try:
                return fetch(f"http://127.0.0.1:{port}/healthz").status == 200
            except OSError:
                return False

        wait_until(answers, "the server answers")
        addresses = _ADDRESS.findall(GUIDE)
        assert len(addresses) > 5
        for address in addresses:
            page = fetch(f"http://127.0.0.1:{port}{address}", headers={"Accept": "text/html"})
            assert page.status == 200, address
            if "/ada" in address:
                assert "3 Weir Lane" in page.body.decode()
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=PATIENCE)
    assert log.read_text() == step.shown.replace("8000", str(port))
