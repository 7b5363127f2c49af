"""Tables fit their terminal, and stay readable."""

from hypothesis import given
from hypothesis import strategies as st

from driftgate.commands.table import fit, render
from driftgate.replay.report.columns import LEAST, shorten, width

CELLS = st.text(st.characters(exclude_categories=["C", "Z", "M"]), max_size=40)


@given(
    st.lists(st.tuples(CELLS, CELLS, CELLS), max_size=5),
    st.integers(min_value=20, max_value=200),
)
def test_no_line_is_wider_than_the_terminal(rows: list[tuple[str, str, str]], room: int) -> None:
    lines = render(["a", "b", "c"], rows, right=[False, False, False], room=room)
    assert max(width(line) for line in lines) <= room


# control characters never come here: harmless.py has written them out
@given(
    st.text(st.characters(exclude_categories=["Cc"]), max_size=60),
    st.integers(min_value=3, max_value=60),
)
def test_a_cut_text_fits_and_an_uncut_one_is_untouched(text: str, room: int) -> None:
    cut = shorten(text, room)
    assert width(cut) <= room
    assert cut == text or cut.endswith("...")


def test_numbers_stand_right_and_texts_left() -> None:
    assert render(["n", "text"], [["7", "a"], ["100", "b"]], right=[True, False]) == [
        "  n  text",
        "---  ----",
        "  7  a",
        "100  b",
    ]


def test_wide_characters_take_two_cells() -> None:
    lines = render(["a", "b"], [["世界", "x"], ["yy", "z"]], right=[False, False])
    assert lines[2:] == ["世界  x", "yy    z"]


def test_a_pipe_gets_whole_texts() -> None:
    assert "x" * 500 in render(["a"], [["x" * 500]], right=[False], room=None)[-1]


def test_the_widest_column_is_narrowed_first() -> None:
    assert fit([10, 50], [True, True], 42) == [10, 30]
    assert fit([30, 30], [True, True], 42) == [20, 20]


def test_numbers_are_never_narrowed() -> None:
    assert fit([30, 30], [False, True], 42) == [30, LEAST + 2]


def test_a_table_that_cannot_fit_becomes_one_block_a_row() -> None:
    heads = [f"column{number}" for number in range(20)]
    lines = render(heads, [["x" * 99] * 20], right=[False] * 20, room=80)
    assert lines[0] == "-- 1"
    assert lines[1].startswith("column0   xxxx")
    assert lines[1].endswith("...")
    assert len(lines) == 21


def test_no_columns_make_no_table() -> None:
    assert render([], [], right=[]) == []


def test_bold_marks_the_header_alone() -> None:
    lines = render(["a"], [["b"]], right=[False], bold=True)
    assert lines == ["\x1b[1ma\x1b[0m", "-", "b"]
