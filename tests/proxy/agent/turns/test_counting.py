"""Model calls and tokens, counted once each."""

from driftgate.proxy.agent.steps import Usage
from driftgate.proxy.agent.turns.counting import Counting, usage_of
from tests.support.app_server_double import recorded

CALL = Usage(100, 50, 10, 3)


def counted(name: str, *, each: bool) -> Counting:
    """A recorded turn's counts; not `each`: as a Codex that does not tell each call by itself."""
    counting = Counting()
    for note in recorded(name):
        if note["method"] == "rawResponse/completed" and each:
            counting.answered(note["params"])
        if note["method"] == "thread/tokenUsage/updated":
            counting.tokens(note["params"])
    return counting


def test_each_model_call_counts_once() -> None:
    for each in (True, False):
        counting = counted("command", each=each)
        assert (counting.model_calls, counting.usage) == (2, CALL + CALL)


def test_a_compaction_is_a_model_call_and_counts_once() -> None:
    for each in (True, False):
        counting = counted("compaction", each=each)
        assert (counting.model_calls, counting.usage.input_tokens) == (3, 400_300)


def test_calls_without_usage_are_counted_where_each_is_told() -> None:
    counting = counted("no_usage", each=True)
    assert (counting.model_calls, counting.usage) == (2, Usage())
    assert counted("no_usage", each=False).model_calls == 0


def test_made_up_counts_of_a_full_context_are_no_call() -> None:
    assert counted("context_full", each=False).model_calls == 0


def test_counts_of_another_shape_are_zero() -> None:
    assert usage_of({"inputTokens": -5, "outputTokens": "7", "cachedInputTokens": True}) == Usage()
    assert usage_of([]) == Usage()
