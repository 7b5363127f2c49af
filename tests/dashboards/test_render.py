"""Templates and their filters."""

from datetime import datetime
from importlib.resources import files
from typing import Any

import pytest
from jinja2 import UndefinedError

from driftgate.dashboards.render import (
    NONE,
    coded,
    environment,
    line,
    linked,
    percent,
    pretty,
    short,
    span,
    text,
    time,
    version,
)

TEMPLATES = sorted(environment().list_templates())


def made(template: str, **values: object) -> str:
    return environment().from_string(template).render(**values)


def test_what_strangers_write_is_text() -> None:
    assert made("<p title='{{ a }}'>{{ a }}", a="<script>'\"&") == (
        "<p title='&lt;script&gt;&#39;&#34;&amp;'>&lt;script&gt;&#39;&#34;&amp;"
    )
    assert made("{{ a|text }}", a="{{7*7}}\u202e\x1b[2J") == "{{7*7}}\\u202e\\x1b[2J"


def test_a_name_that_a_page_forgot_is_a_fault_not_a_blank() -> None:
    with pytest.raises(UndefinedError):
        made("{{ forgotten }}")


@pytest.mark.parametrize("name", TEMPLATES)
def test_no_template_holds_script_style_or_trust(name: str) -> None:
    source = (files("driftgate.dashboards") / "templates" / name).read_text("utf-8")
    environment().get_template(name)
    lowered = source.lower()
    for forbidden in (
        "|safe",
        "| safe",
        "autoescape",
        "<style",
        " style=",
        "javascript:",
        " onclick",
        " onload",
        "hx-on",
        "js:",
    ):
        assert forbidden not in lowered, forbidden
    for part in lowered.split("<script")[1:]:
        assert part.startswith(' src="{{ base }}/static/'), part[:60]


def test_times_are_elements_in_utc() -> None:
    at = datetime(2026, 11, 28, 20, 5, 4, 123456)  # noqa: DTZ001 - as DuckDB gives it
    assert time(at) == '<time datetime="2026-11-28T20:05:04.123Z">2026-11-28 20:05:04</time>'
    assert time(None) == "\u2013"


def test_json_is_indented_and_what_is_none_stays() -> None:
    assert pretty('{"a":[1]}') == '{\n  "a": [\n    1\n  ]\n}'
    assert pretty("{not json") == "{not json"
    assert pretty("[" * 100_000) == "[" * 100_000
    assert pretty({"a": 1}) == '{\n  "a": 1\n}'
    assert pretty(None) == ""


def test_whole_ids_become_links_but_for_what_was_asked() -> None:
    one, other = "019ab3f2-7c41-7000-8000-000000000001", "019ab3f2-7c41-7000-8000-000000000002"
    told = linked(f"<b> '{one}', 019ab3f2 or {other}, {one}f", "/calls/")
    assert told == (
        f'&lt;b&gt; &#39;{one}&#39;, 019ab3f2 or <a href="/calls/{other}">{other}</a>, {one}f'
    )


def test_a_line_is_one_line_and_no_longer_than_asked() -> None:
    assert line("a\n\n b\x00", 10) == "a b\\x00"
    assert line("x" * 1_000_000, 5) == "xxxxx…"
    assert line(None) == ""


def test_numbers_read_well_and_none_is_a_dash() -> None:
    assert made(
        "{{ 1234567|count }} {{ 0.12345|percent }} {{ none|count }} {{ 2048|size }}", none=None
    ) == ("1,234,567 12.3 % \u2013 2.0 kB")
    assert (span(None), percent(None), short(None)) == ("\u2013",) * 3
    assert text(None) == ""


def test_links_to_static_files_name_what_is_in_them() -> None:
    assert len(version()) == 12


def test_a_client_that_left_is_no_fault_and_says_so_instead_of_nothing() -> None:
    words: Any = environment().get_template("parts/verdicts.html").module
    left = {"outcome": "client_gone", "status": 200, "why": None, "violated": None}
    assert "badge warn" in words.ended(left)
    assert "badge bad" in words.ended({**left, "outcome": "upstream_reset"})
    assert words.why(left).strip() == "the client left before the answer was whole"
    assert words.why({**left, "why": "cut off"}).strip() == "cut off"
    assert words.why({**left, "outcome": "interrupted"}).strip() == NONE


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("Contract `orders` passes", "Contract <code>orders</code> passes"),
        ("`a` and `b`", "<code>a</code> and <code>b</code>"),
        ("`<b>` & `cut o…", "<code>&lt;b&gt;</code> &amp; `cut o…"),
        ("``", "``"),
        ("", ""),
    ],
)
def test_names_in_backticks_are_shown_as_code(words: str, shown: str) -> None:
    assert coded(words) == shown
