"""Why turns fail, in words: what, where, what to do. A table, no decisions."""

from driftgate.proxy.agent.steps import TurnError
from driftgate.proxy.errors import Fault

OLDEST = (0, 150, 0)  # the app server's protocol as it is spoken here
TESTED = "0.169.0"


class AgentError(Exception):
    """A turn that cannot begin or go on. error: why."""

    def __init__(self, error: TurnError) -> None:
        super().__init__(error.message)
        self.error = error


def _ours(code: str, message: str, status: int = 502) -> AgentError:
    return AgentError(TurnError(code, message, Fault.DRIFTGATE, status))


def _upstream(code: str, message: str, status: int = 502) -> AgentError:
    return AgentError(TurnError(code, message, Fault.UPSTREAM, status))


def _client(code: str, message: str, status: int = 400) -> AgentError:
    return AgentError(TurnError(code, message, Fault.CLIENT, status))


def missing(program: str, *, there: bool = False) -> AgentError:
    """The program is not there. there: it is, but nothing that can be run."""
    what = "is no program that can be run" if there else "is not there"
    return _upstream(
        "codex_missing",
        f"the Codex program {program!r} {what}; install it with "
        "`npm install -g @openai/codex`, or name it in `codex.program`",
    )


def too_old(program: str, version: str) -> AgentError:
    """It speaks an older protocol."""
    oldest = ".".join(map(str, OLDEST))
    return _upstream(
        "codex_too_old",
        f"Codex {version} ({program}) is too old for driftgate, which needs {oldest} or newer "
        f"(tested with {TESTED}); update it with `npm install -g @openai/codex`",
    )


def protocol(version: str, what: str) -> AgentError:
    """It does not understand us, or we not it."""
    return _upstream(
        "codex_protocol",
        f"Codex {version} speaks another protocol than driftgate, which was tested with {TESTED}: "
        f'{what}; use `isolation = "process"` or that version',
    )


def died(version: str, how: str) -> AgentError:
    """The process ended while the turn ran."""
    return _upstream("codex_died", f"Codex {version} ended while it ran a turn ({how})")


def not_started(version: str, how: str) -> AgentError:
    """The process ends before it takes any turn."""
    return _upstream("codex_died", f"Codex {version} does not start ({how})")


def silent(version: str, method: str, seconds: float) -> AgentError:
    """The process does not answer."""
    return _upstream(
        "codex_died", f"Codex {version} gave no answer to {method} within {seconds:g} s", 504
    )


def model_failed(what: str, status: int = 502) -> AgentError:
    """The inner call failed for good; `status` is the model server's where it is known."""
    return _upstream("model_failed", f"a model call inside the turn failed: {what}", status)


def context_full(what: str) -> AgentError:
    """The conversation does not fit."""
    return _client("context_length_exceeded", f"the turn does not fit the model's context: {what}")


def timed_out(setting: str, seconds: float) -> AgentError:
    """A limit on time has passed."""
    return _upstream(
        "turn_timeout", f"the turn was stopped after {seconds:g} s (setting codex.{setting})", 504
    )


def looped(setting: str, count: int, what: str) -> AgentError:
    """A limit that ends loops has passed."""
    return _upstream(
        "turn_loop", f"the turn was stopped after {count} {what} (setting codex.{setting})"
    )


def interrupted(why: str) -> AgentError:
    """Somebody stopped it, not the client."""
    return _upstream("turn_interrupted", f"the turn was interrupted: {why}", 503)


def busy(running: int, waiting: int) -> AgentError:
    """Too many turns already."""
    return _upstream(
        "agent_busy",
        f"{running} turns run and {waiting} wait (settings codex.turns_at_once, codex.waiting); ask later",
        429,
    )


def workspace(what: str) -> AgentError:
    """The directory for the turn cannot be made."""
    return _ours("workspace_failed", f"the turn has no directory to work in: {what}", 500)


def bad_request(what: str) -> AgentError:
    """What the client asks is no turn."""
    return _client("bad_request", what)
