"""Competency questions: read strictly, and each answered as expected on the real record."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from graph.build import build
from graph.competency import Question, check_question, find_faults, read_questions
from graph.errors import SourceError
from graph.evaluate import Evaluators, Limits
from graph.project import Project
from tests.conftest import ROOT

QUESTIONS = read_questions(ROOT / "graph" / "questions")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The real record, built once for this module."""
    made = Project(ROOT, tmp_path_factory.mktemp("record"))
    build(made, by="tests", why="questions")
    return made


@pytest.fixture(scope="module")
def evaluators(project: Project) -> Iterator[Evaluators]:
    """Queries on the real record."""
    made = Evaluators(build(project, by="tests", why="questions").version, Limits())
    yield made
    made.close()


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: f"{question.topic}/{question.name}")
def test_a_question_gets_the_expected_answer(evaluators: Evaluators, project: Project, question: Question) -> None:
    assert find_faults(evaluators, question, project.names) == []


def write_question(folder: Path, text: str) -> Path:
    """A folder of questions that holds one."""
    path = folder / "topic" / "one.rq"
    path.parent.mkdir(parents=True)
    path.write_text(text)
    return folder


HEAD = "# question: Is there anything?\n# passages: A, para. 1\n# answer:\n#   n\n#   1\n"


def test_a_wrong_answer_is_told_row_by_row(evaluators: Evaluators, project: Project, tmp_path: Path) -> None:
    folder = write_question(tmp_path, HEAD + "SELECT ?n { VALUES ?n { 2 } }\n")
    (question,) = read_questions(folder)
    outcome = check_question(evaluators, question, project.names)
    assert (outcome.missing, outcome.surplus) == ((("1",),), (("2",),))


def test_a_need_of_inference_is_checked_by_asking_without(
    evaluators: Evaluators, project: Project, tmp_path: Path
) -> None:
    folder = write_question(tmp_path, "# needs: nothing really\n" + HEAD + "SELECT ?n { VALUES ?n { 1 } }\n")
    (question,) = read_questions(folder)
    assert any("the same without inference" in fault for fault in find_faults(evaluators, question, project.names))


def test_a_passage_that_no_claim_cites_is_told(evaluators: Evaluators, project: Project, tmp_path: Path) -> None:
    (question,) = read_questions(write_question(tmp_path, HEAD + "SELECT ?n { VALUES ?n { 1 } }\n"))
    assert "no claim cites this passage: A, para. 1" in find_faults(evaluators, question, project.names)


@pytest.mark.parametrize(
    "head",
    [HEAD.replace("question:", "questoin:"), HEAD.replace("# passages: A, para. 1\n", ""), HEAD[: HEAD.index("#   n")]],
)
def test_a_malformed_head_names_its_file(tmp_path: Path, head: str) -> None:
    with pytest.raises(SourceError, match="topic/one.rq"):
        read_questions(write_question(tmp_path, head + "ASK {}\n"))
