"""Explanations as RDF by PROV-O (https://www.w3.org/TR/prov-o/), so that other tools can follow and merge them.

| what | how it is said |
|---|---|
| a triple | `prov:Entity`, `rdf:Statement` with its subject, predicate and object |
| a graph that asserts it | `prov:Collection` with `prov:hadMember` the triple |
| a claim | its graph: `prov:wasAttributedTo` a speaker, `prov:wasQuotedFrom` a passage, `lt:modality`, `lt:status` |
| a passage | `prov:hadPrimarySource` of the triple: `prov:value` the phrase, `lt:locator`, how one cites the document |
| a commit | `prov:wasGeneratedBy` of an asserted triple: an activity with its end and who it was associated with |
| an inference | `prov:wasGeneratedBy` of an inferred triple: an activity that `prov:used` the premises and the rule |
| a premise | `prov:wasDerivedFrom` of the inferred triple |
| a rule | `prov:Plan`, named after the construct of OWL that it comes from |
| a contradiction | `prov:Entity` derived from its premises like an inferred triple, but no statement |

Triples, activities and rules are named by a hash of what they are: the same one has the same name in every explanation.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import TYPE_CHECKING

from graph.iris import DCT, OWL, PROV, RDF_TYPE, RDFS, XSD, Names
from graph.rdf import DefaultGraph, Literal, NamedNode, Term, Triple

if TYPE_CHECKING:
    from graph.commits import Commit
    from graph.explain import Explanation, Support

RDF = RDF_TYPE.value.removesuffix("type")

CONSTRUCTS = {
    "subclass": f"{RDFS}subClassOf", "subproperty": f"{RDFS}subPropertyOf", "domain": f"{RDFS}domain",
    "range": f"{RDFS}range", "inverse": f"{OWL}inverseOf", "symmetric": f"{OWL}SymmetricProperty",
    "transitive": f"{OWL}TransitiveProperty", "property chain": f"{OWL}propertyChainAxiom",
    "has value": f"{OWL}hasValue", "disjoint classes": f"{OWL}disjointWith", "complement": f"{OWL}complementOf",
    "empty class": f"{OWL}Nothing", "functional property": f"{OWL}FunctionalProperty",
    "inverse functional property": f"{OWL}InverseFunctionalProperty",
    "asymmetric property": f"{OWL}AsymmetricProperty", "irreflexive property": f"{OWL}IrreflexiveProperty",
    "disjoint properties": f"{OWL}propertyDisjointWith", "different individuals": f"{OWL}differentFrom",
    "negative property assertion": f"{OWL}NegativePropertyAssertion", "maximum cardinality": f"{OWL}maxCardinality",
}  # fmt: skip
"""The construct of OWL or RDFS that each axiom of a rule or denial is written with."""


class Provenance:
    """Collects the triples that describe explanations."""

    def __init__(self, names: Names) -> None:
        self._names = names
        self._said: set[Triple] = set()
        self._known: dict[Triple, NamedNode] = {}

    @property
    def triples(self) -> list[Triple]:
        """All that was described, in a fixed order."""
        return sorted(self._said, key=str)

    def describe(self, tree: Explanation) -> NamedNode:
        """Describe an explanation down to its sources; the name of its triple."""
        triple = tree.triple
        if triple in self._known:
            return self._known[triple]
        node = self._known[triple] = self._name("statement", str(triple))
        self._kinds(node, f"{PROV}Entity", f"{RDF}Statement")
        for part, term in (("subject", triple.subject), ("predicate", triple.predicate), ("object", triple.object)):
            self._say(node, f"{RDF}{part}", term)
        for support in tree.supports:
            self._support(node, support)
        commits = [support.commit for support in tree.supports if support.commit]
        if commits:
            self._commit(node, min(commits, key=lambda commit: commit.version))
        if tree.rule:
            self._derive(node, tree.rule, tree.premises)
        return node

    def describe_contradiction(self, axiom: str, premises: Iterable[Explanation]) -> NamedNode:
        """Describe that *premises* contradict each other by *axiom*; the name of the contradiction."""
        premises = tuple(premises)
        node = self._name("contradiction", axiom, *(str(premise.triple) for premise in premises))
        self._kinds(node, f"{PROV}Entity")
        self._say(node, f"{RDFS}label", Literal(f"contradiction by {axiom}", language="en"))
        self._derive(node, axiom, premises)
        return node

    def _derive(self, node: NamedNode, axiom: str, premises: Iterable[Explanation]) -> None:
        found = [self.describe(premise) for premise in premises]
        activity = self._name("inference", node.value, axiom, *(premise.value for premise in found))
        rule = self._name("rule", axiom)
        self._kinds(activity, f"{PROV}Activity")
        self._kinds(rule, f"{PROV}Entity", f"{PROV}Plan")
        self._say(rule, f"{RDFS}label", Literal(axiom, language="en"))
        if axiom in CONSTRUCTS:
            self._say(rule, f"{RDFS}seeAlso", NamedNode(CONSTRUCTS[axiom]))
        self._say(node, f"{PROV}wasGeneratedBy", activity)
        self._say(activity, f"{PROV}used", rule)
        for premise in found:
            self._say(activity, f"{PROV}used", premise)
            self._say(node, f"{PROV}wasDerivedFrom", premise)

    def _support(self, node: NamedNode, support: Support) -> None:
        graph = support.graph_name
        if isinstance(graph, DefaultGraph):
            return
        self._kinds(graph, f"{PROV}Collection")
        self._say(graph, f"{PROV}hadMember", node)
        if support.speaker:
            self._say(graph, f"{PROV}wasAttributedTo", NamedNode(support.speaker))
        for key, concept in (("modality", support.modality), ("status", support.status)):
            if concept:
                self._say(graph, self._names.term(key).value, self._names.voc(concept))
        if support.passage:
            passage = NamedNode(support.passage)
            self._say(graph, f"{PROV}wasQuotedFrom", passage)
            self._say(node, f"{PROV}hadPrimarySource", passage)
            self._passage(passage, support)

    def _passage(self, passage: NamedNode, support: Support) -> None:
        self._kinds(passage, f"{PROV}Entity")
        self._say(passage, f"{DCT}bibliographicCitation", Literal(support.document))
        self._say(passage, self._names.term("locator").value, Literal(support.locator))
        self._say(passage, f"{PROV}value", Literal(support.phrase))

    def _commit(self, node: NamedNode, commit: Commit) -> None:
        activity = self._name("commit", str(commit.version), str(commit.or_earlier))
        self._kinds(activity, f"{PROV}Activity")
        self._say(node, f"{PROV}wasGeneratedBy", activity)
        self._say(activity, f"{RDFS}label", Literal(str(commit), language="en"))
        if not commit.or_earlier:
            agent = self._name("agent", commit.by)
            at = Literal(commit.at, datatype=NamedNode(f"{XSD}dateTime"))
            self._kinds(agent, f"{PROV}Agent")
            self._say(agent, f"{RDFS}label", Literal(commit.by))
            self._say(activity, f"{PROV}endedAtTime", at)
            self._say(activity, f"{PROV}wasAssociatedWith", agent)

    def _name(self, kind: str, *parts: str) -> NamedNode:
        digest = hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]
        return NamedNode(f"{self._names.base}.well-known/genid/{kind}-{digest}")

    def _kinds(self, node: Term, *kinds: str) -> None:
        for kind in kinds:
            self._say(node, RDF_TYPE.value, NamedNode(kind))

    def _say(self, subject: Term, predicate: str, value: Term) -> None:
        self._said.add(Triple(subject, NamedNode(predicate), value))
