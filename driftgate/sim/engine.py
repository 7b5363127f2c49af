"""What the server holds while it runs, and how a request becomes a generation."""

from dataclasses import dataclass, field, replace

from driftgate.sim.ask import Ask, Json, SimError
from driftgate.sim.dice import Dice
from driftgate.sim.fault_turns import Faults
from driftgate.sim.faults import Fault
from driftgate.sim.generation import Generation, fitted, generate
from driftgate.sim.mind import answer, dice_for
from driftgate.sim.slots import Slots
from driftgate.sim.spoil import heard
from driftgate.sim.versions import DEFAULT, Shelf, Version
from driftgate.sim.wire import Pace


@dataclass(frozen=True, slots=True)
class SimSettings:
    """How the simulated server behaves.

    seed: for requests that send none; -1 is another one each time, as in llama-server.
    context: tokens. unknown_model_answers: as llama-server; False is 404, as Ollama.
    chat_only: there is no /v1/responses. strict_tools: tools other than functions are refused.
    drop_tools: they are accepted, and the model is not told of them, as in llama-server b11434.
    responses_format: "obey" Responses' `text.format`, or "drop" it without a word, as llama-server
        does; `response_format` is obeyed either way.
    """

    model: str = DEFAULT
    seed: int = 0
    context: int = 8192
    slots: int = 4
    pace: Pace = field(default_factory=Pace)
    fault: str = ""
    websockets: bool = False
    unknown_model_answers: bool = True
    chat_only: bool = False
    strict_tools: bool = False
    drop_tools: bool = False
    responses_format: str = "obey"


@dataclass(slots=True)
class Tally:
    """What the server has seen; GET /sim/calls."""

    requests: int = 0
    open: int = 0
    client_gone: int = 0
    by_path: dict[str, int] = field(default_factory=dict)

    def count(self, path: str) -> None:
        """One more request (paths beyond a limit are counted, not named)."""
        self.requests += 1
        if path in self.by_path or len(self.by_path) < _PATHS:
            self.by_path[path] = self.by_path.get(path, 0) + 1


class Engine:
    """The simulated model server without its sockets."""

    def __init__(self, settings: SimSettings) -> None:
        self.settings = settings
        self.shelf = Shelf(settings.model, answer_unknown=settings.unknown_model_answers)
        self.slots = Slots(settings.slots)
        self.faults = Faults(settings.fault, settings.seed)
        self.tally = Tally()
        self._made = 0

    def version(self, name: str | None) -> Version:
        """The version a name means.

        Raises:
            SimError: 404, there is none and unknown names are refused.
        """
        version = self.shelf.find(name)
        if version is None:
            raise SimError(404, f"model '{name}' not found", "not_found_error")
        return version

    def make(self, ask: Ask, fault: Fault | None) -> Generation:
        """Generate the answer to a request.

        Raises:
            SimError: it is refused, as a real server would.
        """
        version = self.version(ask.model)
        ask = heard(ask, fault)
        context = self._context(ask)
        ask, prompt, tokens = fitted(ask, context, fault)
        self._made += 1
        dice = dice_for(ask, version, self._seed(ask, fault))
        request_id = Dice("request", self.settings.seed, self._made).name("id")
        # A tool call's id is new each time, what it says is not.
        reply = answer(ask, version, dice, fault)
        calls = tuple(
            call if call.call_id is None else replace(call, call_id=f"call_{request_id}{n}")
            for n, call in enumerate(reply.calls)
        )
        return generate(
            ask,
            replace(reply, calls=calls),
            version,
            self.slots,
            prompt=prompt,
            prompt_tokens=tokens,
            context=context,
            request_id=request_id,
            prefill_s=self.settings.pace.prefill_s,
            fault=fault,
        )

    def _context(self, ask: Ask) -> int:
        if ask.context is None or ask.context <= 0:
            return self.settings.context
        return min(ask.context, self.settings.context)

    def _seed(self, ask: Ask, fault: Fault | None) -> int:
        if fault and fault.name == "ignore_seed":
            return self._made
        if ask.seed is not None and ask.seed >= 0:
            return ask.seed
        return self._made if self.settings.seed < 0 else self.settings.seed

    def state(self) -> Json:
        """GET /sim/calls."""
        tally = self.tally
        return {
            "requests": tally.requests,
            "open": tally.open,
            "client_gone": tally.client_gone,
            "by_path": tally.by_path,
            "model": self.shelf.loaded.name,
            "fault": self.faults.text,
        }


_PATHS = 1000
