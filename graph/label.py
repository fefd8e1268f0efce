"""Display labels for what has none from a curator: events, memberships, figures, provisions, paragraphs.

Composed from the accepted statements in English, Belarusian and Russian, in a graph of their own; they say nothing new.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Protocol

from graph.iris import ELI, ORG, PREF_LABEL, RDF_TYPE, RDFS, Names
from graph.ontology import Ontology
from graph.rdf import Literal, NamedNode, Term, Triple

LANGUAGES = ("en", "be", "ru")
SHOWN_PARTICIPANTS = 2
NAMING = ("sources", "meta", "base", "accepted")
"""The graphs of a record that labels are composed from."""
_PARTICIPANTS = ("detainee", "accused", "convicted", "target", "affects", "agent", "madeBy", "candidate")
_WORDS = {
    "en": {"art": "art.", "part": "part", "para": "para.", "item": "item"},
    "be": {"art": "арт.", "part": "ч.", "para": "п.", "item": "п."},
    "ru": {"art": "ст.", "part": "ч.", "para": "п.", "item": "п."},
}
_BOUND_SIGNS = {
    "moreThan": "> ", "atLeast": "≥ ", "almost": "< ", "lessThan": "< ", "upTo": "≤ ", "approximately": "≈ ",
}  # fmt: skip


class Facts(Protocol):
    """What labels are composed from: the stated triples."""

    def objects(self, subject: Term, predicate: str) -> Iterable[Term]:
        """The values of *predicate*."""
        ...

    def labels(self, subject: Term) -> dict[str, str]:
        """The label that a curator gave, by language."""
        ...

    def things(self) -> Iterable[Term]:
        """The subjects that may need a label."""
        ...


class Collected:
    """Facts held in memory."""

    def __init__(self, triples: Iterable[Triple]) -> None:
        self._facts: dict[Term, dict[str, list[Term]]] = {}
        for triple in triples:
            self._facts.setdefault(triple.subject, {}).setdefault(triple.predicate.value, []).append(triple.object)

    def objects(self, subject: Term, predicate: str) -> Iterable[Term]:
        """The values of *predicate*."""
        return self._facts.get(subject, {}).get(predicate, ())

    def labels(self, subject: Term) -> dict[str, str]:
        """The label that a curator gave, by language."""
        return by_language(self.objects(subject, PREF_LABEL.value))

    def things(self) -> Iterable[Term]:
        """The subjects that may need a label."""
        return self._facts


def by_language(literals: Iterable[Term]) -> dict[str, str]:
    """One text for each language, the first in order where there are several."""
    found: dict[str, str] = {}
    for literal in literals:
        if isinstance(literal, Literal) and literal.language:
            found[literal.language] = min(found.get(literal.language, literal.value), literal.value)
    return found


def participant_keys(ontology: Ontology) -> list[str]:
    """The properties that say whom an event is named after, in that order."""
    return [ontology.properties[key].iri.value for key in _PARTICIPANTS if key in ontology.properties]


class Labeller:
    """Composes labels from one set of facts."""

    def __init__(self, ontology: Ontology, facts: Facts) -> None:
        self.names: Names = ontology.names
        self._ontology = ontology
        self._facts = facts
        self._terms: dict[Term, dict[str, str]] = {}
        self._open: set[Term] = set()
        labelling = (PREF_LABEL.value, f"{RDFS}label")
        for quad in ontology.quads:
            if quad.predicate.value in labelling:
                self._terms.setdefault(quad.subject, {}).update(by_language([quad.object]))
        self._participants = participant_keys(ontology)

    def labels(self) -> Iterator[Triple]:
        """A label in each language for every typed thing of this record that has none."""
        things = [s for s in self._facts.things() if isinstance(s, NamedNode)]
        for subject in sorted(things, key=lambda term: term.value):
            yield from self.labels_of(subject)

    def labels_of(self, subject: NamedNode) -> Iterator[Triple]:
        """Its label in each language, where it is typed, of this record, and has none."""
        is_thing = subject.value.startswith(self.names.id("").value) and "#" not in subject.value
        if not is_thing or not self._get(subject, RDF_TYPE.value) or self._given(subject):
            return
        for language in LANGUAGES:
            text = self._compose(subject, language)
            if text:
                yield Triple(subject, PREF_LABEL, Literal(text[:1].upper() + text[1:], language=language))

    def _given(self, subject: Term) -> dict[str, str]:
        return self._facts.labels(subject) or self._terms.get(subject, {})

    def _get(self, subject: Term, predicate: str) -> list[Term]:
        return sorted(set(self._facts.objects(subject, predicate)), key=str)

    def _one(self, subject: Term, key: str) -> str | None:
        prop = self._ontology.properties.get(key)
        found = self._get(subject, prop.iri.value) if prop else []
        return found[0].value if found else None

    def label(self, subject: Term, language: str) -> str:
        """The label of *subject* in *language*, composed where it has none, else in English, else its local name."""
        have = self._given(subject)
        text = have.get(language) or have.get("en") or self._compose(subject, language)
        return text or subject.value.rsplit("/", 1)[-1].rsplit("#", 1)[-1]

    def _compose(self, subject: Term, language: str) -> str:
        """The label from what *subject* is about; nothing where that leads back to it."""
        if subject in self._open:
            return ""
        self._open.add(subject)
        try:
            return self._compose_by_kind(subject, language)
        finally:
            self._open.remove(subject)

    def _compose_by_kind(self, subject: Term, language: str) -> str:
        if self._get(subject, f"{ELI}number"):
            return self._provision(subject, language)
        locator = self._get(subject, self.names.term("locator").value)
        whole = self._get(subject, "http://purl.org/dc/terms/isPartOf")
        if locator and whole:
            return f"{self.label(whole[0], language)}, {locator[0].value}"
        members = self._get(subject, f"{ORG}member")
        if members:
            return self._membership(subject, members[0], language)
        indicator = self._get(subject, self.names.term("indicator").value)
        if indicator:
            return self._figure(subject, indicator[0], language)
        title = self._get(subject, "http://purl.org/dc/terms/title")
        if title:
            return str(title[0].value)
        return self._event(subject, language)

    def _provision(self, subject: Term, language: str) -> str:
        number = str(self._get(subject, f"{ELI}number")[0].value)
        parent = self._get(subject, self.names.term("directlyIn").value)
        if not parent:
            return number
        above = self.label(parent[0], language)
        level = re.search(r"-(part|para|item)-\d+$", subject.value)
        return f"{above}, {_WORDS[language][level[1] if level else 'art']} {number}"

    def _membership(self, subject: Term, member: Term, language: str) -> str:
        organization = self._get(subject, f"{ORG}organization")
        where = self.label(organization[0], language) if organization else ""
        roles = self._get(subject, f"{ORG}role")
        role = f" ({self.label(roles[0], language)})" if roles else ""
        return f"{self.label(member, language)} – {where}{role}"

    def _figure(self, subject: Term, indicator: Term, language: str) -> str:
        value, lower, upper = (self._one(subject, key) for key in ("value", "lower", "upper"))
        number = value or "–".join(part for part in (lower, upper) if part)
        bound = (self._one(subject, "bound") or "").rsplit("/", 1)[-1]
        when = self._one(subject, "date") or self._one(subject, "end")
        date = f" ({when})" if when else ""
        return f"{self.label(indicator, language)}: {_BOUND_SIGNS.get(bound, '')}{number}{date}"

    def _event(self, subject: Term, language: str) -> str:
        kind = self._most_specific(subject)
        if kind is None:
            return ""
        who = list(dict.fromkeys(p for iri in self._participants for p in self._get(subject, iri)))
        shown = ", ".join(self.label(person, language) for person in who[:SHOWN_PARTICIPANTS] if person != subject)
        more = f" (+{len(who) - SHOWN_PARTICIPANTS})" if len(who) > SHOWN_PARTICIPANTS else ""
        when = self._one(subject, "date") or self._one(subject, "start")
        parts = [f"{self.label(kind, language)}{self._act(subject, language)}", f"{shown}{more}", when or ""]
        return ": ".join([parts[0], ", ".join(part for part in parts[1:] if part)]).removesuffix(": ")

    def _act(self, subject: Term, language: str) -> str:
        acts = self._get(subject, self.names.term("actType").value)
        return f" ({self.label(acts[0], language)})" if acts else ""

    def _most_specific(self, subject: Term) -> NamedNode | None:
        kinds = [k for k in self._get(subject, RDF_TYPE.value) if isinstance(k, NamedNode)]
        above = self._ontology.superclasses
        lowest = [k for k in kinds if not any(k != o and k in above.get(o, ()) for o in kinds)]
        return lowest[0] if lowest else None


def compose_labels(ontology: Ontology, triples: Iterable[Triple]) -> set[Triple]:
    """Labels for everything in *triples* that a curator gave none."""
    return set(Labeller(ontology, Collected(triples)).labels())
