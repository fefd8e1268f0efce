"""Facts: what a curator's keys and values say in the ontology's terms, and slips that are errors instead."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from graph.build import assemble
from graph.errors import SourceError, Spot
from graph.facts import FactReader
from graph.iris import DCT, ELI, LITERAL_FORM, PREF_LABEL, RDF_TYPE, XSD, Names
from graph.ontology import Ontology
from graph.project import Project
from graph.rdf import Literal, NamedNode, Triple
from graph.sourcefile import Mapping
from tests.conftest import ENTITIES

NAMES = Names()
Said = dict[str, set[Triple]]
Read = Callable[[str], Said]


@pytest.fixture
def say(ontology: Ontology, yaml: Callable[[str], Mapping]) -> Read:
    """Reads facts by subject into triples by the last word of their graph, references checked."""

    def read(text: str) -> Said:
        said: Said = {}

        def add(graph: NamedNode, triple: Triple, _: Spot) -> None:
            said.setdefault(graph.value.rsplit("/", 1)[1], set()).add(triple)

        reader = FactReader(ontology, add, {})
        for reference, facts in yaml(text).items():
            assert isinstance(facts, Mapping)
            reader.read(reference, facts, NAMES.graph("here"))
        reader.check_references()
        return said

    return read


def objects(triples: set[Triple], local: str, predicate: NamedNode) -> set[object]:
    return {t.object for t in triples if t.subject == NAMES.id(local) and t.predicate == predicate}


def test_a_class_and_a_value_become_triples_of_the_graph_asked_for(say: Read) -> None:
    said = say("P0001: {a: Person}\nE0001: {a: Detention, detainee: P0001}\n")["here"]
    assert Triple(NAMES.id("E0001"), RDF_TYPE, NAMES.term("Detention")) in said
    assert Triple(NAMES.id("E0001"), NAMES.term("detainee"), NAMES.id("P0001")) in said


def test_editorial_keys_go_to_the_base_graph_wherever_they_stand(say: Read) -> None:
    said = say("P0001: {a: Person, label: {en: Alfa}, comment: To be checked.}\n")
    assert {t.predicate for t in said["base"]} >= {PREF_LABEL}
    assert {t.predicate for t in said["here"]} == {RDF_TYPE}


def test_a_list_says_the_same_of_each_value(say: Read) -> None:
    people = "P0001: {a: Person}\nP0002: {a: Person}\n"
    said = say(people + "E0001: {a: [Raid, Detention], affects: [P0001, P0002]}\n")["here"]
    assert objects(said, "E0001", NAMES.term("affects")) == {NAMES.id("P0001"), NAMES.id("P0002")}
    assert objects(said, "E0001", RDF_TYPE) == {NAMES.term("Raid"), NAMES.term("Detention")}


def test_a_name_becomes_a_form_with_its_text_language_and_script(say: Read) -> None:
    said = say("P0001: {a: Person, name: [Alfa Anchor, {text: Альфа Анкор, lang: be, given: Альфа}]}\n")["here"]
    forms = {form: {t.predicate: t.object for t in said if t.subject == form}
             for form in objects(said, "P0001", NAMES.term("nameForm"))}  # fmt: skip
    assert {(str(f[LITERAL_FORM]), f[NAMES.term("script")].value) for f in forms.values()} == {
        ('"Alfa Anchor"@en', "Latn"), ('"Альфа Анкор"@be', "Cyrl"),
    }  # fmt: skip
    assert Literal("Альфа", language="be") in {f.get(NAMES.term("givenName")) for f in forms.values()}


def test_the_same_name_of_the_same_person_is_one_form_and_of_another_is_another(say: Read) -> None:
    one = say("P0001: {a: Person, name: Alfa}\n")["here"]
    again = say("P0001: {name: Alfa, a: Person}\nP0002: {a: Person, name: Alfa}\n")["here"]
    form = objects(one, "P0001", NAMES.term("nameForm"))
    assert objects(again, "P0001", NAMES.term("nameForm")) == form
    assert not objects(again, "P0002", NAMES.term("nameForm")) & form


def test_a_date_carries_the_earliest_and_latest_day_it_allows(say: Read) -> None:
    said = say('E0001: {a: Raid, date: "[2020-05-03..2020-05-07]"}\n')["here"]
    days = {t.object.value for t in said if str(t.object).endswith(f"<{XSD}date>")}
    assert days == {"2020-05-03", "2020-05-07"}


def test_an_open_side_of_a_date_has_no_bound(say: Read) -> None:
    said = say('E0001: {a: Raid, date: "[..2020-05-07]"}\n')["here"]
    assert [t.object.value for t in said if str(t.object).endswith(f"<{XSD}date>")] == ["2020-05-07"]


def test_a_path_makes_each_level_of_a_provision_as_editorial_statements(say: Read) -> None:
    base = say("law/xx/code: {a: Code}\nE0001: {a: Sentence, legalBasis: law/xx/code/art-10-1-part-2}\n")["base"]
    number, within = NamedNode(f"{ELI}number"), NAMES.term("directlyIn")
    assert objects(base, "law/xx/code/art-10-1-part-2", number) == {Literal("2")}
    assert objects(base, "law/xx/code/art-10-1-part-2", within) == {NAMES.id("law/xx/code/art-10-1")}
    assert objects(base, "law/xx/code/art-10-1", number) == {Literal("10-1")}
    assert objects(base, "law/xx/code/art-10-1", within) == {NAMES.id("law/xx/code")}


def test_a_path_makes_a_paragraph_of_a_declared_document(say: Read) -> None:
    base = say("undoc/A-1-2: {a: UNDocument}\nE0001: {a: Statement, document: undoc/A-1-2/para-3}\n")["base"]
    assert objects(base, "undoc/A-1-2/para-3", NamedNode(f"{DCT}isPartOf")) == {NAMES.id("undoc/A-1-2")}


def test_a_concept_is_taken_from_the_scheme_of_its_key_only(say: Read) -> None:
    concept = "voc/held: {a: Concept, inScheme: ActType, definition: Held.}\n"
    said = say(concept + "E0001: {a: Detention, actType: held}\n")["here"]
    assert objects(said, "E0001", NAMES.term("actType")) == {NAMES.voc("held")}
    with pytest.raises(SourceError, match="not in the scheme"):
        say(concept.replace("ActType", "Role") + "E0001: {a: Detention, actType: held}\n")


def test_words_of_a_reference_fit_any_name_of_the_entity_whatever_its_accents_and_case(say: Read) -> None:
    person = "P0001: {a: Person, label: {en: Anaïs Marin}, name: А. Марін}\n"
    assert say(person + "E0001: {a: Raid, target: P0001 anais MARIN}\nE0002: {a: Raid, target: P0001 Марін}\n")


@pytest.mark.parametrize(
    ("text", "line", "expected"),
    [
        ("P0001: {a: Person}\nE0001: {a: Detention, detanee: P0001}\n", 2, "detainee"),
        ("E0001: {a: Detension}\n", 1, "Detention"),
        ("P0001: {a: Person, label: Alfa}\nE0001: {a: Raid, target: P0001 Bravo}\n", 2, "Bravo is not in its names"),
        ("P0001: {a: Person}\nE0001: {a: Raid, target: P0001 Bravo}\n", 2, "without a name"),
        ("E0001: {a: Raid, target: P0009}\n", 1, "declared nowhere"),
        ("E0001: {a: Raid, actType: raiding}\n", 1, "declared nowhere"),
        ("E0001: {a: Sentence, legalBasis: law/xx/code/art-10}\n", 1, "declared nowhere"),
        ("P0001: {a: Raid}\n", 1, "start with `E`"),
        ("E0001: {a: Person}\n", 1, "start with `P`"),
        ("P0001: {}\n", 1, "nothing is said"),
        ("P0001: {a: {Person: x}}\n", 1, "single value"),
        ("P0001: {a: Person, name: {lang: be}}\n", 1, "text"),
        ("P0001: {a: Person, name: {text: Alfa, lang: xx}}\n", 1, "language"),
        ("P0001: {a: Person, name: {text: Alfa, born: 1900}}\n", 1, "born"),
        ("E0001: {a: Raid, target: ''}\n", 1, "no reference"),
        ("E0001: {a: Raid, target: 'http://['}\n", 1, "address"),
        ("E0001: {a: Raid, date: [2020, 2021]}\n", 1, "single value"),
        ("E0001: {a: Raid, date: 7 May}\n", 1, "EDTF"),
        ("P0001: {a: Person, wikidata: P42}\n", 1, "Wikidata"),
    ],
)
def test_a_slip_is_an_error_at_its_line(say: Read, text: str, line: int, expected: str) -> None:
    with pytest.raises(SourceError, match=expected) as caught:
        say(text)
    assert caught.value.spot.line == line


def test_a_name_form_in_a_claim_is_attested(say: Read) -> None:
    said = say("P9001: {a: Person, name: Alfa Anchor}")["here"]
    origins = [triple.object for triple in said if triple.predicate == NAMES.term("origin")]
    assert origins == [NAMES.voc("attested")]


def test_an_editorial_name_form_must_say_where_it_comes_from(write: Callable[..., Project]) -> None:
    slip = ENTITIES.replace("origin: checkedElsewhere", "lang: en")
    with pytest.raises(SourceError, match="does not say where it comes from"):
        assemble(write(entities=slip))


def test_a_claim_cannot_call_a_form_derived(say: Read) -> None:
    with pytest.raises(SourceError, match="leave it out"):
        say("P9001: {a: Person, name: {text: Alfa Anchor, origin: derived}}")
