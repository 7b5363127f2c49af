"""Contracts that change while driftgate runs come into force; a bad file changes nothing."""

import os
import re
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.calling import chat, post
from tests.support.backends import Backend, Served
from tests.support.enforcing import folder
from tests.support.waiting import wait_until

pytestmark = pytest.mark.timeout(120)

Serve = Callable[..., Served]
NAME = "short.toml"
CONTRACT = """\
name = "short"
version = "{version}"
mode = "{mode}"
[applies]
everything = true
[output]
max_chars = {limit}
[retry]
attempts = 1
"""
SEEN = "SELECT output_text, contract, verdict FROM calls ORDER BY started_at DESC LIMIT 1"
CHANGED = "contracts loaded anew"


def contract(version: int, *, limit: int, mode: str = "observe") -> str:
    return CONTRACT.format(version=version, limit=limit, mode=mode)


def answer(served: Served, text: str) -> str:
    """What the client gets of a model that says this."""
    return post(f"{served.url}/v1/chat/completions", chat(f"echo: {text}")).decode()


def judged(served: Served, text: str) -> tuple[str, str]:
    """Contract and verdict of one call in which the model says this."""
    answer(served, text)
    [(said, name, verdict)] = served.ask(SEEN)
    assert said == text
    return name, verdict


def quietly(path: Path, text: str) -> None:
    """Changes a file so that its size and times stay: who looks only at these sees nothing."""
    before = path.stat()
    assert len(text.encode()) == before.st_size
    path.write_text(text, encoding="utf-8")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def test_a_changed_contract_comes_into_force_and_a_bad_one_does_not(
    sim: Backend, serve: Serve, tmp_path: Path
) -> None:
    where = folder(tmp_path / "contracts", contract(1, limit=10), NAME)
    served = serve(sim.url, "--contracts", str(where))
    assert judged(served, "0123456789") == ("short", "pass")
    folder(where, contract(2, limit=5), NAME)
    served.process.wait_for(rf"{CHANGED}: .*short 2 \(observe\)")
    assert judged(served, "0123456789") == ("short", "fail")
    folder(where, contract(3, limit=10) + "[outptu]\n", NAME)
    served.process.wait_for(r"short\.toml:10: outptu: ")
    assert judged(served, "0123456789") == ("short", "fail")
    folder(where, contract(4, limit=5, mode="enforce"), NAME)
    served.process.wait_for(rf"{CHANGED}: .*short 4 \(enforce\)")
    assert "contract_failed" in answer(served, "0123456789")
    kept = served.ask("SELECT version, mode FROM contracts WHERE name = 'short' ORDER BY first_at")
    assert kept == [("1", "observe"), ("2", "observe"), ("4", "enforce")]
    [(versions,)] = served.ask("SELECT count(DISTINCT contract_id) FROM calls")
    assert versions == 3


def test_a_contract_can_come_and_go(sim: Backend, serve: Serve, tmp_path: Path) -> None:
    where = tmp_path / "contracts"
    where.mkdir()
    served = serve(sim.url, "--contracts", str(where))
    assert judged(served, "0123456789") == ("builtin", "pass")
    folder(where, contract(1, limit=5), NAME)
    served.process.wait_for(f"{CHANGED}: .*short 1")
    assert judged(served, "0123456789") == ("short", "fail")
    (where / NAME).unlink()
    wait_until(lambda: served.process.text.count(CHANGED) == 2, 20, what="its end")
    assert judged(served, "0123456789") == ("builtin", "pass")


@pytest.mark.parametrize("workers", [1, 2])
def test_sighup_has_every_worker_look_again(
    sim: Backend, serve: Serve, tmp_path: Path, workers: int
) -> None:
    where = folder(tmp_path / "contracts", contract(1, limit=9, mode="enforce"), NAME)
    served = serve(sim.url, "--contracts", str(where), "--workers", str(workers))
    loaded = "SELECT DISTINCT writer FROM events WHERE kind = 'contracts'"
    assert len(served.ask_until(loaded, workers)) == workers  # the last one may come up late
    quietly(where / NAME, contract(2, limit=5, mode="enforce"))
    assert "0123456" in answer(served, "0123456")
    os.kill(served.process.pid, signal.SIGHUP)
    said = re.compile(rf"{CHANGED}: .*short 2")
    wait_until(lambda: len(said.findall(served.process.text)) == workers, 20, what="all workers")
    answers = [answer(served, "0123456") for _ in range(8 * workers)]
    assert all("contract_failed" in each for each in answers), answers
    events = "SELECT writer FROM events WHERE kind = 'contracts'"
    assert len(served.ask_until(events, 2 * workers)) == 2 * workers


def test_it_does_not_start_with_a_bad_contract(sim: Backend, serve: Serve, tmp_path: Path) -> None:
    where = folder(tmp_path / "contracts", contract(1, limit=-1), NAME)
    with pytest.raises(AssertionError, match=r"short\.toml:7: output\.max_chars: "):
        serve(sim.url, "--contracts", str(where))
