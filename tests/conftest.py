"""A tiny invented record, written and built for real: the smallest world in which every stage has something to do."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import hypothesis
import pytest
from flask import Flask

from graph.build import build
from graph.check import locate
from graph.evaluate import Limits
from graph.project import Project
from server import create_app

ROOT = Path(__file__).parent.parent

# The same examples in every run, however busy the machine: a failure must be one that can be run again.
hypothesis.settings.register_profile("fixed", derandomize=True, deadline=None)
hypothesis.settings.load_profile("fixed")

TEXT = """Invented report on an invented land

1. On 3 May 2020, Alfa Anchor, a lawyer of the Harbour
Union, was detained. On 7 June 2020 Alfa Ancor was sentenced to
two years under article 10 (2) of the Code.
2. According to the Ministry, 40 lawyers allegedly lost their licences.

1 See footnote.
"""

DOCUMENT = """\
a: Document
title: {{en: Invented report}}
speaker: O9001 Observers
citeAs: Invented report
sha256: {sha256}
characters: {characters}
locators: [para. 1..2, footnote 1]
"""

ENTITIES = """\
P9001: {a: Person, label: {en: Alfa Anchor, ru: Альфа Анкор}}
P9002: {a: Person, label: {en: Bravo <script>alert(1)</script>}, name: {text: Bravo Bow, origin: checkedElsewhere}}
O9001: {a: CivilSocietyOrganization, label: {en: Observers}}
O9002: {a: CivilSocietyOrganization, label: {en: Harbour Union}}
O9003: {a: StateBody, label: {en: Ministry of Ships}}
G9001: {a: AgentGroup, label: {en: Lawyers of the land}}
law/xx/code: {a: Code, label: {en: Code}}
voc/pretrial: {a: Concept, inScheme: ActType, label: {en: pretrial detention}, definition: Held before trial.}
voc/imprisonment: {a: Concept, inScheme: ActType, label: {en: imprisonment}, definition: Held after a sentence.}
voc/lawyer: {a: Concept, inScheme: Role, label: {en: lawyer}, definition: Practises law.}
voc/persons: {a: Concept, inScheme: Unit, label: {en: persons}, definition: Persons are counted.}
voc/licencesLost:
  a: Indicator
  label: {en: licences lost}
  definition: Licences that lawyers lost.
  unit: persons
"""

CLAIMS = """\
document: invented
passages:
- locator: para. 1
  at: {first}
  phrase: Alfa Anchor, a lawyer of the Harbour Union
  claims:
  - facts:
      P9001 Alfa:
        name: Alfa Anchor
      M9001:
        a: Membership
        member: P9001 Alfa
        organization: O9002 Harbour
        role: lawyer
  - facts:
      E9001:
        a: Detention
        detainee: P9001 Alfa
        actType: pretrial
        start: 2020-05-03
- locator: para. 1
  at: {second}
  phrase: was sentenced to two years
  claims:
  - key: sentence
    facts:
      P9001 Alfa:
        name: Alfa Ancor
      E9002:
        a: Sentence
        convicted: P9001 Alfa
        termMonths: 24
        actType: imprisonment
        legalBasis: law/xx/code/art-10-part-2
        date: 2020-06-07
- locator: para. 2
  at: {third}
  phrase: 40 lawyers allegedly lost their licences
  claims:
  - speaker: O9003 Ministry
    modality: alleged
    facts:
      F9001:
        a: Figure
        indicator: licencesLost
        value: 40
        bound: exact
        unit: persons
        dateNotStated: true
        concerns: G9001 Lawyers
  - status: disputed
    note: Another passage gives three years.
    contradicts: sentence
    facts:
      E9002:
        termMonths: 36
aside:
- locator: footnote 1
  reason: a bare reference
"""


QUESTION = """\
# question: Who was sentenced in the invented land?
# passages: Invented report, para. 1
# answer:
#   person
#   id/P9001
SELECT ?person { ?sentence <https://w3id.org/letapis/ontology#convicted> ?person }
"""


def write_record(root: Path, *, claims: str | None = None, entities: str = ENTITIES, text: str = TEXT) -> Project:
    """A project in *root* with the real ontology and shapes and the invented record, its text added."""
    shutil.copytree(ROOT / "ontology", root / "ontology", dirs_exist_ok=True)
    shutil.copytree(ROOT / "shapes", root / "shapes", dirs_exist_ok=True)
    for name in ("documents", "entities", "claims"):
        (root / "graph" / name).mkdir(parents=True, exist_ok=True)
    sha256 = hashlib.sha256(text.encode()).hexdigest()
    (root / "graph/documents/invented.yml").write_text(DOCUMENT.format(sha256=sha256, characters=len(text)))
    (root / "graph/entities/all.yml").write_text(entities)
    (root / "graph/claims/invented.yml").write_text(claims if claims is not None else claims_text(text))
    (root / "graph/questions/people").mkdir(parents=True, exist_ok=True)
    (root / "graph/questions/people/sentenced.rq").write_text(QUESTION)
    sources = root / "data" / "sources"
    sources.mkdir(parents=True, exist_ok=True)
    (sources / "invented.txt").write_text(text)
    return Project(root, root / "data")


def claims_text(text: str = TEXT) -> str:
    """The claims file with positions that are right for *text*."""
    def at(first: str, last: str) -> str:
        (start, end), *_ = locate(text, first, last)
        return f"{start}-{end}"

    return CLAIMS.format(
        first=at("On 3 May", "detained."), second=at("On 7 June", "of the Code."),
        third=at("According to", "licences."),
    )  # fmt: skip


@pytest.fixture
def record(tmp_path: Path) -> Project:
    """The invented record, written and not yet built; each test may change it."""
    return write_record(tmp_path)


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Project]:
    """Writes the invented record with other claims, entities or text."""
    return lambda **changes: write_record(tmp_path, **changes)


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The invented record with one version; shared, so do not change it."""
    project = write_record(tmp_path_factory.mktemp("built"))
    build(project, by="tests", why="first")
    return project


@pytest.fixture(scope="session")
def app(built: Project) -> Iterator[Flask]:
    """The server on the built invented record."""
    made = create_app(built, Limits(seconds=2, mebibytes=512, workers=4))
    yield made
    made.extensions["letapis"].close()
