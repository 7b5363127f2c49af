"""Saved queries as files."""

import stat
from pathlib import Path

import pytest

from driftgate.dashboards import saved
from driftgate.proxy.errors import NotFoundError, UsageError


@pytest.fixture
def history(tmp_path: Path) -> Path:
    return tmp_path / "h.duckdb"


def test_what_is_saved_comes_back_and_can_be_replaced_and_removed(history: Path) -> None:
    assert saved.names(history) == []
    saved.save(history, "slow calls", "SELECT 1\r\nFROM calls")
    assert saved.load(history, "slow calls") == ("SELECT 1\nFROM calls\n", "")
    saved.save(history, "slow calls", "SELECT 2")
    saved.save(history, "A", "SELECT 'é'")
    assert saved.names(history) == ["A", "slow calls"]
    assert saved.load(history, "slow calls").sql == "SELECT 2\n"
    saved.delete(history, "A")
    assert saved.names(history) == ["slow calls"]


def test_how_it_is_drawn_is_a_comment_before_it(history: Path) -> None:
    saved.save(history, "a", "-- show: bars\nSELECT 1", "line")
    assert _file(history).read_text() == "-- show: line\nSELECT 1\n"
    assert saved.load(history, "a") == ("SELECT 1\n", "line")
    saved.save(history, "a", "-- show: line\n-- and why\nSELECT 1", "table")
    assert _file(history).read_text() == "-- and why\nSELECT 1\n"
    _file(history).write_text("-- show: me\nSELECT 1\n")
    assert saved.load(history, "a") == ("-- show: me\nSELECT 1\n", "")
    _file(history).write_text("-- show: points")
    assert saved.load(history, "a") == ("", "points")
    with pytest.raises(UsageError, match="holds something"):
        saved.save(history, "a", "-- show: line\n", "line")


def test_only_their_owner_can_read_them(history: Path) -> None:
    saved.save(history, "a", "SELECT 1")
    modes = [stat.S_IMODE(path.stat().st_mode) for path in (saved.folder(history), _file(history))]
    assert modes == [0o700, 0o600]
    assert [path.name for path in saved.folder(history).iterdir()] == ["a.sql"]


@pytest.mark.parametrize(
    "name",
    ["", ".", "..", "../a", "a/b", "/etc/passwd", "a.sql", ".a", "-a", " a", "a\0", "a\n", "é", "x" * 61],
)  # fmt: skip
def test_a_name_never_leaves_the_folder(history: Path, name: str) -> None:
    with pytest.raises(UsageError, match="is no name for a query"):
        saved.save(history, name, "SELECT 1")
    with pytest.raises(UsageError):
        saved.load(history, name)
    with pytest.raises(UsageError):
        saved.delete(history, name)
    assert not saved.folder(history).exists()


@pytest.mark.parametrize("sql", ["", " \n", "x" * (saved.BYTES + 1)])
def test_nothing_and_too_much_are_not_saved(history: Path, sql: str) -> None:
    with pytest.raises(UsageError, match="holds something"):
        saved.save(history, "a", sql)


def test_what_is_not_there_is_said_so(history: Path) -> None:
    for ask in (saved.load, saved.delete):
        with pytest.raises(NotFoundError, match="no saved query is named 'a'"):
            ask(history, "a")


def test_a_file_that_somebody_else_put_there_is_shown_only_under_a_good_name(history: Path) -> None:
    saved.save(history, "a", "SELECT 1")
    (saved.folder(history) / "..b.sql").touch()
    (saved.folder(history) / "notes.txt").touch()
    assert saved.names(history) == ["a"]


def test_a_link_in_the_place_of_a_query_is_not_written_through(history: Path) -> None:
    saved.save(history, "a", "SELECT 1")
    _file(history).unlink()
    other = history.with_name("other")
    other.write_text("kept")
    _file(history).symlink_to(other)
    saved.save(history, "a", "SELECT 2")
    assert (other.read_text(), saved.load(history, "a").sql) == ("kept", "SELECT 2\n")


def _file(history: Path) -> Path:
    return saved.folder(history) / "a.sql"
