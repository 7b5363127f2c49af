"""What strangers write becomes few, short and plain label values."""

import json

from hypothesis import given
from hypothesis import strategies as st

from driftgate.proxy.metrics.values import LENGTH, MEAN_LENGTH, OTHER, Values, Vocabulary, plain


def test_the_first_ones_are_admitted_and_the_rest_are_other() -> None:
    values = Values(3)
    found = [values.admit(name) for name in ("a", "b", "a", "c", "d", "b", "d")]
    assert found == ["a", "b", "a", "c", OTHER, "b", OTHER]


def test_what_is_no_text_is_empty_and_takes_no_room() -> None:
    values = Values(1)
    assert [values.admit(value) for value in (None, "", 3, ["a"], OTHER, "a")] == [
        *("", "", "", "", OTHER, "a"),
    ]


def test_a_long_or_odd_value_is_cut_and_made_plain() -> None:
    assert plain("m" * 10_000) == "m" * LENGTH
    assert plain("a\n\x1b[31m\x00b\u202e\udc80é模") == "a??[31m?b??é模"


@given(st.text(st.characters()))
def test_whatever_is_written_can_be_encoded_and_stands_in_one_line(text: str) -> None:
    found = plain(text)
    assert found.encode().decode() == found
    assert len(found) <= LENGTH
    assert len(found.splitlines()) <= 1


@given(st.lists(st.text(st.characters(), min_size=20), max_size=40))
def test_all_values_of_a_label_together_are_short_as_json(names: list[str]) -> None:
    values = Values(20)
    admitted = {values.admit(name) for name in names} - {"", OTHER}
    assert len(admitted) <= 20
    escaped = [name.replace("\\", r"\\").replace('"', r"\"") for name in admitted]
    assert sum(len(json.dumps(name)) - 2 for name in escaped) <= 20 * MEAN_LENGTH


def test_metrics_share_the_values_of_a_label() -> None:
    vocabulary = Vocabulary()
    (first,), (second, _) = vocabulary.of(["model"]), vocabulary.of(["model", "upstream"])
    assert first is second
