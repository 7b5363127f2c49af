"""The page on contracts starts with one that works: its commands are run here as they stand."""

import re
import shlex
import subprocess
from pathlib import Path

import pytest

from tests.e2e.calling import post
from tests.support.backends import Backend, Start
from tests.support.processes import DRIFTGATE, LISTENING, ROOT

pytestmark = pytest.mark.timeout(120)

PAGE = (ROOT / "docs" / "contracts.md").read_text(encoding="utf-8")
START = PAGE.partition("## In two minutes")[2].partition("\n## ")[0]


def block(language: str) -> str:
    found = re.search(rf"(?ms)^```{language}\n(.*?)^```", START)
    assert found
    return found[1]


def commands() -> list[str]:
    """Those that ask, in their order; the servers are started before."""
    shell = "\n".join(re.findall(r"(?ms)^```sh\n(.*?)^```", START))
    return [line for line in shell.splitlines() if line.startswith(("curl", "driftgate show"))]


def ask(line: str, folder: Path, url: str) -> str:
    """Runs one command of the page; its output."""
    words = shlex.split(line)
    if words[0] == "driftgate":
        done = subprocess.run(
            [*DRIFTGATE, *words[1:]], capture_output=True, check=True, cwd=folder, timeout=60
        )
        return done.stdout.decode()
    address = next(word for word in words if word.startswith("http"))
    name, _, value = words[words.index("-H") + 1].partition(": ")
    body = (folder / words[words.index("-d") + 1].removeprefix("@")).read_bytes()
    return post(address.replace("http://127.0.0.1:8787", url), body, **{name: value}).decode()


def test_what_the_page_starts_with_does_what_it_says(
    proc: Start, sim: Backend, tmp_path: Path
) -> None:
    options = ("--upstream", sim.url, "--listen", "127.0.0.1:0")
    serve = proc([*DRIFTGATE, "serve", *options], cwd=tmp_path)
    url = serve.wait_for(LISTENING)[1]
    (tmp_path / "contracts").mkdir()
    contract, toml = tmp_path / "contracts" / "person.toml", block("toml")
    contract.write_text(toml, encoding="utf-8")
    (tmp_path / "ask.json").write_text(block("json"), encoding="utf-8")
    serve.wait_for(r"loaded anew: .*person 1 \(observe\)")
    observe, show, enforce, flood, show_again = commands()

    assert "Let me know if it helps." in ask(observe, tmp_path, url)
    shown = ask(show, tmp_path, url)
    for told in ("== verdict fail, contract person", "must be JSON and nothing else (not_json)"):
        assert told in shown
        assert told in START

    contract.write_text(toml.replace('"observe"', '"enforce"'), encoding="utf-8")
    serve.wait_for(r"loaded anew: .*person 1 \(enforce\)")
    repaired = ask(enforce, tmp_path, url)
    assert '"content":"{\\"name\\": \\"Erik\\"' in repaired
    assert "Erik" in ask(flood, tmp_path, url)
    shown = ask(show_again, tmp_path, url)
    for told in ("== verdict pass, contract person", "(token_flood)", "[2] reask: default gemma4"):
        assert told in shown
        assert told in START
