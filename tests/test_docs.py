"""The documentation is true: its queries give the answers shown, its commands exist, its links lead somewhere."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from graph.__main__ import build_parser
from graph.build import build
from graph.evaluate import Evaluators, Limits, Request
from graph.project import Project

ROOT = Path(__file__).parent.parent
PAGES = sorted([ROOT / "README.md", *ROOT.glob("docs/**/*.md"), *ROOT.glob("*/README.md")])
_EXAMPLE = re.compile(r"```sparql\n(.*?)```\n\n((?:\|[^\n]*\n)+)", re.DOTALL)
README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def evaluators(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Evaluators]:
    """Queries on the real record, built for this module."""
    project = Project(ROOT, tmp_path_factory.mktemp("record"))
    made = Evaluators(build(project, by="tests", why="docs").version, Limits())
    yield made
    made.close()


def test_readme_has_three_queries_with_answers() -> None:
    assert len(_EXAMPLE.findall(README)) == 3


@pytest.mark.parametrize("example", _EXAMPLE.findall(README), ids=lambda example: example[0].splitlines()[3][:40])
def test_a_query_of_the_readme_gives_the_rows_shown(evaluators: Evaluators, example: tuple[str, str]) -> None:
    query, table = example
    shown = [[cell.strip() for cell in line.strip()[1:-1].split("|")] for line in table.splitlines()]
    answer = evaluators.answer(Request(query, solutions="csv")).read().decode()
    rows = list(csv.reader(io.StringIO(answer)))
    assert [shown[0], *shown[2:]] == [[cell.strip() for cell in row] for row in rows]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_between_files_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:|#)([^)#\s]+)", page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_readme_names_every_command() -> None:
    actions = build_parser()._subparsers
    assert actions is not None
    commands = next(action.choices for action in actions._group_actions if action.choices)
    assert [name for name in commands if f"`{name}`" not in README] == []


def test_readme_names_every_top_level_folder() -> None:
    folders = {path.name for path in ROOT.iterdir() if path.is_dir() and not path.name.startswith((".", "__"))}
    known = {name for name in folders if f"`{name}/`" in README}
    assert folders - known <= {"data", "build"}
