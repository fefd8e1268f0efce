"""What a command costs: its seconds, and the most memory that it and its children held together."""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_INTERVAL = 0.1
GIB = 1 << 30


@dataclass(frozen=True)
class Cost:
    """Seconds, bytes at the peak (pages that processes share are counted once), and what was printed."""

    seconds: float
    memory: int
    output: str = ""

    def then(self, later: Cost) -> Cost:
        """The cost of this and *later*, one after the other."""
        return Cost(self.seconds + later.seconds, max(self.memory, later.memory))

    @property
    def shown(self) -> str:
        """For the table."""
        return f"{self.seconds:.1f} s, {self.memory / GIB:.2f} GiB"


def run_metered(command: Sequence[str]) -> Cost:
    """What *command* costs, which must succeed."""
    started = time.monotonic()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        peak = [0]
        watch = threading.Thread(target=_watch, args=(process, peak), daemon=True)
        watch.start()
        output, _ = process.communicate()
    seconds = time.monotonic() - started
    watch.join()
    if process.returncode != 0:
        raise subprocess.CalledProcessError(process.returncode, command, output)
    return Cost(seconds, peak[0], output)


def _watch(process: subprocess.Popen[str], peak: list[int]) -> None:
    while process.poll() is None:
        peak[0] = max(peak[0], sum(_memory(pid) for pid in _family(process.pid)))
        time.sleep(_INTERVAL)


def _family(pid: int) -> list[int]:
    """The process and all that it started."""
    found = [pid]
    for task in _paths(Path(f"/proc/{pid}/task")):
        for child in _text(task / "children").split():
            found += _family(int(child))
    return found


def _memory(pid: int) -> int:
    """The process's part of the memory: what it shares with others is divided among them."""
    for line in _text(Path(f"/proc/{pid}/smaps_rollup")).splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    return 0


def _paths(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:  # it ended in the meantime
        return []


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""
