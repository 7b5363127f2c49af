"""Detectors `control_tokens` and `unused_tokens`: special tokens of the model stand in the text.

Source: Gemma 4's chat template and vocabulary; besides, the markers of Gemma 3, ChatML, Llama 3 and
gpt-oss, because a template of the wrong family is a usual mistake. A token that is quoted, or named
in a sentence, is a warning.
"""

import re

from driftgate.contracts.builtin.quoted import Quoted
from driftgate.contracts.verdict import Severity, Source, Violation

CONTROL, UNUSED = "control_tokens", "unused_tokens"
_NAMES = "turn|tool_call|tool_response|tool|image|audio|video|think"
_TOKEN = re.compile(
    rf"(?P<strong><\|(?:{_NAMES})\|?>|<(?:{_NAMES})\|>|<\|\"\|>"
    r"|<(?:start|end)_of_(?:turn|image)>"
    r"|<\|(?:im_start|im_end|endoftext|eot_id|begin_of_text|start_header_id|end_header_id|eom_id"
    r"|start|end|message|return|call|constrain)\|>)"
    r"|(?P<edge><(?:bos|eos|pad|unk)>)"
    r"|(?P<unused><unused\d{1,5}>)"
)
_LOOKED_AT = 256
_MANY = 4  # unused tokens outside of quotes: nobody names so many in a sentence


def token_findings(text: str, *, call_written: bool = False) -> list[Violation]:
    """Special tokens in the text; at most one finding of each keyword.

    call_written: a tool call was written as text, so that its own markers are told already.
    """
    quoted: Quoted | None = None
    told: dict[str, Violation] = {}
    bare_unused = 0
    for count, token in enumerate(_TOKEN.finditer(text)):
        if count >= _LOOKED_AT:
            break
        if call_written and ("tool" in token[0] or '"' in token[0]):
            continue
        if token.lastgroup == "edge" and not _at_edge(token, text):
            continue
        quoted = quoted or Quoted(text)
        is_quoted = quoted.covers(*token.span())
        bare_unused += token.lastgroup == "unused" and not is_quoted
        named = bare_unused < _MANY and quoted.mentions(*token.span())
        leaked = not (is_quoted or named)
        keyword = UNUSED if token.lastgroup == "unused" else CONTROL
        if keyword not in told or (leaked and told[keyword].severity is Severity.WARNING):
            told[keyword] = _violation(keyword, token[0], leaked=leaked)
    return list(told.values())


def _at_edge(token: re.Match[str], text: str) -> bool:
    """First or last in the text. In the midst of it `<eos>` is code about tokenizers."""
    return not text[: token.start()].strip() or not text[token.end() :].strip()


def _violation(keyword: str, token: str, *, leaked: bool) -> Violation:
    if leaked:
        return Violation(Source.MODEL, keyword, "text", f"the token {token} stands in the text")
    reason = f"the text speaks of the token {token}"
    return Violation(Source.MODEL, keyword, "text", reason, Severity.WARNING)
