"""The documentation and the program say the same."""

import re
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from driftgate.cli import COMMANDS, load
from driftgate.proxy.settings.model import Settings
from tests.support import make_docs
from tests.support.processes import ROOT

README = ROOT / "README.md"
PAGES = [README, *sorted((ROOT / "docs").glob("*.md"))]
IDS = [page.name for page in PAGES]
EVERYWHERE = {"--help", "--version"}
# Other programs' options that may stand on a driftgate line, behind a pipe or in a sentence.
PUNCTUATION = ".,;:)`'\""


def fences(text: str, language: str) -> list[str]:
    """The fenced blocks of one language."""
    return re.findall(rf"(?ms)^```{language}\n(.*?)^```", text)


def commands_in(text: str) -> Iterator[tuple[str, list[str]]]:
    """(command, its --options) of each `driftgate ...` in code or in a shell block."""
    shell = [line for block in fences(text, "(?:sh|bash|console)") for line in block.splitlines()]
    inline = re.findall(r"(?<!`)`([^`\n]+)`(?!`)", text)
    for line in [*shell, *inline]:
        words = line.split("|")[0] if line.lstrip().startswith("driftgate") else line
        found = re.search(r"(?:^|[\s/])driftgate ([a-z]+)\b(.*)", words)
        if found:
            yield found[1], re.findall(r"(?<!\S)(--[a-z][a-z-]*)", found[2])


def options_of(command: str) -> set[str]:
    parameters = make_docs.command_parameters(command)
    return {name for p in parameters for name in [*p.opts, *p.secondary_opts]} | EVERYWHERE


def command_faults(text: str) -> list[str]:
    """What a page says of the command line that is not so."""
    faults = []
    for command, options in commands_in(text):
        if command not in COMMANDS:
            faults.append(f"no command {command}")
        else:
            known = options_of(command)
            faults += [f"{command} has no {option}" for option in options if option not in known]
    return faults


@pytest.fixture(scope="module")
def empty_history() -> Iterator[duckdb.DuckDBPyConnection]:
    """The history's own schema, without rows."""
    with duckdb.connect() as empty:
        for path in make_docs.schema_files():
            empty.execute(path.read_text(encoding="utf-8"))
        yield empty


def sql_faults(text: str, history: duckdb.DuckDBPyConnection) -> list[str]:
    """The statements of a page's `sql` blocks that do not run."""
    faults = []
    for statement in (
        s for block in fences(text, "sql") for s in history.extract_statements(block)
    ):
        try:
            history.execute(statement.query)
        except duckdb.Error as error:
            faults.append(f"{statement.query.strip()}: {error}")
    return faults


def toml_faults(text: str) -> list[str]:
    """The `toml` blocks of a page that are no settings. A Codex configuration is fenced as text."""
    faults = []
    for block in fences(text, "toml"):
        try:
            Settings.model_validate(tomllib.loads(block))
        except ValueError as error:
            faults.append(f"{block.strip()}: {error}")
    return faults


def tables_in(text: str) -> dict[str, set[str]]:
    """Heading -> names in the first column of the table below it."""
    parts = re.split(r"(?m)^## ", text)[1:]
    return {
        part.splitlines()[0].strip(): set(re.findall(r"(?m)^\| `([^`]+)`", part)) for part in parts
    }


@pytest.mark.parametrize("name", make_docs.PAGES)
def test_reference_pages_are_up_to_date(name: str) -> None:
    page = make_docs.DOCS / name
    assert page.is_file(), "run make docs"
    assert page.read_text(encoding="utf-8") == make_docs.PAGES[name](), "run make docs"


@pytest.mark.parametrize("page", PAGES, ids=IDS)
def test_commands_and_options_that_a_page_names_exist(page: Path) -> None:
    assert command_faults(page.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("page", PAGES, ids=IDS)
def test_sql_of_a_page_runs(page: Path, empty_history: duckdb.DuckDBPyConnection) -> None:
    assert sql_faults(page.read_text(encoding="utf-8"), empty_history) == []


@pytest.mark.parametrize("page", PAGES, ids=IDS)
def test_toml_of_a_page_loads_as_settings(page: Path) -> None:
    assert toml_faults(page.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("page", PAGES, ids=IDS)
def test_links_of_a_page_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_the_readme_names_every_command_and_every_view_worth_asking() -> None:
    text = README.read_text(encoding="utf-8")
    views = ("calls", "sessions", "turns", "messages", "tool_calls", "fingerprints", "events")
    wanted = [*(f"driftgate {name}" for name in COMMANDS), *(f"`{view}`" for view in views)]
    assert [word for word in wanted if word not in text] == []


def test_the_readme_shows_five_queries_and_the_two_commands() -> None:
    text = README.read_text(encoding="utf-8")
    assert len(fences(text, "sql")) >= 5
    assert "make demo" in text
    assert "make test" in text


def test_every_command_explains_itself_and_shows_an_example() -> None:
    commands = {name: load(name) for name in COMMANDS}
    assert [name for name, c in commands.items() if not c.help or not c.epilog] == []
    unexplained = [
        f"{name} {parameter.name}"
        for name in COMMANDS
        for parameter in make_docs.command_parameters(name)
        if not parameter.help
    ]
    assert unexplained == []


def test_every_setting_is_explained_and_documented() -> None:
    page = tables_in(make_docs.settings_page())
    for title, model in make_docs.settings_tables():
        fields: Iterable[tuple[str, Any]] = model.model_fields.items()
        assert [name for name, field in fields if not field.description] == []
        own = {name for name, field in model.model_fields.items() if name in page[title]}
        assert own == page[title]
    tables = {title.strip("[]").split(".")[0] for title in page if title.startswith("[")}
    assert set(Settings.model_fields) == page["Top level"] | tables


def test_every_table_view_and_column_carries_its_comment() -> None:
    silent = [name for name, _, comment, _ in make_docs.schema() if not comment]
    for name, _, _, columns in make_docs.schema():
        silent += [f"{name}.{column}" for column, _, comment in columns if not comment]
    assert silent == []


def test_every_column_is_documented() -> None:
    page = tables_in((make_docs.DOCS / "sql.md").read_text(encoding="utf-8"))
    assert page == {name: {c for c, _, _ in columns} for name, _, _, columns in make_docs.schema()}


def test_the_guards_see_what_is_wrong(empty_history: duckdb.DuckDBPyConnection) -> None:
    bad = """\
Run `driftgate serv` or `driftgate calls --sinc 2h | jq --raw`.
```sh
driftgate query "SELECT 1" --formatt json
```
```sql
SELECT 1; SELECT no_such_column FROM calls
```
```toml
listn = "127.0.0.1:1"
```
"""
    assert command_faults(bad) == [
        "query has no --formatt",
        "no command serv",
        "calls has no --sinc",
    ]
    assert len(sql_faults(bad, empty_history)) == 1
    assert len(toml_faults(bad)) == 1


@pytest.mark.parametrize("page", PAGES, ids=IDS)
def test_no_placeholder_is_left_in_a_page(page: Path) -> None:
    text = re.sub(r"(?s)```.*?```|`[^`]*`", "", page.read_text(encoding="utf-8"))
    assert re.findall(r"\b[A-Z]{3,}_[A-Z_]+\b|\bTODO\b|\bTBD\b", text) == []
