"""Literals from what curators write: numbers, truth values, days, addresses and texts with languages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from graph.iris import XSD
from graph.ontology import Property
from graph.rdf import Literal, NamedNode
from graph.sourcefile import Mapping, Sequence, Text, expect_text, fail

LANG_STRING = "http://www.w3.org/1999/02/22-rdf-syntax-ns#langString"
LANGUAGES = ("be", "be-tarask", "de", "en", "fr", "lt", "pl", "ru", "uk")

_FORMS: tuple[tuple[str, re.Pattern[str], str], ...] = (
    ("boolean", re.compile(r"true|false"), "true or false"),
    ("nonNegativeInteger", re.compile(r"[0-9]+"), "a whole number without separators"),
    ("integer", re.compile(r"-?[0-9]+"), "a whole number without separators"),
    ("decimal", re.compile(r"-?[0-9]+(?:\.[0-9]+)?"), "a number such as 86.8"),
    ("date", re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}"), "a day such as 2023-02-07"),
    ("anyURI", re.compile(r"https?://[^\s<>\"{}|\\^`]+"), "an http(s) address"),
)


def read_literals(value: Text | Sequence | Mapping, prop: Property) -> Iterator[tuple[Literal, Text]]:
    """Each literal that *value* stands for, with the text it came from; SourceError where it has the wrong form."""
    if isinstance(value, Sequence):
        for item in value:
            yield from read_literals(item, prop)
    elif isinstance(value, Mapping):
        yield from _by_language(value, prop)
    elif LANG_STRING in prop.datatypes:
        yield Literal(value, language="en"), value
    else:
        yield _typed(value, prop), value


def _by_language(value: Mapping, prop: Property) -> Iterator[tuple[Literal, Text]]:
    if LANG_STRING not in prop.datatypes:
        fail(value.spot, f"`{prop.key}` takes plain values, not a mapping of languages.")
    for language, text in value.items():
        check_language(language)
        written = expect_text(text, prop.key)
        yield Literal(written, language=str(language)), written


def check_language(language: Text) -> None:
    """Refuse a language tag that the record does not use."""
    if language not in LANGUAGES:
        fail(language.spot, f"`{language}` is no language used here.", f"Expected one of: {', '.join(LANGUAGES)}.")


def _typed(value: Text, prop: Property) -> Literal:
    wanted = [form for form in _FORMS if XSD + form[0] in prop.datatypes]
    for name, pattern, _ in wanted:
        if pattern.fullmatch(value):
            if name == "date":
                _check_day(value)
            return Literal(value, datatype=NamedNode(XSD + name))
    if XSD + "string" in prop.datatypes or not wanted:
        return Literal(value)
    fail(value.spot, f"`{prop.key}: {value}` has the wrong form.", f"Expected {' or '.join(f[2] for f in wanted)}.")


def _check_day(value: Text) -> None:
    try:
        date.fromisoformat(value)
    except ValueError as error:
        fail(value.spot, f"`{value}` is no day: {error}.")
