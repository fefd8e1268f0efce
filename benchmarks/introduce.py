"""What an invented document introduces editorially: people, bodies, groups, a place, law, what it cites; names."""

from __future__ import annotations

from benchmarks.document import Document
from benchmarks.ground import CONCEPTS, Ground, add_concept, add_indicator, add_provision
from benchmarks.words import person_name, word
from graph.iris import WIKIDATA, XSD, Names
from graph.rdf import Literal, NamedNode, Term

PEOPLE, BODIES, GROUPS, PAGES = 4, 2, 12, 3
DOCUMENTS_WITH_CONCEPTS = 200
CONCEPTS_PER_DOCUMENT = 6
_DOCUMENTS_PER_ACT = 8
_FIRST_ITEM = 9_990_000_000  # far above any item of Wikidata
_KINDS = ("CivilSocietyOrganization", "MediaOutlet", "Organization", "StateBody")


def name_of(document: int, index: int) -> str:
    """The name of a person; in some documents the last two share one, judged to be two people or not judged at all."""
    shared = index == PEOPLE - 1 and (document % 10 == 9 or document % 40 == 20)
    return person_name((document + 1) * PEOPLE + index - shared)


def paragraph_of(names: Names, document: int) -> NamedNode:
    """The paragraph of a paper that *document* introduces."""
    return names.id(f"undoc/ZZ-2021-{document}/para-7")


def act_of(names: Names, document: int) -> NamedNode:
    """The act that holds the provision which *document* introduces."""
    return names.id(f"law/zz/act-{document // _DOCUMENTS_PER_ACT}")


def provision_of(names: Names, document: int) -> NamedNode:
    """The provision that *document* introduces; it has the parts 1 and 2."""
    return NamedNode(f"{act_of(names, document).value}/art-{document % _DOCUMENTS_PER_ACT + 1}")


def opens_act(document: int) -> bool:
    """True for the document that introduces the act itself."""
    return document % _DOCUMENTS_PER_ACT == 0


def introduce(doc: Document, ground: Ground) -> None:
    """State what the document introduces."""
    if doc.number < DOCUMENTS_WITH_CONCEPTS:
        for index in range(CONCEPTS_PER_DOCUMENT):
            add_concept(doc, f"act{doc.number}x{index}", "ActType")
        add_indicator(doc, f"count{doc.number}", "persons")
    for index in range(PEOPLE):
        _person(doc, index)
    for index in range(BODIES):
        _body(doc, ground, index)
    for index in range(GROUPS):
        _group(doc, index)
    place = (("a", doc.cls("Place")), ("containedIn", ground.land))
    doc.edit(doc.thing("L", 0), *place, label=word((doc.number + 1) * 6007, 3), languages=("be", "ru"))
    _sources(doc)
    _law(doc)


def _person(doc: Document, index: int) -> None:
    person, name = doc.thing("P", index), name_of(doc.number, index)
    doc.edit(person, ("a", doc.cls("Person")), label=name, languages=("be", "ru"))
    doc.edit_name(person, name, "be")
    if index == PEOPLE - 1 and doc.number % 10 == 9:
        doc.edit(person, ("differentFrom", doc.thing("P", index - 1)))


def _body(doc: Document, ground: Ground, index: int) -> None:
    number = (doc.number + 1) * BODIES + index
    facts: list[tuple[str, Term]] = [("a", doc.cls(doc.random.choice(_KINDS)))]
    if doc.random.random() < 0.5:
        facts.append(("wikidata", NamedNode(f"{WIKIDATA}Q{_FIRST_ITEM + number}")))
    if doc.random.random() < 0.1:
        facts.append(("subOrganizationOf", ground.power))
    label = f"{word(number * 5003, 4)} Union"
    doc.edit(doc.thing("O", index), *facts, label=label, languages=("be", "ru"))


def _group(doc: Document, index: int) -> None:
    kind = doc.random.choice(CONCEPTS["Classification"])
    facts = (("a", doc.cls("AgentGroup")), ("classification", doc.concept(kind)))
    label = f"Group {word((doc.number + 1) * 8009 + index, 4)}"
    doc.edit(doc.thing("G", index), *facts, label=label, languages=("be", "ru") if index % 3 == 0 else ())


def _sources(doc: Document) -> None:
    any_uri = NamedNode(f"{XSD}anyURI")
    for index in range(PAGES):
        url = Literal(f"https://example.org/{doc.number}/{index}", datatype=any_uri)
        facts = (("a", doc.cls("Document")), ("url", url))
        doc.edit(doc.thing("D", index), *facts, label=f"Invented page {doc.number}-{index}")
    part = paragraph_of(doc.names, doc.number)
    paper = NamedNode(part.value.rsplit("/", 1)[0])
    symbol = Literal(f"ZZ/2021/{doc.number}")
    doc.edit(paper, ("a", doc.cls("UNDocument")), ("identifier", symbol), label=f"Invented paper {doc.number}")
    doc.edit(part, ("a", doc.cls("DocumentPart")), ("locator", Literal("para. 7")), ("isPartOf", paper))


def _law(doc: Document) -> None:
    act, provision = act_of(doc.names, doc.number), provision_of(doc.names, doc.number)
    if opens_act(doc.number):
        label = f"Invented act {act.value.rsplit('-', 1)[1]}"
        doc.edit(act, ("a", doc.cls("LegalAct")), label=label)
    add_provision(doc, provision, act, provision.value.rsplit("-", 1)[1])
    for part in (1, 2):
        add_provision(doc, NamedNode(f"{provision.value}-part-{part}"), provision, str(part))
