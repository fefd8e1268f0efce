"""Invented words, names and days for invented data: a number tells each, and no two numbers give the same name."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date
from random import Random

_CONSONANTS, _VOWELS = "bdfghklmnprstvz", "aeiou"
_SYLLABLES = [consonant + vowel for consonant in _CONSONANTS for vowel in _VOWELS]
_FAMILY_NAMES = len(_SYLLABLES) ** 4
_RUSSIAN = str.maketrans("bdfghklmnprstvzaeiou", "бдфгхклмнпрствзаеиоу")
_BELARUSIAN = str.maketrans("bdfghklmnprstvzaeiou", "бдфгхклмнпрствзаэіоу")
_POLISH = str.maketrans("v", "w")


@dataclass(frozen=True)
class Dated:
    """An EDTF date as written, and the earliest and latest day that it allows (None where it is open)."""

    text: str
    earliest: str | None
    latest: str | None


def word(number: int, syllables: int) -> str:
    """The invented word of *number*, capitalized; equal only for numbers equal modulo 75 to the power *syllables*."""
    parts = []
    for _ in range(syllables):
        number, last = divmod(number, len(_SYLLABLES))
        parts.append(_SYLLABLES[last])
    return "".join(parts).capitalize()


def person_name(number: int) -> str:
    """The name of person *number*, in Latin letters; its own for any two numbers below 31 million."""
    return f"{word(number * 31, 2)} {word(number * 7919 % _FAMILY_NAMES, 4)}"


def in_language(text: str, language: str) -> str:
    """An invented word or name as it is written in *language*: `en`, `pl`, `be` or `ru`."""
    tables = {"pl": _POLISH, "be": _BELARUSIAN, "ru": _RUSSIAN}
    return text.lower().translate(tables[language]).title() if language in tables else text


def phrase(random: Random) -> str:
    """Five invented words."""
    return " ".join(word(random.randrange(1 << 30), 2 + (random.random() < 0.4)).lower() for _ in range(5))


def day(ordinal: int) -> Dated:
    """One day."""
    text = date.fromordinal(ordinal).isoformat()
    return Dated(text, text, text)


def month(within: date) -> Dated:
    """The month of a day."""
    last = calendar.monthrange(within.year, within.month)[1]
    return Dated(within.isoformat()[:7], within.replace(day=1).isoformat(), within.replace(day=last).isoformat())


def when(random: Random, first: int, last: int) -> Dated:
    """Some time between two days (ordinals): a day, a month, or a day known by bounds only."""
    start = random.randint(first, last)
    kind = random.random()
    if kind < 0.6:
        return day(start)
    if kind < 0.8:
        whole = month(date.fromordinal(start))
        is_within = _ordinal(whole.earliest) >= first and _ordinal(whole.latest) <= last
        return whole if is_within else day(start)
    end = date.fromordinal(random.randint(start, last)).isoformat()
    begin = date.fromordinal(start).isoformat()
    if kind < 0.9 and begin < end:
        return Dated(f"[{begin}..{end}]", begin, end)
    return Dated(f"[..{end}]", None, end)


def _ordinal(text: str | None) -> int:
    return date.fromisoformat(text or "").toordinal()
