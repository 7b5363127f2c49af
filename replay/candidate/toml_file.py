"""A configuration from its TOML file, with the files it names. Strict: what is unknown is refused.

The least that says something is one line: `upstream = "http://127.0.0.1:8081"`. An empty file says
that all is as recorded. Names of files and folders are relative to the TOML file.
"""

import json
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from driftgate.contracts.json_values import shown
from driftgate.contracts.positions import json_lines, line_of, toml_lines
from driftgate.contracts.text_files import text_of, toml_of
from driftgate.proxy.errors import UsageError
from driftgate.replay.candidate.config import Configuration
from driftgate.replay.candidate.problems import Place, dotted, hint, problem_of
from driftgate.replay.candidate.public import contract_versions

SIZE_LIMIT = 8 << 20  # bytes of one file

_FILE = "file"
_JSON_FILES = {
    "tools": "replace",
    "patch": None,
}  # key -> where in it the content goes; None: itself


def read(path: Path) -> Configuration:
    """The configuration of one file.

    Raises:
        UsageError: it cannot be read or used; one line that names file, line and key.
    """
    return _File(path).configuration()


class _File:
    """One TOML file while it is read."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._text = _text(path)
        self._files: dict[str, Path] = {}  # key -> the file that its content came from

    def configuration(self) -> Configuration:
        raw = toml_of(self._path, self._text, UsageError)
        if isinstance(raw.get("system"), dict):
            raw["system"] = _text(self._beside(raw, "system")).removesuffix("\n")  # an editor's
        for key, inside in _JSON_FILES.items():
            if isinstance(raw.get(key), dict) and _FILE in raw[key]:
                self._put_json(raw, key, inside)
        if isinstance(raw.get("contracts"), str):
            raw["contracts"] = self._folder(raw["contracts"])
        try:
            configuration = Configuration.model_validate(raw)
        except ValidationError as error:
            raise self._wrong(*problem_of(error, Configuration)) from None
        contract_versions(configuration.contracts)  # what is wrong there is told now
        return configuration

    def _wrong(self, place: Place, told: str) -> UsageError:
        key = str(place[0]) if place else ""
        named = self._files.get(key)
        where = dotted(place)
        if named is not None and key in _JSON_FILES:
            inside = place[2:] if _JSON_FILES[key] is not None else place[1:]
            line = line_of(json_lines(_text(named)), inside)
            return UsageError(f"{named}:{line}: {dotted((key, *inside))}: {told}")
        line = line_of(toml_lines(self._text), place)
        return UsageError(
            f"{self._path}:{line}: {where}: {told}" if where else f"{self._path}: {told}"
        )

    def _beside(self, raw: dict[str, Any], key: str) -> Path:
        """The file that `key.file` names."""
        table, place = raw[key], (key, _FILE)
        for name in table:
            if name != _FILE and key == "system":
                raise self._wrong((key, name), f"unknown key; {hint(name, [_FILE])}")
        name = table.get(_FILE)
        if not isinstance(name, str) or not name or not name.isprintable():
            raise self._wrong(place, f"{shown(name)} cannot be; give the name of a file")
        found = self._path.parent / Path(name).expanduser()
        if not found.is_file():
            told = f"no file {shown(name)} there; write it or correct the name"
            raise self._wrong(place, told)
        self._files[key] = found
        return found

    def _put_json(self, raw: dict[str, Any], key: str, inside: str | None) -> None:
        table = {name: value for name, value in raw[key].items() if name != _FILE}
        if inside is not None and inside in table:
            raise self._wrong((key, inside), f"is in `{_FILE}` already; leave one of both out")
        if inside is None and table:
            name = next(iter(table))
            raise self._wrong((key, name), f"unknown key; {hint(name, [_FILE])}")
        content = _json(self._beside(raw, key))
        if not isinstance(content, list):
            raise UsageError(f"{self._files[key]}:1: {key}: give an array, [...]")
        raw[key] = content if inside is None else {**table, inside: content}

    def _folder(self, name: str) -> Path:
        found = self._path.parent / Path(name).expanduser()
        if not name or not name.isprintable() or not found.is_dir():
            told = f"no folder {shown(name)} there; make it or correct the name"
            raise self._wrong(("contracts",), told)
        return found


def _text(path: Path) -> str:
    return text_of(path, SIZE_LIMIT, UsageError)


def _json(path: Path) -> Any:
    try:
        return json.loads(_text(path))
    except json.JSONDecodeError as error:
        raise UsageError(f"{path}:{error.lineno}: is no JSON: {error.msg}; correct it") from None
    except RecursionError:
        raise UsageError(f"{path}:1: is nested too deeply; make it flatter") from None
    except ValueError as error:  # a number of thousands of digits
        raise UsageError(f"{path}:1: is no JSON: {error}; correct it") from None
