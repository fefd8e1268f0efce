"""The findings that a version was accepted with (warnings and remarks), kept with it, one JSON object a line."""

from __future__ import annotations

import json
from collections.abc import Iterable

from graph.report import Finding
from graph.versions import Version

FINDINGS = "findings.jsonl"


def read_findings(version: Version) -> list[Finding]:
    """The findings that *version* was accepted with; none for one made before findings were kept."""
    path = version.folder / FINDINGS
    if not path.exists():
        return []
    return [Finding.from_json(json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()]


def write_findings(findings: Iterable[Finding]) -> bytes:
    """The findings as they are kept: in one order, and with the places in files, which a later change may move."""
    return "".join(f"{_line(finding)}\n" for finding in sorted(findings)).encode()


def _line(finding: Finding) -> str:
    return json.dumps(finding.to_json(), ensure_ascii=False, sort_keys=True)
