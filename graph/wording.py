"""Removed words in texts that remain: finding them, and blacking them out."""

from __future__ import annotations

import re
from collections.abc import Iterable

BLACKED = "[redacted]"
"""What stands for removed words; it tells neither them nor their length."""

LEAST = 4
"""Characters; shorter texts say too little to be told from others."""


def fold(text: str) -> str:
    """The text as it is compared: case and spaces make no difference."""
    return " ".join(text.split()).casefold()


class Wording:
    """Removed *names*, which are blacked out wherever they stand, and removed *texts*, which are in messages only.

    They are found as whole words, in any case, with any space between them.
    """

    def __init__(self, names: Iterable[str], texts: Iterable[str]) -> None:
        self._names = _pattern(names)
        self._all = _pattern({*names, *texts})

    def mentions(self, text: str) -> bool:
        """True where a name stands in *text*."""
        return self._names is not None and self._names.search(text) is not None

    def black_out(self, text: str) -> str:
        """The text with its names blacked out."""
        return text if self._names is None else self._names.sub(BLACKED, text)

    def scrub(self, message: str) -> str:
        """The message with every name and every removed text blacked out."""
        return message if self._all is None else self._all.sub(BLACKED, message)


def repeats(message: str, texts: Iterable[str]) -> bool:
    """True where any of *texts* stands in *message*, be it within a word."""
    said = fold(message)
    return any(len(text) >= LEAST and fold(text) in said for text in texts)


def _pattern(texts: Iterable[str]) -> re.Pattern[str] | None:
    """Finds any of the texts, the longest first."""
    known = {fold(text): text for text in sorted(texts) if len(fold(text)) >= LEAST}
    if not known:
        return None
    ordered = sorted(known.values(), key=lambda text: (-len(text), text))
    parts = (r"\s+".join(map(re.escape, text.split())) for text in ordered)
    return re.compile(rf"(?<!\w)(?:{'|'.join(parts)})(?!\w)", re.IGNORECASE)
