"""Images of a request are found and checked, and nothing else is served as one."""

import base64
import json
from typing import Any

import pytest

from driftgate.dashboards.call.images import LIMIT, find, images, type_of
from driftgate.proxy.dialects.describe import Described, describe
from driftgate.proxy.errors import NotFoundError
from driftgate.proxy.record import Recorded

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 100
ENCODED = base64.b64encode(PNG).decode()


def described(body: Any, target: str = "/v1/chat/completions") -> Described:
    asked = Recorded(b"", 0, "", target=target, request_body=json.dumps(body).encode())
    return describe(asked)


def part(url: str) -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": url}}


def chat(*urls: str) -> Described:
    content = [{"type": "text", "text": "see"}, *map(part, urls)]
    return described(
        {"messages": [{"role": "system", "content": "x"}, {"role": "user", "content": content}]}
    )


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (PNG, "image/png"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"GIF89a...", "image/gif"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "image/webp"),
        (b"<svg onload=alert(1)>", None),
        (b"<html>", None),
        (b"", None),
    ],
)
def test_an_image_is_what_its_first_bytes_say(data: bytes, kind: str | None) -> None:
    assert type_of(data) == kind


def test_a_data_url_of_a_chat_is_found_by_its_number() -> None:
    call = chat("https://x/y.png", f"data:image/png;base64,{ENCODED}")
    assert find(call, 1_001) == (PNG, "image/png")


def test_an_image_of_a_tools_result_is_found() -> None:
    output = [{"type": "input_image", "image_url": f"data:image/png;base64,{ENCODED}"}]
    item = {"type": "function_call_output", "call_id": "c", "output": output}
    assert find(described({"input": [item]}, "/v1/responses"), 0)[0] == PNG


def test_ollamas_bare_base64_is_found_in_messages_and_beside_a_prompt() -> None:
    message = {"role": "user", "content": "see", "images": [ENCODED]}
    assert find(described({"messages": [message]}, "/api/chat"), 0)[0] == PNG
    generate = described({"prompt": "see", "images": [ENCODED]}, "/api/generate")
    assert find(generate, 1_000)[0] == PNG


@pytest.mark.parametrize(
    "url",
    [
        "https://x/y.png",
        "//x/y.png",
        "javascript:alert(1)",
        "data:image/svg+xml;base64," + base64.b64encode(b"<svg onload=alert(1)>").decode(),
        "data:image/png;base64," + base64.b64encode(b"<script>").decode(),
        "data:text/html,<script>",
        "data:image/png;base64,***",
    ],
)
def test_what_is_no_image_of_the_request_is_never_served(url: str) -> None:
    with pytest.raises(NotFoundError):
        find(chat(url), 1_000)


def test_an_image_that_is_too_large_is_named_and_not_served() -> None:
    url = "data:image/png;base64," + ENCODED[:40] + "A" * (LIMIT * 4 // 3)
    call = chat(url)
    with pytest.raises(NotFoundError):
        find(call, 1_000)
    (image,) = images(1, {"content": [part(url)]})
    assert image.number is None
    assert "too large" in image.note


def test_an_address_is_told_and_not_fetched() -> None:
    (image,) = images(0, {"content": [part("https://x/" + "y" * 1_000)]})
    assert image.number is None
    assert image.note.startswith("not fetched: https://x/")
    assert len(image.note) < 400


@pytest.mark.parametrize("number", [5, 1_999, 99_000])
def test_a_number_of_no_image_is_not_found(number: int) -> None:
    with pytest.raises(NotFoundError):
        find(chat(f"data:image/png;base64,{ENCODED}"), number)
