"""A real port on the loopback that counts who connects to it."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

BAD_GATEWAY = b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class Listener:
    """The port, and how many connections it has seen; `seen` settles once a later connection of ours was counted."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._socket.getsockname()[1])
        self.url = f"http://127.0.0.1:{self.port}/sparql"
        self._accepted: list[bytes] = []
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            connection, _ = self._socket.accept()
            with connection:
                asked = connection.recv(1024)
                if asked == b"stop":
                    break
                self._accepted.append(asked)
                connection.sendall(BAD_GATEWAY)

    def stop(self) -> list[bytes]:
        """What each connection said, up to now: connections are taken in order, and the last one is ours."""
        if self._thread.is_alive():
            with socket.create_connection(("127.0.0.1", self.port)) as connection:
                connection.sendall(b"stop")
            self._thread.join()
            self._socket.close()
        return self._accepted


@contextmanager
def listening() -> Iterator[Listener]:
    """A listener for a test."""
    listener = Listener()
    try:
        yield listener
    finally:
        listener.stop()
