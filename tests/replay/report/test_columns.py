"""Tables and wrapped text for terminals."""

from driftgate.replay.report.columns import narrowed, shorten, table, width, wrapped

ROWS = [["contract pass", "12.5 %"], ["x", "3 %"]]


def test_text_stands_left_and_figures_right() -> None:
    assert table(("metric", "n"), ROWS, text=1, room=None) == [
        "metric              n",
        "-------------  ------",
        "contract pass  12.5 %",
        "x                 3 %",
    ]


def test_a_narrow_terminal_cuts_text_and_never_figures() -> None:
    lines = table(("metric", "n"), ROWS, text=1, room=18)
    assert lines[2] == "contrac...  12.5 %"
    assert max(map(len, lines)) == 18


def test_a_terminal_too_narrow_for_figures_gets_blocks() -> None:
    lines = table(("metric", "n"), ROWS, text=1, room=15)
    assert lines == ["metric  contr...", "n       12.5 %", "", "metric  x", "n       3 %"]


def test_wide_characters_take_two_cells() -> None:
    assert width("日本") == 4
    assert shorten("日本語日本語", 7) == "日本..."
    assert table(("a", "b"), [["日本", "1"]], text=1, room=None)[2] == "日本  1"


def test_lines_are_wrapped_with_their_indent() -> None:
    assert wrapped("one two three", 11, "  ") == ["  one two", "  three"]
    assert wrapped("one two three", None) == ["one two three"]
    assert wrapped("", 10) == [""]


def test_lines_of_wide_characters_are_wrapped_by_cells() -> None:
    assert wrapped("日本語日本語", 8) == ["日本語日", "本語"]
    assert wrapped("日本 語日本", 9) == ["日本", "語日本"]


def test_a_narrow_terminal_goes_without_columns_before_rows_become_blocks() -> None:
    heads, rows = ("metric", "effect", "interval"), [("passes", "-1.0", "-2.0 to 0.0")]

    def lines(room: int | None) -> list[str]:
        return narrowed(heads, rows, text=1, room=room, unneeded=("effect",))

    assert lines(None) == table(heads, rows, text=1, room=None)
    assert lines(20)[0] == "metric     interval"
    assert lines(12) == table(heads, rows, text=1, room=12)
