"""Chat Completions and Completions answers, whole and streamed."""

from typing import Any

import pytest

from driftgate.proxy.dialects.meaning import ToolCall, Usage

PATH = "/v1/chat/completions"
USAGE = {
    "prompt_tokens": 9, "prompt_tokens_details": {"cached_tokens": 4},
    "completion_tokens": 5, "completion_tokens_details": {"reasoning_tokens": 2},
}  # fmt: skip
TIMINGS = {"cache_n": 3, "prompt_n": 6, "predicted_n": 5, "prompt_per_second": 90.5,
           "predicted_per_second": 30.25}  # fmt: skip


def chunk(finish: str | None = None, /, **delta: Any) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return {"id": "chatcmpl-1", "model": "gemma4", "choices": [choice]}


def call(index: int, arguments: str, **more: Any) -> dict[str, Any]:
    function = {"arguments": arguments}
    if "name" in more:
        function["name"] = more.pop("name")
    return {"index": index, "function": function, **more}


def test_a_json_body_is_read(make: Any) -> None:
    message = {
        "role": "assistant", "content": "Hi", "reasoning_content": "hm",
        "tool_calls": [{"id": "c", "function": {"name": "f", "arguments": "{}"}}],
    }  # fmt: skip
    other = {"index": 1, "message": {"content": "other"}, "finish_reason": "length"}
    first = {"index": 0, "message": message, "finish_reason": "tool_calls"}
    answer = make.call(
        PATH, {}, {"id": "chatcmpl-1", "model": "g", "system_fingerprint": "b11434",
                   "choices": [other, first], "usage": USAGE, "timings": TIMINGS},
    ).answer  # fmt: skip
    assert (answer.text, answer.reasoning, answer.finish_reason) == ("Hi", "hm", "tool_calls")
    assert answer.tool_calls == (ToolCall("f", "{}", "c"),)
    assert answer.usage == Usage(9, 5, 4, 2)
    assert (answer.system_fingerprint, answer.complete, answer.events) == ("b11434", True, None)
    assert (answer.prompt_tokens_per_second, answer.tokens_per_second) == (90.5, 30.25)


def test_a_stream_with_usage_in_an_extra_chunk_is_assembled(make: Any) -> None:
    last = {"id": "chatcmpl-1", "choices": [], "usage": USAGE, "timings": TIMINGS}
    answer = make.stream(
        PATH, chunk(role="assistant", content=""), chunk(reasoning="hm"), chunk(content="Hel"),
        chunk(content="lo"), chunk("stop"), last, b"[DONE]",
    ).answer  # fmt: skip
    assert (answer.text, answer.reasoning, answer.finish_reason) == ("Hello", "hm", "stop")
    assert (answer.usage.cached_tokens, answer.first_token_us, answer.events) == (4, 2000, 7)
    assert answer.complete


def test_usage_on_the_finish_chunk_without_done_is_complete(make: Any) -> None:
    answer = make.stream(PATH, chunk(content="Hi"), {**chunk("stop"), "usage": USAGE}).answer
    assert (answer.usage.output_tokens, answer.complete) == (5, True)


def test_llama_cpp_timings_stand_in_for_usage(make: Any) -> None:
    answer = make.stream(PATH, chunk(content="Hi"), {**chunk("stop"), "timings": TIMINGS}).answer
    assert answer.usage == Usage(9, 5, 3)


def test_tool_calls_are_joined_by_index(make: Any) -> None:
    answer = make.stream(
        PATH,
        chunk(tool_calls=[call(0, "", id="a", name="f")]),
        chunk(tool_calls=[call(0, '{"x"'), call(1, "{", id="b", name="g")]),
        chunk(tool_calls=[call(1, "}"), call(0, ":1}")]),
        chunk("tool_calls"),
    ).answer
    assert answer.tool_calls == (ToolCall("f", '{"x":1}', "a"), ToolCall("g", "{}", "b"))
    assert (answer.text, answer.first_token_us) == (None, 1000)


def test_two_calls_at_one_index_are_told_apart_by_id(make: Any) -> None:
    answer = make.stream(
        PATH,
        chunk(tool_calls=[call(0, "{}", id="a", name="f")]),
        chunk(tool_calls=[call(0, "{}", id="b", name="f")]),
    ).answer
    assert answer.tool_calls == (ToolCall("f", "{}", "a"), ToolCall("f", "{}", "b"))


def test_tool_calls_without_id_or_index_are_kept_apart(make: Any) -> None:
    entry = {"function": {"name": "f", "arguments": {"a": 1}}}
    body = {"choices": [{"message": {"tool_calls": [entry, entry, {}]}}]}
    answer = make.call(PATH, {}, body).answer
    assert answer.tool_calls == (*[ToolCall("f", '{"a":1}')] * 2, ToolCall("", ""))
    streamed = [{"function": {"name": "f", "arguments": "{"}}, {"function": {"arguments": "}"}}]
    answer = make.stream(PATH, chunk(tool_calls=streamed)).answer
    assert answer.tool_calls == (ToolCall("f", "{}"),)


def test_a_completion_has_its_text(make: Any) -> None:
    body = {"choices": [{"index": 0, "text": "abc", "finish_reason": "length"}]}
    answer = make.call("/v1/completions", {}, body).answer
    assert (answer.text, answer.finish_reason) == ("abc", "length")
    answer = make.stream("/v1/completions", body, body, b"[DONE]").answer
    assert answer.text == "abcabc"


def test_an_error_inside_a_stream_is_read(make: Any) -> None:
    answer = make.stream(PATH, chunk(content="a"), {"error": {"message": "slot lost"}}).answer
    assert (answer.text, answer.error, answer.complete) == ("a", "slot lost", False)


@pytest.mark.parametrize(
    "text",
    [
        "<|channel>thought\nlet me see<channel|>Paris",
        "thought\n" * 1000,
        '<|tool_call>call:f{a:<|"|>x<|"|>}<tool_call|>',
        "<unused49>" * 50,
        "\n" * 3000,
        "",
        "x",
    ],
)
def test_what_gemma_leaks_stays_in_the_text(make: Any, text: str) -> None:
    body = {"choices": [{"message": {"content": text}, "finish_reason": "stop"}]}
    assert make.call(PATH, {}, body).answer.text == text
    streamed = make.stream(PATH, *[chunk(content=letter) for letter in text[:200]]).answer
    assert (streamed.text or "") == text[:200]


def test_a_stream_is_known_without_its_content_type(make: Any) -> None:
    chunks = [b"\n: ping\n\n", *make.sse(chunk(content="Hi"))]
    assert make.call(PATH, {}, chunks, content_type="").answer.text == "Hi"
