"""What the demo sends: real clients, through the proxy, on good days and bad ones."""

import uuid
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import ollama
import openai

from driftgate.demo.tools import EXEC_COMMAND, WEATHER
from driftgate.sim.faults import HEADER

MODEL, SUCCESSOR = "gemma4-sim:v1", "gemma4-sim:v2"
TICKET = "Classify: I was charged twice, please refund the second payment."
_PERSON = {
    "type": "object",
    "properties": {
        "name": {"type": "string"},
        "city": {"type": "string"},
        "amount": {"type": "integer"},
    },
    "required": ["name", "city", "amount"],
    "additionalProperties": False,
}
_SALE = "Extract name, city and amount: Erik lives in Rome and sold a lamp for 63 pounds."


class Traffic:
    """Scenes, each a few calls; each gives one line for people. base: the proxy's URL."""

    def __init__(self, base: str) -> None:
        # trust_env: a machine's HTTP_PROXY is not for 127.0.0.1.
        self._openai = openai.OpenAI(
            base_url=f"{base}/v1",
            api_key="demo-key-never-stored",
            max_retries=0,
            timeout=20,
            http_client=openai.DefaultHttpxClient(trust_env=False),
        )
        self._ollama = ollama.Client(host=base, timeout=20, trust_env=False)
        self._clients = ExitStack()
        self._clients.enter_context(self._openai)
        self._clients.enter_context(self._ollama)

    def close(self) -> None:
        """Close the clients' connections."""
        self._clients.close()

    @property
    def scenes(self) -> dict[str, Callable[[], str]]:
        """Name and action of every scene, in order."""
        return {
            "openai, chat": self.chat,
            "openai, chat, streamed": self.stream,
            "openai, tool call": self.tool_call,
            "openai, JSON by schema": self.json_by_schema,
            "openai, a schema ignored": self.json_ignored,
            "openai, two model versions": self.versions,
            "ollama, chat, streamed": self.native,
            "ollama, tool call": self.native_tool_call,
            "a coding agent, as Codex does": self.agent,
            "an error of the backend": self.error,
            "a stream that breaks": self.broken,
            "a client that hangs up": self.hang_up,
        }

    def chat(self) -> str:
        """One answer, whole."""
        answer = self._chat(MODEL, "What is the capital of Norway?")
        return str(answer.choices[0].message.content)

    def stream(self) -> str:
        """One answer, token by token."""
        stream = self._chat(
            MODEL,
            "Sum up this text.\n\nMaria went to Denver in October. The hotel was full.",
            stream=True,
            stream_options={"include_usage": True},
        )
        chunks = [c.choices[0].delta.content or "" for c in stream if c.choices]
        return "".join(chunks)

    def tool_call(self) -> str:
        """A question, the model's tool call, the tool's result, the answer."""
        talk: list[Any] = [{"role": "user", "content": "How is the weather in Oslo, in celsius?"}]
        tools = [{"type": "function", "function": WEATHER}]
        message = self._chat(MODEL, talk, tools=tools).choices[0].message
        call = message.tool_calls[0]
        talk += [message, {"role": "tool", "tool_call_id": call.id, "content": "3 degrees, rain"}]
        answer = self._chat(MODEL, talk, tools=tools)
        said = answer.choices[0].message.content
        return f"{call.function.name}({call.function.arguments}) -> {said}"

    def json_by_schema(self, **more: Any) -> str:
        """An answer that a JSON schema binds."""
        wanted = {"name": "person", "strict": True, "schema": _PERSON}
        answer = self._chat(
            MODEL, _SALE, response_format={"type": "json_schema", "json_schema": wanted}, **more
        )
        return " ".join(str(answer.choices[0].message.content).split())

    def json_ignored(self) -> str:
        """The same schema, and an answer that wraps the JSON into friendly words."""
        return self.json_by_schema(extra_headers={HEADER: "fault=prose_around_json"})

    def versions(self) -> str:
        """The same three tickets to a model and its successor."""
        said = []
        for model in (MODEL, SUCCESSOR):
            answers = [self._chat(model, f"{TICKET} Case {n}.", seed=n) for n in range(3)]
            said.append(f"{model} {answers[0].choices[0].message.content}")
        return "; ".join(said)

    def native(self) -> str:
        """Ollama's own dialect, streamed."""
        parts = self._ollama.chat(
            MODEL, messages=[{"role": "user", "content": "Good morning!"}], stream=True
        )
        return "".join(part.message.content or "" for part in parts)

    def native_tool_call(self) -> str:
        """A tool call in Ollama's own dialect."""
        answer = self._ollama.chat(
            MODEL,
            messages=[{"role": "user", "content": "What is the weather in Prague?"}],
            tools=[{"type": "function", "function": WEATHER}],
        )
        calls = answer.message.tool_calls or []
        return ", ".join(f"{c.function.name}({dict(c.function.arguments)})" for c in calls)

    def agent(self) -> str:
        """Responses streams of one turn: a command, its output, the answer; one retry."""
        thread, turn = str(uuid.uuid4()), str(uuid.uuid4())
        talk: list[Any] = [{"role": "user", "content": "run: echo hello from the sandbox"}]
        first = self._agent_step(thread, turn, talk, "")
        call = next(item for item in first.output if item.type == "function_call")
        result = "Process exited with code 0\nOutput:\nhello from the sandbox\n"
        talk += [
            call.model_dump(exclude_none=True),
            {"type": "function_call_output", "call_id": call.call_id, "output": result},
        ]
        flaky = f"fault=status; status=503; times=1; key={turn}"
        final = self._agent_step(thread, turn, talk, flaky)
        return f"{call.name}({call.arguments}) -> {final.output_text}"

    def error(self) -> str:
        """The backend is overloaded."""
        try:
            self._chat(MODEL, "hello", extra_headers={HEADER: "fault=status; status=503"})
        except openai.InternalServerError as error:
            return _short(error)
        return "no error, which is wrong"

    def broken(self) -> str:
        """The backend's connection breaks in the middle of an answer."""
        try:
            fault = {HEADER: "fault=reset; after=8"}
            list(self._chat(MODEL, "count to 50", stream=True, extra_headers=fault))
        except openai.APIError as error:
            return _short(error)
        return "no error, which is wrong"

    def hang_up(self) -> str:
        """The client has heard enough and leaves."""
        stream = self._chat(MODEL, "count to 2000", stream=True)
        for seen, _ in enumerate(stream):
            if seen == _ENOUGH:
                break
        stream.close()
        return f"left after {_ENOUGH} tokens of some 2,000"

    def _chat(self, model: str, talk: "str | list[Any]", **more: Any) -> Any:
        messages = [{"role": "user", "content": talk}] if isinstance(talk, str) else talk
        create: Any = self._openai.chat.completions.create
        return create(model=model, messages=messages, **more)

    def _agent_step(self, thread: str, turn: str, talk: list[Any], fault: str) -> Any:
        headers = {"originator": "driftgate_demo", "thread-id": thread, "session-id": thread}
        with self._openai.with_options(max_retries=2).responses.stream(
            model=MODEL,
            input=talk,
            tools=[EXEC_COMMAND],
            prompt_cache_key=thread,
            extra_headers={**headers, HEADER: fault} if fault else headers,
            extra_body={"client_metadata": {"thread_id": thread, "turn_id": turn}},
        ) as stream:
            return stream.get_final_response()


def _short(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:100]


_ENOUGH = 5
