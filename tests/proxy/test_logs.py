"""Messages of the processes: for people or for programs, and nothing in them forges a line."""

import json
import logging
import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftgate.proxy.call import about
from driftgate.proxy.logs import (
    JsonLines,
    Lines,
    plain,
    say_always,
    say_last,
    set_up_logging,
)
from driftgate.proxy.settings.model import Settings

CALL = bytes.fromhex("0190a0a0aaaa7000b000000000000001")
TEXT = "0190a0a0-aaaa-7000-b000-000000000001"
log = logging.getLogger("driftgate")


@pytest.fixture(autouse=True)
def _root() -> Iterator[None]:
    root, quiet = logging.getLogger(), logging.getLogger("asyncio")
    before = root.handlers[:], root.level, quiet.level
    yield
    root.handlers[:], root.level, quiet.level = before


def record(message: str, *values: Any, **extra: Any) -> logging.LogRecord:
    made = logging.LogRecord("driftgate", logging.WARNING, "", 0, message, values, None)
    made.__dict__ |= extra
    return made


def as_json(made: logging.LogRecord) -> dict[str, Any]:
    line = JsonLines("worker 2").format(made)
    assert re.fullmatch(r"[ -~]*", line)
    told: dict[str, Any] = json.loads(line)
    return told


def test_people_get_lines_as_ever(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logging(Settings(log_level="warning"), "serve")
    log.warning("listening on %s", "x")
    log.info("not shown")
    assert capsys.readouterr().err == "driftgate: listening on x\n"


def test_where_it_listens_is_no_warning_and_is_said_at_every_level(
    capsys: pytest.CaptureFixture[str],
) -> None:
    set_up_logging(Settings(log_format="json", log_level="error"), "serve")
    log.warning("not shown")
    say_always("listening on %s", "x")
    (line,) = capsys.readouterr().err.splitlines()
    told = json.loads(line)
    assert (told["level"], told["message"]) == ("info", "listening on x")


def test_programs_get_an_object_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logging(Settings(log_format="json"), "historian")
    log.info("it is %d", 5)
    log.debug("not shown")
    (line,) = capsys.readouterr().err.splitlines()
    told = json.loads(line)
    assert re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", told.pop("time"))
    assert told == {
        "level": "info",
        "logger": "driftgate",
        "process": "historian",
        "message": "it is 5",
    }


def test_a_line_about_a_call_has_its_id() -> None:
    told = as_json(record("it failed", **about(CALL, status=500)))
    assert (told["call_id"], told["call"]) == (TEXT, {"status": 500})
    assert Lines().format(record("it failed", **about(CALL))) == (
        f"driftgate: it failed (call {TEXT})"
    )
    named = Lines().format(record("call %s failed", TEXT, **about(CALL)))
    assert named == f"driftgate: call {TEXT} failed"
    assert Lines().format(record("x", **about(""))) == "driftgate: x"
    assert "call_id" not in as_json(record("x", **about("")))


def test_an_exception_is_one_field_and_indented_for_people() -> None:
    try:
        raise ValueError("first\ndriftgate: forged")  # noqa: TRY301 - a traceback is wanted
    except ValueError as error:
        made = record("it failed", exc_info=(ValueError, error, error.__traceback__))
    told = as_json(made)
    assert told["exception"].startswith("Traceback")
    assert told["message"] == "it failed"
    first, *rest = Lines().format(made).split("\n")
    assert first == "driftgate: it failed"
    assert all(line.startswith("  ") for line in rest)
    assert "  driftgate: forged" in rest


@given(st.text(st.characters(codec=None)))
def test_no_text_forges_a_line_or_moves_a_cursor(text: str) -> None:
    assert as_json(record("%s", text))["message"] == text
    lines = Lines().format(record("%s", text)).split("\n")
    assert all(line.startswith("  ") for line in lines[1:])
    assert all(line.replace("\t", "").isprintable() for line in lines)
    "\n".join(lines).encode()


def test_harmful_characters_are_shown() -> None:
    assert plain("a\x1b[31mb\u202ec\x7f\td") == "a\\x1b[31mb\\u202ec\\x7f\td"
    assert plain("grün 日本 🙂") == "grün 日本 🙂"


def test_why_a_process_ends_is_said_in_its_own_way(capsys: pytest.CaptureFixture[str]) -> None:
    logging.getLogger().handlers[:] = []
    say_last(ValueError("why"))
    set_up_logging(Settings(log_format="json"), "worker 1")
    say_last("why")
    plainly, told = capsys.readouterr().err.splitlines()
    assert plainly == "driftgate: why"
    assert json.loads(told)["message"] == "why"
