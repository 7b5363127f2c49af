"""Writes the reference pages of docs/ from the code: commands, settings, contracts, the history.

`make docs` runs it; a test says when a page is out of date.
"""

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin

import duckdb
from pydantic import BaseModel
from pydantic.fields import FieldInfo

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from driftgate.cli import COMMANDS, SUBCOMMANDS, load  # noqa: E402 - run as a program, the path comes first
from driftgate.contracts.contract import Contract  # noqa: E402 - likewise
from driftgate.contracts.contract_parts import (  # noqa: E402 - likewise
    MORE_SAMPLING,
    PARAMETERS,
)
from driftgate.proxy.settings.load import Settings  # noqa: E402 - likewise
from driftgate.replay.candidate.config import Configuration  # noqa: E402 - likewise
from driftgate.replay.decide.metrics import (  # noqa: E402 - likewise
    METRICS,
    PATTERNS,
    TRAJECTORY_METRICS,
    Metric,
)
from driftgate.replay.decide.policy import Policy  # noqa: E402 - likewise
from driftgate.replay.trajectory.policy import ALARMS, MARGINS, TrajectoryPolicy  # noqa: E402 - likewise

DOCS = ROOT / "docs"
SCHEMA = ROOT / "proxy" / "history" / "schema"
_KINDS = {
    str: "text",
    int: "number",
    float: "number",
    bool: "true or false",
    Path: "path",
    Any: "text or table",
}
_NOTE = "<!-- Made by `make docs`; change the code instead. -->"


def command_names() -> list[str]:
    """Every command, those below another as `contracts list`."""
    below = {name: [f"{name} {each}" for each in SUBCOMMANDS.get(name, ())] for name in COMMANDS}
    return [full for name in COMMANDS for full in (name, *below[name])]


def command(name: str) -> Any:
    """The command of a name that `command_names` gives."""
    above, _, below = name.partition(" ")
    return load(above, below or None)


def command_parameters(name: str) -> list[Any]:
    """The arguments and options of a command, --help left out."""
    return [parameter for parameter in command(name).params if parameter.name != "help"]


def commands_page() -> str:
    """docs/commands.md: every command with its help, options and examples."""
    lines = ["# Commands", "", _NOTE, ""]
    for name in command_names():
        told = command(name)
        lines += [f"## driftgate {name}", "", *_paragraphs(told.help or "")]
        rows = [_parameter_row(parameter) for parameter in command_parameters(name)]
        if rows:
            lines += ["| option | meaning |", "| --- | --- |", *rows, ""]
        lines += _examples(told.epilog)
    return _joined(lines)


def _paragraphs(text: str) -> list[str]:
    """Help text as Markdown; click's mark of a kept paragraph goes."""
    body = text.split("\f", maxsplit=1)[0].replace("\b\n", "").strip()
    return [*body.splitlines(), ""]


def _examples(epilog: str | None) -> list[str]:
    if not epilog:
        return []
    rows = [row.strip() for row in epilog.replace("\b", "").splitlines()]
    commands = [row for row in rows if row and row != "Examples:"]
    return ["```sh", *commands, "```", ""]


def _parameter_row(parameter: Any) -> str:
    names = [*parameter.opts, *parameter.secondary_opts]
    shown = ", ".join(f"`{name}`" for name in names)
    if parameter.param_type_name == "argument":
        shown = f"`{parameter.name.upper()}`"
    default = parameter.default
    told = "" if default is None or isinstance(default, bool) else f" Default: `{default}`."
    return f"| {shown} | {_cell(parameter.help or '')}{_cell(told) and ' ' + _cell(told)} |"


def settings_page() -> str:
    """docs/settings.md: every setting with its type, default, variable and meaning."""
    lines = ["# Settings", "", _NOTE, ""]
    lines += [
        "A flag of `driftgate serve` wins over the environment, the environment over the file, the",
        "file over the default. The file is TOML: `--config FILE`, else `DRIFTGATE_CONFIG`, else",
        "`driftgate.toml` in the working directory. A table's setting is `DRIFTGATE_TABLE__NAME` in",
        "the environment, and a list is written as JSON. An unknown setting is refused.",
        "",
    ]
    for title, model in settings_tables():
        lines += [f"## {title}", "", *_fields_table("setting", model)]
    return _joined(lines)


