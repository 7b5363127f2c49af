"""One call asked again from its page: through a real `driftgate serve`, and without one."""

import re
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

import pytest

from driftgate.proxy.history.reader import open_history
from tests.e2e.calling import chat, post
from tests.support import backends
from tests.support.backends import Start
from tests.support.processes import DRIFTGATE
from tests.support.waiting import wait_until

_CSRF = re.compile(r'name="csrf" content="([0-9a-f]+)"')
_LINK = r"(http://\S+/_driftgate)/"


class Browser:
    """What a browser does with the pages; base: their address."""

    def __init__(self, base: str) -> None:
        self.base = base

    def page(self, path: str) -> str:
        """The page's text."""
        with urllib.request.urlopen(f"{self.base}{path}", timeout=30) as answer:
            return str(answer.read().decode())

    def replay(self, call: str, **fields: str) -> str:
        """Sends the form, and gives what the page says once nothing is under way."""
        csrf = _CSRF.search(self.page(f"/calls/{call}"))
        assert csrf is not None
        data = urllib.parse.urlencode({"csrf": csrf[1], **fields}).encode()
        asked = urllib.request.Request(f"{self.base}/calls/{call}/replay", data)
        with urllib.request.urlopen(asked, timeout=30) as answer:
            assert answer.url.endswith(f"/calls/{call}/replays")
        return wait_until(lambda: self._done(call), 60, what="the answer")

    def _done(self, call: str) -> str:
        text = self.page(f"/calls/{call}/replays")
        return "" if 'hx-trigger="every' in text else text


def test_a_call_is_asked_again_with_a_proxy_and_without_one(proc: Start, tmp_path: Path) -> None:
    history = tmp_path / "h.duckdb"
    first, second = backends.start_sim(proc), backends.start_sim(proc)
    variables = {"DRIFTGATE_UPSTREAMS__OTHER__URL": second.url}
    served = backends.start_serve(proc, first.url, history, env=variables)
    post(f"{served.url}/v1/chat/completions", chat("echo: red oak"))
    ((call,),) = served.ask_until("SELECT call_id::VARCHAR FROM calls", 1)
    browser = Browser(f"{served.url}/_driftgate")

    text = browser.replay(call, upstream="other", model="gemma4-sim:v2")
    assert text.count("red oak") >= 2
    assert "gemma4-sim:v2" in text
    assert served.ask("SELECT arm, upstream, run_id FROM replays") == [("candidate", "other", None)]
    assert served.ask("SELECT count(*) FROM calls") == [(1,)]
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(f"{browser.base}/calls/{call}/replay", b"upstream=other", timeout=30)
    second.process.stop()
    assert "At fault: the model server." in browser.replay(call, upstream="other")
    served.process.stop()

    alone = proc([*DRIFTGATE, "dashboard", "--history", str(history), "--listen", "127.0.0.1:0"])
    found = alone.wait_for(_LINK)
    text = Browser(found[1]).replay(call, address=first.url)
    assert text.count("red oak") >= 2
    alone.stop()
    with open_history(history) as reader:
        rows = reader.ask("SELECT outcome FROM replays ORDER BY started_at").rows
    assert rows == [("completed",), ("upstream_refused",), ("completed",)]
