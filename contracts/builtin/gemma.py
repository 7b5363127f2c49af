"""What nobody would want of a model, whoever asked: the detectors of this folder, one after another.

They grew from how Gemma 4 fails behind local servers, and run for every model: what a model is named
says little about what it is. Each looks first for something cheap that its fault must have.
"""

from driftgate.contracts.builtin.channel import channel_findings
from driftgate.contracts.builtin.empty import empty_findings
from driftgate.contracts.builtin.flood import Flood, flood_of
from driftgate.contracts.builtin.loop import repeated_calls
from driftgate.contracts.builtin.prompt import wants_repetition
from driftgate.contracts.builtin.quoted import has_marker
from driftgate.contracts.builtin.textual_call import written_call
from driftgate.contracts.builtin.tokens import token_findings
from driftgate.contracts.exchange import Answered, Asked
from driftgate.contracts.finish import was_cut
from driftgate.contracts.verdict import Severity, Source, Violation

FLOOD, LOOP = "token_flood", "loop"
KEYWORDS = (
    "leaked_channel",
    "control_tokens",
    "unused_tokens",
    "tool_call_as_text",
    FLOOD,
    LOOP,
    "repeated_tool_call",
    "empty_answer",
    "one_token",
)
_CALLS = 32  # of one answer whose arguments are looked at
_LEAST = 64  # characters of the shortest flood


def model_findings(asked: Asked, answered: Answered) -> list[Violation]:
    """What is wrong with the answer, as that of a model. Empty where nothing is."""
    answer = answered.answer
    found: list[Violation] = []
    text = answer.text
    if text:
        marked = has_marker(text)
        call = written_call(asked, answer, marked=marked)
        if call is not None:
            found.append(call)
        found += channel_findings(text, marked=marked)
        if marked:
            found += token_findings(text, call_written=call is not None)
    found += flood_findings(asked, answered)
    if answer.tool_calls:
        again = repeated_calls(asked, answer)
        if again is not None:
            found.append(again)
    elif not answered.cut:
        found += empty_findings(asked, answer)
    return found


def flood_findings(asked: Asked, answered: Answered) -> list[Violation]:
    """Floods in text, reasoning and tool arguments; the first one found."""
    answer = answered.answer
    ended = not (answered.cut or was_cut(answer))
    parts = [("text", answer.text), ("reasoning", answer.reasoning)]
    for place, call in enumerate(answer.tool_calls[:_CALLS]):
        parts.append((f"tool_calls/{place}/arguments", call.arguments))
    for path, text in parts:
        if text and len(text) >= _LEAST:
            flood = flood_of(text, ended=ended)
            if flood is not None:
                return [flood_violation(asked, flood, path)]
    return []


def flood_violation(asked: Asked, flood: Flood, path: str) -> Violation:
    """A flood in words: a warning where the user asked for just that."""
    wanted = not flood.unit.isspace() and wants_repetition(asked, flood.unit)
    severity = Severity.WARNING if wanted else Severity.ERROR
    keyword = LOOP if flood.is_loop else FLOOD
    return Violation(Source.MODEL, keyword, path, str(flood), severity)
