"""Which requests ask the same."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from driftgate.proxy.history.reader import Reader
from driftgate.proxy.record import Recorded
from driftgate.replay.select.near import folded, keys
from tests.replay.select.recorded import TOOL, chat, history

LONG = "Write a friendly letter to our customer about the order and say when it will come: "


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    with history(tmp_path_factory.mktemp("near"), chat(0)) as opened:
        yield opened


def fold(reader: Reader, text: str) -> str:
    rows = reader.ask(f"SELECT {folded('text')} FROM (SELECT ?::VARCHAR AS text)", [text]).rows
    return str(rows[0][0])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("id 019ab3f2-7c41-7000-8000-000000000001", "ID  019ab3f2-7c41-7000-8000-0000000000ff\n"),
        ("call_abcdefgh12345678", "call_zyxwvuts87654321"),
        ("commit 0123456789abcdef", "commit fedcba987654"),
        ("on 2026-11-24T12:00:00.5Z", "on 2025-01-02 03:04:05+02:00"),
        ("on 24.11.2026 at 9:30 am", "on 1/2/26 at 10:45:01"),
        ("ticket 123456", "ticket 98765"),
        (LONG + "12 days", LONG + "3 days"),
    ],
)
def test_volatile_parts_are_folded(reader: Reader, one: str, other: str) -> None:
    assert fold(reader, one) == fold(reader, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("What is 17 * 3?", "What is 12 * 7?"),
        ("deface the facade", "decade of facade"),
        (LONG + "soon", LONG + "never"),
        ("a b", "ab"),
    ],
)
def test_what_is_asked_is_not_folded(reader: Reader, one: str, other: str) -> None:
    assert fold(reader, one) != fold(reader, other)


def groups(tmp_path: Path, calls: Sequence[Recorded]) -> int:
    """How many different things are asked."""
    with history(tmp_path, *calls) as reader:
        sql = f"WITH wanted AS MATERIALIZED (FROM calls) SELECT key FROM ({keys('wanted')})"
        rows = reader.ask(sql).rows
    assert len(rows) == len(calls)
    return len(set(rows))


def test_requests_that_differ_in_what_is_volatile_are_alike(tmp_path: Path) -> None:
    talk = [{"role": "user", "content": "At 10:00"}, {"role": "assistant", "content": "Yes"}]
    later = [{"role": "user", "content": "At 11:30"}, {"role": "assistant", "content": "Yes"}]
    other = [{"role": "user", "content": "At noon"}, {"role": "assistant", "content": "Yes"}]
    calls = [chat(0, before=talk), chat(1, before=later), chat(2, before=other)]
    assert groups(tmp_path, calls) == 2


def test_another_model_tool_form_or_role_is_another_question(tmp_path: Path) -> None:
    calls = [
        chat(0),
        chat(1, more={"model": "other"}),
        chat(2, more={"tools": [TOOL]}),
        chat(3, more={"response_format": {"type": "json_object"}}),
        chat(4, before=[{"role": "system", "content": "Say hi"}]),
        chat(5, more={"temperature": 0.5}),
    ]
    assert groups(tmp_path, calls) == 5


def test_images_count_byte_by_byte(tmp_path: Path) -> None:
    def picture(number: int, data: str) -> Recorded:
        url = {"type": "image_url", "image_url": {"url": "data:image/png;base64," + data * 9000}}
        content = [{"type": "text", "text": "What is this?"}, url]
        return chat(number, more={"messages": [{"role": "user", "content": content}]})

    assert groups(tmp_path, [picture(0, "A"), picture(1, "B"), picture(2, "A")]) == 2


def test_escaped_text_is_no_image(tmp_path: Path) -> None:
    escaped = b'{"model": "gemma4", "messages": [{"role": "user", "content": "%b %d"}]}'
    bodies = [escaped % (rb"\u4e2d" * 4000, number) for number in (1, 2)]
    calls = [chat(number, request_body=body) for number, body in enumerate(bodies)]
    assert groups(tmp_path, calls) == 1


def test_what_has_no_text_is_like_its_own_repetition_only(tmp_path: Path) -> None:
    bodies = (b"no json", b"no json", b"none either")
    calls = [chat(number, request_body=body) for number, body in enumerate(bodies)]
    assert groups(tmp_path, calls) == 2
