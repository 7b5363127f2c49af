"""The SQL of pages, by name."""

from importlib.resources import files
from pathlib import Path

import pytest

from driftgate.dashboards.statements import ask, ask_one, load, statement
from driftgate.proxy.history import migrations
from driftgate.proxy.history.connect import Writer
from driftgate.proxy.history.reader import open_history

PAGES = sorted(
    Path(each.name).stem
    for each in (files("driftgate.dashboards.queries")).iterdir()
    if each.name.endswith(".sql")
)


@pytest.fixture
def history(tmp_path: Path) -> Path:
    writer = Writer(tmp_path / "h.duckdb")
    migrations.migrate(writer.open(), tmp_path / "h.duckdb")
    writer.close()
    writer.drop()
    return tmp_path / "h.duckdb"


def test_a_statement_takes_only_the_values_that_it_names(history: Path) -> None:
    asked = statement("SELECT $first + $second_1 AS total")
    assert asked.parameters == {"first", "second_1"}
    with open_history(history) as reader:
        assert ask(reader, asked, first=1, second_1=2, third=3) == [{"total": 3}]
        assert ask_one(reader, asked, first=1, second_1=None) == {"total": None}
        assert ask_one(reader, statement("SELECT 1 WHERE false")) is None


def test_a_value_that_is_missing_is_a_fault_of_the_page() -> None:
    with pytest.raises(KeyError):
        statement("SELECT $first").bound({})


@pytest.mark.parametrize("page", PAGES)
def test_each_file_holds_statements_under_their_names(page: str) -> None:
    found = load(page)
    assert found
    for name, each in found.items():
        assert each.sql.split(), name
        assert not each.sql.endswith(";"), name
