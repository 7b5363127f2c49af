"""Nothing a model or client writes reaches the terminal as a command."""

import json
import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from driftgate.proxy.harmless import harmless, json_safe, one_cell, one_line

ANY_TEXT = st.text(st.characters(codec=None), max_size=200)
DIRECTION = set("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def is_clean(text: str, allowed: str = "") -> bool:
    return all(
        char in allowed
        or (unicodedata.category(char) not in {"Cc", "Cs"} and char not in DIRECTION)
        for char in text
    )


@given(ANY_TEXT)
def test_no_control_character_survives(text: str) -> None:
    assert is_clean(harmless(text), "\n\t")
    assert is_clean(one_line(text))
    assert is_clean(one_cell(text))


@given(ANY_TEXT)
def test_json_keeps_its_meaning_and_loses_what_harms(text: str) -> None:
    written = json_safe(json.dumps({"text": text}, ensure_ascii=False))
    assert is_clean(written)
    assert json.loads(written)["text"].encode("utf-16", "surrogatepass") == text.encode(
        "utf-16", "surrogatepass"
    )


def test_an_escape_sequence_is_shown_as_text() -> None:
    assert harmless("\x1b]0;owned\x07") == "\\x1b]0;owned\\x07"
    assert harmless("\x9b31m") == "\\x9b31m"


def test_a_direction_override_is_shown_as_text() -> None:
    assert harmless("safe\u202eexe.txt") == "safe\\u202eexe.txt"


def test_ordinary_text_stays_as_it_is() -> None:
    assert harmless("Grüße, 世界 🙂\n\tend") == "Grüße, 世界 🙂\n\tend"


def test_one_line_joins_blanks_and_one_cell_shows_them() -> None:
    assert one_line(" a\r\n\n b\tc ") == "a b c"
    assert one_cell("a\r\nb\tc") == "a\\nb\\tc"
