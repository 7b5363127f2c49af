"""Texts of strangers are folded, cut and indented within what a page may hold."""

from driftgate.dashboards.call.texts import LITTLE, START_LINES, Budget, pretty


def test_a_short_text_is_shown_whole_and_not_folded() -> None:
    text = Budget().take("one\ntwo")
    assert (text.shown, text.folded, text.cut) == ("one\ntwo", False, False)


def test_a_long_text_is_folded_after_its_beginning() -> None:
    text = Budget().take("word " * 1_000)
    assert text.folded
    assert not text.cut
    assert text.shown.startswith(text.start)


def test_a_text_of_many_lines_is_folded() -> None:
    text = Budget().take("x\n" * 50)
    assert text.start.count("\n") == START_LINES - 1


def test_a_text_over_the_limit_is_cut_and_says_how_long_it_is() -> None:
    text = Budget().take("x" * 50_000, limit=1_000)
    assert (len(text.shown), text.length, text.cut) == (1_000, 50_000, True)


def test_many_texts_share_what_a_page_may_hold() -> None:
    budget = Budget(1_000)
    shown = [len(budget.take("x" * 800).shown) for _ in range(4)]
    assert shown == [800, LITTLE, LITTLE, LITTLE]


def test_json_is_indented_and_marked_as_code() -> None:
    assert pretty('{"a":[1]}') == '{\n  "a": [\n    1\n  ]\n}'
    assert Budget().take(pretty('{"a":1}')).code


def test_what_is_no_json_stays_as_it_stands() -> None:
    for text in ("plain", "{broken", "[" * 5_000, "12", ""):
        assert pretty(text) == text
