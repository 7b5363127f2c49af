"""An agent set up from its settings: its Codex found, its home made, a process running."""

import sys
from pathlib import Path

import pytest

from driftgate.proxy.agent.failures import AgentError
from driftgate.proxy.agent.making import make
from driftgate.proxy.settings.codex import Codex

# says its version and greets, and nothing else
GREETER = f"""#!{sys.executable}
import json, sys
if "--version" in sys.argv:
    sys.exit(print("codex-cli 0.169.0"))
for line in sys.stdin:
    message = json.loads(line)
    if "id" in message:
        told = {{"id": message["id"], "result": {{"userAgent": "driftgate/0.169.0 (test)"}}}}
        print(json.dumps(told), flush=True)
"""


async def test_an_agent_that_is_made_has_a_process_that_waits_for_turns(tmp_path: Path) -> None:
    program = tmp_path / "codex"
    program.write_text(GREETER)
    program.chmod(0o700)
    codex = Codex(model="gemma4", model_upstream="local", program=str(program))
    engine = await make("coder", codex, "http://127.0.0.1:1", tmp_path / "agents")
    processes = engine.status()["processes"]
    home = tmp_path / "agents" / "coder"
    assert engine.version == "0.169.0"
    assert len(processes) == 1
    assert home.stat().st_mode & 0o777 == 0o700
    assert 'model = "gemma4"' in (home / "config.toml").read_text()
    await engine.close()
    assert engine.status()["processes"] == []


async def test_a_codex_that_is_not_there_makes_none(tmp_path: Path) -> None:
    codex = Codex(model="gemma4", program=str(tmp_path / "none"))
    with pytest.raises(AgentError, match="is not there"):
        await make("coder", codex, "http://127.0.0.1:1", tmp_path)
