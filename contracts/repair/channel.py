r"""Repair `strip_channel`: reasoning and control tokens that leaked into the text.

Seen of Gemma 4 (its chat template has these markers), and of models with other templates:
`<|channel>thought\n...<channel|>`, the bare word `thought` where the server swallowed the markers,
`<think>...</think>`, and `<|channel|>analysis<|message|>...<|end|>`. What is
quoted, or named in a sentence, stays, as for the detectors.
"""

import re
from dataclasses import dataclass, field

from driftgate.contracts.builtin.quoted import Quoted
from driftgate.contracts.repair.strict import SIZE_LIMIT, is_json

_WORDS = ("thought", "thinking", "analysis", "commentary")  # of channels, their markers swallowed
_PASSES = 8
_LOOKED_AT = 256  # marks of which it is asked whether a sentence speaks of them
_MANY = 4  # unused tokens: nobody names so many
_MARK = re.compile(
    r"(?P<open><\|channel>[ \t]*(?P<into>[a-z]{1,20}(?=\n|<|\Z))?\n?|<think>|<thought>|<thinking>)"
    r"|(?P<harmony><\|channel\|>[ \t]*(?P<name>[a-z]{1,20})[^<\n]{0,80}<\|message\|>)"
    r"|(?P<close><channel\|>|</(?:think|thought|thinking)>)"
    r"|(?P<turn>(?:<\|turn>|<start_of_turn>)(?:user|system|developer)\b)"
    r"|(?P<edge>(?:<(?:bos|eos|pad|unk)>\s*)+)"
    r"|(?P<unused><unused\d{1,5}>)"
    r"|(?P<token>(?:<\|turn>|<start_of_turn>|<\|im_start\|>|<\|start\|>)(?:(?:model|assistant)\n?)?"
    r"|<\|start_header_id\|>(?:assistant)?(?:<\|end_header_id\|>)?|<\|channel\|>"
    r"|<turn\|>|<end_of_turn>|<(?:start|end)_of_image>"
    r"|<\|?/?tool_response\|?>|<\|tool\|?>|<tool\|>|<\|(?:think|image|audio|video)\|?>"
    r"|<\|(?:im_end|endoftext|eot_id|eom_id|begin_of_text|end_header_id"
    r"|end|message|return|call|constrain)\|>)"
)
# a tool call ends the reasoning too: Gemma does not always close its channel before one
_CLOSE = re.compile(r"<channel\|>|</(?:think|thought|thinking)>|(?=<\|tool_call>)")
_HARMONY_END = re.compile(r"<\|end\|>|<\|return\|>|<\|start\|>|(?=<\|channel\|>)")
_BARE = re.compile(r"\s*(?:(?:thought|thinking)[ \t]*(?:\r?\n|\Z))+")
_SWALLOWED = re.compile(r"\s*(?:analysis|commentary)(.{1,20000}?)assistantfinal", re.DOTALL)
_ANSWERS = frozenset({"final", "answer", "response"})  # channels of answers, not of reasoning
_BLANK_LINE = re.compile(r"\n[ \t]*\n+")


@dataclass(slots=True)
class _Split:
    """What is kept, and what is reasoning, while the text is read."""

    text: str
    kept: list[str] = field(default_factory=list)
    reasoning: list[str] = field(default_factory=list)
    touched: bool = False
    answering: bool = False  # inside a channel for answers
    marks: int = 0
    quoted: Quoted = field(init=False)
    first: int = field(init=False)  # of the characters that are not blank
    last: int = field(init=False)

    def __post_init__(self) -> None:
        self.quoted = Quoted(self.text)
        self.first = len(self.text) - len(self.text.lstrip())
        self.last = len(self.text.rstrip())

    def reasoning_until(self, start: int, end: re.Pattern[str]) -> int:
        found = end.search(self.text, start)
        stop, after = (found.start(), found.end()) if found else (len(self.text),) * 2
        self.reasoning.append(self.text[start:stop])
        return after

    def all_before_is_reasoning(self) -> None:
        """A closing marker without its opening one: the reasoning began with the answer."""
        self.reasoning.append(_BARE.sub("", "".join(self.kept), count=1))
        self.kept = []


