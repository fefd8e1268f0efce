"""The whole path, as its users walk it: a claim in a file, the commands, the server, and the answer over HTTP."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from graph.iris import CANONICAL_BASE
from graph.project import Project
from tests.server.live import Live, wait_until

LT = f"{CANONICAL_BASE}ontology#"
TERM = f"SELECT ?term {{ <{CANONICAL_BASE}id/E9002> <{LT}termMonths> ?term }}"
EVERY_TERM = f"SELECT ?term {{ GRAPH ?claim {{ <{CANONICAL_BASE}id/E9002> <{LT}termMonths> ?term }} }}"


def letapis(project: Project, *words: str) -> subprocess.CompletedProcess[str]:
    """One run of the command."""
    where = ["--root", str(project.root), "--data", str(project.data)]
    return subprocess.run(
        [sys.executable, "-m", "graph", words[0], *where, *words[1:]], capture_output=True, text=True, timeout=120,
        check=False,
    )  # fmt: skip


def succeed(project: Project, *words: str) -> str:
    done = letapis(project, *words)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def terms(live: Live, query: str = TERM) -> list[str]:
    reply = live.query(query)
    assert reply.status == 200
    return sorted(binding["term"]["value"] for binding in reply.json["results"]["bindings"])


def versions(project: Project) -> list[dict[str, Any]]:
    listed = json.loads(succeed(project, "versions", "list", "--json"))
    assert isinstance(listed, list)
    return listed


def change_claim(project: Project, old: str, new: str) -> None:
    path = project.claims / "invented.yml"
    text = path.read_text()
    assert text.count(old) == 1
    path.write_text(text.replace(old, new))


def test_a_changed_claim_is_answered_without_a_restart(record: Project, tmp_path: Path) -> None:
    succeed(record, "check")
    succeed(record, "build", "--by", "a curator", "--message", "as first read")
    assert [(v["version"], v["by"], v["why"]) for v in versions(record)] == [(1, "a curator", "as first read")]

    with Live(record, tmp_path / "log", "--timeout", "5") as live:
        processes = {process.pid for process in live.evaluators()}
        assert terms(live) == ["24"]
        assert terms(live, EVERY_TERM).count("36") == 1, "what is disputed is kept beside it"

        change_claim(record, "termMonths: 24", "termMonths: 30")
        assert terms(live) == ["24"], "a file alone changes nothing"
        succeed(record, "build", "--by", "a curator", "--message", "corrected")
        wait_until(lambda: terms(live) == ["30"], "the new version is answered")

        def is_old_gone() -> bool:
            """Each web process changes over at a request of its own, so go on asking."""
            assert terms(live) in (["24"], ["30"])
            return not processes & {process.pid for process in live.evaluators()}

        wait_until(is_old_gone, "the old version ended")
        assert terms(live) == ["30"]
        assert live.get("/healthz").json["version"] == 2

    listed = versions(record)
    assert [(v["version"], v["parent"], v["why"]) for v in listed] == [
        (1, None, "as first read"), (2, 1, "corrected"),
    ]  # fmt: skip
    assert listed[0]["digest"] != listed[1]["digest"]
    assert "30" in succeed(record, "query", TERM)


def test_a_refused_change_leaves_the_served_answer_as_it_was(record: Project, tmp_path: Path) -> None:
    succeed(record, "build")
    with Live(record, tmp_path / "log", "--timeout", "5") as live:
        change_claim(record, "convicted: P9001 Alfa", "convicted: [P9001 Alfa, P9002 Bravo]")
        change_claim(record, "termMonths: 24", "termMonths: 30")
        refused = letapis(record, "build")
        assert refused.returncode == 1
        assert "graph/claims/invented.yml" in refused.stdout
        assert terms(live) == ["24"]
        assert live.get("/healthz").json["version"] == 1
    assert [version["version"] for version in versions(record)] == [1]


def test_a_phrase_that_is_not_in_the_text_is_told_before_anything_is_built(write: Callable[..., Project]) -> None:
    project = write()
    change_claim(project, "phrase: was sentenced to two years", "phrase: was sentenced to ten years")
    done = letapis(project, "check")
    assert done.returncode == 1
    assert "graph/claims/invented.yml:" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_same_inputs_built_twice_are_one_version(record: Project) -> None:
    assert json.loads(succeed(record, "build", "--json"))["fresh"] is True
    assert json.loads(succeed(record, "build", "--json"))["fresh"] is False
    assert [version["version"] for version in versions(record)] == [1]
