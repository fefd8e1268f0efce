"""The guide to a record of one's own is true: its commands are run as they stand there, and print what it shows."""

from __future__ import annotations

import hashlib
import html
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from graph.__main__ import main
from graph.build import assemble
from graph.claims import read_claims
from graph.documents import read_documents
from graph.iris import CANONICAL_BASE, RDF_TYPE
from graph.project import Project
from graph.versions import Versions
from server import create_app
from tests.guides import Step, environment, read_steps
from tests.server.live import PATIENCE, fetch, free_port, wait_until

ROOT = Path(__file__).parent.parent
EXAMPLE = ROOT / "docs" / "own-record"
GUIDE = (ROOT / "docs" / "own-record.md").read_text(encoding="utf-8")
BASE = "https://example.org/harbour/"
HTML = {"Accept": "text/html"}
_EXCERPT = re.compile(r"```yaml\n(.*?)```\n", re.DOTALL)
_LINK = re.compile(r'<(?:a|form|img|script)\b[^>]* (?:href|src|action)="([^"]*)"')
_OF_THE_ONTOLOGY = re.compile(r"\d+ (triples|inferred)")  # grow with the project's ontology, not with the example
REFUSED = "sed "
SERVE = "letapis serve"


STEPS = read_steps(GUIDE)
RUN = [step for step in STEPS if not step.commands.startswith(SERVE)]


@dataclass(frozen=True)
class Walked:
    """The guide's commands run one after another in *folder*, but the last, which serves; *done* is how each ended."""

    folder: Path
    done: dict[Step, subprocess.CompletedProcess[str]]
    versions: dict[Step, int | None]

    @property
    def project(self) -> Project:
        return Project(self.folder / "harbour", self.folder / "harbour" / "data", BASE)


def one_step(start: str) -> Step:
    (found,) = [step for step in STEPS if step.commands.startswith(start)]
    return found


def script(step: Step) -> str:
    """The step's commands in a shell of its own, with what the first step left in the reader's: folder and settings."""
    kept = [line for line in STEPS[0].commands.splitlines() if line.startswith(("cd ", "export "))]
    return "\n".join(["set -e", *([] if step == STEPS[0] else kept), step.commands])


def make_clone(folder: Path) -> None:
    """What the guide needs of a clone of this project."""
    for name in ("ontology", "shapes", "docs/own-record"):
        shutil.copytree(ROOT / name, folder / "letapis" / name)


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory) -> Walked:
    folder = tmp_path_factory.mktemp("guide")
    make_clone(folder)
    made = Walked(folder, {}, {})
    for step in RUN:
        made.done[step] = subprocess.run(
            ["sh", "-c", script(step)], cwd=folder, env=environment(), capture_output=True, text=True, timeout=120,
            check=False,
        )  # fmt: skip
        made.versions[step] = Versions(folder / "harbour" / "data").current_number()
    return made


@pytest.fixture
def copy(walked: Walked, tmp_path: Path) -> Project:
    """The record as the guide leaves it, to be changed."""
    shutil.copytree(walked.folder / "harbour", tmp_path / "harbour", ignore=shutil.ignore_patterns("versions"))
    return Project(tmp_path / "harbour", tmp_path / "harbour" / "data", BASE)


@pytest.fixture(scope="module")
def client(walked: Walked) -> Iterator[FlaskClient]:
    app = create_app(walked.project)
    yield app.test_client()
    app.extensions["letapis"].close()


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8")


def get(client: FlaskClient, path: str) -> str:
    reply = client.get(path, headers=HTML, buffered=True)
    assert reply.status_code == 200, path
    return reply.text


def test_the_guide_has_every_command() -> None:
    commands = " ".join(step.commands for step in STEPS)
    for words in ("sources .* add", "sources .* locate", "check", "build", "query", "serve"):
        assert re.search(rf"letapis {words}", commands), words
    assert STEPS[-1].commands.startswith(SERVE)
    every = [line for step in STEPS for line in step.commands.splitlines() if line.startswith("letapis ")]
    assert [line for line in every if f"--base {BASE}" not in line] == []


@pytest.mark.parametrize("step", RUN, ids=str)
def test_a_step_prints_what_the_guide_shows(walked: Walked, step: Step) -> None:
    done = walked.done[step]
    printed = _OF_THE_ONTOLOGY.sub(r"N \1", done.stdout + done.stderr)
    assert printed == _OF_THE_ONTOLOGY.sub(r"N \1", step.shown)
    assert done.returncode == int(step.commands.startswith(REFUSED))


@pytest.mark.parametrize("excerpt", _EXCERPT.findall(GUIDE), ids=lambda excerpt: excerpt.splitlines()[0])
def test_an_excerpt_of_the_guide_stands_in_a_file(excerpt: str) -> None:
    files = [path.read_text(encoding="utf-8") for path in EXAMPLE.rglob("*") if path.is_file()]
    assert any(excerpt in text for text in files)


def test_the_texts_have_the_fingerprints_of_their_descriptions() -> None:
    documents = read_documents(EXAMPLE / "graph" / "documents", "graph/documents")
    assert sorted(documents) == ["lantern", "wharf-company"]
    for name, document in documents.items():
        data = (EXAMPLE / "texts" / f"{name}.txt").read_bytes()
        assert (hashlib.sha256(data).hexdigest(), len(data.decode())) == (document.sha256, document.characters)


