"""Responses answers: bodies, and streams that servers really send."""

from typing import Any

from driftgate.proxy.dialects.meaning import ToolCall, Usage

PATH = "/v1/responses"
USAGE = {
    "input_tokens": 9, "input_tokens_details": {"cached_tokens": 4},
    "output_tokens": 5, "output_tokens_details": {"reasoning_tokens": 2},
}  # fmt: skip


def message(text: str, **more: Any) -> dict[str, Any]:
    return {"type": "message", "content": [{"type": "output_text", "text": text}], **more}


def delta(kind: str, text: str, **more: Any) -> dict[str, Any]:
    return {"type": f"response.{kind}.delta", "delta": text, **more}


def completed(**more: Any) -> dict[str, Any]:
    response = {"id": "resp_1", "model": "gemma4", "status": "completed", **more}
    return {"type": "response.completed", "response": response}


def test_a_json_body_is_read(make: Any) -> None:
    call = {"type": "function_call", "name": "f", "arguments": "{}", "call_id": "c"}
    body = {
        "id": "resp_1", "model": "gemma4", "status": "completed", "usage": USAGE,
        "output": [
            {"type": "reasoning", "content": [{"type": "reasoning_text", "text": "hm"}]},
            message("one"), message("two"), {**call, "namespace": "n"},
        ],
        "timings": {"prompt_per_second": 3.5, "predicted_per_second": 7},
    }  # fmt: skip
    answer = make.call(PATH, {}, body).answer
    assert (answer.text, answer.reasoning) == ("one\ntwo", "hm")
    assert answer.tool_calls == (ToolCall("f", "{}", "c", "n"),)
    assert answer.usage == Usage(9, 5, 4, 2)
    assert (answer.response_id, answer.model, answer.finish_reason) == (
        "resp_1",
        "gemma4",
        "completed",
    )
    assert (answer.prompt_tokens_per_second, answer.tokens_per_second) == (3.5, 7)
    assert (answer.complete, answer.events, answer.first_token_us) == (True, None, None)


def test_a_stream_is_assembled_and_its_first_token_timed(make: Any) -> None:
    answer = make.stream(
        PATH,
        {"type": "response.created", "response": {"id": "resp_1", "status": "in_progress"}},
        {"type": "response.output_item.added", "output_index": 0, "item": {"type": "message"}},
        delta("output_text", "Hel", output_index=0),
        delta("output_text", "lo", output_index=0),
        {"type": "response.output_item.done", "output_index": 0, "item": message("Hello")},
        completed(output=[message("Hello")], usage=USAGE),
        b"[DONE]",
    ).answer
    assert (answer.text, answer.finish_reason, answer.complete) == ("Hello", "completed", True)
    assert (answer.first_token_us, answer.events) == (3000, 7)
    assert answer.usage.input_tokens == 9


def test_deltas_alone_are_the_answer_of_a_stream_that_broke(make: Any) -> None:
    answer = make.stream(
        PATH,
        delta("reasoning_text", "hm", item_id="r"),
        delta("output_text", "cut ", item_id="m"),
        delta("output_text", "of", item_id="m"),
    ).answer
    assert (answer.text, answer.reasoning) == ("cut of", "hm")
    assert (answer.complete, answer.finish_reason) == (False, None)


def test_items_alone_are_enough(make: Any) -> None:
    answer = make.stream(
        PATH, {"type": "response.output_item.done", "item": message("all")}, completed(output=[])
    ).answer
    assert (answer.text, answer.complete, answer.first_token_us) == ("all", True, 1000)


def test_the_summary_is_taken_where_no_item_came(make: Any) -> None:
    assert make.stream(PATH, completed(output=[message("sum")])).answer.text == "sum"


def test_the_items_count_more_than_the_summary(make: Any) -> None:
    done = {"type": "response.output_item.done", "output_index": 0, "item": message("item")}
    assert make.stream(PATH, done, completed(output=[message("sum")])).answer.text == "item"