def settings_tables() -> Iterator[tuple[str, type[BaseModel]]]:
    """(title, model) of each TOML table: the top level first."""
    yield "Top level", Settings
    for name, field in Settings.model_fields.items():
        for model in _models(field.annotation):
            title = name if model is field.annotation else f"{name}.NAME"
            yield f"[{title}]", model
            for below, _, inner in _tables_below(f"{title}.", model):
                yield below, inner


def contract_page() -> str:
    """docs/contract-file.md: every key of a contract file."""
    lines = ["# The contract file", "", _NOTE, ""]
    lines += [
        "A contract is a TOML file in the folder of contracts; [contracts.md](contracts.md) says what",
        "it is for. An unknown key, a schema that is none and a pattern that does not compile are",
        "refused, with file, line and key. Schemas are JSON Schema, draft 2020-12: the name of a file",
        "beside the contract, or a table in it. A pattern of names (`gemma4*`) knows `*`, `?` and",
        "`[...]`. A schema may refer to its own parts, not to other files or to the network.",
        "",
        "Parameters have the same names for all dialects: " + _named(PARAMETERS) + ".",
        "`only` and `refuse` also know these keys: " + _named(MORE_SAMPLING) + ".",
        "",
    ]
    for title, told, model in contract_tables():
        lines += [f"## {title}", "", *([told, ""] if told else []), *_fields_table("key", model)]
    return _joined(lines)


def contract_tables() -> Iterator[tuple[str, str, type[BaseModel]]]:
    """(title, what it is for, model) of each TOML table of a contract: the top level first."""
    yield "Top level", "", Contract
    yield from _tables_below("", Contract)


def gate_page() -> str:
    """docs/gate-files.md: every key of a candidate's file and of a policy, and every metric."""
    lines = ["# Candidate and policy", "", _NOTE, ""]
    lines += [
        "Two TOML files steer a gate; [before-you-upgrade.md](before-you-upgrade.md) says what it is for.",
        "An unknown key is refused, with file, line and the nearest known one.",
        "",
        "## The candidate's file",
        "",
        "`--candidate FILE`, and `--baseline FILE` likewise. What is not given stays as it was recorded.",
        "",
        *_fields_table("key", Configuration),
    ]
    for title, told, model in _tables_below("", Configuration):
        lines += [f"### {title}", "", told, "", *_fields_table("key", model)]
    lines += [
        "## The policy",
        "",
        "`--policy FILE`. Without it these defaults hold.",
        "",
        *_fields_table("key", Policy),
    ]
    for title, told, model in _tables_below("", Policy):
        lines += [f"### {title}", "", *([told, ""] if told else []), *_fields_table("key", model)]
    lines += ["## Metrics", "", *_metrics_table(METRICS)]
    lines += [
        f"Likewise {_named(PATTERNS)}: one kind of violation, one aspect of comparing.",
        "",
        "### Of trajectories",
        "",
        "`driftgate gate --trajectories` takes the same files. What they say of the metrics above is left",
        "out there, what they say of these is left out elsewhere. Its aspects are `tools`, `commands`,",
        "`files` and `message`. By default it has other margins and alarms, and judges fewer cases:",
        f"`margins` {_default(MARGINS)}, `alarms` {_default(ALARMS)}, `minimum` `{TrajectoryPolicy().minimum}`.",
        "",
        *_metrics_table(TRAJECTORY_METRICS),
    ]
    return _joined(lines)


def _metrics_table(metrics: Mapping[str, Metric]) -> list[str]:
    lines = ["| metric | what it is | better | margin in |", "| --- | --- | --- | --- |"]
    for name, each in metrics.items():
        unit = "parts of the baseline's" if each.unit == "ratio" else "points, as 0.02"
        lines += [f"| `{name}` | {_cell(each.words)} | {each.better} | {unit} |"]
    return [*lines, ""]


