"""What the source tree says about itself: imports, cycles, lengths.

Pure but for `source_modules`, so that guards can be tried on bad examples.
"""

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

# folder at the top of the tree -> the package it is
FOLDERS = {
    "driftgate": "driftgate",
    "contracts": "driftgate.contracts",
    "proxy": "driftgate.proxy",
    "replay": "driftgate.replay",
    "dashboards": "driftgate.dashboards",
}


@dataclass(frozen=True)
class Module:
    """One source file. `path` is relative to the top of the tree."""

    name: str
    path: Path
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        """Its syntax tree."""
        return ast.parse(self.text, str(self.path))

    @property
    def is_package(self) -> bool:
        """Whether it is the __init__ of a package."""
        return self.path.name == "__init__.py"

    @cached_property
    def _nodes(self) -> list[ast.AST]:
        """All of its tree: a dozen guards walk it."""
        return list(ast.walk(self.tree))

    def imports(self) -> Iterator[tuple[str, str | None]]:
        """(module, name taken from it or None) of each import, wherever in the file it stands."""
        return iter(self._imports)

    @cached_property
    def _imports(self) -> list[tuple[str, str | None]]:
        found: list[tuple[str, str | None]] = []
        for node in self._nodes:
            if isinstance(node, ast.Import):
                found += ((alias.name, None) for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                base = "." * node.level + (node.module or "")
                found += ((base, alias.name) for alias in node.names)
        return found

    @cached_property
    def attributes(self) -> list[tuple[str, str]]:
        """(name, attribute) of each use of an attribute of a plain name."""
        return [
            (node.value.id, node.attr)
            for node in self._nodes
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
        ]

    def functions(self) -> Iterator[tuple[str, int]]:
        """(name, lines) of each function, decorators left out."""
        for node in self._nodes:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield node.name, (node.end_lineno or node.lineno) - node.lineno + 1


def module_name(path: Path) -> str:
    """proxy/dialects/sse.py -> driftgate.proxy.dialects.sse."""
    folder, *rest = path.with_suffix("").parts
    names = [FOLDERS[folder], *rest]
    return ".".join(names[:-1] if names[-1] == "__init__" else names)


def source_modules(root: Path) -> list[Module]:
    """All of ours below the top of a tree, in order of their names."""
    paths = (path for folder in FOLDERS for path in (root / folder).rglob("*.py"))
    relative = sorted(path.relative_to(root) for path in paths)
    return [Module(module_name(p), p, (root / p).read_text(encoding="utf-8")) for p in relative]


def is_within(name: str, packages: Iterable[str]) -> bool:
    """Whether a module is one of the packages or lies below one."""
    return any(name == package or name.startswith(f"{package}.") for package in packages)


def _target(base: str, name: str | None, known: Mapping[str, Module]) -> str:
    """The module that `from base import name` loads: base.name where that is one."""
    full = f"{base}.{name}" if name else base
    return full if full in known else base


def our_imports(modules: Iterable[Module]) -> dict[str, set[str]]:
    """Each module -> the modules of ours that it imports, type-checking imports included."""
    known = {module.name: module for module in modules}
    return {
        module.name: {
            _target(base, name, known)
            for base, name in module.imports()
            if is_within(base, ("driftgate",))
        }
        for module in known.values()
    }


def floor_faults(modules: Iterable[Module], floors: Mapping[str, tuple[str, ...]]) -> list[str]:
    """Imports that go upward or sideways, as sentences.

    `floors` says what a package may import. The longest package that a module lies in counts; a
    package without an entry may import everything.
    """
    faults = []
    for name, targets in our_imports(modules).items():
        homes = [package for package in floors if is_within(name, (package,))]
        if not homes:
            continue
        home = max(homes, key=len)
        allowed = (home, *floors[home])
        faults += [
            f"{name} imports {target}; {home} may import only {', '.join(allowed)}"
            for target in sorted(targets)
            if target != "driftgate" and not is_within(target, allowed)
        ]
    return faults


def outside_faults(
    modules: Iterable[Module], library: str, home: str, names: tuple[str, ...] = ()
) -> list[str]:
    """Uses of a library outside the one package that owns it.

    `names` are beginnings of names within the library; without them any import of it counts.
    """
    return [
        f"{module.name} uses {used}; only {home} may"
        for module in modules
        if not is_within(module.name, (home,))
        for used in sorted(_uses(module, library, names))
    ]


def _uses(module: Module, library: str, names: tuple[str, ...]) -> Iterator[str]:
    for base, name in module.imports():
        full = f"{base}.{name}" if name else base
        if is_within(full, (library,)) and _is_named(full, library, names):
            yield full
    for owner, name in module.attributes if names else ():
        full = f"{owner}.{name}"
        if owner == library and _is_named(full, library, names):
            yield full


def _is_named(full: str, library: str, names: tuple[str, ...]) -> bool:
    rest = full.removeprefix(library).lstrip(".")
    return not names or rest.startswith(names)


def cycles(graph: Mapping[str, set[str]]) -> list[list[str]]:
    """One path a cycle, each from its first module back to it."""
    found: list[list[str]] = []
    done: set[str] = set()

    def visit(name: str, path: list[str]) -> None:
        if name in path:
            found.append([*path[path.index(name) :], name])
        elif name not in done:
            for target in sorted(graph.get(name, ())):
                visit(target, [*path, name])
            done.add(name)

    for name in sorted(graph):
        visit(name, [])
    return found


def mirror_of(path: Path) -> Path:
    """proxy/dialects/sse.py -> tests/proxy/dialects/test_sse.py."""
    return Path("tests") / path.parent / f"test_{path.name.lstrip('_')}"
