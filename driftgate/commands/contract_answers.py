"""Recorded answers that are JSON, and the contract that is proposed from them."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from driftgate.commands.output import destination
from driftgate.contracts.load import ContractError, load_file
from driftgate.contracts.output import find_json
from driftgate.proxy.errors import UsageError
from driftgate.proxy.history.reader import open_history
from driftgate.proxy.judging import GENERATING
from driftgate.replay.select.conditions import utf8
from driftgate.replay.select.filters import Filters

_WAYS = {"whole": "whole", "fenced": "in a fence", "first": "among text"}
_NAME = re.compile(r"[^a-z0-9_-]+")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which answers, as people write it."""

    since: str | None = None
    model: str | None = None
    path: str | None = None
    dialect: str | None = None
    prompt: str | None = None

    def question(self) -> tuple[str, list[Any]]:
        """SQL for the texts of these answers, newest first, and its parameters."""
        condition, values = Filters(self.since, None, self.model).condition()
        parts = [condition, "status = 200", "output_text IS NOT NULL", "answer_complete"]
        for name, part in (
            ("path", "path GLOB replace(?, '[', '[[]')"),
            ("dialect", "dialect = ?"),
            ("prompt", "contains(lower(input_text), lower(?))"),
        ):
            value = getattr(self, name)
            if value is not None:
                parts.append(part)
                values.append(utf8(f"--{name}", value))
        sql = f"SELECT output_text FROM calls WHERE {' AND '.join(parts)} ORDER BY started_at DESC"  # noqa: S608 - our own words; values are parameters
        return sql, values

    def check(self) -> None:
        """UsageError where a value cannot be right."""
        if self.dialect is not None and self.dialect not in GENERATING:
            known = ", ".join(GENERATING)
            raise UsageError(f"--dialect '{self.dialect}' answers nothing; there are: {known}")

    def conditions(self) -> Iterator[str]:
        """The same as lines of a contract's table [applies]."""
        for key, value in (
            ("dialects", self.dialect),
            ("paths", self.path),
            ("models", self.model),
        ):
            if value is not None:
                yield f"{key} = [{_quoted(value)}]"
        if self.prompt is not None:
            yield f"prompt = {_quoted('(?i)' + re.escape(self.prompt))}"


@dataclass(slots=True)
class Answers:
    """Values found, and where each stood: whole, fenced or first."""

    looked_at: int = 0
    values: list[Any] = field(default_factory=list)
    places: list[str] = field(default_factory=list)

    def add(self, text: str) -> None:
        """One answer; an object or array in it counts, a lone number or word does not."""
        self.looked_at += 1
        for where in _WAYS:
            found = find_json(text, where)
            if found is not None and isinstance(found.value, (dict, list)):
                self.values.append(found.value)
                self.places.append(where)
                return

    def ways(self) -> dict[str, int]:
        """How many stood where, in words."""
        return {words: self.places.count(where) for where, words in _WAYS.items()}

    def where(self) -> str:
        """What a contract says for it."""
        return self.places[0] if len(set(self.places)) == 1 else "any"


def read(history: Path, wanted: Wanted, limit: int | None) -> Answers:
    """The newest answers that are wanted."""
    wanted.check()
    with open_history(history) as reader:
        rows = reader.ask(*wanted.question(), limit=limit).rows
    answers = Answers()
    for (text,) in rows:
        answers.add(text)
    return answers


def write(target: Path, schema: str, answers: Answers, wanted: Wanted) -> tuple[Path, Path]:
    """Writes the schema and, beside it, a contract that uses it; gives both files.

    Raises:
        UsageError: one of them is there already, or cannot be written.
    """
    name = _NAME.sub("-", target.name.partition(".")[0].lower()).strip("-") or "inferred"
    is_json = target.suffix == ".json"
    schema_file = target if is_json else target.with_name(f"{name}.schema.json")
    contract_file = target.with_name(f"{name}.toml")
    for file in (schema_file, contract_file):
        if file.exists():
            raise UsageError(f"{file} is there already: name another with --output")
    for file, text in (
        (schema_file, f"{schema}\n"),
        (contract_file, _contract(name, schema_file.name, answers, wanted)),
    ):
        with destination(file) as stream:
            stream.write(text)
    try:
        load_file(contract_file)
    except ContractError as error:
        raise UsageError(f"{error}; it was written, and has to be corrected by hand") from None
    return schema_file, contract_file


def _contract(name: str, schema: str, answers: Answers, wanted: Wanted) -> str:
    conditions = list(wanted.conditions())
    applies = (
        ["[applies]", *conditions]
        if conditions
        else ["# without a table [applies] it judges the calls that name it"]
    )
    lines = [
        f"name = {_quoted(name)}",
        'version = "1"',
        f'description = "Proposed from {len(answers.values)} recorded answers."',
        'mode = "observe"',
        "",
        *applies,
        "",
        "[output]",
        f"json = {_quoted(answers.where())}",
        f"schema = {_quoted(schema)}",
    ]
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    """A TOML string: JSON's, but DEL has to be escaped too."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007F")
