"""The shape of the code: what may import what, and how large and how well described its parts are."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT

PACKAGES = ("graph", "server")
FENCES = {
    "pyoxigraph": {"graph.rdf"},
    "owlrl": {"graph.close"},
    "pyshacl": {"graph.validate_reference"},
    "pyrudof": {"graph.validate"},
    "nmo_python": {"graph.infer"},
    "yaml": {"graph.sourcefile"},
    "xml": {"graph.guard_rdf"},
    "edtf": {"graph.dates"},
    "granian": {"server.serve"},
}
"""Each engine and the one module that knows it: what has to change when the engine is replaced."""

MODULE_LINES, FUNCTION_LINES = 400, 60
Function = ast.FunctionDef | ast.AsyncFunctionDef


def modules() -> dict[str, Path]:
    found = {}
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            found[".".join(parts).removesuffix(".__init__")] = path
    return found


MODULES = modules()
TREES = {name: ast.parse(path.read_text(encoding="utf-8"), str(path)) for name, path in MODULES.items()}


def imports(tree: ast.Module, *, at_load: bool = False) -> Iterator[str]:
    """The modules that a tree imports, `TYPE_CHECKING` blocks left out; with *at_load* only those not in functions."""
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            module = str(node.module)
            yield from (f"{module}.{a.name}" if f"{module}.{a.name}" in MODULES else module for a in node.names)
        is_for_types = isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        if not is_for_types and not (at_load and isinstance(node, Function)):
            waiting += ast.iter_child_nodes(node)


def functions(tree: ast.Module) -> Iterator[Function]:
    return (node for node in ast.walk(tree) if isinstance(node, Function))


def test_there_is_something_to_look_at() -> None:
    assert {"graph.build", "graph.rdf", "server.app"} <= set(MODULES)


@pytest.mark.parametrize("name", [name for name in MODULES if name.startswith("graph")])
def test_the_library_does_not_know_the_server_or_its_framework(name: str) -> None:
    allowed = {"server.serve"} if name == "graph.commands" else set()  # `letapis serve` starts it, imported when asked
    wanted = {i for i in imports(TREES[name]) if i.split(".")[0] in ("server", "flask", "werkzeug", "jinja2")}
    assert wanted <= allowed
    assert not {i for i in imports(TREES[name], at_load=True) if i.startswith("server")}


@pytest.mark.parametrize("engine", FENCES)
def test_an_engine_is_known_to_one_module_only(engine: str) -> None:
    users = {name for name, tree in TREES.items() if engine in {i.split(".")[0] for i in imports(tree)}}
    assert users == FENCES[engine]


def test_only_known_packages_are_imported() -> None:
    """What is imported is declared: the standard library, the project, and what pyproject.toml pins."""
    declared = (ROOT / "pyproject.toml").read_text().split("[project.optional-dependencies]")[0]
    names = {i.split(".")[0] for tree in TREES.values() for i in imports(tree)}
    names -= {*PACKAGES, *sys.stdlib_module_names}
    comes_with = {"nmo_python": "nemo-python", "yaml": "pyyaml", "werkzeug": "flask", "jinja2": "flask",
                  "markupsafe": "flask"}  # fmt: skip
    assert not {name for name in names if f'"{comes_with.get(name, name)}==' not in declared}


def test_no_module_imports_itself_through_others() -> None:
    graph = {name: {i for i in imports(tree) if i in MODULES and i != name} for name, tree in TREES.items()}
    cycles = []
    for start, direct in graph.items():
        seen, waiting = set[str](), list(direct)
        while waiting:
            module = waiting.pop()
            if module not in seen:
                seen.add(module)
                waiting += graph[module]
        cycles += [start] * (start in seen)
    assert cycles == []


@pytest.mark.parametrize("name", MODULES)
def test_a_module_says_what_it_is_for_and_is_not_too_long(name: str) -> None:
    assert ast.get_docstring(TREES[name]), "no docstring"
    assert len(MODULES[name].read_text(encoding="utf-8").splitlines()) <= MODULE_LINES


@pytest.mark.parametrize("name", MODULES)
def test_what_is_public_is_described(name: str) -> None:
    """Functions, classes and methods whose name and place are public."""
    silent = []

    def look(node: ast.AST, prefix: str) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, Function | ast.ClassDef) and not child.name.startswith("_"):
                if not ast.get_docstring(child):
                    silent.append(f"{prefix}{child.name}")
                if isinstance(child, ast.ClassDef):
                    look(child, f"{child.name}.")

    look(TREES[name], "")
    assert silent == []


@pytest.mark.parametrize("name", MODULES)
def test_no_function_is_too_long(name: str) -> None:
    lengths = {f.name: (f.end_lineno or f.lineno) - f.lineno + 1 for f in functions(TREES[name])}
    assert {function: lines for function, lines in lengths.items() if lines > FUNCTION_LINES} == {}


def _handled(handler: ast.ExceptHandler) -> set[str]:
    if handler.type is None:
        return {"everything"}
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return {ast.unparse(kind) for kind in kinds}


@pytest.mark.parametrize("name", MODULES)
def test_no_handler_swallows_everything(name: str) -> None:
    """`except BaseException` may tidy up, but then it raises again."""
    for node in ast.walk(TREES[name]):
        if isinstance(node, ast.ExceptHandler):
            handled = _handled(node)
            assert not handled & {"everything", "Exception"}, f"line {node.lineno}"
            if "BaseException" in handled:
                assert isinstance(node.body[-1], ast.Raise) and node.body[-1].exc is None, f"line {node.lineno}"


@pytest.mark.parametrize("name", MODULES)
def test_no_module_holds_a_store_a_graph_or_an_application(name: str) -> None:
    held = {"Store", "Graph", "Dataset", "Flask", "open_memory", "open_writable", "open_readonly", "create_app",
            "Evaluators"}  # fmt: skip
    allowed = {"server.wsgi"}  # what the web server loads
    made = []
    for node in TREES[name].body:
        if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.Call):
            made += [ast.unparse(node.value.func).rsplit(".", 1)[-1]]
    assert name in allowed or not set(made) & held


@pytest.mark.parametrize("path", sorted((ROOT / "tests" / "graph").glob("*.py")), ids=lambda path: path.stem)
def test_a_test_neither_waits_nor_pretends(path: Path) -> None:
    """No sleeping, no patching, no test that is switched off for good."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    used = {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    forbidden = {"time.sleep", "sleep", "pytest.mark.skip", "pytest.mark.xfail", "pytest.xfail", "mock.patch", "patch"}
    assert not used & forbidden
    assert not {"unittest.mock", "mock"} & set(imports(tree))
    arguments = {argument.arg for function in functions(tree) for argument in function.args.args}
    assert "monkeypatch" not in arguments and "mocker" not in arguments
