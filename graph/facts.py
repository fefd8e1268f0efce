"""Facts → triples: what stands under one subject in a claims or entities file, said in the ontology's terms."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Callable
from typing import Any

from graph.dates import DateError, day_bounds
from graph.errors import Spot
from graph.iris import DCT, EDTF, ELI, LITERAL_FORM, PREF_LABEL, RDF_TYPE, SKOS, XSD, Names
from graph.literals import check_language, read_literals
from graph.ontology import Ontology, Property
from graph.rdf import Literal, NamedNode, Triple
from graph.references import OPAQUE, paragraph_of, provision_steps, resolve, resolve_wikidata
from graph.sourcefile import Mapping, Sequence, Text, expect_text, fail, refuse_key

Add = Callable[[NamedNode, Triple, Spot], None]
_NAME_KEYS = ("text", "lang", "script", "given", "origin")
_EDITORIAL_ORIGINS = ("checkedElsewhere", "derived")


class FactReader:
    """Reads facts into triples through *add*; remembers references so that they can be checked when all is read."""

    def __init__(self, ontology: Ontology, add: Add, spots: dict[NamedNode, Spot]) -> None:
        self.ontology = ontology
        self.names: Names = ontology.names
        self._add = add
        self._spots = spots
        self._types: dict[NamedNode, set[NamedNode]] = {}
        self._called: dict[NamedNode, set[str]] = {}
        self._references: list[tuple[NamedNode, tuple[str, ...], Text]] = []
        self._schemes: dict[NamedNode, set[NamedNode]] = {}
        self._scheme_uses: list[tuple[NamedNode, Property, Text]] = []
        self._learn_concepts()

    def _learn_concepts(self) -> None:
        for quad in self.ontology.quads:
            if quad.predicate == RDF_TYPE and isinstance(quad.subject, NamedNode):
                self._types.setdefault(quad.subject, set()).add(quad.object)
            elif quad.predicate.value == f"{SKOS}inScheme":
                self._schemes.setdefault(quad.subject, set()).add(quad.object)

    def read(self, reference: Text, facts: Mapping, graph: NamedNode, add: Add | None = None) -> NamedNode:
        """Say *facts* of the subject that *reference* names, in *graph* (editorial ones in the base graph)."""
        say = add or self._add
        subject = self.reference(reference)
        self._spots.setdefault(subject, reference.spot)
        if not facts:
            fail(facts.spot, f"nothing is said of `{reference}`.", "Add a key, or remove it.")
        for key, value in facts.items():
            if key == "a":
                self._say_types(subject, value, graph, say)
            elif key == "name":
                self._say_names(subject, value, graph, say)
            else:
                prop = self._property(key)
                self._say(subject, prop, value, self.names.graph("base") if prop.editorial else graph, say)
        return subject

    def reference(self, text: Text) -> NamedNode:
        """The IRI that *text* names; its declaration and words are checked at the end."""
        iri, words = resolve(text, self.names)
        self._references.append((iri, words, text))
        local = iri.value.removeprefix(self.names.id("").value)
        self._make_levels(local, text.spot)
        return iri

    def _property(self, key: Text) -> Property:
        found = self.ontology.properties.get(key)
        if found is None:
            refuse_key(key, [*self.ontology.properties, "a", "name"])
        return found

    def _say_types(self, subject: NamedNode, value: Any, graph: NamedNode, say: Add) -> None:
        for item in value if isinstance(value, Sequence) else [value]:
            name = expect_text(item, "a")
            if name not in self.ontology.classes:
                refuse_key(name, self.ontology.classes)
            cls = self.ontology.classes[name]
            self._check_letter(subject, cls, name)
            self._types.setdefault(subject, set()).add(cls)
            say(graph, Triple(subject, RDF_TYPE, cls), name.spot)

    def _check_letter(self, subject: NamedNode, cls: NamedNode, name: Text) -> None:
        local = subject.value.removeprefix(self.names.id("").value)
        letter = self.ontology.letters.get(cls)
        if OPAQUE.fullmatch(local) and letter is not None and not local.startswith(letter):
            fail(name.spot, f"`{local}` cannot be a {name}.", f"Identifiers of this class start with `{letter}`.")

    def _say_names(self, subject: NamedNode, value: Any, graph: NamedNode, say: Add) -> None:
        for item in value if isinstance(value, Sequence) else [value]:
            detail = item if isinstance(item, Mapping) else Mapping([(Text("text", item.spot), item)], item.spot)
            detail = Mapping(detail.items(), detail.spot)
            text, given = detail.need_text("text"), detail.take_text("given")
            language, script = detail.take_text("lang"), detail.take_text("script")
            origin = self._origin(detail.take_text("origin"), text, graph)
            detail.close(_NAME_KEYS)
            if language is not None:
                check_language(language)
            tag = str(language or "en")
            form = NamedNode(f"{subject.value}#name-{_short_digest(subject.value, text, tag)}")
            self._called.setdefault(subject, set()).add(_fold(text))
            self._spots.setdefault(form, text.spot)
            say(graph, Triple(subject, self.names.term("nameForm"), form), text.spot)
            say(graph, Triple(form, RDF_TYPE, self.names.term("NameForm")), text.spot)
            say(graph, Triple(form, LITERAL_FORM, Literal(text, language=tag)), text.spot)
            say(graph, Triple(form, self.names.term("script"), Literal(script or _script(text))), text.spot)
            say(graph, Triple(form, self.names.term("origin"), self.names.voc(origin)), text.spot)
            if given is not None:
                say(graph, Triple(form, self.names.term("givenName"), Literal(given, language=tag)), given.spot)

    def _origin(self, written: Text | None, text: Text, graph: NamedNode) -> str:
        """Where a name form comes from: a claim attests it; an editorial one must say."""
        if graph != self.names.graph("base"):
            if written is not None and written != "attested":
                fail(written.spot, f"`origin: {written}` in a claim", "A passage attests what it prints: leave it out.")
            return "attested"
        if written not in _EDITORIAL_ORIGINS:
            spot = text.spot if written is None else written.spot
            fail(spot, f"the name form `{text}` does not say where it comes from.",
                 f"Write `origin:` {' or '.join(_EDITORIAL_ORIGINS)}.")  # fmt: skip
        return str(written)

    def _say(self, subject: NamedNode, prop: Property, value: Any, graph: NamedNode, say: Add) -> None:
        if prop.earliest is not None or prop.latest is not None:
            self._say_date(subject, prop, expect_text(value, prop.key), graph, say)
        elif prop.kind == "object":
            for item in value if isinstance(value, Sequence) else [value]:
                text = expect_text(item, prop.key)
                target = self._object(prop, text)
                if prop.key == "inScheme":
                    self._schemes.setdefault(subject, set()).add(target)
                say(graph, Triple(subject, prop.iri, target), text.spot)
        else:
            for literal, text in read_literals(value, prop):
                if prop.iri == PREF_LABEL:
                    self._called.setdefault(subject, set()).add(_fold(text))
                say(graph, Triple(subject, prop.iri, literal), text.spot)

    def _object(self, prop: Property, text: Text) -> NamedNode:
        if prop.key == "wikidata":
            return resolve_wikidata(text)
        iri = self.reference(text)
        if prop.schemes and iri.value.startswith(self.names.voc("").value):
            self._scheme_uses.append((iri, prop, text))
        return iri

    def _say_date(self, subject: NamedNode, prop: Property, text: Text, graph: NamedNode, say: Add) -> None:
        try:
            earliest, latest = day_bounds(str(text))
        except DateError as error:
            fail(text.spot, f"`{prop.key}: {text}` is no EDTF date: {error}.", "See *Dates* in docs/curating.md.")
        say(graph, Triple(subject, prop.iri, Literal(text, datatype=EDTF)), text.spot)
        for bound, day in ((prop.earliest, earliest), (prop.latest, latest)):
            if bound is not None and day is not None:
                literal = Literal(day.isoformat(), datatype=NamedNode(f"{XSD}date"))
                say(graph, Triple(subject, bound, literal), text.spot)

    def _make_levels(self, local: str, spot: Spot) -> None:
        """Make the article, parts and paragraphs that a path names, as editorial statements, once each."""
        base, names = self.names.graph("base"), self.names
        for step in provision_steps(local):
            iri = names.id(step.local)
            if iri not in self._types:
                self._types[iri] = {names.term("Provision")}
                self._spots.setdefault(iri, spot)
                self._add(base, Triple(iri, RDF_TYPE, names.term("Provision")), spot)
                self._add(base, Triple(iri, NamedNode(f"{ELI}number"), Literal(step.number)), spot)
                self._add(base, Triple(iri, names.term("directlyIn"), names.id(step.parent)), spot)
                self.reference(Text(step.parent, spot))
        if paragraph := paragraph_of(local):
            document, number = paragraph
            iri = names.id(local)
            if iri not in self._types:
                self._types[iri] = {names.term("DocumentPart")}
                self._spots.setdefault(iri, spot)
                self._add(base, Triple(iri, RDF_TYPE, names.term("DocumentPart")), spot)
                self._add(base, Triple(iri, names.term("locator"), Literal(f"para. {number}")), spot)
                self._add(base, Triple(iri, NamedNode(f"{DCT}isPartOf"), names.id(document)), spot)
                self.reference(Text(document, spot))

    def check_references(self) -> None:
        """Refuse references to what is declared nowhere, whose words do not fit, or from a wrong scheme."""
        for iri, words, text in self._references:
            if iri.value.startswith(self.names.base) and iri not in self._types:
                fail(text.spot, f"`{text.split()[0]}` is declared nowhere.", "Declare it with `a:` in graph/entities.")
            self._check_words(iri, words, text)
        for iri, prop, text in self._scheme_uses:
            if not self._schemes.get(iri, set()) & set(prop.schemes):
                wanted = " or ".join(s.value.rsplit("#", 1)[1] for s in prop.schemes)
                fail(text.spot, f"`{text}` is not in the scheme {wanted}.", f"`{prop.key}` takes concepts of it.")

    def _check_words(self, iri: NamedNode, words: tuple[str, ...], text: Text) -> None:
        called = " ".join(sorted(self._called.get(iri, ())))
        missing = [word for word in words if _fold(word) not in called]
        if missing:
            known = " / ".join(sorted(self._called.get(iri, ()))) or "without a name"
            fail(text.spot, f"`{text}`: {' '.join(missing)} is not in its names.", f"{text.split()[0]} is {known}.")


def _short_digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:8]


def _fold(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).casefold()
    return "".join(char for char in plain if not unicodedata.combining(char))


def _script(text: str) -> str:
    return "Cyrl" if any("CYRILLIC" in unicodedata.name(char, "") for char in text) else "Latn"
