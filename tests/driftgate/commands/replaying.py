"""Replay's commands, each run by itself as the command line runs it."""

from pathlib import Path
from typing import NamedTuple

import pytest

from driftgate import cli
from driftgate.commands.faults import describe
from tests.replay.select.recorded import chat, recording


class Ran(NamedTuple):
    """What a command left: exit code, stdout, stderr with the error's line."""

    code: int
    out: str
    err: str


class Replay:
    """Runs `driftgate replay NAME WORDS`."""

    def __init__(
        self, folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("XDG_RUNTIME_DIR", str(folder))
        monkeypatch.setenv("DRIFTGATE_HISTORY", str(folder / "h.duckdb"))
        self.folder = folder
        self.history = folder / "h.duckdb"
        self._capsys = capsys

    def __call__(self, name: str, *words: str) -> Ran:
        """What came of it."""
        code, line = 0, ""
        try:
            cli.load(f"replay_{name}").main(list(words), standalone_mode=False)
        except Exception as error:  # noqa: BLE001 - as the command line does
            line, code = describe(error)
        out, err = self._capsys.readouterr()
        return Ran(int(code), out, err + line)

    def record(self, *prompts: str) -> None:
        """Calls with these prompts, in the history that the commands read."""
        recording(self.history, *(chat(n, prompt) for n, prompt in enumerate(prompts)))

    def record_silent(self, prompt: str) -> None:
        """A call whose backend counted no tokens."""
        recording(self.history, chat(0, prompt, usage=None))
