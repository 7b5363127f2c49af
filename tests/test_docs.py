"""The documentation and the program say the same."""

import re
import tomllib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from driftgate.cli import SUBCOMMANDS
from driftgate.contracts.contract import STEPS
from driftgate.contracts.load import load_file
from driftgate.proxy.errors import UsageError
from driftgate.proxy.settings.model import Settings
from driftgate.replay.candidate.toml_file import read as read_candidate
from driftgate.replay.decide.policy import read_policy
from tests.support import make_docs
from tests.support.broken_answers import SIMULATED, variants
from tests.support.keywords import keywords
from tests.support.processes import ROOT

README = ROOT / "README.md"
CONTRACTS = ROOT / "docs" / "contracts.md"
COMMANDS = make_docs.command_names()
PAGES = [README, *sorted((ROOT / "docs").glob("*.md"))]
IDS = [page.name for page in PAGES]
EVERYWHERE = {"--help", "--version"}
# Other programs' options that may stand on a driftgate line, behind a pipe or in a sentence.
PUNCTUATION = ".,;:)`'\""


# file -> what reads it; the others are settings
READERS: dict[str, Callable[[Path], object]] = {
    "candidate.toml": read_candidate,
    "policy.toml": read_policy,
}


def fences(text: str, language: str) -> list[str]:
    """The fenced blocks of one language."""
    return re.findall(rf"(?ms)^```{language}\n(.*?)^```", text)


def commands_in(text: str) -> Iterator[tuple[str, list[str]]]:
    """(command, its --options) of each `driftgate ...` in code or in a shell block."""
    shell = [line for block in fences(text, "(?:sh|bash|console)") for line in block.splitlines()]
    inline = re.findall(r"(?<!`)`([^`\n]+)`(?!`)", text)
    for line in [*shell, *inline]:
        words = line.split("|")[0] if line.lstrip().startswith("driftgate") else line
        found = re.search(r"(?:^|[\s/])driftgate ([a-z]+)(?: ([a-z]+))?\b(?!=)(.*)", words)
        if found:
            name = (
                " ".join(filter(None, found.group(1, 2))) if found[1] in SUBCOMMANDS else found[1]
            )
            yield name, re.findall(r"(?<!\S)(--[a-z][a-z-]*)", found[3])


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


def toml_faults(text: str, folder: Path) -> list[str]:
    """The `toml` blocks of a page that are no settings, contract, candidate or policy.

    The first line is the name of its file. A Codex configuration is fenced as text.
    """
    faults = []
    for block in fences(text, "toml"):
        named = re.match(r"# (contracts/)?([a-z0-9_-]+)\.toml\n", block)
        path = folder / f"{named[2] if named else 'driftgate'}.toml"
        path.write_text(block, encoding="utf-8")
        try:
            if named and named[1]:
                assert load_file(path).contract.name == named[2]
            elif path.name in READERS:
                READERS[path.name](path)
            else:
                Settings.model_validate(tomllib.loads(block))
        except (ValueError, UsageError) as error:
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
def test_toml_of_a_page_loads_as_settings_or_as_a_contract(page: Path, tmp_path: Path) -> None:
    assert toml_faults(page.read_text(encoding="utf-8"), tmp_path) == []


@pytest.mark.parametrize("page", PAGES, ids=IDS)
def test_links_of_a_page_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_the_readme_names_every_command_and_every_view_worth_asking() -> None:
    text = README.read_text(encoding="utf-8")
    views = (
        *("calls", "sessions", "turns", "messages", "tool_calls", "fingerprints", "events"),
        *("attempts", "violations", "pass_rates", "contracts"),
    )
    own = [name for name in COMMANDS if " " not in name]
    wanted = [*(f"driftgate {name}" for name in own), *(f"`{view}`" for view in views)]
    assert [word for word in wanted if word not in text] == []


def test_the_readme_shows_five_queries_and_the_two_commands() -> None:
    text = README.read_text(encoding="utf-8")
    assert len(fences(text, "sql")) >= 5
    assert "make demo" in text
    assert "make test" in text


def test_every_command_explains_itself_and_shows_an_example() -> None:
    commands = {name: make_docs.command(name) for name in COMMANDS}
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


def test_every_key_of_a_contract_is_explained() -> None:
    page = tables_in(make_docs.contract_page())
    silent = []
    for title, _, model in make_docs.contract_tables():
        fields: Iterable[tuple[str, Any]] = model.model_fields.items()
        silent += [f"{title} {name}" for name, field in fields if not field.description]
        own = {field.alias or name for name, field in fields}
        assert page[title] <= own
    assert silent == []
    parts = {title.strip("[]").split(".")[-1] for title in page if title.startswith("[")}
    every = {
        f.alias or n for _, _, m in make_docs.contract_tables() for n, f in m.model_fields.items()
    }
    assert every == parts.union(*page.values())


def test_the_page_on_contracts_explains_every_keyword_and_no_other() -> None:
    page = tables_in(CONTRACTS.read_text(encoding="utf-8"))
    told = page["What is checked without any contract"] | page["What a contract checks besides"]
    assert told == keywords()


def test_the_page_on_contracts_explains_every_step_of_a_repair() -> None:
    text = CONTRACTS.read_text(encoding="utf-8")
    assert [step for step in STEPS if f"| `{step}` |" not in text] == []


def test_the_measured_table_has_the_rows_and_numbers_of_the_cases() -> None:
    text = CONTRACTS.read_text(encoding="utf-8")
    counted = Counter(broken.row for broken in variants())
    missing = [row for row, n in counted.items() if f"| {row} | {n} | {n} |" not in text]
    missing += [fault for fault in SIMULATED if f"| fault {fault} |" not in text]
    assert missing == []


def test_every_table_view_and_column_carries_its_comment() -> None:
    silent = [name for name, _, comment, _ in make_docs.schema() if not comment]
    for name, _, _, columns in make_docs.schema():
        silent += [f"{name}.{column}" for column, _, comment in columns if not comment]
    assert silent == []


def test_every_column_is_documented() -> None:
    page = tables_in((make_docs.DOCS / "sql.md").read_text(encoding="utf-8"))
    assert page == {name: {c for c, _, _ in columns} for name, _, _, columns in make_docs.schema()}


def test_the_guards_see_what_is_wrong(
    empty_history: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    bad = """\
Run `driftgate serv` or `driftgate calls --sinc 2h | jq --raw` or `driftgate contracts lst`.
```sh
driftgate query "SELECT 1" --formatt json
```
```sql
SELECT 1; SELECT no_such_column FROM calls
```
```toml
listn = "127.0.0.1:1"
```
```toml
# contracts/bad.toml
name = "bad"
mod = "observe"
```
```toml
# policy.toml
[margins]
contract_pas = 0.02
```
```toml
# candidate.toml
modl = "m"
```
"""
    assert command_faults(bad) == [
        "query has no --formatt",
        "no command serv",
        "calls has no --sinc",
        "no command contracts lst",
    ]
    assert len(sql_faults(bad, empty_history)) == 1
    assert len(toml_faults(bad, tmp_path)) == 4


@pytest.mark.parametrize("page", PAGES, ids=IDS)
def test_no_placeholder_is_left_in_a_page(page: Path) -> None:
    text = re.sub(r"(?s)```.*?```|`[^`]*`", "", page.read_text(encoding="utf-8"))
    assert re.findall(r"\b[A-Z]{3,}_[A-Z_]+\b|\bTODO\b|\bTBD\b", text) == []
