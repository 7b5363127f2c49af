"""Images for an agent."""

import base64
from typing import Any

import pytest

from driftgate.proxy.agent.dialects.images import image_part
from driftgate.proxy.agent.failures import AgentError

PNG = "data:image/png;base64,iVBORw0KGgo="


@pytest.mark.parametrize("url", [PNG, PNG.replace("image/png", "IMAGE/JPEG")])
def test_an_image_in_the_words_of_either_dialect(url: str) -> None:
    told = {"type": "input_image", "image_url": url}
    assert image_part({"type": "image_url", "image_url": {"url": url}}, "") == told
    assert image_part({"type": "image_url", "image_url": url}, "") == told
    assert image_part({**told, "detail": "high"}, "") == {**told, "detail": "high"}


@pytest.mark.parametrize("detail", ["low", "of course", None, [1]])
def test_a_detail_with_which_codex_would_leave_it_out_is_left_out_itself(detail: Any) -> None:
    assert "detail" not in image_part({"image_url": {"url": PNG, "detail": detail}}, "")


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org/a.png",
        "file:///etc/passwd",
        "/etc/passwd",
        "data:text/html,x",
        "data:image/svg+xml;base64,PHN2Zy8+",
        "data:image/png,raw",
        pytest.param("x" * 1_000_000, id="long"),
        None,
        3,
        [],
    ],
)
def test_what_would_have_to_be_fetched_or_converted_is_refused(url: Any) -> None:
    with pytest.raises(AgentError, match="input/0: an agent takes an image as its data") as caught:
        image_part({"image_url": url}, "input/0")
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize("data", ["", "no base64!", "abc", "\ud800"])
def test_data_that_is_none_is_refused(data: str) -> None:
    with pytest.raises(AgentError, match="the image's data is no base64"):
        image_part({"image_url": f"data:image/png;base64,{data}"}, "")


@pytest.mark.parametrize(
    "data", [b"\x00\x00\x00", b"<svg/>", b"\x89PNG", b"RIFF0000WAVE", b" GIF89a"]
)
def test_data_that_is_no_image_is_refused_since_codex_would_leave_it_out(data: bytes) -> None:
    url = f"data:image/png;base64,{base64.b64encode(data).decode()}"
    with pytest.raises(AgentError, match="input/1: the image's data is no PNG, JPEG, GIF or WebP"):
        image_part({"image_url": url}, "input/1")


@pytest.mark.parametrize(
    "data", [b"\xff\xd8\xff\xe0", b"GIF87a", b"GIF89a", b"RIFF\n\x00\x00\x00WEBPVP8 "]
)
def test_each_format_is_known_by_its_beginning_whatever_it_is_called(data: bytes) -> None:
    url = f"data:image/png;base64,{base64.b64encode(data).decode()}"
    assert image_part({"image_url": url}, "")["image_url"] == url
