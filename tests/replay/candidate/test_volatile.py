"""What differs from time to time is folded away, and nothing else is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftgate.replay.candidate.volatile import normalised

UUID = "01a20e86-098f-7561-bc77-3464824f1d89"


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        (f"thread {UUID}:0", "thread <id>:0"),
        (f"msg_{UUID}", "<id>"),
        ("call_1aa4d4de8be14c3882b41437 and fc_349d06bfc4254d30b70f7679", "<id> and <id>"),
        ("chatcmpl-AbCdEf0123456789", "<id>"),
        ("on 2026-11-24 at 2026-11-24T10:00:01.123Z", "on <date> at <time>"),
        ("2026-11-24 10:00", "<time>"),
        ("2026-11-24T10:00:01+02:00,", "<time>,"),
        (
            "Chunk ID: c7ffe2\nWall time: 0.3587 seconds",
            "Chunk ID: <chunk>\nWall time: <seconds> seconds",
        ),
        ("<current_date>2026-11-24</current_date>", "<current_date><date></current_date>"),
        ('{"prompt_cache_key": "abc", "x": 1}', '{"prompt_cache_key": <key>, "x": 1}'),
        ('"turn_started_at_unix_ms":1795539995101,', '"turn_started_at_unix_ms":<time>,'),
    ],
)
def test_volatile_parts_are_folded(text: str, folded: str) -> None:
    assert normalised(text) == folded


@pytest.mark.parametrize(
    "text",
    [
        "call_center and call_the_police",
        "message_to_everybody",
        "run_all_tests thread-safe item_count",
        "version 2026-13-45",
        "12026-11-240",
        "the total is 2026-11",
        "sha 1aa4d4de8be14c3882b41437",
        '{"name": "call", "arguments": "{}"}',
        "",
    ],
)
def test_what_only_looks_like_it_stays(text: str) -> None:
    assert normalised(text) == text


def test_the_working_directory_is_folded_wherever_it_stands() -> None:
    text = "<cwd>/home/dev/lab/work</cwd> ls /home/dev/lab/work/a.txt"
    assert normalised(text) == "<cwd><path></cwd> ls <path>/a.txt"
    assert normalised("ls /srv/app/x", cwd=["/srv/app/"]) == "ls <path>/x"
    nested = normalised("/srv/app/x /srv/y", cwd=["/srv", "/srv/app"])
    assert nested == "<path>/x <path>/y"
    assert normalised("<cwd>/</cwd> a/b") == "<cwd><path></cwd> a/b"


def test_dates_stay_where_they_are_what_is_asked_for() -> None:
    text = f'{{"due": "2026-11-24", "at": "2026-11-24T10:00:00Z", "id": "{UUID}"}}'
    told = normalised(text, dates=False)
    assert told == '{"due": "2026-11-24", "at": "2026-11-24T10:00:00Z", "id": "<id>"}'


PIECES = [
    UUID,
    "msg_",
    "call_1aa4d4de8b",
    "2026-11-24",
    "T10:00",
    "<cwd>",
    "</cwd>",
    "/home/x",
    " ",
]
PIECES += [
    "Chunk ID: ",
    "Wall time: ",
    "1.5",
    '"prompt_cache_key": ',
    '"a"',
    "<current_date>",
    "\n",
    "é",
]


@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=3), max_size=12).map("".join))
def test_folding_twice_is_folding_once(text: str) -> None:
    once = normalised(text)
    assert normalised(once) == once


def test_a_hostile_text_is_folded_in_time_that_grows_with_its_length() -> None:
    for text in (
        "call_" * 40_000,
        "2026-11-" * 40_000,
        "call_" + "a" * 200_000,
        "<cwd>" * 40_000,
        "Wall time: " * 20_000,
    ):
        assert normalised(text) == text
