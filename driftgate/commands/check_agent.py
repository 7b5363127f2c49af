"""`doctor`: is an agent fit for turns? Its Codex, its host, its directory, and a turn that is really run."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from driftgate.commands.checks import Finding, NoReplyError, Reply, State, ask, inside, version_of
from driftgate.commands.values import counted
from driftgate.proxy.running import Running

if TYPE_CHECKING:  # pydantic is slow to load
    from driftgate.proxy.settings.codex import Codex
    from driftgate.proxy.settings.upstream import Upstream

AGENT = "codex://"  # addresses of agents begin so
TURN_S = 120.0  # a small model on a small machine reads Codex's prompt for a minute
_PROMPT = "Say hello in one word. Run no commands."
_OK = 200
_SHORTER = (
    "start its model server with a larger context, or set codex.base_instructions: "
    "Codex's own take thousands of tokens"
)


def check_agent(
    name: str, known: "Upstream | None", found: Running, *, probe: bool = True
) -> Iterator[Finding]:
    """Everything worth knowing about one agent.

    known: its settings, where there are any here. found: what runs. probe: a turn may be run.
    """
    check, said = f"agent {name}", ""
    if known is not None and known.codex is not None:
        program = _program(check, known.codex)
        yield program
        said = program.what
        yield from _directory(check, known.codex)
    if not found.workers:
        what = "no proxy runs on this history, so no turn was tried"
        yield Finding(check, State.NOTE, what, "start `driftgate serve`")
        return
    host = _host(check, name, found)
    if host.what != said:  # the host found the same
        yield host
    if probe and host.state is State.GOOD:
        yield _turn(check, name, found)


def _program(check: str, codex: "Codex") -> Finding:
    from driftgate.proxy.agent.codex.program import find  # noqa: PLC0415
    from driftgate.proxy.agent.failures import TESTED, AgentError  # noqa: PLC0415 - slow to load

    try:
        program = find(codex)
    except AgentError as error:
        what, _, remedy = str(error).partition("; ")
        return Finding(check, State.PROBLEM, what, remedy or "npm install -g @openai/codex")
    what = f"Codex {program.version} ({program.path})"
    if version_of(program.version) < version_of(TESTED):
        what += f": driftgate was tested with {TESTED}"
        return Finding(check, State.WARNING, what, "npm install -g @openai/codex")
    return Finding(check, State.GOOD, what)


def _directory(check: str, codex: "Codex") -> Iterator[Finding]:
    if codex.path is None:
        return
    setting = "set codex.path to one that is there"
    if not codex.path.is_dir():
        yield Finding(check, State.PROBLEM, f"{codex.path} is no directory", setting)
    elif codex.directory == "worktree" and not (codex.path / ".git").exists():
        yield Finding(check, State.PROBLEM, f"{codex.path} is no git repository", setting)


def _host(check: str, name: str, found: Running) -> Finding:
    told = inside(found.host, "agents", name)
    if told is None:
        what = "the agents' host does not answer" if found.host is None else "the host has it not"
        return Finding(check, State.PROBLEM, what, "look at the log of `driftgate serve`")
    if error := inside(told, "error"):
        what, _, remedy = str(error).partition("; ")
        return Finding(check, State.PROBLEM, what, remedy or "look at the log of `driftgate serve`")
    model = f"{inside(told, 'model')} at upstream {inside(told, 'model_upstream')}"
    return Finding(check, State.GOOD, f"ready for turns with {model}")


def _turn(check: str, name: str, found: Running) -> Finding:
    listen = str(next(iter(found.workers.values())).get("listen"))
    body = {"model": name, "messages": [{"role": "user", "content": _PROMPT}]}
    path = f"/u/{name}/v1/chat/completions"
    try:
        reply = ask(listen, path, method="POST", body=body, timeout_s=TURN_S)
    except NoReplyError as error:
        return Finding(check, State.UNKNOWN, f"a turn: {error}", "is its model server well?")
    return _answered(check, reply)


def _answered(check: str, reply: Reply) -> Finding:
    text = inside(reply.json, "choices", 0, "message", "content")
    if reply.status == _OK and isinstance(text, str) and text.strip():
        calls = inside(reply.json, "driftgate", "model_calls")
        after = f" after {counted(calls, 'model call')}" if isinstance(calls, int) else ""
        return Finding(check, State.GOOD, f"a turn answered{after}")
    if reply.status == _OK:
        what = "a turn ended without an answer: its model said nothing"
        return Finding(check, State.WARNING, what, "ask it for more: `driftgate show` has the turn")
    said = inside(reply.json, "error", "message") or f"status {reply.status}"
    what, _, remedy = str(said).partition("; ")
    if inside(reply.json, "error", "code") == "context_length_exceeded":
        remedy = _SHORTER
    return Finding(
        check, State.PROBLEM, f"a turn failed: {what}", remedy or "look at it with `driftgate show`"
    )
