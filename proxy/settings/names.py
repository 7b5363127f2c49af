"""The names of all settings, as dotted paths, and the known one nearest to a wrong one."""

import types
import typing
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from pydantic import BaseModel

from driftgate.proxy.settings.model import Settings

Path = tuple[str, ...]
ANY_NAME = "NAME"  # stands for a name people choose, as in upstreams.NAME.url
_RESEMBLANCE = 0.6


@dataclass(frozen=True, slots=True)
class Known:
    """One setting: its path, its default (None when it must be given), what it is for."""

    path: Path
    default: Any
    description: str


def known_settings(model: type[BaseModel] = Settings, above: Path = ()) -> Iterator[Known]:
    """Every setting there is, without the tables that hold them; for help and documentation."""
    for name, field in model.model_fields.items():
        path = (*above, name)
        table = _table(field.annotation)
        if table is not None:
            named = (ANY_NAME,) if table[1] else ()
            yield from known_settings(table[0], (*path, *named))
        else:
            default = None if field.is_required() else field.default
            yield Known(path, default, field.description or "")


def _table(annotation: Any) -> tuple[type[BaseModel], bool] | None:
    """The model below a field, and whether people name its entries; a table may be optional."""
    if isinstance(annotation, types.UnionType):
        kinds = [each for each in typing.get_args(annotation) if each is not type(None)]
        return _table(kinds[0]) if len(kinds) == 1 else None
    if typing.get_origin(annotation) is dict:
        return typing.get_args(annotation)[1], True
    if typing.get_origin(annotation) is None and isinstance(annotation, type):
        return (annotation, False) if issubclass(annotation, BaseModel) else None
    return None


_PATHS: list[Path] = [known.path for known in known_settings()]


def is_known(path: Path) -> bool:
    """Whether this is a setting, or a table of settings."""
    return any(
        len(path) <= len(known)
        and all(want in (ANY_NAME, have) for want, have in zip(known, path, strict=False))
        for known in _PATHS
    )


def nearest(path: Path) -> Path | None:
    """The known setting that was probably meant; None when nothing is near."""
    *above, name = path
    for where in (tuple(above), None):
        choices = _names_below(where)
        close = get_close_matches(name, choices, n=1, cutoff=_RESEMBLANCE)
        if close:
            return choices[close[0]]
    return None


def _names_below(above: Path | None) -> dict[str, Path]:
    """Names to compare with: those in one table, or all of them."""
    names: dict[str, Path] = {}
    for known in _PATHS:
        if above is None:
            names.setdefault(known[-1], known)
        elif len(known) > len(above) and is_prefix(known, above):
            names.setdefault(known[len(above)], (*above, known[len(above)]))
    return names


def is_prefix(known: Path, above: Path) -> bool:
    """Whether a known path lies below this table."""
    return all(want in (ANY_NAME, have) for want, have in zip(known, above, strict=False))
