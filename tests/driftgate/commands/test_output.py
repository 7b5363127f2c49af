"""Results as table, JSON, NDJSON, CSV and Markdown."""

import csv
import io
import json
from pathlib import Path

import pytest

from driftgate.commands.output import WRITERS, Format, destination, numeric
from driftgate.proxy.errors import UsageError

COLUMNS = ["n", "text", "list"]
TYPES = ["BIGINT", "VARCHAR", "VARCHAR[]"]
ROWS = [(1, 'a "b", c\nd', ["x"]), (None, "\x1b[31m|", None)]


def written(form: Format) -> str:
    stream = io.StringIO()
    WRITERS[form](COLUMNS, TYPES, ROWS, stream)
    return stream.getvalue()


def test_json_is_an_array_of_objects() -> None:
    objects = json.loads(written(Format.JSON))
    assert objects[0] == {"n": 1, "text": 'a "b", c\nd', "list": ["x"]}
    assert objects[1]["text"] == "\x1b[31m|"


def test_json_of_no_rows_is_an_empty_array() -> None:
    stream = io.StringIO()
    WRITERS[Format.JSON](COLUMNS, TYPES, [], stream)
    assert json.loads(stream.getvalue()) == []


def test_ndjson_has_a_line_for_each_row() -> None:
    assert [json.loads(line)["n"] for line in written(Format.NDJSON).splitlines()] == [1, None]


def test_csv_comes_back_as_it_was() -> None:
    rows = list(csv.reader(io.StringIO(written(Format.CSV))))
    assert rows == [COLUMNS, ["1", 'a "b", c\nd', '["x"]'], ["", "\x1b[31m|", ""]]


def test_a_table_is_harmless_and_has_one_line_a_row() -> None:
    lines = written(Format.TABLE).splitlines()
    assert len(lines) == 4
    assert "\x1b" not in written(Format.TABLE)
    assert 'a "b", c\\nd' in lines[2]


def test_markdown_cells_cannot_leave_their_cell() -> None:
    lines = written(Format.MARKDOWN).splitlines()
    assert lines[:2] == ["| n | text | list |", "| ---: | --- | --- |"]
    assert 'a "b", c<br>d' in lines[2]
    assert "\\\\x1b" not in lines[3]
    assert lines[3].count(" | ") == 2


def test_columns_of_one_name_do_not_hide_each_other() -> None:
    stream = io.StringIO()
    WRITERS[Format.JSON](["id", "id", "id"], ["INTEGER"] * 3, [(1, 2, 3)], stream)
    assert json.loads(stream.getvalue()) == [{"id": 1, "id_1": 2, "id_2": 3}]


def test_only_numbers_count_as_numbers() -> None:
    assert numeric(["BIGINT", "DECIMAL(18,3)", "BIGINT[]", "VARCHAR"]) == [True, True, False, False]


def test_a_file_is_whole_or_absent(tmp_path: Path) -> None:
    target = tmp_path / "out.txt"

    def fail() -> None:
        with destination(target) as stream:
            stream.write("half")
            raise ValueError

    with pytest.raises(ValueError, match=r"^$"):
        fail()
    assert list(tmp_path.iterdir()) == []
    with destination(target) as stream:
        stream.write("whole")
    assert target.read_text() == "whole"


def test_a_file_that_cannot_be_written_is_a_clear_error(tmp_path: Path) -> None:
    def write() -> None:
        with destination(tmp_path / "absent" / "out.txt"):
            pass

    with pytest.raises(UsageError, match=r"cannot write .*absent"):
        write()


def test_stdout_is_the_destination_without_a_file(capsys: pytest.CaptureFixture[str]) -> None:
    with destination(None) as stream:
        stream.write("here")
    assert capsys.readouterr().out == "here"


def test_in_a_terminal_ids_are_whole_and_texts_are_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setenv("NO_COLOR", "1")
    stream = Terminal()
    number = "019ab3f2-7c41-7000-8000-000000000001"
    WRITERS[Format.TABLE](["id", "text"], ["UUID", "VARCHAR"], [(number, "x" * 99)], stream)
    assert stream.getvalue().splitlines()[2] == f"{number}  {'x' * 19}..."


@pytest.mark.parametrize("target", [Path("/"), Path("no/such/folder/file.txt")])
def test_a_folder_is_no_file_and_none_is_made(target: Path) -> None:
    with (
        pytest.raises(UsageError, match=r"cannot write .*: (it is a folder|there is no folder)"),
        destination(target),
    ):
        pytest.fail("nothing may be written")
