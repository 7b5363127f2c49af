"""Rules on bodies: values are masked wherever they stand and however they were split."""

import json
import re
from collections.abc import Callable
from hashlib import blake2b
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from driftgate.proxy.redact.body import BodyRules

SSE = "text/event-stream"
NDJSON = "application/x-ndjson"
SECRET = "sk-0123456789abcdefXYZ"
PATTERN = r"sk-[0-9A-Za-z]{8,}"


def mask(secret: bytes) -> str:
    return "redacted:" + blake2b(secret, digest_size=8).hexdigest()


HIDDEN = mask(SECRET.encode())


def clean(body: bytes | list[bytes], kind: str = "", **rules: list[str]) -> bytes:
    chunks = [body] if isinstance(body, bytes) else body
    made = BodyRules(rules.get("patterns", []), rules.get("json_paths", []), mask)
    changed = made.apply(chunks, kind)
    assert len(changed) == len(chunks)
    return b"".join(changed)


def test_a_match_in_a_json_value_or_key_is_masked_and_all_other_bytes_stay() -> None:
    body = b'{ "a":1.50, "t": "x ' + SECRET.encode() + b' y", "%s":[ ]}\n' % SECRET.encode()
    expected = body.replace(SECRET.encode(), HIDDEN.encode())
    assert clean(body, patterns=[PATTERN]) == expected


def test_a_greedy_expression_does_not_break_the_json() -> None:
    body = json.dumps({"a": f"my {SECRET} is", "b": [1, "z"]}).encode()
    assert json.loads(clean(body, patterns=[r"sk-.*"])) == {
        "a": f"my {mask(SECRET.encode() + b' is')}",
        "b": [1, "z"],
    }


def test_an_escaped_secret_is_found() -> None:
    body = b'{"a":"\\u0073k-\\u0030123456789abcdefXYZ"}'
    assert json.loads(clean(body, patterns=[PATTERN])) == {"a": HIDDEN}


def test_a_number_that_matches_becomes_a_text() -> None:
    body = b'{"card":4111111111111111,"n":5}'
    assert json.loads(clean(body, patterns=[r"\d{16}"])) == {
        "card": mask(b"4111111111111111"),
        "n": 5,
    }


def test_an_expression_over_key_and_value_masks_the_value_and_keeps_json() -> None:
    body = b'{"password" : "hunter2", "pin": 1234, "b": 1}'
    rules = [r'"password"\s*:\s*"[^"]*"', r'"pin":\s*\d+']
    assert json.loads(clean(body, patterns=rules)) == {
        "password": mask(b"hunter2"),
        "pin": mask(b"1234"),
        "b": 1,
    }


def test_plain_text_and_bytes_that_are_no_text_are_searched_too() -> None:
    body = b"\xff\xfe caf\xc3\xa9 " + SECRET.encode() + b" \x80"
    assert clean(body, patterns=[PATTERN]) == body.replace(SECRET.encode(), HIDDEN.encode())


@pytest.mark.parametrize("cut", [1, 5, 20, 40])
def test_broken_json_is_searched_too(cut: int) -> None:
    body = json.dumps({"a": [f"x{SECRET}"], "b": {"c": SECRET}}).encode()
    for broken in (body[:-cut], body[cut:], body + body[:cut], b"[" * 50_000 + body):
        assert SECRET.encode() not in clean(broken, patterns=[PATTERN])


@pytest.mark.parametrize(
    ("path", "gone"),
    [
        ("$.user", {"user"}),
        ("$.input[*].content[*].text", {"text0", "text1"}),
        ("$.input[0].content[1].text", {"text1"}),
        ("$..text", {"text0", "text1", "deep"}),
        ("$['odd name'].x", {"odd"}),
        ("$.input", {"text0", "text1", "role"}),
        ("$.nothing.here", set()),
    ],
)
def test_a_json_path_masks_the_value_it_names_and_no_other(path: str, gone: set[str]) -> None:
    body = {
        "user": "user",
        "input": [{"role": "role", "content": [{"text": "text0"}, {"text": "text1"}]}],
        "odd name": {"x": "odd"},
        "meta": {"a": [{"text": "deep"}]},
        "text0": 1,
    }
    changed = clean(json.dumps(body).encode(), json_paths=[path])
    values = set(re.findall(r'"(?!text0":)(\w+)"(?!:)', changed.decode()))
    assert not values & gone
    assert {"user", "text0", "text1", "role", "odd", "deep"} - gone <= values
    json.loads(changed)


def test_a_json_path_holds_in_cut_repeated_and_very_deep_json() -> None:
    assert b"secr" not in clean(b'{"a":{"password":"secre', json_paths=["$.a.password"])
    assert b"one" not in clean(b'{"p":"one","p":"two"}', json_paths=["$.p"])
    deep = b'{"a":' * 5000 + b'{"p":"secret"}'
    assert b"secret" not in clean(deep, json_paths=["$..p"])


def test_a_path_masks_each_event_of_a_stream() -> None:
    body = b'data: {"delta":"ab"}\n\ndata: {"delta":"cd"}\n\ndata: [DONE]\n\n'
    changed = clean(body, SSE, json_paths=["$.delta"])
    assert changed == body.replace(b"ab", mask(b"ab").encode()).replace(b"cd", mask(b"cd").encode())


# What servers send: the frame of an event, and how a client puts the text together again.


def responses(text: str, which: int) -> bytes:
    item = {"type": "response.output_text.delta", "item_id": f"m{which}", "delta": text}
    return f"event: {item['type']}\r\ndata: {json.dumps(item)}\r\n\r\n".encode()


