"""What a worker may do: take only so much memory, make no connection, open no file; by means of the system (Linux).

Sockets are forbidden by a filter of system calls (seccomp), which every thread and process started later inherits.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import resource
import struct
import sys
from pathlib import Path

_PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _SECCOMP_MODE_FILTER = 38, 22, 2
_LOAD, _IF_EQUAL, _IF_AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_NUMBER_AT, _ARCHITECTURE_AT = 0, 4
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050000 | errno.EACCES
_OTHER_ABI = 0x40000000
_CALLS = {
    # architecture: its code, and its numbers of socket, connect, socketpair, bind, io_uring_setup, execve, execveat
    "x86_64": (0xC000003E, (41, 42, 53, 49, 425, 59, 322)),
    "aarch64": (0xC00000B7, (198, 203, 199, 200, 425, 221, 281)),
}


def limit_memory(mebibytes: int) -> None:
    """Let this process take so much more memory, and leave no core file."""
    held = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    limit = held + mebibytes * 2**20
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def silence() -> None:
    """Write nothing to standard error any more."""
    with Path(os.devnull).open("w") as nowhere:
        os.dup2(nowhere.fileno(), sys.stderr.fileno())


def forbid_files() -> None:
    """Open nothing any more, neither file nor socket."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))


def forbid_sockets() -> bool:
    """Make no socket and run no other program any more; False where the system has no means to ensure that."""
    known = _CALLS.get(platform.machine())
    if known is None:
        return False
    program = b"".join(struct.pack("=HBBI", *step) for step in _filter(*known))
    steps = ctypes.create_string_buffer(program, len(program))
    described = ctypes.create_string_buffer(struct.pack("@HP", len(program) // 8, ctypes.addressof(steps)))
    call = ctypes.CDLL(None, use_errno=True).prctl
    if call(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0):
        return False
    return bool(call(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, described, 0, 0) == 0)


def _filter(architecture: int, calls: tuple[int, ...]) -> list[tuple[int, int, int, int]]:
    """The steps of the filter: what they do, how many to skip if so and if not, and with what."""
    left = len(calls) + 1  # steps from the first comparison of numbers to the last
    return [
        (_LOAD, 0, 0, _ARCHITECTURE_AT),
        (_IF_EQUAL, 0, left + 2, architecture),
        (_LOAD, 0, 0, _NUMBER_AT),
        (_IF_AT_LEAST, left, 0, _OTHER_ABI),
        *((_IF_EQUAL, left - 1 - number, 0, call) for number, call in enumerate(calls)),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _REFUSE),
    ]
