"""The keywords of violations, as the code says them: read from its syntax, so that none is missed."""

import ast
import importlib
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

ROOT = Path(__file__).resolve().parents[2]
# Where violations are made.
_FILES = (*(ROOT / "contracts").rglob("*.py"), ROOT / "proxy" / "judging.py")
# Where a table of keywords is looped over, so that no call has one as a constant.
_TABLES = ("contracts/inputs.py", "contracts/builtin/server.py", "proxy/dialects/wire_facts.py")
_NO_VIOLATIONS = {"usage_summed"}  # of these tables: facts that spare a check
_KEYWORD = 1  # the place of `keyword` in Violation(...)


def keywords() -> set[str]:
    """All keywords of driftgate's own; those of JSON Schema come besides."""
    found = chain(*map(_of_file, _FILES), *(_of_table(ROOT / path) for path in _TABLES))
    return set(found) - set(Draft202012Validator.VALIDATORS) - _NO_VIOLATIONS


def _of_file(path: Path) -> Iterator[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    makers = {"Violation": _KEYWORD} | dict(_makers(tree))
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef):
            for call in ast.walk(function):
                if isinstance(call, ast.Call) and isinstance(call.func, ast.Name):
                    place = makers.get(call.func.id)
                    if place is not None and place < len(call.args):
                        yield from _values(call.args[place], function, path)


def _makers(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """The functions of a module that are given a keyword, and at which place."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            names = [argument.arg for argument in node.args.args]
            if "keyword" in names:
                yield node.name, names.index("keyword")


def _values(node: ast.expr, function: ast.FunctionDef, path: Path) -> Iterator[str]:
    """What an argument can be: a constant, a choice of two, or a name of either."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from _values(node.body, function, path)
        yield from _values(node.orelse, function, path)
    elif isinstance(node, ast.Name):
        value = getattr(_module(path), node.id, None)
        if isinstance(value, str):
            yield value
        for each in ast.walk(function):
            if isinstance(each, ast.Assign) and node.id in map(_name, each.targets):
                yield from _values(each.value, function, path)


def _of_table(path: Path) -> Iterator[str]:
    module = _module(path)
    if path.name == "inputs.py":
        rules = module.Contract.model_fields["input"].annotation.model_fields
        yield from (key for key in rules if key.startswith("max_"))
    elif path.name == "server.py":
        yield from (row[1] for row in module._KNOWN)
    else:
        names = [name for name in vars(module) if name.isupper() and name[0] != "_"]
        yield from (getattr(module, name) for name in names)


def _name(node: ast.expr) -> str | None:
    return node.id if isinstance(node, ast.Name) else None


def _module(path: Path) -> Any:
    name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
    return importlib.import_module(f"driftgate.{name}")
