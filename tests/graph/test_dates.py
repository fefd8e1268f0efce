"""Dates: the forms of docs/curating.md, the days they allow, and errors for everything else."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.dates import DateError, day_bounds

DAYS = st.dates()


@pytest.mark.parametrize(
    ("text", "earliest", "latest"),
    [
        ("2020-09-07", "2020-09-07", "2020-09-07"),
        ("2020-09", "2020-09-01", "2020-09-30"),
        ("2020-02", "2020-02-01", "2020-02-29"),
        ("2020", "2020-01-01", "2020-12-31"),
        ("201X", "2010-01-01", "2019-12-31"),
        ("2020-XX", "2020-01-01", "2020-12-31"),
        ("2020-21", "2020-03-01", "2020-05-31"),
        ("2020-09?", "2020-09-01", "2020-09-30"),
        ("2020~", "2020-01-01", "2020-12-31"),
        ("[2020-09-07..2021-09-07]", "2020-09-07", "2021-09-07"),
        ("[..2020-09-07]", None, "2020-09-07"),
        ("[2020-09-07..]", "2020-09-07", None),
        ("2020-05/2020-08", "2020-05-01", "2020-08-31"),
        ("2020-05/..", "2020-05-01", None),
        ("../2020-05", None, "2020-05-31"),
    ],
)
def test_each_form_allows_the_days_it_says(text: str, earliest: str | None, latest: str | None) -> None:
    assert day_bounds(text) == tuple(day and date.fromisoformat(day) for day in (earliest, latest))


def test_an_end_that_is_not_known_is_not_guessed() -> None:
    assert day_bounds("2020-05/") == (date(2020, 5, 1), None)
    assert day_bounds("/2020-05") == (None, date(2020, 5, 31))


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "3 May 2020", "2020-02-30", "2020-13", "2020-00", "20200507", "2020/05/07", "07.05.2020", "soon",
        "2021/2020", "[2021..2020]", "../..", "[..]", "/", "0000", "-0100", "XXXX", "Y17E7", "Y1E99", "Y-170000002",
        "٢٠٢٠-٠٥-٠٧", " 2020", "2020-09-07\n", "2020-05-07..2020-05-08",
    ],
)  # fmt: skip
def test_what_is_no_date_with_days_is_refused(text: str) -> None:
    with pytest.raises(DateError) as caught:
        day_bounds(text)
    assert str(caught.value)


@given(DAYS)
def test_a_day_is_its_own_bounds(day: date) -> None:
    assert day_bounds(day.isoformat()) == (day, day)


@given(DAYS, DAYS)
@settings(deadline=None, max_examples=15)
def test_a_period_has_the_bounds_it_is_written_with_in_order_only(one: date, other: date) -> None:
    for text in (f"{one}/{other}", f"[{one}..{other}]"):
        if one <= other:
            assert day_bounds(text) == (one, other)
        else:
            with pytest.raises(DateError):
                day_bounds(text)


ANYTHING = st.text("0123456789X-/.[]{},?~%SYE", max_size=24)
ALMOST = st.from_regex(r"\A\[?([0-9]{4}(-[0-9]{2}){0,2})?(\.\.|/)([0-9]{4})?\]?\Z")


@given(ANYTHING | ALMOST)
@settings(deadline=None, max_examples=100)
def test_any_text_has_ordered_bounds_or_is_refused(text: str) -> None:
    try:
        earliest, latest = day_bounds(text)
    except DateError:
        return
    assert earliest is not None or latest is not None
    assert earliest is None or latest is None or earliest <= latest
