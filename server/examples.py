"""The competency questions of the record as example queries, by topic, for the query form and the front page."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby

from graph.competency import read_questions
from graph.errors import SourceError
from graph.iris import CANONICAL_BASE
from server.service import Served


@dataclass(frozen=True)
class Example:
    """A query with what it asks, in words."""

    title: str
    query: str


@dataclass(frozen=True)
class Topic:
    """The examples of one topic."""

    name: str
    examples: tuple[Example, ...]


def read_topics(served: Served) -> tuple[Topic, ...]:
    """The record's questions by topic; none where it has none, or one of them cannot be read."""
    try:
        questions = read_questions(served.project.questions)
    except SourceError:
        return ()
    base = served.project.base
    return tuple(
        Topic(name, tuple(Example(q.text, q.query.replace(CANONICAL_BASE, base)) for q in group))
        for name, group in groupby(questions, key=lambda question: question.topic)
    )
