"""The command: exit codes, help by example, JSON that parses, errors as one message on standard error."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from graph.__main__ import build_parser, main
from graph.project import Project
from graph.versions import Versions
from tests.conftest import ROOT, TEXT, claims_text

COMMANDS = ("build", "serve", "query", "validate", "check", "sources", "versions", "explain")
Capture = pytest.CaptureFixture[str]
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str]) -> Run:
    """Runs a command on a project in this process; its exit code, output and errors."""

    def run(project: Project, command: str, *words: str) -> tuple[int, str, str]:
        try:
            code = main([command, "--root", str(project.root), "--data", str(project.data), *words])
        except SystemExit as end:
            code = int(str(end.code))
        said = capfd.readouterr()
        return code, said.out, said.err

    return run


def letapis(*words: str, stdin: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "graph", *words], env={**os.environ, **environment}, cwd=ROOT,
                          input=stdin, text=True, capture_output=True, check=False, timeout=120)  # fmt: skip


def test_the_help_starts_a_stranger_off_and_lists_every_command(capsys: Capture) -> None:
    with pytest.raises(SystemExit) as end:
        main(["--help"])
    shown = capsys.readouterr().out
    assert end.value.code == 0
    assert "letapis build\n" in shown
    assert all(command in shown for command in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_of_a_command_teaches_by_examples_that_parse(command: str, capsys: Capture) -> None:
    with pytest.raises(SystemExit) as end:
        main([command, "--help"])
    assert end.value.code == 0
    examples = [line.strip() for line in capsys.readouterr().out.split("examples:\n")[1].splitlines()]
    lines = [line[line.index("letapis ") :] for line in examples if "letapis " in line]
    assert lines
    for line in lines:
        _, *words = shlex.split(line.split("   (")[0])
        assert build_parser().parse_args(words).command == command


@pytest.mark.parametrize(
    "words", [[], ["bild"], ["query"], ["build", "--bad"], ["sources"], ["query", "ASK {}", "--format", "pdf"]]
)
def test_a_wrong_word_is_wrong_usage(words: list[str], capsys: Capture) -> None:
    with pytest.raises(SystemExit) as end:
        main(words)
    assert end.value.code == 2
    assert capsys.readouterr().err.startswith("usage: letapis")


def test_a_build_tells_what_it_made_and_that_nothing_changed(record: Project, run: Run) -> None:
    code, out, err = run(record, "build", "--by", "tests", "--message", "first")
    assert (code, err) == (0, "")
    assert out.startswith("Version 1 built: ")
    code, out, _ = run(record, "build")
    assert (code, out.split(";")[0]) == (0, "Version 1 is current")
    current = Versions(record.data).current()
    assert current is not None and (current.commit["by"], current.commit["why"]) == ("tests", "first")


def test_a_refused_build_exits_1_reports_and_changes_nothing(write: Callable[..., Project], run: Run) -> None:
    project = write(claims=claims_text().replace("convicted: P9001 Alfa", "convicted: [P9001, P9002]"))
    code, out, err = run(project, "build")
    assert code == 1
    assert "graph/claims/invented.yml:" in out and "Violation" in out
    assert err.startswith("letapis: refused: ") and err.count("\n") == 1
    assert Versions(project.data).current() is None


def test_a_slip_in_a_file_exits_1_with_file_line_and_expectation(write: Callable[..., Project], run: Run) -> None:
    project = write(claims=claims_text().replace("detainee: P9001", "detanee: P9001"))
    for command in ("build", "validate"):
        code, out, err = run(project, command)
        assert (code, out) == (1, "")
        assert err.startswith("letapis: graph/claims/invented.yml:") and "detainee" in err and err.count("\n") == 1


def test_validate_says_whether_the_record_conforms_and_writes_nothing(record: Project, run: Run) -> None:
    code, out, _ = run(record, "validate")
    assert code == 0
    assert "0 Violation" in out
    assert Versions(record.data).current() is None


def test_check_exits_0_where_every_phrase_stands_and_1_where_one_does_not(
    record: Project, write: Callable[..., Project], run: Run
) -> None:
    assert run(record, "check")[:2] == (0, "invented: 3 phrases stand where the claims say.\n")
    code, out, err = run(write(claims=claims_text().replace("was sentenced", "was pardoned")), "check")
    assert (code, out) == (1, "")
    assert err.startswith("letapis: graph/claims/invented.yml:") and "nowhere in the text" in err


def test_coverage_exits_0_where_nothing_is_open_and_1_where_something_is(record: Project, run: Run) -> None:
    assert run(record, "check", "--coverage")[0] == 0
    path = record.documents / "invented.yml"
    path.write_text(path.read_text().replace("footnote 1]", "footnote 1..2]"))
    code, out, _ = run(record, "check", "--coverage")
    assert code == 1 and "1 open: footnote 2" in out


def test_sources_are_listed_added_and_searched(record: Project, run: Run, tmp_path: Path) -> None:
    (record.data / "sources" / "invented.txt").unlink()
    assert run(record, "sources", "list")[:2] == (0, "invented: text absent\n")
    (tmp_path / "text.txt").write_text(TEXT)
    assert run(record, "sources", "add", str(tmp_path / "text.txt"))[0] == 0
    assert run(record, "sources", "list")[:2] == (0, "invented: text present\n")
    code, out, _ = run(record, "sources", "locate", "invented", "Harbour", "detained.")
    start = TEXT.index("Harbour")
    assert (code, out) == (0, f"at: {start}-{TEXT.index('detained.') + 9}   Harbour Union, was detained.\n")
    assert run(record, "sources", "locate", "invented", "nowhere")[:2] == (1, "")


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["sources", "add", "/nothing.txt"], 2),
        (["sources", "locate", "other", "word"], 2),
        (["query", "@/nothing.rq"], 2),
        (["query", "ASK {}"], 1),
        (["explain", "id:E9001", "rdf:type", "lt:Event"], 1),
        (["serve"], 1),
    ],
)
def test_what_is_not_there_is_one_message_without_a_traceback(
    record: Project, run: Run, words: list[str], code: int
) -> None:
    found, out, err = run(record, words[0], *words[1:])
    assert (found, out) == (code, "")
    assert err.startswith("letapis: ") and err.count("\n") == 1


def test_a_text_that_cannot_be_kept_is_an_error_without_a_traceback(record: Project, tmp_path: Path) -> None:
    (tmp_path / "text.txt").write_text(TEXT)
    done = letapis("sources", "--root", str(record.root), "--data", str(tmp_path / "text.txt"), "add",
                   str(tmp_path / "text.txt"))  # fmt: skip
    assert done.returncode == 2
    assert "cannot be written" in done.stderr and "Traceback" not in done.stderr


def test_a_query_is_answered_in_the_format_asked_for(built: Project, run: Run) -> None:
    names = built.names
    query = f"SELECT ?n {{ <{names.id('E9002').value}> <{names.term('termMonths').value}> ?n }}"
    assert run(built, "query", query)[:2] == (0, "?n\n24\n")
    assert run(built, "query", query, "--format", "csv")[1].split() == ["n", "24"]
    assert json.loads(run(built, "query", query, "--format", "json")[1])["results"]["bindings"][0]["n"]["value"] == "24"
    assert "<sparql" in run(built, "query", query, "--format", "xml")[1]
    graph = run(built, "query", f"DESCRIBE <{names.id('E9002').value}>", "--format", "nt")[1]
    assert f"<{names.id('E9002').value}>" in graph


@pytest.mark.parametrize(
    ("query", "expected"),
    [("SELEC", "SPARQL"), ("LOAD <http://example.org/>", "update"), ("ASK { SERVICE <a:b> {} }", "SERVICE")],
)
def test_a_query_that_cannot_be_answered_exits_1_and_says_why(
    built: Project, run: Run, query: str, expected: str
) -> None:
    code, out, err = run(built, "query", query)
    assert (code, out) == (1, "")
    assert expected.lower() in err.lower() and "Traceback" not in err


def test_a_query_past_its_time_exits_1(built: Project, run: Run) -> None:
    endless = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
    code, out, err = run(built, "query", endless, "--timeout", "0.2")
    assert (code, out) == (1, "")
    assert "0.2 seconds" in err


def test_a_query_comes_from_a_file_or_from_standard_input(built: Project, tmp_path: Path) -> None:
    where = ("--root", str(built.root), "--data", str(built.data), "--format", "csv")
    (tmp_path / "ask.rq").write_text("SELECT (1 AS ?n) {}")
    assert letapis("query", f"@{tmp_path / 'ask.rq'}", *where).stdout.split() == ["n", "1"]
    assert letapis("query", "-", *where, stdin="SELECT (2 AS ?n) {}").stdout.split() == ["n", "2"]


def test_a_reader_that_goes_away_is_no_traceback(built: Project) -> None:
    query = "SELECT * { ?a ?b ?c . ?d a ?f } LIMIT 200000"
    process = subprocess.Popen(
        [sys.executable, "-m", "graph", "query", query, "--root", str(built.root), "--data", str(built.data)], cwd=ROOT,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None and process.stderr is not None
    with process.stdout as output, process.stderr as errors:
        output.readline()
        output.close()
        assert b"Traceback" not in errors.read()
        assert process.wait(timeout=60) == 1


def test_explain_tells_the_passage_behind_a_conclusion(built: Project, run: Run) -> None:
    code, out, _ = run(built, "explain", "id:E9001", "rdf:type", "lt:PretrialDetention")
    assert code == 0
    assert out.startswith("inferred by ") and "Invented report, para. 1" in out


def test_versions_are_listed_with_the_current_one_marked(built: Project, record: Project, run: Run) -> None:
    code, out, _ = run(built, "versions", "list")
    assert code == 0 and out.startswith("*    1  ") and out.endswith("tests: first\n")
    assert "no version yet" in run(record, "versions", "list")[1]


@pytest.mark.parametrize(
    ("words", "key"),
    [
        (["build", "--json"], "digest"),
        (["validate", "--json"], "conforms"),
        (["check", "--json"], "segments"),
        (["explain", "id:E9001", "rdf:type", "lt:Event", "--json"], "kind"),
    ],
)
def test_json_parses_and_has_what_programs_need(built: Project, run: Run, words: list[str], key: str) -> None:
    code, out, _ = run(built, words[0], *words[1:])
    assert code == 0
    assert key in json.loads(out)


def test_json_lists_parse(built: Project, run: Run) -> None:
    versions: list[dict[str, Any]] = json.loads(run(built, "versions", "list", "--json")[1])
    assert [(version["version"], version["by"]) for version in versions] == [(1, "tests")]
    coverage: list[dict[str, Any]] = json.loads(run(built, "check", "--coverage", "--json")[1])
    assert [(row["document"], row["open"]) for row in coverage] == [("invented", [])]


def test_a_refused_build_in_json_parses_and_exits_1(write: Callable[..., Project], run: Run) -> None:
    project = write(claims=claims_text().replace("convicted: P9001 Alfa", "convicted: [P9001, P9002]"))
    code, out, err = run(project, "build", "--json")
    assert code == 1 and err.startswith("letapis: refused")
    assert json.loads(out)["conforms"] is False


def test_a_folder_that_is_no_record_or_a_base_that_is_none_is_wrong_usage(record: Project, tmp_path: Path) -> None:
    for words in (("--root", str(tmp_path / "none")), ("--root", str(record.root), "--base", "nowhere")):
        done = letapis("validate", *words)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.startswith("letapis: ") and "Traceback" not in done.stderr


def test_the_environment_names_record_and_data(built: Project) -> None:
    done = letapis("versions", "list", LETAPIS_ROOT=str(built.root), DATA=str(built.data))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("*    1")


def test_progress_is_silent_in_a_pipe(record: Project) -> None:
    done = letapis("build", "--root", str(record.root), "--data", str(record.data))
    assert (done.returncode, done.stderr) == (0, "")


def test_a_damaged_version_is_one_message(record: Project, run: Run) -> None:
    run(record, "build")
    (record.data / "versions" / "1" / "manifest.json").write_text("{")
    code, out, err = run(record, "versions", "list")
    assert (code, out) == (1, "")
    assert "damaged" in err and err.count("\n") == 1


def test_versions_are_tagged_compared_restored_and_pruned(record: Project, run: Run) -> None:
    assert run(record, "build")[0] == 0
    entities = record.entities / "all.yml"
    entities.write_text(entities.read_text().replace("Harbour Union", "Harbour Union of Sailors"))
    assert run(record, "build")[0] == 0
    assert run(record, "versions", "tag", "first", "1") == (0, "first is version 1.\n", "")
    code, patch, _ = run(record, "versions", "diff", "first", "2")
    assert code == 0
    assert any(line.startswith("A ") and "Harbour Union of Sailors" in line for line in patch.splitlines())
    assert any(line.startswith("D ") and '"Harbour Union"' in line for line in patch.splitlines())
    assert run(record, "versions", "restore", "first", "--by", "me")[0] == 0
    assert json.loads(run(record, "versions", "show", "3")[1])["restores"] == 1
    assert run(record, "versions", "prune", "--keep", "1")[1] == "Removed: 2.\n"
    listed = json.loads(run(record, "versions", "list", "--json")[1])
    assert [(version["version"], version["tags"]) for version in listed] == [(1, ["first"]), (3, [])]
    assert run(record, "versions", "show", "2")[0] == 1
