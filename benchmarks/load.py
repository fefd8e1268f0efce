"""A load of GET requests over keep-alive connections, from processes of its own so that no one Python limits it."""

from __future__ import annotations

import multiprocessing
import socket
import time
from collections.abc import Sequence

PROCESSES = 2
CONNECTIONS = 4


def requests_per_second(port: int, paths: Sequence[str], seconds: float) -> float:
    """Answers per second on eight connections that ask for *paths* in turn; each answer must be a 200."""
    context = multiprocessing.get_context("spawn")
    with context.Pool(PROCESSES) as pool:
        counts = pool.starmap(_ask, [(port, paths[n::PROCESSES], seconds) for n in range(PROCESSES)])
    return sum(counts) / seconds


def _ask(port: int, paths: Sequence[str], seconds: float) -> int:
    sockets = [socket.create_connection(("127.0.0.1", port)) for _ in range(CONNECTIONS)]
    requests = [_request(path, port) for path in paths]
    done, number, end = 0, 0, time.monotonic() + seconds
    for sock in sockets:
        sock.sendall(requests[number % len(requests)])
        number += 1
    while time.monotonic() < end:
        for sock in sockets:
            _read_answer(sock)
            done += 1
            sock.sendall(requests[number % len(requests)])
            number += 1
    for sock in sockets:
        sock.close()
    return done


def _request(path: str, port: int) -> bytes:
    lines = (f"GET {path} HTTP/1.1", f"Host: 127.0.0.1:{port}", "Accept: application/sparql-results+json", "", "")
    return "\r\n".join(lines).encode()


def _read_answer(sock: socket.socket) -> None:
    data = b""
    while b"\r\n\r\n" not in data:
        data += _receive(sock)
    head, _, body = data.partition(b"\r\n\r\n")
    if b" 200 " not in head.split(b"\r\n", 1)[0]:
        raise RuntimeError(f"not a 200: {head[:80]!r}")
    length = next(int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
    missing = length - len(body)
    while missing > 0:
        missing -= len(_receive(sock))


def _receive(sock: socket.socket) -> bytes:
    part = sock.recv(65536)
    if not part:
        raise RuntimeError("the server closed the connection")
    return part
