"""Competency questions: what researchers ask, the query, the answer expected, and the passages that prove it.

One file each, `graph/questions/<topic>/<name>.rq`. The comment at its head says

    # question: Who was sentenced to more than ten years?
    # needs: what fails without inference              (only where it does)
    # passages: A/77/195, para. 62; A/77/195, footnote 67
    # answer:
    #   person,months
    #   Ihar Losik,180

and the rest is SPARQL. The answer is CSV as the endpoint sends it, identifiers below the base written without it.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from graph.errors import SourceError, Spot
from graph.evaluate import Evaluators, Request
from graph.iris import CANONICAL_BASE, Names
from graph.layout import Layout

_KEYS = ("question", "needs", "passages", "answer")


@dataclass(frozen=True)
class Question:
    """A question with its query and expected answer; *needs* says what fails without inference, where anything does."""

    name: str
    topic: str
    spot: Spot
    text: str
    needs: str
    passages: tuple[str, ...]
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    query: str


@dataclass(frozen=True)
class Outcome:
    """How a question was answered: rows that are missing, rows that are too many."""

    question: Question
    missing: tuple[tuple[str, ...], ...]
    surplus: tuple[tuple[str, ...], ...]

    @property
    def holds(self) -> bool:
        """True where the answer is the expected one."""
        return not self.missing and not self.surplus


def read_questions(folder: Path, shown: str = "graph/questions") -> list[Question]:
    """The questions in *folder* by topic and name; SourceError names file and line of a head that is not right."""
    return [_read(path, f"{shown}/{path.parent.name}/{path.name}") for path in sorted(folder.glob("*/*.rq"))]


def _read(path: Path, shown: str) -> Question:
    text = path.read_text(encoding="utf-8")
    head: dict[str, str] = {}
    answer: list[str] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.startswith("#"):
            break
        if line.startswith("#   ") and "answer" in head:
            answer.append(line.removeprefix("#   "))
            continue
        key, colon, value = line.removeprefix("#").strip().partition(":")
        if not colon or key not in _KEYS:
            raise SourceError(Spot(shown, number), f"`{line}` is not known here.", f"Expected: {', '.join(_KEYS)}.")
        head[key] = value.strip()
    for key in ("question", "passages", "answer"):
        if key not in head:
            raise SourceError(Spot(shown, 1), f"`# {key}:` is missing.")
    rows = list(csv.reader(answer))
    if not rows:
        raise SourceError(Spot(shown, 1), "`# answer:` has no lines.", "Write the CSV below it, columns first.")
    return Question(
        name=path.stem, topic=path.parent.name, spot=Spot(shown, 1), text=head["question"], needs=head.get("needs", ""),
        passages=tuple(part.strip() for part in head["passages"].split(";") if part.strip()),
        columns=tuple(rows[0]), rows=tuple(tuple(row) for row in rows[1:]), query=text,
    )  # fmt: skip


def find_faults(evaluators: Evaluators, question: Question, names: Names) -> list[str]:
    """What is wrong with a question, a line each: its answer, its passages, its need of inference."""
    outcome = check_question(evaluators, question, names)
    faults = [f"missing: {','.join(row)}" for row in outcome.missing]
    faults += [f"surplus: {','.join(row)}" for row in outcome.surplus]
    faults += [f"no claim cites this passage: {passage}" for passage in unknown_passages(evaluators, question, names)]
    stated = ask(evaluators, question, names, inferred=False)
    needs_inference = set(stated[1]) != set(question.rows)  # a triple in two of the stated graphs doubles rows
    if question.needs and not needs_inference:
        faults.append("`needs:` is given, and the answer is the same without inference")
    if needs_inference and not question.needs and outcome.holds:
        faults.append("the answer needs inference, and `needs:` does not say what fails without it")
    return faults


def check_question(evaluators: Evaluators, question: Question, names: Names) -> Outcome:
    """Whether the current answer to *question* is the expected one."""
    columns, rows = ask(evaluators, question, names)
    if columns != question.columns:
        return Outcome(question, missing=(question.columns,), surplus=(columns,))
    wanted, found = Counter(question.rows), Counter(rows)
    return Outcome(question, tuple((wanted - found).elements()), tuple((found - wanted).elements()))


def ask(
    evaluators: Evaluators, question: Question, names: Names, *, inferred: bool = True
) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """The columns and rows of the answer to *question*; without what was *inferred* where that is False."""
    graphs = () if inferred else tuple(_without_inferred(names))
    query = question.query.replace(CANONICAL_BASE, names.base)
    answer = evaluators.answer(Request(query, solutions="csv", default_graphs=graphs)).read().decode()
    rows = list(csv.reader(io.StringIO(answer)))
    if not rows:  # ASK has no CSV form with a header
        return (), []
    return tuple(rows[0]), [tuple(cell.replace(names.base, "") for cell in row) for row in rows[1:]]


def _without_inferred(names: Names) -> Iterator[str]:
    layout = Layout("record", names)
    for graph in sorted((*layout.served, layout.accepted, layout.labels), key=str):
        yield graph.value


def unknown_passages(evaluators: Evaluators, question: Question, names: Names) -> list[str]:
    """The passages of *question* that no claim cites, each written `<cite as>, <locator>`."""
    query = (
        f"PREFIX lt: <{names.term('').value}> SELECT DISTINCT ?cite ?locator "
        "{ ?claim lt:statedIn/lt:citeAs ?cite ; lt:passage/lt:segment/lt:locator ?locator }"
    )
    answer = evaluators.answer(Request(query, solutions="csv")).read().decode()
    known = {f"{cite}, {locator}" for cite, locator in list(csv.reader(io.StringIO(answer)))[1:]}
    return [passage for passage in question.passages if passage not in known]
