"""Contracts from their files: TOML, with JSON Schemas beside. Strict: what is unknown is refused.

A folder's contracts join those that are shipped, and replace them by name.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from driftgate.contracts.contract import Contract
from driftgate.contracts.contract_set import ContractSet
from driftgate.contracts.json_values import shown
from driftgate.contracts.positions import json_lines, line_of, toml_lines
from driftgate.contracts.problems import ContractError, dotted, first_problem
from driftgate.contracts.text_files import text_of, toml_of

__all__ = ["SHIPPED", "ContractError", "ContractSet", "Loaded", "load", "load_file", "load_files"]

SHIPPED = Path(__file__).parent
SIZE_LIMIT = 1_000_000  # bytes of one file
_ARGUMENTS = ("output", "tools", "arguments")  # each key of it has a schema

Place = tuple[str | int, ...]


@dataclass(frozen=True)
class Loaded:
    """A contract, its file, and the schema files it names."""

    contract: Contract
    path: Path
    schemas: tuple[Path, ...] = ()

    @property
    def shipped(self) -> bool:
        """Whether it came with driftgate."""
        return self.path.parent.resolve() == SHIPPED.resolve()


def load(folder: Path | None) -> ContractSet:
    """The contracts in force: the shipped ones, and those of a folder. One that is absent is empty.

    Raises:
        ContractError: one of them cannot be used.
    """
    return ContractSet.of(loaded.contract for loaded in load_files(folder))


def load_files(folder: Path | None) -> list[Loaded]:
    """As `load`, with their files, ordered by name.

    Raises:
        ContractError: one of them cannot be used, or two in a folder have one name.
    """
    found = _of_folder(SHIPPED)
    if folder is not None and folder.is_dir():
        found |= _of_folder(folder)
    return [found[name] for name in sorted(found)]


def _of_folder(folder: Path) -> dict[str, Loaded]:
    try:
        paths = sorted(path for path in folder.iterdir() if path.suffix == ".toml")
    except OSError as error:
        raise ContractError(f"{folder}: cannot be read: {error.strerror}") from None
    return _by_name(load_file(_at_rest(path)) for path in paths)


def _at_rest(path: Path) -> Path:
    """The path, unless reading it could wait for ever: a running proxy looks at its folder too."""
    if path.exists() and not (path.is_file() or path.is_dir()):
        raise ContractError(f"{path}: is a pipe or a device; put a file in its place, or remove it")
    return path


def _by_name(files: Iterable[Loaded]) -> dict[str, Loaded]:
    found: dict[str, Loaded] = {}
    for loaded in files:
        name = loaded.contract.name
        if name in found:
            line = line_of(toml_lines(_text(loaded.path)), ("name",))
            told = f"name: '{name}' is taken by {found[name].path.name}; choose another"
            raise ContractError(f"{loaded.path}:{line}: {told}")
        found[name] = loaded
    return found


def load_file(path: Path) -> Loaded:
    """The contract of one file.

    Raises:
        ContractError: it cannot be used.
    """
    text = _text(path)
    raw = toml_of(path, text, ContractError)
    schemas: dict[Place, Path] = {}
    for place, table in _named_schemas(raw):
        key = place[-1]
        schemas[place] = _beside(path, text, place, table[key])
        table[key] = _json(schemas[place])
    try:
        contract = Contract.of_content(raw)
    except ValidationError as error:
        raise ContractError(_line(path, text, schemas, first_problem(error, raw))) from None
    return Loaded(contract, path, tuple(dict.fromkeys(schemas.values())))


def _named_schemas(raw: dict[str, Any]) -> Iterator[tuple[tuple[str, ...], dict[str, Any]]]:
    """(place, the table that it is in) of each schema that is the name of a file."""
    arguments = _table(raw, _ARGUMENTS)
    places = [("input", "schema"), ("output", "schema"), *((*_ARGUMENTS, key) for key in arguments)]
    for place in places:
        table = _table(raw, place[:-1])
        if isinstance(table.get(place[-1]), str):
            yield place, table


def _table(raw: Any, place: tuple[str, ...]) -> dict[str, Any]:
    """The table at a place; an empty one where there is none."""
    for key in place:
        raw = raw.get(key) if isinstance(raw, dict) else None
    return raw if isinstance(raw, dict) else {}


def _text(path: Path) -> str:
    return text_of(path, SIZE_LIMIT, ContractError)


def _beside(path: Path, text: str, key: tuple[str, ...], name: str) -> Path:
    """The schema file that a contract names."""
    line = line_of(toml_lines(text), key)
    where = f"{path}:{line}: {dotted(key)}"
    parts = Path(name).parts
    if not name.isprintable() or not parts or Path(name).is_absolute() or ".." in parts:
        told = "must be the name of a file beside the contract"
        raise ContractError(f"{where}: {shown(name)} {told}")
    found = path.parent / name
    if not found.is_file():
        raise ContractError(
            f"{where}: no file {shown(name)} beside it; write it or correct the name"
        )
    return found


def _json(path: Path) -> Any:
    text = _text(path)
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise ContractError(f"{path}:{error.lineno}: is no JSON: {error.msg}; correct it") from None
    except RecursionError:
        raise ContractError(f"{path}:1: is nested too deeply; make it flatter") from None
    except ValueError as error:
        raise ContractError(f"{path}:1: is no JSON: {error}; correct it") from None


def _line(
    path: Path, text: str, schemas: dict[Place, Path], problem: tuple[Place, str, str]
) -> str:
    """The one line for what is wrong."""
    place, pointer, told = problem
    told = " ".join(told.split())
    where = dotted(place) + (f"/{pointer}" if pointer else "")
    inside = tuple(_part(part) for part in pointer.split("/")) if pointer else ()
    file = schemas.get(place)
    if file is not None:
        line = line_of(json_lines(_text(file)), inside)
        return f"{file}:{line}: {where}: {told}"
    line = line_of(toml_lines(text), (*place, *inside))
    return f"{path}:{line}: {where}: {told}" if where else f"{path}:{line}: {told}"


def _part(part: str) -> str | int:
    name = part.replace("~1", "/").replace("~0", "~")
    return int(name) if name.isascii() and name.isdigit() else name
