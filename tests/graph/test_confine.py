"""What a confined process can no longer do, and what it still can."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.conftest import ROOT

# Confines itself as it is told, then tries each thing and says what came of it.
SCRIPT = """
import os, socket, sys, threading
from graph import confine
confine.silence()
limited = getattr(confine, sys.argv[1])
limited(64) if sys.argv[1] == "limit_memory" else limited()

def tries():
    for what in (
        lambda: open("/dev/null").close(), socket.socket, socket.socketpair, lambda: bytearray(2**27),
        lambda: os.execv("/nowhere", ["nowhere"]),
    ):
        try:
            what()
            print("done", end=" ")
        except (OSError, MemoryError) as error:
            print(type(error).__name__, end=" ")

tries()
thread = threading.Thread(target=tries)
thread.start()
thread.join()
"""


@pytest.mark.parametrize(
    ("fence", "said"),
    [
        ("silence", ["done", "done", "done", "done", "FileNotFoundError"]),
        ("forbid_files", ["OSError", "OSError", "OSError", "done", "FileNotFoundError"]),
        ("forbid_sockets", ["done", "PermissionError", "PermissionError", "done", "PermissionError"]),
        ("limit_memory", ["done", "done", "done", "MemoryError", "FileNotFoundError"]),
    ],
)
def test_each_fence_takes_what_it_says_from_every_thread_and_nothing_else(fence: str, said: list[str]) -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT, fence], cwd=ROOT, text=True, capture_output=True,
                          timeout=60, check=True)  # fmt: skip
    assert done.stdout.split() == said * 2
    assert done.stderr == ""
