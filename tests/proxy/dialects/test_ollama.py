"""Ollama's native calls."""

from typing import Any

from driftgate.proxy.dialects.meaning import ToolCall, Usage

NDJSON = "application/x-ndjson"
END = {
    "model": "gemma4", "done": True, "done_reason": "stop", "total_duration": 5_000_000_000,
    "load_duration": 1, "prompt_eval_count": 26, "prompt_eval_duration": 130_000_000,
    "eval_count": 290, "eval_duration": 4_000_000_000,
}  # fmt: skip


def piece(content: str = "", **more: Any) -> dict[str, Any]:
    message = {"role": "assistant", "content": content, **more}
    return {"model": "gemma4", "message": message, "done": False}


def test_parameters_stand_in_options(make: Any) -> None:
    options = {"temperature": 0.1, "top_p": 0.9, "top_k": 20, "min_p": 0.0, "seed": 42,
               "num_predict": 100, "stop": "END", "num_ctx": 8192}  # fmt: skip
    asked = make.call(
        "/api/chat",
        {"model": "gemma4", "messages": [], "stream": False, "options": options, "think": "high",
         "format": {"type": "object"}, "tools": [{"function": {"name": "f"}}]},
    ).request.parameters  # fmt: skip
    assert (asked.model, asked.stream, asked.temperature, asked.top_p) == (
        "gemma4",
        False,
        0.1,
        0.9,
    )
    assert (asked.top_k, asked.min_p, asked.seed, asked.max_tokens) == (20, 0.0, 42, 100)
    assert (asked.stop, asked.num_ctx, asked.reasoning_effort) == (("END",), 8192, "high")
    assert (asked.response_format, asked.response_schema) == ("json_schema", '{"type":"object"}')
    assert asked.tool_names == ("f",)


def test_format_json_and_think_true_are_read(make: Any) -> None:
    asked = make.call("/api/chat", {"format": "json", "think": True}).request.parameters
    assert (asked.response_format, asked.reasoning_effort) == ("json_object", "true")


def test_system_and_prompt_of_generate_are_messages(make: Any) -> None:
    described = make.call("/api/generate", {"model": "m", "system": "s", "prompt": "p"})
    assert [(i.role, i.text) for i in described.request.items] == [("system", "s"), ("user", "p")]


def test_a_chat_stream_is_assembled(make: Any) -> None:
    calls = [{"function": {"name": "f", "arguments": {"b": 1, "a": "\u00e9"}}}]
    chunks = make.ndjson(
        piece(thinking="hm"), piece("Hel"), piece("lo"), piece(tool_calls=calls),
        {**END, "message": {"content": ""}},
    )  # fmt: skip
    answer = make.call("/api/chat", {}, chunks, content_type=NDJSON).answer
    assert (answer.text, answer.reasoning, answer.finish_reason) == ("Hello", "hm", "stop")
    assert answer.tool_calls == (ToolCall("f", '{"b":1,"a":"\u00e9"}'),)
    assert answer.usage == Usage(26, 290)
    assert (answer.tokens_per_second, answer.prompt_tokens_per_second) == (72.5, 200.0)
    assert '"total_duration":5000000000' in (answer.timings or "")
    assert (answer.first_token_us, answer.events, answer.complete) == (1000, 5, True)


def test_one_json_is_read_like_a_stream(make: Any) -> None:
    answer = make.call("/api/generate", {}, {**END, "response": "Hi", "thinking": "hm"}).answer
    assert (answer.text, answer.reasoning, answer.usage.output_tokens) == ("Hi", "hm", 290)
    assert (answer.first_token_us, answer.events, answer.complete) == (None, None, True)


def test_a_stream_that_broke_is_not_complete(make: Any) -> None:
    for content_type in (NDJSON, "application/json", ""):
        answer = make.call(
            "/api/chat", {}, make.ndjson(piece("a")), content_type=content_type
        ).answer
        assert (answer.text, answer.complete) == ("a", False)


def test_ndjson_is_known_without_its_content_type(make: Any) -> None:
    answer = make.call("/api/chat", {}, make.ndjson(piece("a"), piece("b"), END)).answer
    assert (answer.text, answer.complete) == ("ab", True)


def test_an_error_line_is_read(make: Any) -> None:
    chunks = make.ndjson(piece("a"), {"error": "out of memory"})
    answer = make.call("/api/chat", {}, chunks, content_type=NDJSON).answer
    assert (answer.text, answer.error, answer.complete) == ("a", "out of memory", False)


def test_a_pull_ends_with_success(make: Any) -> None:
    chunks = make.ndjson({"status": "pulling"}, {"status": "success"})
    described = make.call("/api/pull", {"model": "gemma4:12b"}, chunks, content_type=NDJSON)
    assert (described.dialect, described.request.parameters.model) == ("ollama", "gemma4:12b")
    assert (described.answer.finish_reason, described.answer.complete) == ("success", True)


def test_durations_of_zero_give_no_speed(make: Any) -> None:
    answer = make.call("/api/chat", {}, {**END, "eval_duration": 0}).answer
    assert answer.tokens_per_second is None