def test_ten_claims_in_two_files_leave_no_passage_open(walked: Walked, capsys: pytest.CaptureFixture[str]) -> None:
    documents = read_documents(EXAMPLE / "graph" / "documents", "graph/documents")
    files = read_claims(EXAMPLE / "graph" / "claims", documents, "graph/claims")
    assert (len(files), sum(len(file.claims) for file in files)) == (2, 10)
    where = ["--root", str(walked.project.root), "--data", str(walked.project.data), "--base", BASE]
    assert main(["check", *where, "--coverage"]) == 0, capsys.readouterr().out


def test_the_whole_imports_every_module(walked: Walked) -> None:
    """The example's `all.ttl` stands in place of the project's and must not fall behind it."""
    text = (walked.project.ontology / "all.ttl").read_text(encoding="utf-8")
    imported = re.findall(rf"<{CANONICAL_BASE}ontology/(\w+)>", text)
    assert imported == sorted(path.stem for path in walked.project.ontology.glob("*.ttl") if path.stem != "all")


def test_the_refused_build_names_the_line_of_the_strike_and_changes_nothing(walked: Walked) -> None:
    step = one_step(REFUSED)
    report = walked.done[step].stdout
    place = re.match(r"graph/claims/lantern\.yml:(\d+): Violation: A strike has no place\.", report)
    assert place is not None
    lines = (walked.project.claims / "lantern.yml").read_text(encoding="utf-8").splitlines()
    assert lines[int(place[1]) - 1].strip() == "E0001:"
    assert "what to do  Let `place` name" in report
    assert walked.versions[step] == walked.versions[RUN[-1]] == 1


def test_the_shape_wants_somebody_on_strike(copy: Project) -> None:
    change(copy.claims / "lantern.yml", "        agent: O0001 Dockers\n", "")
    (finding,) = assemble(copy).report.findings
    assert (finding.severity, finding.shape) == ("Violation", f"{BASE}shapes#Strike-agent")
    assert finding.remedy and [spot.file for spot in finding.spots] == ["graph/claims/lantern.yml"]


def test_a_class_without_a_label_in_each_language_is_refused(copy: Project) -> None:
    change(copy.ontology / "harbour.ttl", ' , "забастоўка"@be', "")
    assert {finding.shape for finding in assemble(copy).report.findings} == {f"{BASE}shapes#OntologyTermLabel"}


def test_without_the_module_the_class_is_not_known(copy: Project, capsys: pytest.CaptureFixture[str]) -> None:
    (copy.ontology / "harbour.ttl").unlink()
    assert main(["build", "--root", str(copy.root), "--data", str(copy.data), "--base", BASE]) == 1
    assert "graph/claims/lantern.yml:9: `Strike` is not known here." in capsys.readouterr().err


def test_everything_of_the_record_is_under_its_base(walked: Walked) -> None:
    version = Versions(walked.project.data).current()
    assert version is not None and version.manifest["base"] == BASE
    store = version.open()
    assert not [quad for quad in store if CANONICAL_BASE in str(quad)]
    names = walked.project.names
    kinds = {quad.object for quad in store.quads_for_pattern(names.id("E0001"), RDF_TYPE, None, None)}
    assert {names.term("Strike"), names.term("Event")} <= kinds


def test_a_page_of_the_record_shows_both_documents_and_its_links_stay_here(client: FlaskClient) -> None:
    page = get(client, "/page/E0001")
    for words in ("Dockers&#39; League of Orrinmouth", "/page/L0002", "12 May 2021", "28 May 2021",
                  "The Orrinmouth Lantern, 20 May 2021", "Orrin Wharf Company, 2 June 2021"):  # fmt: skip
        assert words in page
    assert f'<link rel="canonical" href="{BASE}id/E0001">' in page
    links = {html.unescape(link) for link in _LINK.findall(page)}
    assert [link for link in links if link.startswith((BASE, CANONICAL_BASE))] == []
    local = {link.partition("#")[0] for link in links if link.startswith("/")}
    assert {"/page/L0002", "/ontology/Strike", "/sources/lantern?passage=63-143"} <= local
    for path in sorted(local):
        get(client, path)


def test_the_front_page_says_what_this_record_is(client: FlaskClient) -> None:
    page = get(client, "/")
    assert "A knowledge graph of the strike of Orrinmouth, an invented harbour town." in page
    assert "Belarus" not in page
    assert CANONICAL_BASE not in page


def test_the_record_is_served_as_the_guide_says(walked: Walked, tmp_path: Path) -> None:
    step, port, log = one_step(SERVE), free_port(), tmp_path / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            ["sh", "-c", script(step).replace(SERVE, f"exec {SERVE}")], cwd=walked.folder,
            env=environment(PORT=str(port)), stdin=subprocess.DEVNULL, stdout=output, stderr=output,
        )  # fmt: skip
    try:
        def answers() -> bool:
            assert process.poll() is None, log.read_text()
            try:
                return fetch(f"http://127.0.0.1:{port}/healthz").status == 200
            except OSError:
                return False

        wait_until(answers, "the server answers")
        page = fetch(f"http://127.0.0.1:{port}/page/E0001", headers=HTML)
        assert page.status == 200
        assert f"{BASE}id/E0001" in page.body.decode()
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=PATIENCE)
    assert log.read_text() == step.shown.replace("8000", str(port))
