"""The ontology: every key, class and scheme of docs/curating.md is there, and every term is complete."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from graph.build import read_record
from graph.claims import MODALITIES, STATUSES
from graph.errors import SourceError
from graph.iris import DCT, OWL, PREF_LABEL, RDF_TYPE, RDFS, SCHEMA, SKOS, XSD, Names
from graph.literals import LANG_STRING
from graph.ontology import Ontology, read_ontology
from graph.project import Project
from graph.rdf import Literal, NamedNode, Term
from graph.rules import Rule
from tests.conftest import ROOT

NAMES = Names()
BOUNDS = ("exact", "approximately", "moreThan", "atLeast", "almost", "lessThan", "upTo", "range", "orderOfMagnitude")
GUIDE = (ROOT / "docs" / "curating.md").read_text(encoding="utf-8")
MODULES = sorted((ROOT / "ontology").glob("*.ttl"))
KINDS = tuple(f"{OWL}{kind}" for kind in ("Class", "ObjectProperty", "DatatypeProperty", "AnnotationProperty"))
READER_KEYS = {"a", "name"}  # read by graph.facts itself


def section(title: str) -> str:
    return GUIDE.split(f"### {title}\n")[1].split("\n## ")[0].split("\n### ")[0]


def ticked(text: str, pattern: str) -> list[str]:
    return [found for found in re.findall(r"`([^`]*)`", text) if re.fullmatch(pattern, found)]


def documented_keys() -> list[str]:
    table = [line.split("|")[2] for line in section("Keys").splitlines() if line.startswith("| ")][1:]
    return sorted({key.split(":")[0] for row in table for key in ticked(row, "[a-z][A-Za-z]*(: true)?")})


def about(ontology: Ontology) -> dict[Term, list[tuple[str, Term]]]:
    facts: dict[Term, list[tuple[str, Term]]] = {}
    for quad in ontology.quads:
        facts.setdefault(quad.subject, []).append((quad.predicate.value, quad.object))
    return facts


@pytest.mark.parametrize("key", documented_keys())
def test_a_key_of_the_guide_is_a_property(ontology: Ontology, key: str) -> None:
    assert key in READER_KEYS | set(ontology.properties)


def test_the_guide_names_at_least_the_keys_it_has_today() -> None:
    assert len(documented_keys()) > 60


def test_every_key_of_the_ontology_stands_in_the_guide(ontology: Ontology) -> None:
    assert not {key for key in ontology.properties if not re.search(rf"\b{key}\b", GUIDE)}


@pytest.mark.parametrize("name", sorted(set(ticked(section("Classes"), "[A-Z][A-Za-z]+"))))
def test_a_class_of_the_guide_exists(ontology: Ontology, name: str) -> None:
    assert name in ontology.classes


@pytest.mark.parametrize("name", ticked(GUIDE.split("`inScheme` is one of")[1].split("\n")[0], "[A-Z][A-Za-z]+"))
def test_a_scheme_of_the_guide_exists(ontology: Ontology, name: str) -> None:
    assert (RDF_TYPE.value, NamedNode(f"{SKOS}ConceptScheme")) in about(ontology)[NAMES.term(name)]


@pytest.mark.parametrize(
    ("scheme", "values"),
    [("Modality", MODALITIES), ("Status", STATUSES), ("Bound", BOUNDS)],
)
def test_a_closed_list_is_the_same_in_code_guide_and_ontology(
    ontology: Ontology, scheme: str, values: tuple[str, ...]
) -> None:
    members = {q.subject for q in ontology.quads
               if q.predicate.value == f"{SKOS}inScheme" and q.object == NAMES.term(scheme)}  # fmt: skip
    assert members == {NAMES.voc(value) for value in values}
    assert all(f"`{value}`" in GUIDE for value in values)


def test_every_term_has_labels_in_three_languages_definition_example_and_source(ontology: Ontology) -> None:
    lacking = []
    for subject, facts in about(ontology).items():
        if not isinstance(subject, NamedNode) or not any(p == RDF_TYPE.value and o.value in KINDS for p, o in facts):
            continue
        labels = [o for p, o in facts if p in (f"{RDFS}label", PREF_LABEL.value) and isinstance(o, Literal)]
        have = {label.language for label in labels} | {p for p, _ in facts}
        wanted = {"en", "be", "ru", f"{SKOS}definition", f"{SKOS}example", f"{DCT}source", f"{RDFS}isDefinedBy"}
        lacking += [f"{subject}: {word}" for word in sorted(wanted - have)]
        lacking += [f"{subject}: two labels in one language"] * (len(labels) != len({o.language for o in labels}))
    assert lacking == []


def test_every_closed_concept_has_labels_in_three_languages_and_a_definition(ontology: Ontology) -> None:
    for subject, facts in about(ontology).items():
        if (RDF_TYPE.value, NamedNode(f"{SKOS}Concept")) in facts:
            languages = {o.language for p, o in facts if p == PREF_LABEL.value and isinstance(o, Literal)}
            assert languages >= {"en", "be", "ru"}, subject
            assert f"{SKOS}definition" in {p for p, _ in facts}, subject


def test_no_two_terms_share_a_key(ontology: Ontology) -> None:
    keys = [q.object.value for q in ontology.quads if q.predicate == NAMES.term("key")]
    assert sorted(keys) == sorted(set(keys))


def test_a_data_property_has_one_datatype_so_that_its_values_can_be_typed(ontology: Ontology) -> None:
    for prop in ontology.properties.values():
        if prop.kind == "data":
            known = [t for t in prop.datatypes if t.startswith(XSD) or t == LANG_STRING or t.endswith("edtf/EDTF")]
            assert len(prop.datatypes) == len(known) == 1, prop.key


def test_schemes_and_bounds_of_a_key_exist(ontology: Ontology) -> None:
    facts = about(ontology)
    for prop in ontology.properties.values():
        for scheme in prop.schemes:
            assert (RDF_TYPE.value, NamedNode(f"{SKOS}ConceptScheme")) in facts[scheme], prop.key
        for bound in (prop.earliest, prop.latest):
            if bound is not None:
                assert (f"{SCHEMA}rangeIncludes", NamedNode(f"{XSD}date")) in facts[bound], prop.key


def test_a_subclass_inherits_the_letter_of_its_identifiers(ontology: Ontology) -> None:
    assert ontology.letters[NAMES.term("Person")] == "P"
    assert ontology.letters[NAMES.term("SecurityBody")] == ontology.letters[NAMES.term("Organization")] == "O"
    assert ontology.letters[NAMES.term("Extradition")] == ontology.letters[NAMES.term("Event")] == "E"


def test_every_concept_that_an_axiom_names_is_declared(ontology: Ontology, rules: list[Rule], tmp_path: Path) -> None:
    named = {part for rule in rules for pattern in (rule.head, *rule.body)
             for part in (pattern.subject, pattern.object) if part.startswith(NAMES.voc("").value)}  # fmt: skip
    _, record = read_record(Project(ROOT, tmp_path))
    concept = NamedNode(f"{SKOS}Concept")
    declared = {t.subject.value for t in record.graphs[NAMES.graph("base")] if t.object == concept}
    declared |= {q.subject.value for q in ontology.quads if q.object == concept}
    assert NAMES.voc("pretrial").value in named
    assert named <= declared


@pytest.mark.parametrize("module", MODULES, ids=[path.stem for path in MODULES])
def test_the_terms_of_a_module_stand_in_order_after_its_description(module: Path) -> None:
    terms = re.findall(r"^([^\s@#\[][^\s]*)\s*$", module.read_text(encoding="utf-8"), re.MULTILINE)
    assert terms[0].startswith("<https://w3id.org/letapis/ontology")
    assert terms[1:] == sorted(terms[1:])
    assert len(set(terms)) == len(terms)


def test_every_module_is_imported_by_the_whole(ontology: Ontology) -> None:
    imported = {q.object.value.rsplit("/", 1)[1] for q in ontology.quads if q.predicate.value == f"{OWL}imports"}
    assert imported == {path.stem for path in MODULES} - {"all"}


def test_another_base_moves_our_terms_and_no_others() -> None:
    moved = read_ontology(ROOT / "ontology", Names("https://example.org/record/"))
    assert moved.properties["detainee"].iri.value == "https://example.org/record/ontology#detainee"
    assert moved.properties["member"].iri.value == "http://www.w3.org/ns/org#member"


def test_the_same_files_give_the_same_quads(ontology: Ontology) -> None:
    assert set(read_ontology(ROOT / "ontology", NAMES).quads) == set(ontology.quads)


def test_turtle_that_is_none_names_file_and_line(tmp_path: Path) -> None:
    (tmp_path / "x.ttl").write_text("@prefix ex: <http://example.org/> .\n\nex:a ex:b .\n")
    with pytest.raises(SourceError) as caught:
        read_ontology(tmp_path, NAMES)
    assert str(caught.value.spot) == "ontology/x.ttl:3"


def test_turtle_that_is_not_utf8_is_an_error_of_ours(tmp_path: Path) -> None:
    (tmp_path / "x.ttl").write_bytes("# Мінск\n".encode("cp1251"))
    with pytest.raises(SourceError, match="cannot be read"):
        read_ontology(tmp_path, NAMES)


def test_a_folder_without_modules_is_an_error_of_ours(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no ontology module"):
        read_ontology(tmp_path, NAMES)
