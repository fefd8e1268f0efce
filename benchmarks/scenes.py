"""What an invented document tells: a prosecution, practices, statements, figures, law, a vote; claim by claim."""

from __future__ import annotations

from datetime import date

from benchmarks.document import Document, Facts, World
from benchmarks.ground import CONCEPTS, CUMULATIVE, Ground
from benchmarks.introduce import (
    BODIES,
    CONCEPTS_PER_DOCUMENT,
    DOCUMENTS_WITH_CONCEPTS,
    GROUPS,
    PAGES,
    PEOPLE,
    act_of,
    name_of,
    opens_act,
    paragraph_of,
    provision_of,
)  # fmt: skip
from benchmarks.words import Dated, day, month, when
from graph.rdf import Literal, NamedNode, Term

PRACTICES = 8
"""The first events of each document are this many practices, begun before whatever else it tells of."""

_FIRST_DAY = date(2020, 7, 1).toordinal()
_ACTS_PER_YEAR = 300
_SCENES, _HALF_A_SCENE, _PROSECUTION = 80, 12, 100
_LEXICAL_BOUNDS = {
    "exact": ("value",), "approximately": ("value",), "moreThan": ("lower",), "atLeast": ("lower",),
    "upTo": ("upper",), "range": ("lower", "upper"),
}  # fmt: skip


