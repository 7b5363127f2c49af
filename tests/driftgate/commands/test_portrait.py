"""One call as a page of text."""

from driftgate.commands.portrait import FOLDED_LINES, folded, portrait
from tests.support.recorded_calls import ANSWER, ID, MakeCall


def test_the_page_says_who_what_and_how_fast(make_call: MakeCall) -> None:
    page = "\n".join(portrait(make_call()))
    assert f"call {ID}" in page
    assert "POST /v1/chat/completions  dialect chat" in page
    assert "client       127.0.0.1:5000  curl/8" in page
    assert "tokens       in 12  out 3" in page
    assert "first byte 200ms  first token 250ms  total 1.5s  2.4 tokens/s" in page


def test_the_conversation_the_answer_and_its_tool_calls_are_there(make_call: MakeCall) -> None:
    lines = portrait(make_call())
    assert "== conversation, 2 items" in lines
    assert lines[lines.index("[1] system") + 1] == "    Be brief."
    assert lines[lines.index("== answer") + 1] == "    Hi \\x07there"
    assert lines[lines.index("== tool call look call_1") + 1] == '    {"at": 1}'


def test_nothing_that_strangers_wrote_can_steer_the_terminal(make_call: MakeCall) -> None:
    evil = "\x1b]0;x\x07\x9b2J"
    columns = dict.fromkeys(
        ("error", "client", "user_agent", "session_id", "model", "path", "upstream"), evil
    )
    call = make_call(
        request_headers=[(evil, evil)], tool_names=[evil], backend_timings=evil, **columns
    )
    page = "\n".join(portrait(call, full=True, headers=True))
    assert "\\x1b]0;x" in page
    assert not {"\x1b", "\x07", "\x9b"} & set(page)


def test_headers_show_only_when_asked_for(make_call: MakeCall) -> None:
    assert "Host: 127.0.0.1:8787" not in portrait(make_call())
    assert "Host: 127.0.0.1:8787" in portrait(make_call(), headers=True)


def test_a_limit_keeps_the_latest_items(make_call: MakeCall) -> None:
    lines = portrait(make_call(), limit=1)
    assert "[... 1 earlier]" in lines
    assert "[2] user" in lines
    assert "[1] system" not in lines


def test_a_failed_call_shows_its_error_and_no_answer(make_call: MakeCall) -> None:
    page = portrait(
        make_call(response=b"", status=None, outcome="upstream_refused", error="connection refused")
    )
    assert "outcome      upstream_refused  no status  finish tool_calls" in page
    assert "error        connection refused" in page
    assert "== answer" not in page


def test_an_unknown_path_shows_its_bodies(make_call: MakeCall) -> None:
    page = portrait(make_call({"ask": 1}, {"got": [2]}, path="/other", dialect=None))
    assert page[page.index("== request body") + 2] == '      "ask": 1'
    assert page[page.index("== response body") + 2] == '      "got": ['


def test_a_binary_body_is_not_poured_into_the_terminal(make_call: MakeCall) -> None:
    page = portrait(make_call(b"\xff\xfe" * 50, ANSWER, path="/other"))
    assert page[page.index("== request body") + 1] == ("    100 B of binary data (--raw writes it)")


def test_long_texts_are_folded_and_full_shows_them() -> None:
    text = "\n".join(str(number) for number in range(100))
    short = folded(text, full=False)
    assert len(short) == FOLDED_LINES + 1
    assert (
        short[-1]
        == f"    [... {len(text) - len('0,1,2,3,4,5,6,7,8,9,10,11')} more characters; --full shows all]"
    )
    assert folded(text, full=True) == [f"    {number}" for number in range(100)]


def test_a_fold_that_would_spare_nothing_is_not_made() -> None:
    text = "\n".join(str(number) for number in range(FOLDED_LINES + 2))
    assert len(folded(text, full=False)) == FOLDED_LINES + 2
    assert len(folded(text + "\n14\n15", full=False)) == FOLDED_LINES + 1


def test_one_endless_line_is_folded_too() -> None:
    assert folded("x" * 5000, full=False)[-1].startswith("    [... 4000 more")


def test_a_terminal_gets_wrapped_lines_with_their_indent(make_call: MakeCall) -> None:
    asked = {"model": "m", "messages": [{"role": "user", "content": "word " * 100}]}
    lines = portrait(make_call(asked, user_agent="agent " * 40), room=60)
    assert max(map(len, lines)) <= 60
    start = lines.index("[1] user")
    assert all(line.startswith("    ") for line in lines[start + 1 : start + 8])
    agent = next(i for i, line in enumerate(lines) if line.startswith("client"))
    assert lines[agent + 1].startswith(" " * 13)


def test_a_call_says_what_it_is_part_of_or_continues(make_call: MakeCall) -> None:
    other = str(ID)[::-1]
    assert f"part of      {other}" in portrait(make_call(parent_call_id=other))
    continued = make_call(parent_call_id=other, previous_response_id="resp_1")
    assert f"continues    {other}" in portrait(continued)
