"""Dates in words: EDTF (https://www.loc.gov/standards/datetime/) as a reader would say it."""

from __future__ import annotations

import re

_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
_PLAIN = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?([~?%]?)")
_DOUBT = {"": "", "~": "about ", "?": "perhaps ", "%": "perhaps about "}


def date_words(text: str) -> str:
    """The date in English words; EDTF that has no simple ones is given back as it is."""
    if text.startswith("[") and text.endswith("]"):
        return _one_of(text[1:-1])
    if "/" in text:
        start, _, end = text.partition("/")
        return _interval(start, end)
    return _plain(text)


def _one_of(inner: str) -> str:
    first, dots, last = inner.partition("..")
    if not dots:
        return " or ".join(_plain(part.strip()) for part in inner.split(","))
    if not first:
        return f"{_plain(last)} or earlier"
    if not last:
        return f"{_plain(first)} or later"
    return f"between {_plain(first)} and {_plain(last)}"


def _interval(start: str, end: str) -> str:
    if start in ("", "..") and end in ("", ".."):
        return "at an unknown time"
    if start in ("", ".."):
        return f"until {_plain(end)}"
    if end in ("", ".."):
        return f"from {_plain(start)}" + (" on" if end == ".." else ", end not known")
    return f"{_plain(start)} to {_plain(end)}"


def _plain(text: str) -> str:
    match = _PLAIN.fullmatch(text)
    if match is None:
        return text
    year, month, day, doubt = match.groups()
    if month is None:
        return f"{_DOUBT[doubt]}{year}"
    if not 1 <= int(month) <= 12:
        return text
    name = _MONTHS[int(month) - 1]
    return f"{_DOUBT[doubt]}{f'{int(day)} ' if day else ''}{name} {year}"