class Teller:
    """Tells the scenes of one document."""

    def __init__(self, doc: Document) -> None:
        self.doc = doc
        self.world: World = doc.world
        self.ground = Ground.of(doc.world)
        self.random = doc.random
        self._dated: list[tuple[NamedNode, NamedNode]] = []

    # Scenes

    def practice(self) -> None:
        """A practice of the powerful against a group, begun before 2020-07."""
        doc, event = self.doc, self.doc.new("E")
        is_first = event == doc.thing("E", 0)
        whole = self.ground.campaign if is_first else doc.thing("E", 0)
        facts: list[tuple[str, Term]] = [
            ("a", doc.cls("Practice")), ("actType", self._act_type()), ("affects", self._group()),
        ]  # fmt: skip
        if is_first or self.random.random() < 0.3:
            facts.append(("subEventOf", whole))
        self.claim({event: facts})
        if self.random.random() < 0.5:
            begin = month(date(2020, self.random.randint(1, 6), 1))
            self.claim({event: [*doc.dates("start", begin), ("ongoing", doc.truth()), ("place", self._place())]})
        self._assess(event, 0.5)
        self._doer_of(event, 0.4)

    def person(self, index: int) -> None:
        """A person named as printed, with an occupation or as what somebody holds them to be."""
        doc, person, name = self.doc, self.doc.thing("P", index), name_of(self.doc.number, index)
        job = "lawyer" if index == PEOPLE - 1 else self.random.choice(CONCEPTS["Occupation"])
        form = doc.named(person, name, "pl" if self.random.random() < 0.2 else "en")
        self.claim(_with(form, person, ("occupation", doc.concept(job))), modality="asserted")
        if self.random.random() < 0.5:
            form = doc.named(person, name, self.random.choice(("en", "be", "ru")))
            held = ("characterizedAs", doc.concept("politicalPrisoner"))
            self.claim(_with(form, person, held), modality="assessed")
        if index == PEOPLE - 1:
            self.claim({person: [("represents", doc.thing("P", 0))]})

    def membership(self, person: NamedNode, name: str) -> None:
        """A person's place in a body: every third in the one that is a hub."""
        doc, held = self.doc, self.doc.new("M")
        body = self.ground.power if self.random.random() < 0.33 else doc.earlier("O", self._one_of(BODIES))
        facts: list[tuple[str, Term]] = [
            ("a", doc.cls("Membership")), ("member", person), ("organization", body), ("role", self._pick("Role")),
            *doc.dates("start", day(self.random.randint(_FIRST_DAY - 2000, _FIRST_DAY))),
        ]  # fmt: skip
        if self.random.random() < 0.3:
            facts += doc.dates("end", when(self.random, _FIRST_DAY + 1, doc.last_day))
        self.claim({held: facts}, doc.named(person, name, "en"))

    def prosecution(self, person: NamedNode, name: str) -> None:
        """A case against a person: detention, charge, sentence with its legal basis, each a claim."""
        doc, case, self_last = self.doc, self.doc.new("E"), self.doc.last_day
        held, charged, sentenced = (doc.new("E") for _ in range(3))
        first = self.random.randint(_FIRST_DAY, self_last - 150)
        self.claim({case: [("a", doc.cls("Case")), ("statedReason", self._pick("Reason"))]})
        self.claim({held: [
            ("a", doc.cls("Detention")), ("detainee", person), ("actType", doc.concept("pretrial")), ("inCase", case),
            ("carriedOutBy", self._doer()), *doc.dates("start", day(first)),
        ]}, doc.named(person, name, "en"))  # fmt: skip
        self.claim({charged: [
            ("a", doc.cls("Charge")), ("accused", person), ("inCase", case), ("legalBasis", self._provision()),
            *doc.dates("date", day(first + self.random.randint(1, 30))),
        ]})  # fmt: skip
        basis = [("legalBasis", self._provision())] if self.random.random() < 0.9 else []
        told = self.claim({sentenced: [
            ("a", doc.cls("Sentence")), ("convicted", person), ("inCase", case), *basis,
            ("actType", doc.concept("imprisonment")), ("termMonths", doc.number_of(self.random.randint(6, 240))),
            ("decidedBy", self.random.choice(self.ground.courts)),
            *doc.dates("date", day(first + self.random.randint(60, 140))),
        ]}, doc.named(person, name, self.random.choice(("en", "ru"))))  # fmt: skip
        self._dated.append((sentenced, told))
        self._assess(charged, 0.4)
        self._assess(sentenced, 0.6)
        self._respond(held)

    def release(self, person: NamedNode) -> None:
        """A detention of some weeks and the release at its end."""
        doc, held, freed = self.doc, self.doc.new("E"), self.doc.new("E")
        first = self.random.randint(_FIRST_DAY, doc.last_day - 100)
        end = first + self.random.randint(5, 60)
        self.claim({held: [
            ("a", doc.cls("Detention")), ("detainee", person), ("actType", doc.concept("houseArrest")),
            *doc.dates("start", day(first)), *doc.dates("end", day(end)), ("place", self._place()),
        ]})  # fmt: skip
        told = self.claim({freed: [
            ("a", doc.cls("Release")), ("affects", person), ("actType", doc.concept("release")), ("follows", held),
            *doc.dates("date", day(end + self.random.randint(0, 20))),
        ]})  # fmt: skip
        self._dated.append((freed, told))

    def coercion(self) -> None:
        """A raid, a dissolution, a ban, a dismissal: something done to a body or a group."""
        doc, event = self.doc, self.doc.new("E")
        kind = self.random.choice(("Raid", "Dissolution", "ExtremistDesignation", "CoerciveAct", "Disbarment"))
        hit = doc.earlier("O", self._one_of(BODIES)) if kind in ("Raid", "Dissolution") else self._group()
        told = self.claim({event: [
            ("a", doc.cls(kind)), ("target", hit), ("actType", self._act_type()), ("place", self._place()),
            *doc.dates("date", self._when()),
        ]})  # fmt: skip
        self._dated.append((event, told))
        self._doer_of(event, 0.7)
        self._assess(event, 0.3)
        self._respond(event)

    def event(self) -> None:
        """Something else that happened, or was not done."""
        doc, event = self.doc, self.doc.new("E")
        kind = self.random.choice(("Omission", "Protest", "Ruling", "Event", "Event", "Resignation", "Trial"))
        facts: list[tuple[str, Term]] = [("a", doc.cls(kind)), ("actType", self._act_type()), ("agent", self._group())]
        if self.random.random() < 0.4:
            facts += doc.dates("date", self._when())
        self.claim({event: facts})
        if self.random.random() < 0.5:
            self.claim({event: [("place", self._place())]})
        self._respond(event)

    def departure(self, leaver: NamedNode) -> None:
        """Somebody leaves for another country."""
        doc, event = self.doc, self.doc.new("E")
        facts: list[tuple[str, Term]] = [
            ("a", doc.cls("Departure")), ("affects", leaver), ("place", self.ground.land),
            ("toPlace", self.random.choice(self.ground.abroad)), ("statedReason", doc.concept("riskOfProsecution")),
        ]  # fmt: skip
        self.claim({event: facts})
        self._respond(event)

    def statement(self) -> None:
        """Somebody says something to somebody: about a topic, or about an event told elsewhere."""
        doc, event = self.doc, self.doc.new("E")
        about = self._pick("Topic") if self.random.random() < 0.7 else doc.earlier("E", self._one_of(PRACTICES))
        calls = self.random.random() < 0.4
        facts: list[tuple[str, Term]] = [
            ("a", doc.cls("Statement")), ("madeBy", doc.earlier("O", self._one_of(BODIES))), ("topic", about),
            ("addressee", self.random.choice((self.ground.power, self.ground.land))),
        ]  # fmt: skip
        if self.random.random() < 0.5:
            facts.append(("document", doc.earlier("D", self._one_of(PAGES))))
        self.claim({event: facts}, modality="calledFor" if calls else "asserted")

    def figure(self) -> None:
        """A number that somebody counted."""
        doc, figure = self.doc, self.doc.new("F")
        bound = self.random.choice(tuple(_LEXICAL_BOUNDS))
        number = self.random.randint(2, 5000)
        indicator = f"count{self.random.randrange(min(doc.reach, DOCUMENTS_WITH_CONCEPTS))}"
        facts = self._counted(indicator, "persons", bound)
        facts += [(key, doc.number_of(number + n, "decimal")) for n, key in enumerate(_LEXICAL_BOUNDS[bound])]
        facts += [("concerns", self._group())]
        is_dated = self.random.random() < 0.4
        facts += doc.dates("date", day(doc.last_day)) if is_dated else [("dateNotStated", doc.truth())]
        self.claim({figure: facts})

    def sum(self) -> None:
        """A number and the two parts that make it, of an indicator whose counts never fall."""
        doc, whole, parts = self.doc, self.doc.new("F"), (self.doc.new("F"), self.doc.new("F"))
        numbers = [self.random.randint(5, 500) for _ in parts]
        end: Facts = doc.dates("date", day(doc.last_day))
        total = [("value", doc.number_of(sum(numbers), "decimal")), ("partsComplete", doc.truth())]
        counter = ("countedBy", doc.thing("O", 0))
        self.claim({whole: [*self._counted(CUMULATIVE, "cases", "exact"), *total, counter, *end]})
        for part, number in zip(parts, numbers, strict=True):
            told = [("value", doc.number_of(number, "decimal")), ("componentOf", whole), *end]
            self.claim({part: [*self._counted("personsHeld", "persons", "exact"), *told]})

    def vote(self) -> None:
        """An election with three candidates and the shares that one body counted."""
        doc, vote = self.doc, self.doc.new("E")
        self.claim({vote: [("a", doc.cls("Election")), *doc.dates("date", day(doc.last_day - 20))]})
        for share in (51, 32, 9):
            stands, figure = doc.new("M"), doc.new("F")
            candidate = doc.earlier("P", self._one_of(PEOPLE))
            self.claim({stands: [("a", doc.cls("Candidacy")), ("candidate", candidate), ("candidacyIn", vote)]})
            told = [("concerns", stands), ("value", doc.number_of(share, "decimal")), ("countedBy", doc.thing("O", 1))]
            facts = [*self._counted("shareOfVotes", "percent", "exact"), *told, ("dateNotStated", doc.truth())]
            self.claim({figure: facts})

    def death(self, person: NamedNode) -> None:
        """A death, on the last day that the document can know of."""
        doc, event = self.doc, self.doc.new("E")
        facts = [("a", doc.cls("Death")), ("affects", person), *doc.dates("date", day(doc.last_day))]
        self.claim({event: facts})

    def protest_against_power(self) -> None:
        """A protest that targets the body which is a hub: all its members belong to a body that is affected."""
        doc, event = self.doc, self.doc.new("E")
        self.claim({event: [("a", doc.cls("Protest")), ("target", self.ground.power), ("agent", self._group())]})

    def law(self) -> None:
        """An act with number and date, of this document where it introduces one."""
        doc, act = self.doc, act_of(self.doc.names, self.doc.number)
        number = int(act.value.rsplit("-", 1)[1])
        year, serial = 1950 + number // _ACTS_PER_YEAR, number % _ACTS_PER_YEAR + 1
        adopted = date.fromordinal(date(year, 1, 1).toordinal() + serial)
        self.claim({act: [
            ("number", Literal(f"{serial}-Z")), ("serial", doc.number_of(serial)), ("amends", self.ground.code),
            ("dateDocument", doc.the_day(adopted.isoformat())), ("adoptedBy", self.ground.power),
            ("inForceFrom", doc.the_day(date.fromordinal(adopted.toordinal() + 365).isoformat())),
        ]})  # fmt: skip

    def assessment(self) -> None:
        """Somebody judges a practice told here or elsewhere."""
        self._assess(self.doc.earlier("E", self._one_of(PRACTICES)), 1)

    def dispute(self) -> None:
        """A claim that dates an event of this document otherwise, and is not accepted."""
        doc = self.doc
        event, told = self.random.choice(self._dated)
        status = self.random.choice(("disputed", "disputed", "needsReview", "rejected"))
        more: list[tuple[str, Term]] = [("contradicts", told)]
        if self.random.random() < 0.2:
            status, more = "superseded", []
        facts: Facts = doc.dates("date", day(self.random.randint(_FIRST_DAY, doc.last_day)))
        note = "Invented: another passage tells it otherwise."
        claim = doc.claim({event: facts}, status=status, more=more, note=note)
        if status == "superseded":
            doc.claim({event: [("place", self._place())]}, more=[("supersedes", claim)])

    # Parts of scenes

    def claim(self, facts: dict[NamedNode, Facts], *also: dict[NamedNode, Facts], modality: str = "") -> NamedNode:
        """A claim as most are: asserted or reported, sometimes by another speaker, sometimes citing."""
        doc, roll = self.doc, self.random.random()
        modality = modality or ("alleged" if roll < 0.07 else "reported" if roll < 0.2 else "asserted")
        more: list[tuple[str, Term]] = []
        speaker: NamedNode | None = None
        if self.random.random() < 0.22:
            paragraph = paragraph_of(doc.names, self.random.randrange(doc.reach))
            more.append(("citedSource", self.random.choice((doc.earlier("D", 0), paragraph))))
        elif self.random.random() < 0.02:
            speaker = doc.anonymous()
        elif modality == "reported":
            speaker = self.random.choice((self.ground.power, doc.earlier("O", 1), doc.earlier("P", 3)))
        return doc.claim(facts, *also, modality=modality, speaker=speaker, more=more)

    def _assess(self, event: NamedNode, probability: float) -> None:
        if self.random.random() < probability:
            self.claim({event: [("assessment", self._pick("Assessment"))]}, modality="assessed")

    def _doer_of(self, event: NamedNode, probability: float) -> None:
        if self.random.random() < probability:
            self.claim({event: [("carriedOutBy", self._doer())]})

    def _respond(self, event: NamedNode) -> None:
        if self.random.random() < 0.5:
            key = self.random.choice(("follows", "inResponseTo"))
            self.claim({event: [(key, self.doc.earlier("E", self._one_of(PRACTICES)))]})

    def _counted(self, indicator: str, unit: str, bound: str) -> list[tuple[str, Term]]:
        doc = self.doc
        names = {"indicator": indicator, "unit": unit, "bound": bound}
        return [("a", doc.cls("Figure")), *((key, doc.concept(name)) for key, name in names.items())]

    def _act_type(self) -> NamedNode:
        if self.random.random() < 0.3:
            return self._pick("ActType")
        number = self.random.randrange(min(self.doc.reach, DOCUMENTS_WITH_CONCEPTS))
        return self.doc.concept(f"act{number}x{self._one_of(CONCEPTS_PER_DOCUMENT)}")

    def _provision(self) -> NamedNode:
        """A provision: most often a part of the article that is a hub."""
        if self.random.random() < 0.6:
            return self.random.choice(self.ground.parts)
        article = provision_of(self.doc.names, self.random.randrange(self.doc.reach))
        return NamedNode(f"{article.value}-part-{self.random.randint(1, 2)}")

    def _pick(self, scheme: str) -> NamedNode:
        return self.doc.concept(self.random.choice(CONCEPTS[scheme]))

    def _one_of(self, count: int) -> int:
        return self.random.randrange(count)

    def _doer(self) -> NamedNode:
        """Who carries acts out: most often the body that is a hub."""
        return self.ground.power if self.random.random() < 0.6 else self.doc.earlier("O", 0)

    def _group(self) -> NamedNode:
        return self.doc.earlier("G", self._one_of(GROUPS))

    def _place(self) -> NamedNode:
        return self.ground.land if self.random.random() < 0.5 else self.doc.earlier("L", 0)

    def _when(self) -> Dated:
        return when(self.random, _FIRST_DAY, self.doc.last_day)


