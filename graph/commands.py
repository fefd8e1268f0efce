"""What each `letapis` command does; arguments are read in `graph.__main__`."""

from __future__ import annotations

import json
import os
import sys
from argparse import Namespace
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from graph.adopt import adopt, detect, kind_of
from graph.build import COUNTED, Built, assemble, build
from graph.check import check_anchors, locate, measure_coverage
from graph.competency import find_faults, read_questions
from graph.documents import add_text, find_texts, read_documents
from graph.errors import RefusedError, UsageError, VersionError
from graph.evaluate import Evaluators, Limits, Request
from graph.evaluator import RDF_FORMATS
from graph.explain import explain, parse_term
from graph.iris import CANONICAL_BASE
from graph.project import SOURCES, Project
from graph.rdf import serialize
from graph.report import Report
from graph.spawner import WriteLimits
from graph.versions import Version, Versions


def project_of(arguments: Namespace) -> Project:
    """The project that the common options name; what the data folder holds tells how it is laid out.

    Where `--ontology` or `--shapes` name files for the data folder, they are its ontology and shapes from now on; the
    one that is not named stays as it is.
    """
    root, data, base = Path(arguments.root).resolve(), Path(arguments.data).resolve(), arguments.base
    ontology, shapes = getattr(arguments, "ontology", None), getattr(arguments, "shapes", None)
    held = detect(data)
    if ontology is None and shapes is None:
        if held is None or held[0] == "record":
            return Project(root, data, base or CANONICAL_BASE)
        return Project(root, data, base or held[1], held[0])
    kind = kind_of(ontology, shapes, held[0] if held else None)
    project = Project(data, data, base or (held[1] if held else CANONICAL_BASE), kind)
    adopt(project, ontology, shapes, by=os.environ.get("USER", "unknown"), tell=tell_progress())
    return project


def tell_progress() -> Callable[[str], None]:
    """Progress on a terminal, silence in a pipe."""
    if not sys.stderr.isatty():
        return lambda _: None
    return lambda stage: print(f"  {stage} …", file=sys.stderr)


def print_json(content: Any) -> None:
    """Print for programs."""
    print(json.dumps(content, indent=2, ensure_ascii=False, sort_keys=True))


def run_build(arguments: Namespace) -> int:
    """Build the current version; exit 1 with the report where the gate refuses."""
    try:
        built = build(project_of(arguments), by=arguments.by, why=arguments.message, tell=tell_progress())
    except RefusedError as error:
        _print_report(error.report, arguments.json)
        raise
    if arguments.json:
        print_json({"fresh": built.fresh, **built.version.manifest})
    else:
        print(_describe_build(built))
    return 0


def _describe_build(built: Built) -> str:
    version, counts = built.version, built.version.manifest["counts"]
    what = ", ".join(f"{counts[name]} {name}" for name in (*COUNTED, "triples", "inferred"))
    state = "built" if built.fresh else "is current; the inputs have not changed"
    warnings, infos = version.manifest["warnings"], version.manifest["infos"]
    findings = f"Warnings: {warnings}, infos: {infos} (letapis validate shows them)."
    return f"Version {version.number} {state}: {what}.\n{findings}"


def run_validate(arguments: Namespace) -> int:
    """Validate the record without building; exit 1 where there is a Violation."""
    project = project_of(arguments)
    if arguments.reference:
        from graph.validate_reference import assemble_and_validate  # noqa: PLC0415 - pySHACL changes rdflib when loaded

        report = assemble_and_validate(project)
    else:
        report = assemble(project, tell_progress()).report
    _print_report(report, arguments.json)
    return 0 if report.conforms else 1


def _print_report(report: Report, as_json: bool) -> None:
    if as_json:
        print_json(report.to_json())
    else:
        print(report.to_text())


def run_check(arguments: Namespace) -> int:
    """Check phrases and positions, or coverage; exit 1 at the first that does not hold."""
    project = project_of(arguments)
    if arguments.coverage:
        return _check_coverage(project, arguments.json)
    if arguments.questions:
        return _check_questions(project, arguments.json)
    checked = check_anchors(project)
    if arguments.json:
        print_json({"segments": checked.segments, "absent": checked.absent})
        return 0
    for name, number in sorted(checked.segments.items()):
        print(f"{name}: {number} phrases stand where the claims say.")
    for name in checked.absent:
        print(f"{name}: not checked, its text is not here. Add it with `letapis sources add FILE`.")
    return 0