def chat(text: str, which: int) -> bytes:
    delta = {"id": "c1", "choices": [{"index": which, "delta": {"content": text}}]}
    return b"data: " + json.dumps(delta, ensure_ascii=False).encode() + b"\n\n"


def tool(text: str, which: int) -> bytes:
    call = {"index": which, "function": {"arguments": text}}
    return (
        b"data: " + json.dumps({"choices": [{"delta": {"tool_calls": [call]}}]}).encode() + b"\n\n"
    )


def ollama(text: str, which: int) -> bytes:
    said: dict[str, Any] = {"model": "m", "index": which, "message": {"content": text}}
    return json.dumps(said).encode() + b"\n"


DIALECTS = [(responses, SSE), (chat, SSE), (tool, SSE), (ollama, NDJSON)]


def assembled(body: bytes) -> dict[str, str]:
    """The texts as a client reads them."""
    texts: dict[str, str] = {}
    for line in re.findall(rb"(?:data: )?(\{.*\})\r?\n", body):
        event = json.loads(line)
        [said] = re.findall(r'"(?:delta|content|arguments)": ?("(?:[^"\\]|\\.)*")', line.decode())
        which = str(event.get("item_id")) + "".join(re.findall(r'"index": ?(\d)', line.decode()))
        texts[which] = texts.get(which, "") + json.loads(said)
    return texts


def pieces(draw: Callable[[Any], Any], text: Any, most: int) -> list[Any]:
    cuts = sorted(draw(st.lists(st.integers(0, len(text)), max_size=most)))
    return [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_secret_is_gone_however_it_is_split_over_events_and_chunks(data: st.DataObject) -> None:
    event, kind = data.draw(st.sampled_from(DIALECTS))
    secret = "sk-" + data.draw(st.text("01aZ", min_size=8, max_size=20))
    around = st.text('xyz \n"\\{}:é😀', max_size=5)
    before, after = data.draw(around), data.draw(around)
    wanted = f"{before}{secret}{after}"
    deltas = pieces(data.draw, wanted, 12)
    others = pieces(data.draw, "x" * len(deltas), len(deltas)) if data.draw(st.booleans()) else []
    stream = b""
    for number, delta in enumerate(deltas):
        stream += event(delta, 0)
        if number < len(others):
            stream += event("-other-", 1)
    changed = clean(pieces(data.draw, stream, 20), kind, patterns=[r"sk-[01aZ]{8,}"])
    texts = list(assembled(changed).values())
    assert texts[0] == f"{before}{mask(secret.encode())}{after}"
    assert texts[1:] in ([], ["-other-" * min(len(others), len(deltas))])
    assert secret.encode() not in changed


def test_pieces_are_put_together_although_the_server_gives_each_another_id() -> None:
    stream = b"".join(responses(piece, number) for number, piece in enumerate(SECRET))
    assert HIDDEN.encode() in clean(stream, SSE, patterns=[PATTERN])


def test_plain_words_in_events_are_put_together_too() -> None:
    chunks = [b"data: sk-0123\n\nda", b"ta: 456789abcdefXYZ\n\n"]
    assert clean(chunks, SSE, patterns=[PATTERN]) == b"data: %s\n\ndata: \n\n" % HIDDEN.encode()


def test_comments_and_names_of_events_are_searched() -> None:
    body = f": {SECRET}\nevent: {SECRET}\nid: 1\ndata: {{}}\n\n".encode()
    assert clean(body, SSE, patterns=[PATTERN]) == body.replace(SECRET.encode(), HIDDEN.encode())


def test_json_over_several_data_lines_stays_readable() -> None:
    body = b'data: {"a":\ndata: "x ' + SECRET.encode() + b'",\ndata: "b": 2}\n\n'
    assert clean(body, SSE, patterns=[PATTERN]) == body.replace(SECRET.encode(), HIDDEN.encode())


def test_an_expression_that_matches_masks_does_not_mask_them_again() -> None:
    body = json.dumps({"a": SECRET}).encode()
    assert json.loads(clean(body, patterns=[PATTERN, "[0-9a-f]{6,}", "red"])) == {"a": HIDDEN}


def test_ids_that_repeat_in_each_event_are_not_put_together() -> None:
    body = b"".join(chat("hi", 0).replace(b"c1", b"12345678") for _ in range(3))
    assert clean(body, SSE, patterns=[r"\d{16}"]) == body


def test_an_untouched_stream_keeps_the_very_same_chunks() -> None:
    chunks = [b"data: {", b"", b'"a":"b"}\n\n']
    rules = BodyRules([PATTERN], ["$.nothing"], mask)
    assert rules.apply(chunks, SSE) == chunks


@given(st.lists(st.binary(max_size=30), min_size=1, max_size=6), st.sampled_from([SSE, NDJSON, ""]))
def test_no_bytes_make_it_fail(chunks: list[bytes], kind: str) -> None:
    rules = BodyRules([r"[a-f]+", r"\d"], ["$..a", "$[0]"], mask)
    assert len(rules.apply(chunks, kind)) == len(chunks)


JSONISH = st.text('{}[]",:\\u0da \n\réd', max_size=60)


@given(JSONISH, st.sampled_from([SSE, ""]))
def test_no_malformed_json_makes_it_fail(text: str, kind: str) -> None:
    body = ("data: " + text if kind else text).encode()
    changed = clean(body, kind, patterns=["dd+"])
    assert b"dd" not in re.sub(rb"redacted:[0-9a-f]{16}", b"", changed)
    clean(body, kind, json_paths=["$..d", "$[*]"])
