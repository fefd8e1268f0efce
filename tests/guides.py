"""Guides whose commands are run as they stand: the blocks of a page, and the shell that a reader has."""

from __future__ import annotations

import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path

_BLOCK = re.compile(r"```sh\n(.*?)```\n(?:\n```text\n(.*?)```\n)?", re.DOTALL)


@dataclass(frozen=True)
class Step:
    """A block of commands of a guide, and what it says that they print."""

    commands: str
    shown: str

    def __str__(self) -> str:
        return next((line for line in self.commands.splitlines() if line.startswith("letapis")), self.commands)[:60]


def read_steps(guide: str) -> list[Step]:
    """The blocks of a guide, in its order."""
    return [Step(commands, shown) for commands, shown in _BLOCK.findall(guide)]


def environment(**more: str) -> dict[str, str]:
    """What a shell has where `letapis` is installed, without settings of this project's own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LETAPIS_", "DATA"))}
    return {**kept, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{kept['PATH']}", **more}
