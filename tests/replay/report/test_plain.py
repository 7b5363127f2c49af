"""Text of strangers made harmless."""

import re

from hypothesis import given
from hypothesis import strategies as st

from driftgate.replay.report.plain import one_line, plain
from tests.replay.report.made import hostile

XML = re.compile("[\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]*")


def test_control_characters_and_overrides_are_shown_as_escapes() -> None:
    assert (
        plain("\x1b[31m\u202e\ud800\ufffe\U000e0041") == "\\x1b[31m\\u202e\\ud800\\ufffe\\U000e0041"
    )


def test_ordinary_text_of_any_script_stays() -> None:
    assert plain("日本語 ünd\tTab\nLine \U0001f600") == "日本語 ünd\tTab\nLine \U0001f600"


def test_what_is_cut_is_counted() -> None:
    assert plain("abcdef", 4) == "abcd [... 2 more characters]"
    assert one_line("a  b\n c" + "d" * 100, 5) == "a b c [... 100 more characters]"


@given(hostile, st.integers(1, 30))
def test_all_that_is_left_is_fit_for_xml_and_one_line_is_one(text: str, limit: int) -> None:
    assert XML.fullmatch(plain(text))
    line = one_line(text, limit)
    assert line == line.strip()
    assert not re.search(r"[\n\r\t]", line)
    assert XML.fullmatch(line)
