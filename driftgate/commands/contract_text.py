"""A contract as text that reads like its file: TOML, with the schemas as JSON below."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from driftgate.contracts.contract import Contract

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_FIRST = ("name", "version", "description", "mode", "priority")
_WITH_SCHEMA = ("input", "output")


def contract_text(contract: Contract) -> str:
    """What the contract states, and its schemas."""
    content = contract.content()
    schemas = {
        table: content[table].pop("schema")
        for table in _WITH_SCHEMA
        if "schema" in content.get(table, {})
    }
    lines = [f"{key} = {_value(content[key])}" for key in _FIRST if key in content]
    for key, value in content.items():
        if isinstance(value, dict):
            lines += ["", *_table(key, value)] if value else []
        elif isinstance(value, list):
            for each in value:
                lines += ["", f"[[{key}]]", *_pairs(each)]
    for table, schema in schemas.items():
        lines += ["", f"# {table}.schema", json.dumps(schema, indent=2, ensure_ascii=False)]
    return "\n".join(lines) + "\n"


def _table(name: str, table: Mapping[str, Any]) -> list[str]:
    return [f"[{name}]", *_pairs(table)]


def _pairs(table: Mapping[str, Any]) -> Iterator[str]:
    for key, value in table.items():
        yield f"{_key(key)} = {_value(value)}"


def _key(key: str) -> str:
    return key if _BARE.fullmatch(key) else _value(key)


def _value(value: Any) -> str:
    """A TOML value; JSON's texts are TOML's basic strings."""
    if isinstance(value, dict):
        inside = ", ".join(f"{_key(key)} = {_value(each)}" for key, each in value.items())
        return f"{{ {inside} }}" if inside else "{}"
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, str) and "\\" in value and "'" not in value and value.isprintable():
        return f"'{value}'"  # a pattern reads better without doubled backslashes
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
