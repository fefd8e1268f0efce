"""The findings that a version was accepted with (warnings and remarks), kept with it, one JSON object a line."""

from __future__ import annotations

import json
from collections.abc import Iterable

from graph.errors import Spot
from graph.report import Finding
from graph.versions import Version

FINDINGS = "findings.jsonl"
_KEPT = ("severity", "shape", "focus", "path", "value", "message", "remedy", "component")


def read_findings(version: Version) -> list[Finding]:
    """The findings that *version* was accepted with; none for one made before findings were kept."""
    path = version.folder / FINDINGS
    if not path.exists():
        return []
    return [_finding(line) for line in path.read_text(encoding="utf-8").splitlines()]


def write_findings(findings: Iterable[Finding]) -> bytes:
    """The findings as they are kept: in one order, and with the places in files, which a later change may move."""
    return "".join(f"{_line(finding)}\n" for finding in sorted(findings)).encode()


def _line(finding: Finding) -> str:
    content = {key: getattr(finding, key) for key in _KEPT}
    spots = [[spot.file, spot.line] for spot in finding.spots]
    return json.dumps({**content, "spots": spots}, ensure_ascii=False, sort_keys=True)


def _finding(line: str) -> Finding:
    content = json.loads(line)
    spots = tuple(Spot(file, number) for file, number in content.pop("spots"))
    return Finding(**content, spots=spots)
