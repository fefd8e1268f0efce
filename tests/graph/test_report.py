"""The report: findings in one order, as text for people, as JSON for programs, as a SHACL report for others."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rdflib import BNode, Graph, Literal
from rdflib.namespace import RDF, SH

from graph.errors import Spot
from graph.rdf import RdfFormat
from graph.report import SEVERITIES, Finding, Report

IRI = "http://example.org/"


def finding(severity: str = "Violation", **parts: object) -> Finding:
    made: dict[str, object] = {
        "severity": severity, "shape": f"{IRI}Shape", "focus": f"{IRI}a", "path": f"{IRI}p", "value": "3",
        "message": "It is three.", "remedy": "Make it four.", "component": f"{IRI}Component",
        "spots": (Spot("graph/claims/x.yml", 3),),
    }  # fmt: skip
    return Finding(**{**made, **parts})  # type: ignore[arg-type]


FINDINGS = st.builds(
    finding, st.sampled_from(SEVERITIES), focus=st.sampled_from([f"{IRI}{letter}" for letter in "abc"]),
    path=st.none() | st.just(f"{IRI}p"), value=st.none() | st.text(max_size=5) | st.just(f"{IRI}v"),
    spots=st.lists(st.builds(Spot, st.sampled_from(["x.yml", "y.yml"]), st.integers(1, 9)), max_size=7).map(tuple),
)  # fmt: skip


@pytest.mark.parametrize(("severities", "conforms"), [([], True), (["Warning", "Info"], True), (["Violation"], False)])
def test_only_a_violation_refuses(severities: list[str], conforms: bool) -> None:
    assert Report([finding(severity) for severity in severities]).conforms is conforms


def test_a_finding_names_place_problem_and_remedy() -> None:
    text = finding().to_text()
    assert text.startswith("graph/claims/x.yml:3: Violation: It is three.")
    assert "Make it four." in text and f"{IRI}Shape" in text and f"{IRI}a" in text


def test_a_finding_on_what_no_file_says_tells_so() -> None:
    assert "no file" in finding(spots=()).to_text().splitlines()[0]


@given(st.lists(FINDINGS, max_size=12))
def test_findings_are_ordered_worst_first_whatever_order_they_came_in(findings: list[Finding]) -> None:
    ordered = Report(findings).ordered()
    assert [SEVERITIES.index(f.severity) for f in ordered] == sorted(SEVERITIES.index(f.severity) for f in findings)


@given(st.lists(FINDINGS, max_size=12))
def test_a_report_as_json_has_every_finding(findings: list[Finding]) -> None:
    read = json.loads(json.dumps(Report(findings).to_json()))
    assert read["conforms"] is not any(f.severity == "Violation" for f in findings)
    assert len(read["results"]) == len(findings)


@given(st.lists(FINDINGS, max_size=8))
def test_a_report_as_rdf_is_a_shacl_report_that_another_reader_reads(findings: list[Finding]) -> None:
    graph = Graph().parse(data=Report(findings).to_rdf(RdfFormat.TURTLE), format="turtle")
    (root,) = graph.subjects(RDF.type, SH.ValidationReport)
    assert str(graph.value(root, SH.conforms)) == str(Report(findings).conforms).lower()
    results = list(graph.objects(root, SH.result))
    assert len(results) == len(findings)
    for result in results:
        for needed in (SH.focusNode, SH.resultSeverity, SH.sourceConstraintComponent, SH.resultMessage):
            assert graph.value(result, needed) is not None


def test_a_long_report_is_cut_and_says_so() -> None:
    text = Report([finding(focus=f"{IRI}{n}") for n in range(60)]).to_text(limit=50)
    assert text.count("Violation: ") == 50
    assert "and 10 more" in text and text.endswith("60 Violation, 0 Warning, 0 Info")


def test_severities_that_were_not_asked_for_are_counted_but_not_shown() -> None:
    text = Report([finding("Info"), finding("Violation")]).to_text(severities=["Violation"])
    assert "Info: It is" not in text and "1 Info" in text


def test_two_engines_agree_by_shape_focus_and_severity() -> None:
    assert finding(message="other", path=None).identity == finding().identity
    assert finding("Warning").identity != finding().identity


@pytest.mark.parametrize("focus", ["_:report", '"a text"@en', f"{IRI}x"])
def test_a_focus_node_of_any_kind_stands_in_a_report_as_rdf(focus: str) -> None:
    made = finding(focus=focus, shape="_:shape")
    graph = Graph().parse(data=Report([made]).to_rdf(RdfFormat.TURTLE), format="turtle")
    (node,) = graph.objects(None, SH.focusNode)
    assert str(node) == focus if focus == f"{IRI}x" else isinstance(node, BNode | Literal)
    assert len(set(graph.subjects(RDF.type, SH.ValidationReport))) == 1
