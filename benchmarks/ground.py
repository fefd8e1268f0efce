"""The common ground that invented documents stand on: bodies, countries, law, concepts, and the hubs of the graph."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.document import Document, World
from benchmarks.words import word
from graph.rdf import Literal, NamedNode

CONCEPTS = {
    "ActType": ("pretrial", "houseArrest", "imprisonment", "search", "dismissal", "travelBan", "seizure", "release",
                "questioning", "surveillance", "censorship", "march"),
    "Role": ("chairperson", "deputy", "member", "adviser"),
    "Classification": ("union", "party", "newsroom", "centre", "movement", "relatives"),
    "Occupation": ("lawyer", "journalist", "teacher", "engineer"),
    "Assessment": ("arbitrary", "unlawful", "disproportionate", "wellFounded"),
    "Topic": ("fairTrial", "freedomOfAssembly", "freedomOfThePress", "independenceOfLawyers"),
    "Reason": ("unauthorisedEvent", "riskOfProsecution", "publicOrder"),
    "Unit": ("persons", "cases", "organizations", "percent"),
    "Characterization": ("politicalPrisoner", "extremist"),
}  # fmt: skip
INDICATORS = {
    "personsHeld": "persons", "casesOpened": "cases", "organizationsDissolved": "organizations",
    "shareOfVotes": "percent",
}  # fmt: skip
CUMULATIVE = "casesOpened"
COUNTRIES = 7
PARTS = 3

_ORGANIZATIONS = ("SecurityBody", "Court", "Court", "IntergovernmentalBody")


@dataclass(frozen=True)
class Ground:
    """What every document may refer to; the hubs are *power*, *article* (with its parts), *campaign* and *land*."""

    power: NamedNode
    courts: tuple[NamedNode, ...]
    council: NamedNode
    people: NamedNode
    land: NamedNode
    abroad: tuple[NamedNode, ...]
    code: NamedNode
    article: NamedNode
    parts: tuple[NamedNode, ...]
    campaign: NamedNode

    @classmethod
    def of(cls, world: World) -> Ground:
        """The common ground of a world."""
        bodies = [world.thing("O", -1, index) for index in range(4)]
        code = "law/zz/criminal-code"
        return cls(
            power=bodies[0], courts=tuple(bodies[1:3]), council=bodies[3], people=world.thing("G", -1, 0),
            land=world.names.id("L000000"), abroad=tuple(world.names.id(f"L9{n:05d}") for n in range(COUNTRIES)),
            code=world.names.id(code), article=world.names.id(f"{code}/art-101"),
            parts=tuple(world.names.id(f"{code}/art-101-part-{part}") for part in range(1, PARTS + 1)),
            campaign=world.thing("E", -1, 0),
        )  # fmt: skip


def lay_ground(world: World) -> Document:
    """The common ground as a document of its own."""
    document, ground = Document(world, -1, 1), Ground.of(world)
    for scheme, names in CONCEPTS.items():
        for name in names:
            add_concept(document, name, scheme)
    for name, unit in INDICATORS.items():
        add_indicator(document, name, unit)
    _bodies(document, ground)
    _places(document, ground)
    _law(document, ground)
    document.describe(ground.council, ground.council)
    document.claim({ground.campaign: [
        ("a", document.cls("Practice")), ("actType", document.concept("surveillance")), ("affects", ground.people),
        ("carriedOutBy", ground.power), ("place", ground.land), ("ongoing", document.truth()),
    ]})  # fmt: skip
    document.claim({ground.power: [("characterizedAs", document.concept("extremist"))]}, modality="assessed")
    return document


def add_concept(document: Document, name: str, scheme: str) -> None:
    """Declare a concept in a scheme."""
    definition = Literal(f"Invented concept {name} of the scheme {scheme}.", language="en")
    facts = (("a", NamedNode("http://www.w3.org/2004/02/skos/core#Concept")), ("inScheme", document.cls(scheme)))
    languages = ("be", "ru") if document.random.random() < 0.2 else ()
    document.edit(document.concept(name), *facts, ("definition", definition), label=name, languages=languages)


def add_indicator(document: Document, name: str, unit: str) -> None:
    """Declare an indicator that counts in *unit*."""
    definition = Literal(f"Invented indicator {name}.", language="en")
    facts = [("a", document.cls("Indicator")), ("unit", document.concept(unit)), ("definition", definition)]
    if name == CUMULATIVE:
        facts.append(("cumulative", document.truth()))
    document.edit(document.concept(name), *facts, label=name)


def _bodies(document: Document, ground: Ground) -> None:
    bodies = (ground.power, *ground.courts, ground.council)
    for number, (body, kind) in enumerate(zip(bodies, _ORGANIZATIONS, strict=True)):
        label = f"{word(number * 104_729 + 4, 3)} {kind}"
        document.edit(body, ("a", document.cls(kind)), label=label)
    document.edit(ground.people, ("a", document.cls("AgentGroup")), label="People of the invented land")
    document.edit(ground.campaign, label="Invented campaign")


def _places(document: Document, ground: Ground) -> None:
    for number, place in enumerate((ground.land, *ground.abroad)):
        label = word(number * 15_485_863 + 9, 3)
        document.edit(place, ("a", document.cls("Country")), label=label, languages=("be", "ru"))


def _law(document: Document, ground: Ground) -> None:
    document.edit(ground.code, ("a", document.cls("Code")), label="Invented criminal code", languages=("be", "ru"))
    add_provision(document, ground.article, ground.code, "101")
    for number, part in enumerate(ground.parts, start=1):
        add_provision(document, part, ground.article, str(number))


def add_provision(document: Document, provision: NamedNode, parent: NamedNode, number: str) -> None:
    """Declare a provision that lies directly in *parent*."""
    facts = (("a", document.cls("Provision")), ("number", Literal(number)), ("directlyIn", parent))
    document.edit(provision, *facts)
