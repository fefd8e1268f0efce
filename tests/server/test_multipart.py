"""Files that are posted together: each of them found in one file, whole, with its type and name."""

from __future__ import annotations

import io

import hypothesis.strategies as st
import pytest
from hypothesis import given

from graph.committer import Part
from server import multipart
from server.errors import BadRequestError
from server.multipart import split


def part(content: bytes, name: str = "a.ttl", media_type: str = "text/turtle") -> bytes:
    kind = f"Content-Type: {media_type}\r\n" if media_type else ""
    head = f'--b\r\nContent-Disposition: form-data; name="x"; filename="{name}"\r\n{kind}\r\n'
    return head.encode() + content + b"\r\n"


def read(*parts: bytes) -> list[tuple[Part, bytes]]:
    """The parts of a form, each with its content."""
    file, found = split(io.BytesIO(b"".join(parts) + b"--b--\r\n"), "b")
    with file:
        whole = file.read()
    return [(each, whole[each.start : each.start + each.size]) for each in found]


@given(st.lists(st.binary(max_size=80).filter(lambda content: b"--b" not in content), min_size=1, max_size=4))
def test_each_part_is_found_whole(contents: list[bytes]) -> None:
    assert [content for _, content in read(*map(part, contents))] == contents


def test_a_part_larger_than_what_is_read_at_once_is_found_whole() -> None:
    large = b"\r\n-x" * (multipart.CHUNK // 2)
    ((found, content), (_, small)) = read(part(large), part(b"small"))
    assert (found.size, content == large, small) == (len(large), True, b"small")


@pytest.mark.parametrize(
    ("name", "sent", "read_as"),
    [("a.ttl", "application/n-quads", "application/n-quads"),
     ("a.nq", "application/octet-stream", "application/n-quads"),
     ("a.NT", "", "application/n-triples"), ("a.csv", "", ""),
     ("a", "application/octet-stream", "application/octet-stream")],
)  # fmt: skip
def test_a_part_is_of_the_type_that_is_told_or_else_that_its_name_ends_with(name: str, sent: str, read_as: str) -> None:
    ((found, _),) = read(part(b"", name, sent))
    assert (found.content_type, found.shown) == (read_as, name)


@pytest.mark.parametrize(
    ("body", "boundary"),
    [(b"", "b"), (b"--b--\r\n", "b"), (part(b"x"), "b"), (part(b"x") + b"--b--", ""),
     (b"--b\r\nX: y\r\n\r\nx\r\n--b--", "b"),
     (b"x" * (multipart.MOST_HELD + 2 * multipart.CHUNK), "b"),
     (part(b"x") * (multipart.MOST_PARTS + 1) + b"--b--", "b")],
    ids=["nothing", "no part", "no end", "no boundary", "no disposition", "no form", "too many"],
)  # fmt: skip
def test_what_is_no_form_is_refused(body: bytes, boundary: str) -> None:
    with pytest.raises(BadRequestError, match="multipart/form-data"):
        split(io.BytesIO(body), boundary)