def test_streamed_text_is_not_lost_when_the_item_is_empty(make: Any) -> None:
    done = {"type": "response.output_item.done", "item": message("", id="m")}
    answer = make.stream(PATH, delta("output_text", "kept", item_id="m"), done).answer
    assert answer.text == "kept"


def test_llama_cpp_events_without_output_index_are_joined_by_id(make: Any) -> None:
    call = {"type": "function_call", "name": "f", "call_id": "fc_1", "arguments": ""}
    answer = make.stream(
        PATH,
        delta("reasoning_text", "hm", item_id="rs_1"),
        delta("output_text", "text", item_id="msg_1"),
        {"type": "response.output_item.added", "item": call},
        delta("function_call_arguments", '{"a"', item_id="fc_1"),
        delta("function_call_arguments", ":1}", item_id="fc_1"),
        {"type": "response.output_item.done", "item": {**call, "arguments": '{"a":1}'}},
        {"type": "response.output_item.done", "item": message("text", id="msg_1")},
        completed(output=[]),
    ).answer
    assert (answer.text, answer.reasoning) == ("text", "hm")
    assert answer.tool_calls == (ToolCall("f", '{"a":1}', "fc_1"),)


def test_a_tool_call_that_never_ended_is_kept(make: Any) -> None:
    opened = {"type": "custom_tool_call", "name": "patch", "call_id": "c", "id": "ct"}
    answer = make.stream(
        PATH,
        {"type": "response.output_item.added", "output_index": 3, "item": opened},
        delta("custom_tool_call_input", "*** Be", output_index=3, item_id="ct"),
    ).answer
    assert answer.tool_calls == (ToolCall("patch", "*** Be", "c"),)
    assert answer.first_token_us == 1000


def test_events_without_any_key_belong_to_the_open_item(make: Any) -> None:
    done = {"type": "response.output_item.done", "item": message("ab")}
    answer = make.stream(
        PATH, delta("output_text", "a"), delta("output_text", "b"), done, done
    ).answer
    assert answer.text == "ab\nab"


def test_a_failed_response_says_why(make: Any) -> None:
    failed = {"status": "failed", "error": {"code": "server_error", "message": "broken"}}
    answer = make.stream(PATH, {"type": "response.failed", "response": failed}).answer
    assert (answer.finish_reason, answer.error, answer.complete) == ("failed", "broken", True)


def test_an_incomplete_response_has_its_reason(make: Any) -> None:
    cut = {"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}}
    answer = make.stream(PATH, {"type": "response.incomplete", "response": cut}).answer
    assert (answer.finish_reason, answer.complete) == ("max_output_tokens", True)


def test_error_events_in_both_shapes_are_read(make: Any) -> None:
    for event in ({"type": "error", "message": "no"}, {"error": {"message": "no"}}):
        assert make.stream(PATH, event).answer.error == "no"


def test_an_event_that_is_not_json_is_passed_over(make: Any) -> None:
    answer = make.stream(PATH, b"{broken", delta("output_text", "on"), b"[1]", b"null").answer
    assert (answer.text, answer.events) == ("on", 4)


def test_a_surrogate_pair_split_over_two_deltas_is_joined(make: Any) -> None:
    answer = make.stream(
        PATH,
        rb'{"type":"response.output_text.delta","delta":"\ud83d"}',
        rb'{"type":"response.output_text.delta","delta":"\ude00\ud800"}',
    ).answer
    assert answer.text == "\U0001f600\ufffd"


def test_an_error_status_gives_its_message(make: Any) -> None:
    body = {"error": {"message": "fake 400 error", "type": "invalid_request_error"}}
    assert make.call(PATH, {}, body, status=400).answer.error == "fake 400 error"
    page = make.call(PATH, {}, b"<h1>Bad Gateway</h1>", status=502, content_type="text/html")
    assert page.answer.error == "<h1>Bad Gateway</h1>"
    validation = make.call(PATH, {}, {"detail": [{"loc": ["client_metadata"]}]}, status=422)
    assert validation.answer.error == '[{"loc":["client_metadata"]}]'
