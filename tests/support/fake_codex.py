"""A scripted Codex: speaks the app server's and exec's lines, and fails as it is told.

As a module it makes such a program for a test (`fake_codex`); as a script it is that program. What a
turn does stands in its prompt: `say TEXT`, `die`, `hang`, `flood COUNT SIZE`, `ask`, `leave` (starts a
process in a session of its own, and says its id), `make PATH` (a file), `fail TEXT`, `words` (says its
arguments and what it sees), anything else: says it.
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

Json = dict[str, Any]

SAID = "thread/said"  # a method of the fake's own: what it was sent so far


class Fake:
    """The program. plan: how it deviates; see `fake_codex`."""

    def __init__(self, plan: Json, arguments: list[str]) -> None:
        self.plan, self.arguments = plan, arguments
        self.threads = self.turns = 0
        self.asking: dict[Any, tuple[str, str]] = {}
        self.sent: list[Json] = []

    def run(self) -> None:
        """As the program."""
        if self.arguments[0] == "--version":
            sys.stdout.write(self.plan.get("version_line", f"codex-cli {self.version}") + "\n")
            return
        time.sleep(self.plan.get("slow_s", 0))
        if self.plan.get("start") == "dies":
            sys.stderr.write("noise\nError loading \x1b[31mconfig.toml\x1b[0m: bad\n")
            sys.exit(1)
        if self.arguments[0] == "exec":
            self.exec()
            return
        for line in sys.stdin:
            self.take(json.loads(line))
        if self.plan.get("stubborn"):
            time.sleep(600)

    @property
    def version(self) -> str:
        """What it says it is."""
        return str(self.plan.get("version", "0.169.0"))

    def put(self, message: Json) -> None:
        """Writes a line."""
        sys.stdout.write(json.dumps(message) + "\n")
        sys.stdout.flush()

    def note(self, method: str, thread: str, turn_id: str | None = None, /, **params: Any) -> None:
        """Writes a notification."""
        turns = {"turnId": turn_id} if turn_id else {}
        self.put({"method": method, "params": {"threadId": thread, **turns, **params}})

    def take(self, message: Json) -> None:
        """Does what a line asks."""
        self.sent.append(message)
        if "method" not in message:
            thread, turn = self.asking.pop(message["id"])
            self.message(thread, turn, json.dumps(message.get("result", message.get("error"))))
            self.over(thread, turn)
            return
        for line in self.plan.get("garbage", ()):
            sys.stdout.write(line + "\n")
        if "id" in message:
            self.answer(message["id"], message["method"], message["params"])

    def answer(self, number: int, method: str, params: Json) -> None:
        """Answers a request."""
        if method in self.plan.get("silent", ()):
            return
        if method in self.plan.get("unknown", ()):
            said = f"Invalid request: unknown variant `{method}`, expected one of `initialize`"
            self.put({"id": number, "error": {"code": -32600, "message": said}})
            return
        results: dict[str, Callable[[], Json]] = {
            "initialize": lambda: {"userAgent": f"driftgate/{self.version} (Fake; 1) x"},
            "thread/start": self.thread,
            SAID: lambda: {"sent": self.sent},
        }
        if method != "turn/start":
            self.put({"id": number, "result": results.get(method, dict)()})
        else:
            self.turn(number, params)
        if method == "turn/interrupt":
            self.over(params["threadId"], params["turnId"], "interrupted")

    def thread(self) -> Json:
        """A new one."""
        self.threads += 1
        return {"thread": {"id": f"thread-{os.getpid()}-{self.threads}"}}

    def turn(self, number: int, params: Json) -> None:
        """Runs one."""
        self.turns += 1
        thread, turn = params["threadId"], f"turn-{self.turns}"
        answer = {"id": number, "result": {"turn": {"id": turn}}}
        self.note("turn/started", thread, turn)  # the real one may tell this first, too
        self.put(answer)
        word, _, rest = params["input"][0]["text"].partition(" ")
        if word == "die":
            os._exit(int(rest or 9))
        if word == "hang":
            return
        if word == "flood":
            count, size = map(int, rest.split())
            for _ in range(count):
                self.note("item/agentMessage/delta", thread, turn, itemId="m", delta="x" * size)
        elif word == "spread":
            count, size = map(int, rest.split())
            for n in range(count):
                item = {"id": f"c{n}", "type": "other", "text": "x" * size}
                self.note("item/completed", thread, turn, item=item)
        elif word == "ask":
            self.asking[0] = thread, turn
            params = {"threadId": thread, "turnId": turn, "command": "rm"}
            asked = "item/commandExecution/requestApproval"
            self.put({"method": asked, "id": 0, "params": params})
            return
        else:
            self.message(thread, turn, self.saying(word, rest))
        self.over(thread, turn)

    def message(self, thread: str, turn: str, text: str) -> None:
        """An agent message, in two pieces."""
        for piece in (text[:2], text[2:]):
            self.note("item/agentMessage/delta", thread, turn, itemId="m", delta=piece)
        item = {"id": "m", "type": "agentMessage", "text": text}
        self.note("item/completed", thread, turn, item=item)

    def over(self, thread: str, turn: str, status: str = "completed") -> None:
        """The turn ends."""
        self.note("turn/completed", thread, turn, turn={"id": turn, "status": status, "items": []})

    def saying(self, word: str, rest: str) -> str:
        """What the agent says to this."""
        if word == "leave":
            left = subprocess.Popen(["/bin/sleep", "600"], start_new_session=True)
            return str(left.pid)
        if word == "make":
            Path(rest).touch()
        if word == "words":
            files = Path(os.environ["CODEX_HOME"]).rglob("*")
            seen = {
                "arguments": self.arguments,
                "environment": dict(os.environ),
                "cwd": str(Path.cwd()),
                "files": {str(p): p.read_text("utf-8") for p in files if p.is_file()},
            }
            return json.dumps(seen)
        return rest if word == "say" else f"{word} {rest}".strip()

    def exec(self) -> None:
        """`codex exec`."""
        text = sys.stdin.read()
        self.put({"type": "thread.started", "thread_id": "t"})
        self.put({"type": "turn.started"})
        word, _, rest = text.partition(" ")
        if word == "die":
            sys.stderr.write("it is over\n")
            sys.exit(int(rest or 9))
        if word == "hang":
            time.sleep(600)
        if word == "garbage":
            sys.stdout.write("{]\n\n[1]\n" + "x" * int(rest or 1) + "\n")
        if word == "fail":
            self.put({"type": "error", "message": rest})
            self.put({"type": "turn.failed", "error": {"message": rest}})
            sys.exit(1)
        said = self.saying(word, rest)
        item = {"id": "item_0", "type": "agent_message", "text": said}
        self.put({"type": "item.completed", "item": item})
        usage = {"input_tokens": 7, "cached_input_tokens": 3, "output_tokens": 2}
        self.put({"type": "turn.completed", "usage": usage})


def fake_codex(folder: Path, **plan: Any) -> Path:
    """A program in this folder that is a Codex.

    plan: version: that it says. version_line: all that it says then. start: `dies`. slow_s: before it
    starts. silent, unknown: methods it does not answer, or does not know. garbage: lines before each
    answer. stubborn: it does not end with its input.
    """
    path = folder / "codex"
    words = [sys.executable, "-I", "-S", "-B", __file__, json.dumps(plan)]
    quoted = " ".join("'" + word.replace("'", "'\\''") + "'" for word in words)
    path.write_text(f'#!/bin/sh\nexec {quoted} "$@"\n')
    path.chmod(0o755)
    return path


if __name__ == "__main__":
    Fake(json.loads(sys.argv[1]), sys.argv[2:]).run()
