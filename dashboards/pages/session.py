"""One session: its turns, tools, context, tokens and loops, and what agents did for its calls."""

from typing import TYPE_CHECKING, Any

from aiohttp import web

from driftgate.dashboards.site import BASE, Asked, Route
from driftgate.dashboards.statements import ask, ask_one, load
from driftgate.dashboards.views import talk
from driftgate.dashboards.views.links import query, session_path
from driftgate.dashboards.views.numbered import page_number
from driftgate.proxy.errors import NotFoundError
from driftgate.proxy.history import agent_turns

if TYPE_CHECKING:
    from driftgate.proxy.history.reader import Reader

MOST = 20_000  # calls that are read; a session of more shows its first ones
AGENTS = 20  # calls of a page of which agents' turns are shown; the rest are a link away
SHOWN = 30  # errors and loops
REPEATED = 3  # equal calls of a tool in one turn that are worth a look


async def page(asked: Asked) -> web.StreamResponse:
    """The page; its turns alone where htmx asks."""
    number, call = page_number(asked.query.get("page")), asked.query.get("call")
    name = asked.match["session"]

    def work(reader: "Reader") -> dict[str, Any]:
        return look(reader, _session(reader, call) if call else name, number)

    view = await asked.read(work)
    if asked.htmx:
        return asked.fragment("session_turns.html", view=view)
    return asked.html("session.html", view=view)


def _session(reader: "Reader", call: str) -> str:
    """The session of a call, for names that no address can hold."""
    found = ask_one(reader, load("session")["of_call"], call=reader.find_call(call))
    if not found or found["session_id"] is None:
        raise NotFoundError(f"call {call} belongs to no session")
    return str(found["session_id"])


def look(reader: "Reader", session: str, number: int = 1) -> dict[str, Any]:
    """What the page shows.

    Raises:
        NotFoundError: no call belongs to it, or it has no such page.
    """
    statements = load("session")
    found = ask(reader, statements["calls"], session=session, most=MOST + 1)
    if not found:
        raise NotFoundError("no call of such a session is recorded")
    calls = talk.in_turns(found[:MOST])
    pages = -(-len(calls) // talk.PAGE)
    if number > pages:
        raise NotFoundError(f"the session has {pages} pages")
    used = ask(reader, statements["used"], session=session, repeated=REPEATED)
    results = _results(reader, session) if used else {}
    violations = ask(reader, statements["violations"], session=session)
    link = session_path(session, calls[-1]["call_id"])
    turns = talk.turns(calls, number)
    return {
        "session": session,
        "link": link,
        "all_calls": f"{BASE}/calls{query(session=session[:300])}",
        "calls": calls,
        "cut": len(found) > MOST,
        "facts": _facts(calls),
        "charts": talk.growth(calls),
        "compactions": talk.compactions(calls)[:SHOWN],
        "tools": talk.tools(used, results),
        "loops": talk.loops(used)[:SHOWN],
        "told_loops": [row for row in violations if row["keyword"] == talk.LOOP][:SHOWN],
        "violations": talk.keywords(violations),
        "turns": turns,
        "page": number,
        "pages": pages,
        "per_page": talk.PAGE,
        "page_link": link + ("&" if "?" in link else "?") + "page=",
        **_shown(reader, turns, results),
    }


def _results(reader: "Reader", session: str) -> dict[str, str]:
    rows = ask(reader, load("session")["results"], session=session)
    return {row["tool_call_id"]: row["text"] for row in rows if row["tool_call_id"]}


def _facts(calls: list[dict[str, Any]]) -> dict[str, Any]:
    names = (
        "input_tokens",
        "cached_tokens",
        "output_tokens",
        "reasoning_tokens",
        "tool_call_count",
    )
    ends = [call["ended_at"] or call["started_at"] for call in calls]
    retries = [call for call in calls if call["retry_number"]]
    errors = [call for call in calls if talk.failed(call)]
    return {
        **{name: talk.summed(calls, name) for name in names},
        "turns": len({call["turn_id"] for call in calls} - {None}),
        "threads": len({call["thread_id"] for call in calls} - {None}),
        "models": sorted({call["model"] for call in calls if call["model"] is not None}),
        "from": min(call["started_at"] for call in calls),
        "to": max(ends),
        "retries": len(retries),
        "errors": errors[-SHOWN:][::-1],
        "error_count": len(errors),
        "broke": sum(call["verdict"] == "fail" for call in calls),
    }


def _shown(reader: "Reader", turns: list[talk.Turn], results: dict[str, str]) -> dict[str, Any]:
    """What the calls of this page asked, answered and did."""
    statements = load("session")
    ids = [call["call_id"] for turn in turns for call in turn.calls]
    tools: dict[Any, list[dict[str, Any]]] = {}
    for row in ask(reader, statements["tools"], calls=ids):
        result = results.get((row["tool_call_id"] or "")[:200])
        told = {**row, "result": result, "exit_code": talk.exit_code(result)}
        tools.setdefault(row["call_id"], []).append(told)
    asked = [row["call_id"] for row in ask(reader, statements["agents"], calls=ids)]
    agents = sorted(asked)[:AGENTS]
    return {
        "texts": {row["call_id"]: row for row in ask(reader, statements["texts"], calls=ids)},
        "tool_calls": tools,
        "agents": {each: _agent(reader, str(each)) for each in agents},
        "more_agents": set(asked) - set(agents),
    }


def _agent(reader: "Reader", call_id: str) -> list[dict[str, Any]]:
    """The turns of agents for a call: what came before the first model call, then each with its items."""
    made = []
    for turn in agent_turns.load(reader, call_id):
        before, below = agent_turns.placed(turn)
        calls = list(zip(turn.calls, below, strict=True))
        made.append(
            {
                "row": turn.row,
                "before": before,
                "calls": calls[: talk.PAGE],
                "more": len(calls) - talk.PAGE,
            }
        )
    return made


ROUTES = (Route("GET", r"/sessions/{session:[\s\S]+}", page),)
