"""YAML files that a curator writes, each value with its file and line; the fence around PyYAML.

Scalars stay text: nothing is guessed to be a date, number or truth value. Keys are taken destructively, and what is
left unread is an error, so a misspelt key can never be passed over in silence.
"""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Iterable
from pathlib import Path
from typing import NoReturn

import yaml

from graph.errors import SourceError, Spot

DEPTH_LIMIT = 12

Value = "Text | Sequence | Mapping"


class Text(str):
    """A scalar with its place."""

    spot: Spot

    def __new__(cls, text: str, spot: Spot) -> Text:
        """The text as written, at *spot*."""
        made = super().__new__(cls, text)
        made.spot = spot
        return made


class Sequence(list["Text | Sequence | Mapping"]):
    """A list with the place where it starts."""

    def __init__(self, items: Iterable[Text | Sequence | Mapping], spot: Spot) -> None:
        super().__init__(items)
        self.spot = spot


class Mapping(dict[Text, "Text | Sequence | Mapping"]):
    """A mapping with its place; `take_…` removes what it returns, `close` refuses what is left."""

    def __init__(self, items: Iterable[tuple[Text, Text | Sequence | Mapping]], spot: Spot) -> None:
        super().__init__(items)
        self.spot = spot

    def take(self, key: str) -> Text | Sequence | Mapping | None:
        """The value of *key*, removed, or None."""
        return self.pop(key, None)  # type: ignore[call-overload, no-any-return]  # a Text equals its str

    def take_text(self, key: str) -> Text | None:
        """The text of *key*, removed, or None."""
        value = self.take(key)
        return None if value is None else expect_text(value, key)

    def need_text(self, key: str) -> Text:
        """The text of *key*, removed; SourceError where it is missing."""
        value = self.take_text(key)
        if value is None:
            fail(self.spot, f"`{key}` is missing.", f"Add `{key}:`.")
        return value

    def take_list(self, key: str) -> list[Text | Sequence | Mapping]:
        """The values of *key*, removed; one value counts as a list of one, a missing key as none."""
        value = self.take(key)
        if value is None:
            return []
        return list(value) if isinstance(value, Sequence) else [value]

    def take_map(self, key: str) -> Mapping | None:
        """The mapping of *key*, removed, or None."""
        value = self.take(key)
        return None if value is None else expect_map(value, key)

    def close(self, known: Iterable[str]) -> None:
        """Refuse the keys that nobody took, naming the nearest of the *known* ones."""
        for key in self:
            refuse_key(key, known)


def refuse_key(key: Text, known: Iterable[str]) -> NoReturn:
    """Raise the error for a key that is not known here."""
    names = sorted(known)
    near = difflib.get_close_matches(key, names, n=3, cutoff=0.5) or names
    fail(key.spot, f"`{key}` is not known here.", f"Expected one of: {', '.join(near)}.")


def fail(spot: Spot, message: str, remedy: str = "") -> NoReturn:
    """Raise SourceError at *spot*."""
    raise SourceError(spot, message, remedy)


def expect_text(value: Text | Sequence | Mapping, what: str) -> Text:
    """*value* as text, or SourceError."""
    if not isinstance(value, Text):
        fail(value.spot, f"`{what}` must be a single value, not a {type(value).__name__.lower()}.")
    return value


def expect_map(value: Text | Sequence | Mapping, what: str) -> Mapping:
    """*value* as a mapping, or SourceError."""
    if not isinstance(value, Mapping):
        fail(value.spot, f"`{what}` must be a mapping of keys to values.", "Write it as `key: value` lines.")
    return value


def read_yaml(path: Path, shown: str) -> Mapping:
    """The mapping that a YAML file holds; SourceError with file and line where it is malformed."""
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        fail(Spot(shown, line), "the file is not UTF-8.", "Save it as UTF-8.")
    except OSError as error:
        fail(Spot(shown, 1), f"the file cannot be read: {error.strerror}.")
    try:
        _check_events(text, shown)
        node = yaml.compose(text, Loader=yaml.CSafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or "cannot be read"
        fail(Spot(shown, mark.line + 1 if mark else 1), f"not YAML: {problem}.", "Check quotes, colons and indents.")
    if node is None:
        fail(Spot(shown, 1), "the file is empty.", "See docs/curating.md for its form.")
    return expect_map(_value(node, shown), "the file")


def _check_events(text: str, shown: str) -> None:
    """Refuse aliases, and what is nested too deep for the composer: it recurses, and would end the process."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        spot = Spot(shown, event.start_mark.line + 1 if event.start_mark else 1)
        if isinstance(event, yaml.AliasEvent):
            fail(spot, "YAML aliases (`*name`) are not used here.", "Write the value out.")
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > DEPTH_LIMIT:
            fail(spot, f"nested more than {DEPTH_LIMIT} levels deep.")


def _value(node: yaml.Node, shown: str) -> Text | Sequence | Mapping:
    spot = Spot(shown, node.start_mark.line + 1)
    if isinstance(node, yaml.ScalarNode):
        if node.value == "" and not node.style:
            _refuse_empty(spot)
        if any(unicodedata.category(char) in ("Cc", "Cs") and char not in "\n\t" for char in node.value):
            fail(spot, "a control character stands in the text.", "Remove it; it cannot be seen, and breaks formats.")
        return Text(node.value, spot)
    if isinstance(node, yaml.SequenceNode):
        return Sequence((_value(item, shown) for item in node.value), spot)
    return _mapping(node, shown)


def _refuse_empty(spot: Spot) -> NoReturn:
    fail(spot, "a key without a value.", "Write a value after the colon, or leave the key out.")


def _mapping(node: yaml.Node, shown: str) -> Mapping:
    result = Mapping((), Spot(shown, node.start_mark.line + 1))
    for key_node, value_node in node.value:
        key = _value(key_node, shown)
        if not isinstance(key, Text):
            fail(key.spot, "a key must be plain text.")
        if key in result:
            fail(key.spot, f"`{key}` stands here twice.", "Give both values in one list.")
        if value_node.value == "" and not value_node.style:
            _refuse_empty(key.spot)
        result[key] = _value(value_node, shown)
    return result