def strip_channel(text: str, *, beside_calls: bool = False) -> tuple[str, str] | None:
    """The text without what leaked into it, and the reasoning found.

    None: nothing leaked, or no text would be left (a channel that never closes), or where the
    reasoning ends cannot be told: a bare `thought` with several paragraphs behind it.

    beside_calls: the answer has tool calls, so that its text may well be reasoning alone.
    """
    if len(text) > SIZE_LIMIT or not _suspicious(text) or is_json(text):
        return None
    rest, reasoning = text, []
    for _ in range(_PASSES):
        once = _strip_once(rest, beside_calls)
        if once is None:
            break
        rest = once[0]
        reasoning.append(once[1])
    else:
        return None  # markers that come out of markers: no model does that
    if not reasoning or not (rest or beside_calls):
        return None
    return rest, "\n".join(filter(None, reasoning))


def _suspicious(text: str) -> bool:
    return "<" in text or text[:64].lstrip().startswith(_WORDS)


def _strip_once(text: str, beside_calls: bool) -> tuple[str, str] | None:
    split = _Split(text)
    position = 0
    while found := _MARK.search(text, position):
        split.kept.append(text[position : found.start()])
        split.marks += 1
        if _is_meant(split, found):
            split.kept.append(found[0])
            position = found.end()
        else:
            split.touched = True
            position = _take_out(split, found)
    split.kept.append(text[position:])
    if not split.touched:
        return _strip_bare(text, beside_calls)
    return "".join(split.kept).strip(), _joined(split.reasoning)


def _take_out(split: _Split, found: re.Match[str]) -> int:
    """Takes one marker out, and the reasoning it opens; where to go on."""
    if found["turn"]:  # the model went on in the user's name
        return len(split.text)
    if found["open"] and found["into"] not in _ANSWERS:
        return split.reasoning_until(found.end(), _CLOSE)
    if found["harmony"] and found["name"] not in _ANSWERS:
        return split.reasoning_until(found.end(), _HARMONY_END)
    split.answering |= (found["into"] or found["name"]) in _ANSWERS
    if found["close"] and not split.reasoning and not split.answering:
        split.all_before_is_reasoning()
    return found.end()


def _is_meant(split: _Split, found: re.Match[str]) -> bool:
    """Whether the text quotes the marker or speaks of it."""
    span = found.span()
    if split.quoted.covers(*span):
        return True
    if found["edge"]:
        return span[0] > split.first and span[1] < split.last
    if split.marks > _LOOKED_AT or (found["unused"] and split.text.count("<unused") >= _MANY):
        return False
    if found[0].startswith("<th") and any(part.strip() for part in split.kept):
        return True  # whoever thinks does so before the answer
    return split.quoted.mentions(*span)


def _strip_bare(text: str, beside_calls: bool) -> tuple[str, str] | None:
    """Of `thought`, a paragraph, a blank line and a paragraph the first is reasoning."""
    swallowed = _SWALLOWED.match(text)
    if swallowed:
        return text[swallowed.end() :].strip(), swallowed[1].strip()
    found = _BARE.match(text)
    if not found or "<|tool_call>" in text:
        return None  # what is text is known once the calls are taken out
    if beside_calls:
        return "", text[found.end() :].strip()
    paragraphs = _BLANK_LINE.split(text[found.end() :].strip())
    if len(paragraphs) == 1 and "\n" not in paragraphs[0]:
        return paragraphs[0], ""  # an empty channel leaked before a short answer
    if len(paragraphs) != 2:  # noqa: PLR2004 - reasoning and answer
        return None
    return paragraphs[1].strip(), paragraphs[0].strip()


def _joined(parts: list[str]) -> str:
    return "\n".join(filter(None, (part.strip() for part in parts)))
