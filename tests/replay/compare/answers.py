"""Answers made by hand, and strategies that make them by chance."""

from typing import Any

from hypothesis import strategies as st

from driftgate.proxy.dialects.meaning import ToolCall
from driftgate.replay.answer import Answer
from driftgate.replay.arm import Arm
from driftgate.replay.compare.features import Features

DEAD: dict[str, Any] = {"served": False, "failure": "status 503: busy", "status": 503}


def answer(text: str = "", *calls: tuple[str, str], **changes: Any) -> Answer:
    """An answer of the candidate. calls: (tool's name, arguments)."""
    made = tuple(
        [ToolCall(name, arguments, f"call_{n}") for n, (name, arguments) in enumerate(calls)]
    )
    facts: dict[str, Any] = {"call_id": "c", "arm": Arm.CANDIDATE, "text": text, "tool_calls": made}
    return Answer(**{**facts, **changes})


def features(text: str = "", *calls: tuple[str, str], **changes: Any) -> Features:
    """The features of such an answer."""
    return Features(answer(text, *calls, **changes))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc/~"), inner, max_size=3)
    ),
    max_leaves=8,
)
words = st.lists(
    st.sampled_from(["a", "A", "ä", "Ä", "x", "-", "\n", "  ", "1", "日"]), max_size=12
)
