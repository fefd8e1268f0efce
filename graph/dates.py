"""Dates as curators write them (EDTF, ISO 8601-2) and the earliest and latest day they allow; the fence around edtf."""

from __future__ import annotations

import contextlib
import io
import re
from datetime import date
from functools import cache
from time import struct_time

import edtf
from edtf.parser.edtf_exceptions import EDTFParseException

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


class DateError(ValueError):
    """The text is not an EDTF date that has days."""


@cache
def day_bounds(text: str) -> tuple[date | None, date | None]:
    """The earliest and latest day of an EDTF date; None where it is open on that side.

    Raises DateError. Plain days take a short cut, since the parser needs milliseconds for each.
    """
    try:
        if text != text.strip():
            raise DateError("there are spaces around it")
        if _DAY.fullmatch(text):
            day = date.fromisoformat(text)
            return day, day
        with contextlib.redirect_stdout(io.StringIO()):  # the parser prints what it cannot read
            parsed = edtf.parse_edtf(_open_unknown(text))
        earliest, latest = _day(parsed.lower_strict()), _day(parsed.upper_strict())
    except (EDTFParseException, ValueError, OverflowError, TypeError) as error:  # TypeError: edtf on `../0`
        raise DateError(str(error).splitlines()[0]) from None
    if earliest is None and latest is None:
        raise DateError("it names no day on either side")
    if earliest is not None and latest is not None and earliest > latest:
        raise DateError(f"it ends ({latest}) before it starts ({earliest})")
    return earliest, latest


def _open_unknown(text: str) -> str:
    """An unknown end (`2020-05/`) as an open one (`2020-05/..`): the parser would guess ten years."""
    return (".." if text.startswith("/") else "") + text + (".." if text.endswith("/") else "")


def _day(moment: struct_time | float) -> date | None:
    return date(*moment[:3]) if isinstance(moment, struct_time) else None
