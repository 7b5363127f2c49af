"""JSON or a stream of events: told by the first bytes."""

import pytest

from driftgate.proxy.adapt.sniff import Sniffer


@pytest.mark.parametrize(
    ("body", "is_json"),
    [
        (b'{"a": 1}', True),
        (b"\xef\xbb\xbf\n [1]", True),
        (b"data: {}\n\n", False),
        (b"\n: ping\n\n", False),
        (b"", None),
        (b" \n", None),
    ],
)
def test_it_tells_at_any_split_and_loses_nothing(body: bytes, is_json: bool | None) -> None:
    for cut in range(len(body) + 1):
        sniffer = Sniffer()
        now = sniffer.feed(body[:cut]) + sniffer.feed(body[cut:])
        assert sniffer.is_json is is_json
        assert now == (body if is_json is False else b"")
        assert now + sniffer.rest() == body
