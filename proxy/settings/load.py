"""Settings from their sources: flags over environment over one TOML file over defaults.

The file is `--config`, else `DRIFTGATE_CONFIG`, else `driftgate.toml` in the working directory
when it is there. In the environment a setting is `DRIFTGATE_WORKERS`, one of a table
`DRIFTGATE_JOURNAL__SEGMENT_MB`, and a list is written as JSON. What is unknown, wrong or unreadable is
a SettingsError with one line for each problem.
"""

import os
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, EnvSettingsSource, SettingsConfigDict

from driftgate.proxy.errors import SettingsError
from driftgate.proxy.settings.model import (
    JournalSettings,
    RecordSettings,
    RedactSettings,
    Settings,
    Upstream,
    fold_upstream,
    journal_root,
)
from driftgate.proxy.settings.names import is_known
from driftgate.proxy.settings.problems import Source, unknown_variable, wrong_values

__all__ = [
    "JournalSettings",
    "RecordSettings",
    "RedactSettings",
    "Settings",
    "Upstream",
    "journal_root",
    "load_settings",
]

PREFIX = "DRIFTGATE_"
DEFAULT_FILE = Path("driftgate.toml")
_RESERVED = ("DRIFTGATE_CONFIG", "DRIFTGATE_SHARED", "DRIFTGATE_OTHER_PYTHON")
_RESERVED_PREFIXES = ("DRIFTGATE_TEST_", "DRIFTGATE_LLAMA_")


class _FromEnvironment(Settings, BaseSettings):
    """The settings as pydantic-settings sees them; only its reading of variables is used."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_nested_delimiter="__", env_ignore_empty=True
    )


class _Variables(EnvSettingsSource):
    def decode_complex_value(self, field_name: str, field: FieldInfo | None, value: Any) -> Any:
        """JSON, or the text itself: then the check of types names the variable."""
        try:
            # pydantic-settings itself passes None, though it declares otherwise
            return super().decode_complex_value(field_name, field, value)  # type: ignore[arg-type]
        except ValueError:
            return value


def load_settings(config: Path | None = None, **flags: Any) -> Settings:
    """The settings in force. Flags that are None count as not given.

    Raises:
        SettingsError: something is unknown, wrong or unreadable; one line for each problem.
    """
    given = {name: value for name, value in flags.items() if value is not None}
    sources = [
        Source.flags(fold_upstream(given)),
        Source.environment(fold_upstream(_environment())),
        _file(config),
    ]
    values: dict[str, Any] = {}
    for source in reversed(sources):
        values = _merged(values, source.values)
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        raise SettingsError("\n".join(wrong_values(error, sources))) from None


def _environment() -> dict[str, Any]:
    unknown = [unknown_variable(name, path) for name, path in _variables() if not is_known(path)]
    if unknown:
        raise SettingsError("\n".join(unknown))
    return _Variables(_FromEnvironment)()


def _variables() -> Iterator[tuple[str, tuple[str, ...]]]:
    for name in sorted(os.environ):
        upper = name.upper()
        if not upper.startswith(PREFIX) or upper in _RESERVED:
            continue
        if not upper.startswith(_RESERVED_PREFIXES):
            yield name, tuple(name[len(PREFIX) :].lower().split("__"))


def _file(config: Path | None) -> Source:
    named = config or (Path(os.environ["DRIFTGATE_CONFIG"]) if _names_file() else None)
    path = named or DEFAULT_FILE
    if named is None and not path.exists():
        return Source.file(path, {})
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise SettingsError(f"{path}: not UTF-8 at byte {error.start}") from None
    return Source.file(path, fold_upstream(_toml(path, text)))


def _names_file() -> bool:
    return bool(os.environ.get("DRIFTGATE_CONFIG"))


def _toml(path: Path, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        what, _, where = str(error).rpartition(" (at ")
        numbers = [
            int(part) for part in where.rstrip(")").replace(",", "").split() if part.isdigit()
        ]
        if len(numbers) != 2:  # noqa: PLR2004 - "at end of document" has no line and column
            last = text.rstrip("\n").split("\n")
            numbers = [len(last), len(last[-1]) + 1]
        raise SettingsError(f"{path}:{numbers[0]}:{numbers[1]}: {what or error}") from None
    except RecursionError:
        raise SettingsError(f"{path}: nested too deeply") from None


def _merged(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    """Tables are merged key by key; anything else of `above` replaces.

    What `above` names comes first: the first upstream without patterns is the one by default.
    """
    result: dict[str, Any] = {}
    for key, value in above.items():
        old = below.get(key)
        both = isinstance(old, dict) and isinstance(value, dict)
        result[key] = _merged(old, value) if both else value  # type: ignore[arg-type]
    return {**result, **{key: value for key, value in below.items() if key not in result}}
