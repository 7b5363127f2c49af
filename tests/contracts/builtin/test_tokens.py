"""Special tokens that stand in the text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftgate.contracts.builtin.quoted import has_marker
from driftgate.contracts.builtin.tokens import token_findings
from driftgate.contracts.verdict import Severity


@pytest.mark.parametrize(
    "token",
    ["<|turn>", "<turn|>", "<|tool_call>", "<tool_call|>", "<|tool_response>", "<tool_response|>",
     '<|"|>', "<start_of_turn>", "<end_of_turn>", "<|think|>", "<|tool>", "<tool|>", "<|image|>",
     "<|audio|>", "<|video|>", "<|im_end|>", "<|eot_id|>"],
)  # fmt: skip
def test_a_control_token_in_the_text_is_an_error(token: str) -> None:
    text = f"Hello there.{token}"
    assert has_marker(text)
    (found,) = token_findings(text)
    assert (found.keyword, found.severity) == ("control_tokens", Severity.ERROR)
    assert token in found.reason


@pytest.mark.parametrize("token", ["<bos>", "<eos>", "<pad>", "<unk>"])
def test_a_word_like_token_counts_only_at_an_end(token: str) -> None:
    assert token_findings(f"ids of {token} are small") == []
    assert [f.severity for f in token_findings(f"Hello.{token}")] == [Severity.ERROR]
    assert [f.severity for f in token_findings(f"{token}Hello.")] == [Severity.ERROR]


def test_unused_tokens_have_their_own_keyword() -> None:
    (found,) = token_findings("Hello <unused49>")
    assert (found.keyword, found.severity) == ("unused_tokens", Severity.ERROR)


def test_a_few_unused_tokens_named_in_a_sentence_are_a_warning_and_many_an_error() -> None:
    few = "From <unused0> through <unused98>, they are reserved."
    assert [f.severity for f in token_findings(few)] == [Severity.WARNING]
    many = "and <unused1> and <unused2> and <unused3> and <unused4> and so on"
    assert [f.severity for f in token_findings(many)] == [Severity.ERROR]


def test_one_leak_outweighs_a_token_that_is_quoted() -> None:
    (found,) = token_findings("`<|turn>` begins a turn.\n<turn|>")
    assert found.severity is Severity.ERROR


def test_a_call_written_as_text_is_not_told_twice() -> None:
    text = '<|tool_call>call:f{a:<|"|>b<|"|>}<tool_call|>'
    assert token_findings(text, call_written=True) == []
    assert token_findings(text + "<turn|>", call_written=True) != []


@pytest.mark.parametrize(
    "text",
    [
        "x |> f",
        "f <| x",
        "a <|> b",
        "<td>turn</td>",
        "<unused>",
        "if a <b and b> c",
        "<none>",
        "<|>",
    ],
)
def test_ordinary_signs_are_no_tokens(text: str) -> None:
    assert token_findings(text) == []


@given(st.text('<|>turnol_cabse \n`"', max_size=200))
def test_nothing_is_found_where_there_is_no_marker(text: str) -> None:
    if token_findings(text):
        assert has_marker(text)
