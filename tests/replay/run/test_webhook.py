"""Telling somebody's server."""

import json
from typing import Any

import pytest

from driftgate.proxy.errors import UsageError
from driftgate.proxy.upstream.fetch import Fetched
from driftgate.replay.run.webhook import Webhook

URL = "https://user:word@example.org:8443/services/T0/secret?key=secret#x"


class Server:
    """Answers with these statuses, one after the other; None: not at all."""

    def __init__(self, *statuses: int | None) -> None:
        self.statuses = list(statuses)
        self.asked: list[tuple[str, str, Any, Any]] = []
        self.slept: list[float] = []

    async def request(self, method: str, url: str, body: bytes, **more: Any) -> Fetched | None:
        self.asked.append((method, url, json.loads(body), more["headers"]))
        status = self.statuses.pop(0)
        return None if status is None else Fetched(status, b"")

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)

    async def told(self, webhook: Webhook) -> str | None:
        return await webhook.post({"event": "\ud800"}, request=self.request, sleep=self.sleep)


async def test_it_is_posted_once_with_its_key() -> None:
    server = Server(204)
    webhook = Webhook.of("http://h/x", "TOKEN", {"TOKEN": "k"})
    assert await server.told(webhook) is None
    assert server.asked == [("POST", "http://h/x", {"event": "?"}, {"authorization": "Bearer k"})]
    assert server.slept == []


@pytest.mark.parametrize(
    ("statuses", "asked", "failed"),
    [
        ([None, 503, 200], 3, None),
        ([429, 200], 2, None),
        ([None, None, None], 3, "does not answer"),
        ([500, 502, 503], 3, "answers 503"),
        ([404], 1, "answers 404"),
        ([302], 1, "answers 302"),
    ],
)
async def test_what_may_pass_is_tried_again_later_each_time(
    statuses: list[int | None], asked: int, failed: str | None
) -> None:
    server = Server(*statuses)
    said = await server.told(Webhook(URL))
    assert said == (f"the webhook at https://example.org:8443 {failed}" if failed else None)
    assert len(server.asked) == asked
    assert server.slept == [2.0, 4.0][: asked - 1]


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        (URL, "https://example.org:8443"),
        ("http://[::1]:80/a", "http://[::1]:80"),
        ("http://h", "http://h"),
    ],
)
def test_of_an_address_only_the_host_is_shown(url: str, shown: str) -> None:
    assert Webhook.of(url, None).shown == shown


@pytest.mark.parametrize(
    "url",
    ["", "h/x", "ftp://h", "http://", "http://h:99999", "http://[", "http://h/a b", "http://h/\n"],
)
def test_what_is_no_address_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(UsageError, match="--webhook: give an address") as caught:
        Webhook.of(url, None)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "environ", "said"),
    [
        (URL, {"TOKEN": "k"}, "give one only"),
        ("http://h", {}, "TOKEN is not set"),
        ("http://h", {"TOKEN": "a\nb"}, "TOKEN: holds"),
    ],
)
def test_a_key_that_cannot_be_sent_is_refused(url: str, environ: dict[str, str], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        Webhook.of(url, "TOKEN", environ)
