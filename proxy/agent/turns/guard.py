"""Ends a turn that goes in circles. Pure.

A server that reports absurd usage makes Codex compact its history before each model call, without
end; a model may call tools for ever. Codex itself has no limit on either.
"""

from driftgate.proxy.agent.failures import looped
from driftgate.proxy.agent.steps import Began, Kind, ModelCall, Step, TurnError
from driftgate.proxy.settings.codex import Codex


class Guard:
    """Counts what one turn does. codex: the agent's settings."""

    def __init__(self, codex: Codex) -> None:
        self._codex = codex
        self.model_calls = 0
        self.compactions = 0

    def see(self, step: Step) -> TurnError | None:
        """Count one step; why the turn must end, or None.

        Codex tells of a model call when it is answered, so that one more than allowed is made.
        """
        if isinstance(step, ModelCall):
            self.model_calls += 1
            if self.model_calls > self._codex.max_model_calls:
                return looped("max_model_calls", self._codex.max_model_calls, "model calls").error
        elif isinstance(step, Began) and step.kind is Kind.COMPACTION:
            self.compactions += 1
            if self.compactions > self._codex.max_compactions:
                return looped("max_compactions", self._codex.max_compactions, "compactions").error
        return None