def _with(facts: dict[NamedNode, Facts], subject: NamedNode, *also: tuple[str, Term]) -> dict[NamedNode, Facts]:
    return {**facts, subject: [*facts[subject], *also]}


def tell_all(doc: Document) -> None:
    """Tell the scenes of a whole document, some fifty claims."""
    teller = Teller(doc)
    for _ in range(PRACTICES):
        teller.practice()
    people = [(doc.thing("P", index), name_of(doc.number, index)) for index in range(PEOPLE)]
    for index in range(PEOPLE):
        teller.person(index)
    teller.membership(*people[0])
    teller.membership(*people[2])
    teller.prosecution(*people[0])
    teller.release(people[1][0])
    scenes = [teller.coercion, teller.coercion, teller.event, teller.event, teller.event, teller.statement]
    scenes += [teller.statement, teller.statement, teller.figure, teller.figure, teller.assessment, teller.dispute]
    for scene in scenes:
        scene()
    teller.departure(people[2][0] if doc.number % 2 else doc.thing("G", 0))
    _tell_rare(teller)


def _tell_rare(teller: Teller) -> None:
    number = teller.doc.number
    if opens_act(number):
        teller.law()
    if number % 7 == 3:
        teller.sum()
    if number % 20 == 11:
        teller.vote()
    if number % 10 == 4:
        teller.death(teller.doc.thing("P", 2))
    if number < 3:
        teller.protest_against_power()


def tell_some(doc: Document, triples: int) -> None:
    """Tell about *triples* quads of scenes, all about people and things that other documents introduced."""
    teller = Teller(doc)

    def accuse() -> None:
        number, index = doc.random.randrange(doc.reach), doc.random.randrange(2)
        teller.prosecution(doc.world.thing("P", number, index), name_of(number, index))

    def join() -> None:
        number = doc.random.randrange(doc.reach)
        teller.membership(doc.world.thing("P", number, 0), name_of(number, 0))

    if triples >= _PROSECUTION and doc.number % 2 == 0:
        accuse()
    scenes = (join, teller.statement, teller.figure, teller.assessment, teller.event, teller.assessment)
    for number in range(doc.number, doc.number + _SCENES):
        if len(doc.quads) >= triples - _HALF_A_SCENE:
            return
        scenes[number % len(scenes)]()
