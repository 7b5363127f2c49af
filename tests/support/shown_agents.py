"""The turns of an agent in `shown`: one with two model calls, a command and a patch; one that is harmful."""

from collections.abc import AsyncGenerator

from driftgate.proxy.agent.asked import Asked
from driftgate.proxy.agent.origin import PARENT_HEADER, Origin
from driftgate.proxy.agent.steps import (
    Began,
    Ended,
    Item,
    Kind,
    ModelCall,
    Step,
    Text,
    TurnError,
    Usage,
)
from driftgate.proxy.dialects.meaning import ToolCall
from driftgate.proxy.errors import Fault
from tests.support.shown_calls import MODEL, SHELL, Ids, message, said
from tests.support.shown_hostile import HOSTILE, SCRIPT
from tests.support.shown_stage import Stage


async def agents(stage: Stage) -> Ids:
    """A turn of an agent with two model calls, a command and a patch; and one that fails."""
    inner: list[str] = []

    async def turn(asked: Asked, origin: Origin) -> AsyncGenerator[Step, None]:
        del asked
        parent, model = f"{PARENT_HEADER}: {origin.call_id}", {"model": MODEL, "stream": True}
        call = ToolCall("shell", '{"command": ["ls"]}', "call_a")
        first = {**model, "input": "Tidy up.", "tools": [SHELL]}
        inner.append(await stage.ask("responses", first, said(None, tool_calls=(call,)), parent))
        yield ModelCall(Usage(120, 80, 9, 0))
        yield Began(Kind.COMMAND, "i1", "ls -la")
        yield Item(
            kind=Kind.COMMAND,
            item="i1",
            title="ls -la",
            text="a.py\nb.py\n",
            exit_code=0,
            duration_ms=12,
            cwd="/work",
        )
        diff = "@@ -1 +1 @@\n-print('a')\n+print('b')\n"
        yield Item(
            kind=Kind.FILE_CHANGE, item="i2", title="a.py", changes=(("update", "a.py", diff),)
        )
        second = {**model, "input": [message("user", "Tidy up."), message("assistant", "I see.")]}
        inner.append(await stage.ask("responses", second, said("All is tidy."), parent))
        yield ModelCall(Usage(140, 120, 4, 0))
        yield Item(kind=Kind.REASONING, item="i3", title="", text="Two files, one to change.")
        yield Text("i4", "All is tidy.")
        yield Item(kind=Kind.MESSAGE, item="i4", title="", text="All is tidy.")
        yield Ended("completed", None, Usage(260, 200, 13, 0), 2, 340)

    asked = {"model": "agent", "input": "Tidy up.", "stream": True}
    bad = {**asked, "input": f"Do {SCRIPT}"}
    ids = {"agent_failed": await stage.ask_agent(bad, _harmful)}
    agent = await stage.ask_agent(asked, turn, "x-driftgate-session: tidying")
    return {**ids, "agent": agent, **{f"agent_{number}": each for number, each in enumerate(inner)}}


async def _harmful(asked: Asked, origin: Origin) -> AsyncGenerator[Step, None]:
    """Every word of every item is hostile, and it fails."""
    del asked, origin
    for number, text in enumerate(HOSTILE):
        yield Item(
            kind=list(Kind)[number % len(Kind)],
            item=text,
            title=text,
            status=text,
            text=text,
            cwd=text,
            exit_code=1,
            changes=((text, text, text),),
            data={text: text},
        )
    yield Ended(
        "failed", TurnError("model_failed", f"the model said {SCRIPT}", Fault.UPSTREAM, 502)
    )
