"""The gate: the fast engine finds what pySHACL finds, in the record as it is and in the ways it can be wrong."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from graph.build import Assembled, Locator, assemble, read_record
from graph.errors import SourceError, Spot
from graph.iris import OWL, RDF_TYPE, RDFS, Names
from graph.project import Project
from graph.rdf import BlankNode, Literal, NamedNode, Quad, Store, Triple, open_memory
from graph.report import Finding
from graph.shapes import Shapes, read_shapes
from graph.validate import validate, view_triples
from graph.validate_reference import validate_by_reference
from tests.conftest import ENTITIES, claims_text

NAMES = Names()
Identity = tuple[str, str, str]


def nowhere(focus: str, path: str | None, value: str | None) -> tuple[Spot, ...]:
    return ()


@pytest.fixture(scope="module")
def shapes(invented: Project) -> list[Shapes]:
    return list(read_shapes(invented.shapes, invented.names).values())


def found(findings: Iterable[Finding]) -> set[Identity]:
    return {finding.identity for finding in findings}


def lighten(store: Store) -> Store:
    """The store, its ontology checked for one term only: checking hundreds costs the reference engine many seconds."""
    checked = NAMES.term("Detention")
    return open_memory(q for q in store if q.predicate.value != f"{RDFS}isDefinedBy" or q.subject == checked)


@pytest.fixture(scope="module")
def unchanged(assembled: Assembled, shapes: list[Shapes]) -> set[Identity]:
    """What is found in the record as it is."""
    return found(validate(lighten(assembled.store), shapes, nowhere).findings)


def test_both_engines_find_the_same_in_the_record_as_it_is(assembled: Assembled, shapes: list[Shapes]) -> None:
    fast = validate(assembled.store, shapes, nowhere)
    assert found(fast.findings) == found(validate_by_reference(assembled.store, shapes, nowhere).findings)
    assert fast.conforms


CLAIMS = claims_text()
IN_CLAIMS = (
    ("convicted: P9001 Alfa", "convicted: [P9001 Alfa, P9002 Bravo]"),
    ("detainee: P9001 Alfa", "detainee: O9003"),
    ("start: 2020-05-03", "start: 2020-05-03\n        end: 2020-01-01"),
    ("termMonths: 24", "termMonths: 24\n        termMonthsMin: 30\n        termMonthsMax: 0"),
    ("legalBasis: law/xx/code/art-10-part-2", "legalBasis: [law/xx/code/art-10-part-2, P9001]"),
    ("name: Alfa Ancor", "name: [{text: Аlfa Ancor, script: Cyrl}, {text: Bravo, script: Xxxx}]"),
    ("organization: O9002 Harbour", "organization: P9002"),
    ("role: lawyer", "start: 2021\n        end: 2020"),
    ("bound: exact", "bound: moreThan"),
    ("dateNotStated: true", "dateNotStated: true\n        date: 2020\n        upper: 3\n        lower: 50"),
    ("concerns: G9001 Lawyers", "concerns: P9001"),
    ("speaker: O9003 Ministry", "speaker: G9001 Lawyers"),
    ("modality: alleged", "modality: asserted"),
)
IN_ENTITIES = (
    (", name: {text: Bravo Bow, origin: checkedElsewhere}", ""),
    ("en: Lawyers of the land", "ru: Lawyers of the land"),
    ("definition: Practises law.", "comment: none"),
    ("label: {en: Code}", "label: {ru: Кодекс}"),
)


def spoil(text: str, mistakes: Iterable[tuple[str, str]]) -> str:
    for right, wrong in mistakes:
        assert right in text
        text = text.replace(right, wrong, 1)
    return text


def test_both_engines_find_the_same_mistakes_of_a_curator(
    write: Callable[..., Project], shapes: list[Shapes], unchanged: set[Identity]
) -> None:
    """All in one record, since the reference engine needs many seconds for each."""
    project = write(claims=spoil(CLAIMS, IN_CLAIMS), entities=spoil(ENTITIES, IN_ENTITIES))
    store = lighten(assemble(project).store)
    fast = found(validate(store, shapes, nowhere).findings)
    assert fast == found(validate_by_reference(store, shapes, nowhere).findings)
    assert len(fast - unchanged) >= 12, "the mistakes are not noticed at all"


def test_both_engines_find_the_same_faults_that_no_file_could_have(
    assembled: Assembled, shapes: list[Shapes], unchanged: set[Identity]
) -> None:
    """Each is one kind of triple lost or one too many: a record as another program might have written it."""
    lost = {NAMES.term(name).value for name in ("speaker", "passage", "sha256", "capture", "directlyIn", "indicator")}
    lost.add("http://www.w3.org/ns/oa#exact")
    quads = [quad for quad in lighten(assembled.store) if quad.predicate.value not in lost]
    claim = next(quad.subject for quad in quads if quad.object == NAMES.term("Claim"))
    detention = NAMES.term("Detention")
    for triple in (
        Triple(claim, NAMES.term("status"), NAMES.voc("rejected")),
        Triple(claim, NAMES.term("modality"), Literal("loud")),
        Triple(NAMES.id("E9001"), NAMES.term("detainee"), Literal("Alfa")),
        Triple(NAMES.id("E9001"), NAMES.term("undeclared"), NAMES.id("E9001")),
        Triple(NAMES.id("E9001"), RDF_TYPE, NAMES.term("Nothing")),
        Triple(NAMES.term("Other"), RDF_TYPE, NamedNode(f"{OWL}Class")),
        Triple(detention, NamedNode(f"{RDFS}label"), Literal("Haft", language="de")),
    ):
        quads.append(Quad(triple.subject, triple.predicate, triple.object))
    store = open_memory(q for q in quads if (q.subject, q.object.value) != (detention, "detention"))
    fast = found(validate(store, shapes, nowhere).findings)
    assert fast == found(validate_by_reference(store, shapes, nowhere).findings)
    assert len(fast - unchanged) >= 10, "the faults are not noticed at all"


def test_a_finding_names_the_line_of_the_value_that_is_wrong(write: Callable[..., Project]) -> None:
    claims = CLAIMS.replace("convicted: P9001 Alfa", "convicted: [P9001 Alfa, P9002 Bravo]")
    project = write(claims=claims)
    _, record = read_record(project)
    store = assemble(project).store
    report = validate(store, read_shapes(project.shapes, project.names).values(), Locator(record).locate)
    line = 1 + claims[: claims.index("convicted:")].count("\n")
    spots = {str(spot) for f in report.findings if f.severity == "Violation" for spot in f.spots}
    assert f"graph/claims/invented.yml:{line}" in spots


def test_every_finding_says_what_is_wrong_and_what_to_do(write: Callable[..., Project]) -> None:
    report = assemble(write(claims=CLAIMS.replace("convicted: P9001 Alfa", "convicted: [P9001, P9002]"))).report
    assert report.findings
    assert all(finding.message and finding.remedy for finding in report.findings)
    assert not any("{?" in finding.message or "{$" in finding.message for finding in report.findings)


def test_the_claims_view_sees_what_anyone_said_and_the_accepted_view_what_a_query_sees(assembled: Assembled) -> None:
    disputed = Triple(NAMES.id("E9002"), NAMES.term("termMonths"),
                      Literal("36", datatype=NamedNode("http://www.w3.org/2001/XMLSchema#integer")))  # fmt: skip
    disputed_too = [t for t in view_triples(assembled.store, "claims") if t.object.value == "36"]
    assert disputed in disputed_too
    assert disputed not in set(view_triples(assembled.store, "accepted"))


def test_shapes_that_the_engine_cannot_use_are_an_error_of_ours(assembled: Assembled, shapes: list[Shapes]) -> None:
    group = shapes[0]
    broken = Shapes(group.view, group.triples, b"no triples", (), group.messages, group.remedies, group.severities)
    with pytest.raises(SourceError, match="cannot be used"):
        validate(assembled.store, [broken], nowhere)


def shapes_of(text: str, folder: Path) -> list[Shapes]:
    prefixes = "@prefix ex: <http://example.org/> . @prefix sh: <http://www.w3.org/ns/shacl#> . "
    (folder / "x.ttl").write_text(prefixes + text)
    return list(read_shapes(folder, NAMES).values())


def test_a_graph_without_a_triple_is_validated_too(tmp_path: Path) -> None:
    made = shapes_of("ex:S a sh:NodeShape ; sh:targetNode ex:n ; sh:property ex:P . "
                     "ex:P a sh:PropertyShape ; sh:path ex:p ; sh:minCount 1 .", tmp_path)  # fmt: skip
    assert found(validate(open_memory(), made, nowhere).findings) == {
        ("http://example.org/P", "http://example.org/n", "Violation")
    }


def test_a_focus_node_that_is_no_iri_has_one_name_whichever_engine_finds_it(tmp_path: Path) -> None:
    made = shapes_of("""
        ex:prefixes sh:declare [ sh:prefix "ex" ; sh:namespace "http://example.org/" ] .
        ex:S a sh:NodeShape ; sh:targetObjectsOf ex:p ; sh:nodeKind sh:IRI ; sh:sparql [ sh:prefixes ex:prefixes ;
            sh:message "no" ; sh:select "SELECT $this WHERE { ?x ex:p $this FILTER (!isIRI($this)) }" ] .
    """, tmp_path)  # fmt: skip
    xsd = "http://www.w3.org/2001/XMLSchema#"
    texts = [Literal('a "b"\n', language="en"), Literal("plain"), Literal("5", datatype=NamedNode(f"{xsd}integer")),
             Literal("true", datatype=NamedNode(f"{xsd}boolean")), Literal("x", datatype=NamedNode("http://e.org/t")),
             BlankNode("node")]  # fmt: skip
    store = open_memory(Quad(NamedNode("http://example.org/n"), NamedNode("http://example.org/p"), t) for t in texts)
    by_component: dict[str, set[str]] = {}
    for finding in validate(store, made, nowhere).findings:
        by_component.setdefault(finding.component, set()).add(finding.focus)
    assert [*by_component.values()] == [{str(text) for text in texts}] * 2


def test_after_shapes_that_cannot_be_used_others_are(assembled: Assembled, shapes: list[Shapes]) -> None:
    before = validate(assembled.store, shapes, nowhere)
    broken = dataclasses.replace(shapes[0], core=b"no triples")
    with pytest.raises(SourceError):
        validate(assembled.store, [broken], nowhere)
    assert validate(assembled.store, shapes, nowhere) == before


def test_what_the_engine_says_itself_is_the_same_each_time(tmp_path: Path) -> None:
    made = shapes_of("ex:S a sh:NodeShape ; sh:targetNode ex:n ; sh:property ex:P . "
                     "ex:P a sh:PropertyShape ; sh:path ex:p ; sh:uniqueLang true .", tmp_path)  # fmt: skip
    node, path = NamedNode("http://example.org/n"), NamedNode("http://example.org/p")
    store = open_memory(Quad(node, path, Literal(text, language="en")) for text in "abcdefgh")
    said = {finding.message for _ in range(5) for finding in validate(store, made, nowhere).findings}
    assert len(said) == 1 and "en" in said.pop()