def _tables_below(above: str, model: type[BaseModel]) -> Iterator[tuple[str, str, type[BaseModel]]]:
    for name, field in model.model_fields.items():
        for below in _models(field.annotation):
            several = get_origin(field.annotation) is tuple
            title = f"[[{above}{name}]]" if several else f"[{above}{name}]"
            yield title, field.description or "", below
            yield from _tables_below(f"{above}{name}.", below)


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in getattr(annotation, "__args__", ()):
        yield from _models(inner)


def _own_fields(model: type[BaseModel]) -> Iterator[tuple[str, FieldInfo]]:
    fields = model.model_fields.items()
    return ((name, field) for name, field in fields if not list(_models(field.annotation)))


def _fields_table(what: str, model: type[BaseModel]) -> list[str]:
    rows = [_field_row(name, field) for name, field in _own_fields(model)]
    return [f"| {what} | type | default | meaning |", "| --- | --- | --- | --- |", *rows, ""]


def _field_row(name: str, field: FieldInfo) -> str:
    kind = _kind(field.annotation)
    default = "required" if field.is_required() else _default(field.get_default())
    name = field.alias or name
    return f"| `{name}` | {_cell(kind)} | {_cell(default)} | {_cell(field.description or '')} |"


def _default(value: object) -> str:
    return "none" if value is None else f"`{_json(value)}`"


def _kind(annotation: Any) -> str:
    """list[str] -> list of text; a Literal -> its values."""
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _kind(inner[0])
    if origin is Literal:
        return " or ".join(f"`{value}`" for value in inner)
    if origin in (list, tuple):
        return f"list of {_kind(inner[0])}"
    if origin in (dict, Mapping):
        return "table"
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return " or ".join(f"`{each.value}`" for each in annotation)
    known = [part for part in inner if part is not type(None)]
    return " or ".join(dict.fromkeys(map(_kind, known))) if known else _KINDS[annotation]


def _json(value: object) -> str:
    return json.dumps(value, default=str)


def sql_page() -> str:
    """docs/sql.md: every table and view with its columns, as the history itself comments them."""
    lines = ["# The history in SQL", "", _NOTE, ""]
    lines += ['Times are UTC. `driftgate query "DESCRIBE calls"` shows the columns of a table.', ""]
    for name, kind, comment, columns in schema():
        lines += [f"## {name}", "", f"{comment or ''}. A {kind}.", ""]
        lines += ["| column | type | meaning |", "| --- | --- | --- |"]
        lines += [f"| `{c}` | {_cell(t)} | {_cell(text or '')} |" for c, t, text in columns]
        lines += [""]
    return _joined(lines)


def schema_files() -> list[Path]:
    """The history's schema, in the order in which it is applied."""
    return sorted(SCHEMA.glob("*.sql"))


def schema() -> list[tuple[str, str, str | None, list[tuple[str, str, str | None]]]]:
    """(name, "table" or "view", comment, columns) of all that people can ask of a history."""
    with duckdb.connect() as empty:
        for path in schema_files():
            empty.execute(path.read_text(encoding="utf-8"))
        tables = empty.execute(
            "SELECT table_name AS name, 'table', comment FROM duckdb_tables() WHERE NOT internal"
            " UNION ALL SELECT view_name, 'view', comment FROM duckdb_views() WHERE NOT internal"
            " ORDER BY name"
        ).fetchall()
        columns = empty.execute(
            "SELECT table_name, column_name, data_type, comment FROM duckdb_columns()"
            " WHERE NOT internal ORDER BY table_name, column_index"
        ).fetchall()
    return [
        (name, kind, comment, [(c, t, text) for table, c, t, text in columns if table == name])
        for name, kind, comment in tables
    ]


def _named(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _joined(lines: list[str]) -> str:
    return "\n".join(lines).rstrip() + "\n"


PAGES: dict[str, Callable[[], str]] = {
    "commands.md": commands_page,
    "contract-file.md": contract_page,
    "gate-files.md": gate_page,
    "settings.md": settings_page,
    "sql.md": sql_page,
}


def main() -> None:
    """Write all pages."""
    DOCS.mkdir(exist_ok=True)
    for name, page in PAGES.items():
        (DOCS / name).write_text(page(), encoding="utf-8")
        sys.stderr.write(f"docs/{name}\n")


if __name__ == "__main__":
    main()
