"""DuckDB's values as JSON values and as text."""

import base64
import json
import math
from collections.abc import Iterable, Mapping
from datetime import date, datetime, time
from decimal import Decimal
from functools import singledispatch
from typing import Any


@singledispatch
def plain(value: Any) -> Any:
    """`value` as JSON knows it. Bytes become base64, NaN and infinity null, the rest text."""
    return str(value)  # UUID, timedelta, and what a newer DuckDB may add


@plain.register(type(None))
@plain.register(bool)
@plain.register(int)
@plain.register(str)
def _(value: Any) -> Any:
    return value


@plain.register
def _(value: float) -> float | None:
    return value if math.isfinite(value) else None


@plain.register
def _(value: Decimal) -> float | int | None:
    if not value.is_finite():
        return None
    return int(value) if value == value.to_integral_value() else float(value)


@plain.register(Mapping)
def _(value: Mapping[Any, Any]) -> dict[str, Any]:
    return {str(key): plain(inner) for key, inner in value.items()}


@plain.register(list)
@plain.register(tuple)
def _(value: Iterable[Any]) -> list[Any]:
    return [plain(inner) for inner in value]


@plain.register(bytes)
@plain.register(bytearray)
@plain.register(memoryview)
def _(value: Any) -> str:
    return base64.b64encode(bytes(value)).decode()


@plain.register(date)  # datetime too
@plain.register(time)
def _(value: Any) -> str:
    return str(value.isoformat())


def as_text(value: Any) -> str:
    """`value` as a cell of a table or a CSV file; NULL is empty."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, float):
        return repr(value)  # "nan" and "inf" too: a cell need not be JSON
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, datetime):
        return value.isoformat(" ")
    inner = plain(value)
    return inner if isinstance(inner, str) else json.dumps(inner, ensure_ascii=False)