def _check_questions(project: Project, as_json: bool) -> int:
    """Ask every competency question of the current version; exit 1 where an answer is not the expected one."""
    questions = read_questions(project.questions)
    evaluators = Evaluators(current_version(project), Limits())
    try:
        faults = {question: find_faults(evaluators, question, project.names) for question in questions}
    finally:
        evaluators.close()
    wrong = {question: lines for question, lines in faults.items() if lines}
    if as_json:
        print_json({str(question.spot): lines for question, lines in wrong.items()})
    for question, lines in () if as_json else wrong.items():
        print("\n  ".join([f"{question.spot}: {question.text}", *lines]))
    if not as_json:
        inferring = sum(bool(question.needs) for question in questions)
        print(f"{len(questions)} questions, {inferring} of them need inference; {len(wrong)} not answered as expected")
    return 1 if wrong else 0


def _check_coverage(project: Project, as_json: bool) -> int:
    rows = measure_coverage(project)
    if as_json:
        print_json([asdict(row) for row in rows])
    for row in () if as_json else rows:
        things = ", ".join(f"{number} {name}" for name, number in row.things.items())
        more = ": " + ", ".join(row.open) if row.open else ""
        cited, aside = len(row.cited), len(row.aside)
        print(f"{row.document}: {cited} passages cited, {aside} set aside, {len(row.open)} open{more}")
        print(f"  {row.claims} claims, {things}")
        for locator, reason in row.aside.items():
            print(f"  aside {locator}: {reason}")
    return 1 if any(row.open for row in rows) else 0


def run_sources(arguments: Namespace) -> int:
    """Add a document's text, list what is there, or find positions in one."""
    project = project_of(arguments)
    documents = read_documents(project.documents, "graph/documents")
    if arguments.action == "add":
        document = add_text(Path(arguments.file), documents.values(), project.data / SOURCES)
        print(f"{document.name}: added, its fingerprint is right.")
        return 0
    texts = find_texts(documents.values(), project.text_folders)
    if arguments.action == "list":
        for name in documents:
            print(f"{name}: {'text present' if name in texts else 'text absent'}")
        return 0
    if arguments.document not in texts:
        raise UsageError(f"the text of `{arguments.document}` is not here.", "Add it with `letapis sources add FILE`.")
    text = texts[arguments.document]
    places = locate(text, arguments.first, arguments.last)
    for start, end in places:
        print(f"at: {start}-{end}   {' '.join(text[start:end].split())}")
    return 0 if places else 1


def current_version(project: Project) -> Version:
    """The current version, or VersionError that says how to make one."""
    version = Versions(project.data).current()
    if version is None:
        raise VersionError(f"there is no version in {project.data} yet.", "Run `letapis build` first.")
    return version


def run_query(arguments: Namespace) -> int:
    """Answer one SPARQL query on the current version."""
    project = project_of(arguments)
    text = sys.stdin.read() if arguments.query == "-" else arguments.query
    if text.startswith("@"):
        text = _read_query(Path(text[1:]))
    limits = Limits(seconds=arguments.timeout)
    evaluators = Evaluators(current_version(project), limits)
    try:
        formats = {"solutions": arguments.format, "graph": arguments.format}
        if arguments.format in ("json", "xml", "csv", "tsv"):
            formats["graph"] = "ttl"
        else:
            formats["solutions"] = "tsv"
        prefixes = tuple(project.names.prefixes.items())
        answer = evaluators.answer(Request(text, **formats, base=project.base, prefixes=prefixes))
        for part in answer.chunks():
            sys.stdout.buffer.write(part)
        sys.stdout.buffer.flush()
    finally:
        evaluators.close()
    return 0


def _read_query(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read: {error}.") from None


def run_explain(arguments: Namespace) -> int:
    """Explain one triple of the current version."""
    project = project_of(arguments)
    version = current_version(project)
    terms = [parse_term(text, project.names) for text in (arguments.subject, arguments.predicate, arguments.object)]
    tree = explain(version, project.names, *terms, versions=Versions(project.data))
    form = "json" if arguments.json else arguments.format
    if form == "json":
        print_json(tree.to_json())
    elif form == "text":
        print(tree.to_text())
    else:
        names = project.names
        sys.stdout.buffer.write(serialize(tree.to_rdf(names), RDF_FORMATS[form], names.prefixes))
    return 0


def run_serve(arguments: Namespace) -> int:
    """Serve the current version until told to stop."""
    from server.serve import serve  # noqa: PLC0415 - the library half does not need the server half

    project = project_of(arguments)
    current_version(project)
    limits = Limits(seconds=arguments.timeout, mebibytes=arguments.memory, workers=arguments.workers)
    Versions(project.data).sweep()
    writes = WriteLimits(arguments.write_timeout, arguments.write_memory, arguments.max_body,
                         needs_match=arguments.require_match)  # fmt: skip
    serve(project, limits, writes, host=arguments.host, port=arguments.port, processes=arguments.processes)
    return 0
