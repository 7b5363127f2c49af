"""JSON as RFC 8259 has it."""

import pytest

from driftgate.contracts.repair.strict import decode_at, is_json, loads


@pytest.mark.parametrize(
    "text", ["", "NaN", "[Infinity]", '{"a":1} x', "[" * 100_000, "9" * 5000, "{'a': 1}"]
)
def test_what_is_no_json_is_one_kind_of_error(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        loads(text)
    assert not is_json(text)


def test_blanks_around_the_value_do_not_count() -> None:
    assert loads('\r\n\t {"a": [1, null]} \n') == {"a": [1, None]}
    assert is_json(" 7 ")


def test_a_value_in_the_midst_says_where_it_ends() -> None:
    assert decode_at("see [1] there", 4) == ([1], 7)
