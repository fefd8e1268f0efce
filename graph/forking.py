"""Forking a process for each connection, and the frames that the two sides exchange.

A socket pair is made by the side that asks, and one end sent over a control socket; the process at its other end forks,
and the new process keeps that end as its connection. So a connection is a process of its own, nothing needs a name in
the file system, and whatever dies is noticed as an end of file.

Frames: a request is a length and JSON, file descriptors beside the length. A reply is frames of one letter, a length
and bytes, of which the first is `P`, the number of the process.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import select
import signal
import socket
import struct
import sys
import threading
import time
from collections.abc import Callable, Sequence
from typing import NoReturn

IDLE_SECONDS = 0.2
"""How long nothing must be asked for before a forking process does what can wait."""
KILL_SECONDS = 10.0
"""How long a killed process is waited for: a call to the system may have to end first."""
DESCRIPTORS = 16
_PR_SET_PDEATHSIG = 1


def send_frame(connection: socket.socket, letter: bytes, payload: bytes | bytearray = b"") -> None:
    """Send one frame."""
    connection.sendall(letter + struct.pack("!I", len(payload)) + payload)


def receive_exactly(connection: socket.socket, size: int) -> bytes:
    """*size* bytes from the connection; EOFError where it ends before."""
    parts = bytearray()
    while len(parts) < size:
        part = connection.recv(size - len(parts))
        if not part:
            raise EOFError
        parts += part
    return bytes(parts)


def receive_request(connection: socket.socket) -> tuple[bytes, list[int]]:
    """The next request and the file descriptors that came with it; EOFError where there is none."""
    head, handles, _, _ = socket.recv_fds(connection, 4, DESCRIPTORS, socket.MSG_CMSG_CLOEXEC)
    if len(head) < 4:
        raise EOFError
    return receive_exactly(connection, struct.unpack("!I", head)[0]), handles


def fork_for_each(
    control: socket.socket, work: Callable[[socket.socket], None], idle: Callable[[], None] | None = None
) -> None:
    """Run *work* in a new process for each socket that comes over *control*, until its other end is closed.

    The process ends with *work*, with this one, or when it is killed. *idle* is called once, when nothing came for a
    while.
    """
    parent = os.getpid()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the system reaps them
    control.settimeout(IDLE_SECONDS if idle else None)
    while True:
        try:
            said, handles, _, _ = socket.recv_fds(control, 1, 1, socket.MSG_CMSG_CLOEXEC)
        except TimeoutError:
            control.settimeout(None)
            if idle:
                idle()
            continue
        if not said:
            return
        for handle in handles:
            # Where there can be no more processes, the other side sees its connection end.
            with socket.socket(fileno=handle) as connection, contextlib.suppress(OSError):
                if os.fork() == 0:
                    _be_forked(parent, control, connection, work)


def _be_forked(
    parent: int, control: socket.socket, connection: socket.socket, work: Callable[[socket.socket], None]
) -> NoReturn:
    """All that a forked process does; whatever happens, it never returns into the loop of its parent."""
    status = 1
    try:
        control.close()
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() == parent:  # else it died before that call
            with contextlib.suppress(EOFError, ConnectionError):
                send_frame(connection, b"P", str(os.getpid()).encode())
                work(connection)
            status = 0
    except BaseException:
        sys.excepthook(*sys.exc_info())
        raise
    finally:
        os._exit(status)


def is_closed(connection: socket.socket) -> bool:
    """True where the other side has closed the connection, as it does when it dies, and has said nothing before."""
    try:
        return connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True


class Forked:
    """A process that was forked for us, and the connection to it."""

    def __init__(self, control: socket.socket, lock: threading.Lock, deadline: float | None = None) -> None:
        """Ask for one over *control*, which must be closed under *lock* only: its number may become another's.

        TimeoutError past *deadline*; EOFError or OSError where there can be none.
        """
        self.connection, theirs = socket.socketpair()
        try:
            with theirs, lock:
                socket.send_fds(control, [b"+"], [theirs.fileno()])
            letter, payload = self.receive(deadline)
            if letter != b"P":
                raise EOFError
            self.pid = int(payload)
            # A handle, not a number: the number could be another process's by the time it is needed.
            self._handle = os.pidfd_open(self.pid)
        except BaseException:
            self.connection.close()
            raise

    def send(self, payload: bytes, handles: Sequence[int] = ()) -> None:
        """Send one request."""
        self.connection.settimeout(None)
        head = struct.pack("!I", len(payload))
        if handles:
            socket.send_fds(self.connection, [head], handles)
            head = b""
        self.connection.sendall(head + payload)

    def receive(self, deadline: float | None) -> tuple[bytes, bytes]:
        """One frame; TimeoutError past *deadline*, EOFError where the process died."""
        head = self._receive(5, deadline)
        size = struct.unpack("!I", head[1:])[0]
        return head[:1], self._receive(size, deadline) if size else b""

    def _receive(self, size: int, deadline: float | None) -> bytes:
        remaining = None if deadline is None else max(deadline - time.monotonic(), 0.001)
        self.connection.settimeout(remaining)
        return receive_exactly(self.connection, size)

    def kill(self, *, wait: bool = False) -> None:
        """End the process at once; with *wait*, return when nothing that it began can still take effect."""
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._handle, signal.SIGKILL)
        if wait:
            select.select([self._handle], [], [], KILL_SECONDS)
        self.close()

    def close(self) -> None:
        """Let the process end by itself."""
        os.close(self._handle)
        self.connection.close()
