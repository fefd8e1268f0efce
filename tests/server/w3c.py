"""The W3C test suites for SPARQL 1.1 beside the project, and the names in their manifests."""

from __future__ import annotations

import pytest
from rdflib import Namespace

from tests.conftest import ROOT

SUITE = ROOT.parent / "shared" / "w3c" / "sparql11"
MF = Namespace("http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#")
HT = Namespace("http://www.w3.org/2011/http#")
CNT = Namespace("http://www.w3.org/2011/content#")


def need_suite() -> None:
    """Skip the module that asks where the suite is not there."""
    if not SUITE.is_dir():
        pytest.skip(f"the W3C test suite is not at {SUITE}", allow_module_level=True)
