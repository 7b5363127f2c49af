"""The screen: all of it fits, what matters most stays."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftgate.commands.top_draw import draw, shares
from driftgate.commands.top_view import View, view
from driftgate.proxy.running import Running
from driftgate.replay.report.columns import width
from tests.driftgate.commands.top_samples import HOSTILE, call, sample, worker


def busy() -> View:
    calls = [call(n, model=f"model-{n % 30}") for n in range(60)]
    bad = call(1, model=HOSTILE, outcome="upstream_reset", error=HOSTILE, verdict="fail")
    upstreams = {f"u{n}": {"url": f"http://{n}"} for n in range(9)}
    found = Running({}, {"w1": worker(upstreams=upstreams, listen=HOSTILE, unrecorded=1)})
    return view(sample(*calls, bad, found=found, problem="why " * 60))


@pytest.mark.parametrize("room", [10, 50, 80, 120, 250])
@pytest.mark.parametrize("height", [1, 4, 12, 24, 60])
def test_the_screen_is_filled_and_never_left(room: int, height: int) -> None:
    lines = draw(busy(), room, height, "q quits")
    assert len(lines) == height
    assert max(width(line.text) for line in lines) <= room
    assert lines[-1].text == "q quits"
    assert not any(set("\x1b\u202e\n") & set(line.text) for line in lines)


def test_a_usual_terminal_shows_all_parts() -> None:
    shown = view(sample(*(call(n, model=f"model-{n % 9}") for n in range(40))))
    text = [line.text for line in draw(shown, 80, 24, "q quits")]
    heads = [each.split()[0] if each else "" for each in text]
    assert heads[:6] == ["driftgate", "calls", "latency", "tokens", "judged", "journal"]
    for head, least in (("model", 3), ("upstream", 1), ("ended", 4)):
        below = heads[heads.index(head) + 1 :]
        assert "" not in below[:least], head
    assert "... and 5 more" in text
    assert text[0].startswith("driftgate top http://127.0.0.1:8787, 1 worker ")


def test_the_figures_are_said_in_words() -> None:
    calls = [call(), call(verdict="fail"), call(status=500, verdict="unjudged")]
    text = "\n".join(line.text for line in draw(view(sample(*calls)), None, None))
    assert "calls    2 open; 9.0/min now; in 5m00s: 3 (0.6/min), 1 FAILED (33.3%)" in text
    assert "latency  first token 200ms median, 200ms p95; total 1.0s median, 1.0s p95" in text
    assert "tokens   40 a second in a call (median); 0.3 out and 0.1 in a second over all" in text
    assert "judged   1 pass; 1 FAIL; 1 unjudged" in text
    assert "journal  2.0 kB to read, 400ms behind; history 1.5 MB" in text
    assert "!!" not in text


def test_where_nothing_runs_it_says_so_and_shows_no_empty_tables() -> None:
    lines = draw(view(sample(found=Running(), history_bytes=None)), 40, None)
    alarms = [line.text for line in lines if line.style == "alarm"]
    assert alarms == [
        "!! NO PROXY RUNS on this history: start",
        "   `driftgate serve`",
        "!! no history at h.duckdb yet",
    ]
    assert lines[0].text.startswith("driftgate top h.duckdb")
    assert not any(line.text.startswith(("model", "upstream", "ended")) for line in lines)


@given(
    st.integers(-5, 100),
    st.lists(st.integers(0, 60), min_size=3, max_size=3),
)
def test_lines_are_shared_out_whole(free: int, wanted: list[int]) -> None:
    given_to = shares(free, wanted)
    least = [min(each, most) for each, most in zip(wanted, (2, 2, 1), strict=True)]
    assert all(a <= b <= c for a, b, c in zip(least, given_to, wanted, strict=True))
    assert sum(given_to) == max(sum(least), min(free, sum(wanted)))
