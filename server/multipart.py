"""`multipart/form-data`: files that are posted together, copied into one, and where in it each of them stands."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO

from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.sansio.multipart import Data, Epilogue, Event, Field, File, MultipartDecoder, NeedData

from graph.committer import Part
from graph.inputs import FORMATS
from server.errors import BadRequestError
from server.writes import make_file

MULTIPART = "multipart/form-data"
CHUNK = 2**20
MOST_PARTS = 1_000
MOST_HELD = 8 * CHUNK
"""Bytes that may come without a boundary or the end of a part's head: more is no form, and would be held in memory."""

_UNTOLD = ("", "application/octet-stream")
"""What programs say of a file of which they know nothing but its name."""


def split(body: IO[bytes], boundary: str) -> tuple[IO[bytes], tuple[Part, ...]]:
    """A file with what the parts of a form hold, to be closed by the caller, and where in it each of them stands.

    A part whose type is not told is of that which the name of its file ends with. BadRequestError where *body* is no
    such form.
    """
    parts: list[Part] = []
    try:
        output = make_file(_copy(_events(body, boundary), parts))
    except (ValueError, RequestEntityTooLarge) as error:
        shown = f"there are more than {MOST_PARTS} parts" if isinstance(error, RequestEntityTooLarge) else f"{error}"
        raise BadRequestError(f"the body is no {MULTIPART} that can be read: {shown}.", "Send one file.") from None
    return output, tuple(parts)


def _events(body: IO[bytes], boundary: str) -> Iterator[Event]:
    """What the form consists of; ValueError where it is none."""
    if not boundary:
        raise ValueError("its type names no boundary")
    decoder = MultipartDecoder(boundary.encode(), max_parts=MOST_PARTS)
    held = 0
    while True:
        data = body.read(CHUNK)
        held += len(data)
        decoder.receive_data(data or None)
        event = decoder.next_event()
        while not isinstance(event, NeedData):
            held = 0
            yield event
            if isinstance(event, Epilogue):
                return
            event = decoder.next_event()
        if held > MOST_HELD:
            raise ValueError("no boundary comes")


def _copy(events: Iterator[Event], parts: list[Part]) -> Iterator[bytes]:
    """The content of all parts, which are noted in *parts*; ValueError where there is none."""
    place = 0
    for event in events:
        if not isinstance(event, Field | File):
            continue
        start = place
        for data in events:
            if isinstance(data, Data):
                place += len(data.data)
                yield data.data
                if not data.more_data:
                    break
        shown = (event.filename if isinstance(event, File) else event.name) or "a part without a name"
        parts.append(Part(_type_of(event, shown), "", shown, start, place - start))
    if not parts:
        raise ValueError("there is no part in it")


def _type_of(part: Field | File, shown: str) -> str:
    told = part.headers.get("Content-Type", "").strip()
    form = FORMATS.get(shown.rpartition(".")[2].lower())
    if told.lower() not in _UNTOLD or not isinstance(part, File) or form is None:
        return told
    return str(form.media_type)
