"""Detectors `empty_answer` and `one_token`: an answer with nothing, or next to nothing, in it.

One word can be a right answer. `one_token` is an error only where no such answer can be meant: a
lone bracket, or a lone word that begins a sentence; and a warning where a long text was asked for.
"""

import re

from driftgate.contracts.builtin.prompt import last_user_text
from driftgate.contracts.exchange import Answer, Asked
from driftgate.contracts.finish import LENGTH, STOP, finish_of
from driftgate.contracts.verdict import Severity, Source, Violation

EMPTY, ONE_TOKEN = "empty_answer", "one_token"
_SHORT = 24  # characters of the longest answer that may be one token
_FEW = 4  # tokens; who asks for no more gets no more
_INFILL = frozenset(["completions", "ollama_generate"])  # nothing may be the right thing to add
_OPENING = frozenset('{[("`<*#')
_BEGINS = frozenset(
    [
        "the",
        "i",
        "a",
        "an",
        "it",
        "this",
        "that",
        "here",
        "there",
        "these",
        "those",
        "in",
        "on",
        "to",
        "of",
        "and",
        "but",
        "if",
        "when",
        "as",
        "we",
        "you",
        "he",
        "she",
        "they",
        "is",
        "are",
        "was",
        "sure",
        "i'll",
        "i'm",
        "let's",
        "let",
        "okay",
        "ok,",
        "well",
    ]
)
_LONG_FORM = re.compile(
    r"\b(?:write|explain|describe|summari[sz]e|list|implement|fix|translate|refactor|compare|tell me"
    r"|draft|review|plan|generate|create|how (?:do|does|can|to)|why)\b",
    re.IGNORECASE,
)
_SHORT_FORM = re.compile(
    r"\b(?:one|single|1)[- ](?:word|letter|token|character|number|digit|line|emoji)|yes or no|yes/no"
    r"|true or false|only (?:the|a|with)|just (?:the|a|say)|exactly|letter|which|classify|label"
    r"|categor|answer with|reply with|respond with|say \S+\W*\Z",
    re.IGNORECASE,
)


def empty_findings(asked: Asked, answer: Answer) -> list[Violation]:
    """Nothing, or one token, where an answer should be."""
    text = answer.text
    if text and (len(text) > _SHORT or answer.tool_calls):
        return []
    if answer.tool_calls or not answer.complete or answer.error is not None:
        return []
    stripped = text.strip() if text else ""
    found = _one_token(asked, answer, stripped) if stripped else _empty(asked, answer)
    return [found] if found else []


def _empty(asked: Asked, answer: Answer) -> Violation | None:
    finish, limit = finish_of(answer), asked.parameters.max_tokens
    if finish not in (STOP, LENGTH, None) or (limit is not None and limit <= 1):
        return None
    thought = bool(answer.reasoning and answer.reasoning.strip())
    if not thought and not any(item.text for item in asked.items):
        return None  # nothing was asked: such requests load a model
    reason = "there is reasoning, but no answer" if thought else "the answer is empty"
    if finish == LENGTH:
        reason += "; the limit on tokens was reached"
    mild = finish == LENGTH or asked.parameters.stop or asked.dialect in _INFILL
    return Violation(
        Source.MODEL, EMPTY, "text", reason, Severity.WARNING if mild else Severity.ERROR
    )


def _one_token(asked: Asked, answer: Answer, text: str) -> Violation | None:
    limit = asked.parameters.max_tokens
    if finish_of(answer) != STOP or (limit is not None and limit <= _FEW):
        return None
    if text.split(None, 1)[0] != text or (text[-1] in ".!?" and len(text) > 1):
        return None
    if len(text) == 1 and text in _OPENING:
        return _told(text, Severity.ERROR)
    counted = answer.usage.output_tokens
    if len(text) > 1 and (counted is None or counted > _FEW or answer.reasoning):
        return None
    return _judged_by_prompt(last_user_text(asked), text)


def _judged_by_prompt(prompt: str, text: str) -> Violation | None:
    if _SHORT_FORM.search(prompt):
        return None
    if text.lower() in _BEGINS and text not in prompt.split()[-12:]:
        return _told(text, Severity.ERROR)
    return _told(text, Severity.WARNING) if _LONG_FORM.search(prompt) else None


def _told(text: str, severity: Severity) -> Violation:
    return Violation(Source.MODEL, ONE_TOKEN, "text", f"the whole answer is {text!r}", severity)
