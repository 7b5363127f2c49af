"""The routes: path -> how to read the request, and how to plan the answer."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from driftgate.sim import about, chat, embeddings, ollama, responses
from driftgate.sim.ask import Ask, Json, SimError
from driftgate.sim.engine import Engine
from driftgate.sim.faults import Fault
from driftgate.sim.generation import Generation
from driftgate.sim.reading import flag, heard_tools, name_of, only_functions
from driftgate.sim.wire import NDJSON_TYPE, SSE_TYPE, Event, Plan, dumps, line


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one path reads requests and writes generations."""

    read: Callable[[Json], Ask]
    whole: Callable[[Json, Ask, Generation], Json]
    stream: Callable[[Json, Ask, Generation], Iterator[Event]]
    stream_type: str = SSE_TYPE

    def plan(self, engine: Engine, body: Json, fault: Fault | None) -> Plan:
        """The answer to a request.

        Raises:
            SimError: it is refused.
        """
        if engine.settings.strict_tools:
            only_functions(body.get("tools"))
        ask = self.read(heard_tools(body) if engine.settings.drop_tools else body)
        made = engine.make(ask, fault)
        if ask.stream:
            return Plan(
                content_type=self.stream_type, events=_timed(self.stream(body, ask, made), made)
            )
        return Plan(body=lambda: dumps(self.whole(body, ask, made)), tokens=made.output_tokens)


def _timed(events: Iterator[Event], made: Generation) -> Iterator[Event]:
    """The events; when the first token is asked for, its time is noted."""
    started = False
    for event in events:
        if event.tokens and not started:
            started, made.first_ns = True, made.clock()
        yield event


_RESPONSES = Dialect(
    responses.read,
    lambda body, _ask, made: responses.whole_body(made, body),
    lambda body, _ask, made: responses.stream(made, body),
)
_CHAT = Dialect(
    chat.read,
    lambda body, _ask, made: chat.whole_body(made, body),
    lambda body, _ask, made: chat.stream(made, body),
)
_COMPLETIONS = Dialect(
    chat.read_completion,
    lambda body, _ask, made: chat.whole_completion(made, body),
    lambda body, _ask, made: chat.stream_completion(made, body),
)
_OLLAMA_CHAT = Dialect(
    ollama.read_chat,
    lambda _body, ask, made: ollama.whole_chat(ask, made),
    lambda _body, ask, made: ollama.stream_chat(ask, made),
    NDJSON_TYPE,
)
_OLLAMA_GENERATE = Dialect(
    ollama.read_generate,
    lambda _body, ask, made: ollama.whole_generate(ask, made),
    lambda _body, ask, made: ollama.stream_generate(ask, made),
    NDJSON_TYPE,
)

Planner = Callable[[Engine, Json, Fault | None], Plan]


def _responses(engine: Engine, body: Json, fault: Fault | None) -> Plan:
    """Responses, where the server has it."""
    if engine.settings.chat_only:
        raise SimError(404, "File Not Found", "not_found_error")
    if engine.settings.responses_format == "drop":
        body = responses.without_format(body)
    return _RESPONSES.plan(engine, body, fault)


def _loading(dialect: Dialect) -> Planner:
    """The dialect, and the answer to a request that only loads the model."""

    def plan(engine: Engine, body: Json, fault: Fault | None) -> Plan:
        if ollama.loads_only(body):
            version = engine.version(name_of(body))
            return Plan.json(ollama.loaded(body, name_of(body) or version.name))
        return dialect.plan(engine, body, fault)

    return plan


def _openai_embeddings(engine: Engine, body: Json, _fault: Fault | None) -> Plan:
    return Plan.json(embeddings.openai(body, engine.version(name_of(body))))


def _ollama_embed(engine: Engine, body: Json, _fault: Fault | None) -> Plan:
    return Plan.json(embeddings.ollama(body, engine.version(name_of(body))))


def _show(engine: Engine, body: Json, _fault: Fault | None) -> Plan:
    return Plan.json(about.show(engine.version(name_of(body)), engine.settings.context))


def _pull(engine: Engine, body: Json, _fault: Fault | None) -> Plan:
    steps = about.pull_steps(engine.shelf.pull(name_of(body) or ""))
    if not flag(body, "stream", True):
        return Plan.json(steps[-1])
    events = (Event(line(step), terminal=step["status"] == "success") for step in steps)
    return Plan(content_type=NDJSON_TYPE, events=events)


MODEL_CALLS: dict[str, Planner] = {
    "/v1/responses": _responses,
    "/v1/chat/completions": _CHAT.plan,
    "/v1/completions": _COMPLETIONS.plan,
    "/v1/embeddings": _openai_embeddings,
    "/api/chat": _loading(_OLLAMA_CHAT),
    "/api/generate": _loading(_OLLAMA_GENERATE),
    "/api/embed": _ollama_embed,
}
POSTS: dict[str, Planner] = {**MODEL_CALLS, "/api/show": _show, "/api/pull": _pull}
GETS: dict[str, Callable[[Engine, str | None], object]] = {
    "/": lambda _e, _m: {"name": "driftgate-sim", "simulated": True},
    "/health": lambda _e, _m: {"status": "ok"},
    "/props": lambda e, m: about.props(e.version(m), e.settings.context, e.slots),
    "/slots": lambda e, _m: about.slots_now(e.slots, e.settings.context),
    "/v1/models": lambda e, _m: about.models(e.shelf, e.settings.context),
    "/api/tags": lambda e, _m: about.tags(e.shelf),
    "/api/ps": lambda e, _m: about.running(e.shelf, e.settings.context),
    "/api/version": lambda _e, _m: {"version": about.OLLAMA_VERSION},
    "/sim/calls": lambda e, _m: e.state(),
}


def path_of(path: str) -> str:
    """The path without its last slash; llama-server's paths without /v1 mean the same."""
    short = path.rstrip("/") or "/"
    return f"/v1{short}" if f"/v1{short}" in POSTS or f"/v1{short}" in GETS else short
