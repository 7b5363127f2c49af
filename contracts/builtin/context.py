"""A context that was cut in silence, or tools that were dropped: too few tokens were read.

No tokenizer is at hand, so the bound counts what no usual one joins into one token: words, numbers,
line ends, runs of two or more signs. (GPT's, Llama's, Qwen's and Gemma's split there before they merge.)
"""

import re
from collections.abc import Iterable
from functools import lru_cache

from driftgate.contracts.builtin.constraints import DROPPED
from driftgate.contracts.builtin.tool_texts import function_texts, tool_texts
from driftgate.contracts.exchange import Answer, Asked, Item, Usage
from driftgate.contracts.verdict import Severity, Source, Violation

CUT = "context_cut"
TRUNCATED = "context_truncated"  # the fact of `Answer.wire`: the server says it
MIN_TOKENS = 100  # below, a chat template's own tokens are too large a share
LEAST_SHARE = 0.85  # of the bound, that must have been read
PLAUSIBLE = 5  # characters for each token reported; with fewer no closer look is worth its time
# Usual sizes of a context. Ollama's default is the first, and it cuts to it in silence.
_WINDOWS = (4_096, 8_192, 16_384, 32_768, 65_536, 131_072)
_FILLED = 0.97  # of a window, that a prompt cut to it fills: some servers keep whole messages
# A server whose template knows no tools reads the items alone, up to this many times their bound.
_WITHOUT_TOOLS = 1.5
TEXT_LIMIT = 2_000_000  # characters of a text, and of a request, that are looked at
# A tag or special token (one token in Gemma), a word with its apostrophes (also all that is not
# ASCII: combining marks belong to their words), digits, line feeds with signs before and white space
# after them, signs. One sign may join the word after it.
_TOKEN = re.compile(
    r"<[/|]?\w{1,30}\|?>"
    r"|[A-Za-z\x80-\U0010ffff]+(?:'[A-Za-z]+)*"
    r"|\d+"
    r"|[!-/:-@\[-`{-~]*\r?\n\s*"
    r"|[!-/:-@\[-`{-~](?:[!-/:-@\[-`{-~]+|(?=\s))"
)
# Written without spaces. The longest tokens hold a whole phrase, four characters is a usual one.
_DENSE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]{8,}")
_DENSE_TOKEN = 4
_NOT_READ = frozenset(["reasoning"])  # templates leave earlier reasoning out


def tokens_at_least(text: str) -> int:
    """A lower bound of the tokens that any usual tokenizer makes of this text."""
    text = text[:TEXT_LIMIT]
    found = sum(1 for _ in _TOKEN.finditer(text))
    if not text.isascii():
        found += sum(len(run) // _DENSE_TOKEN - 1 for run in _DENSE.findall(text))
    return found


def estimated_tokens(items: Iterable[Item]) -> int:
    """About how many tokens a request has: four bytes each, or the bound where that is more."""
    texts = [item.text for item in items]
    size = sum(len(text.encode("utf-8", "replace")) for text in texts)
    return max(size // 4, sum(map(tokens_at_least, texts)))


def context_findings(asked: Asked, usage: Usage) -> list[Violation]:
    """Whether the backend read less than it was sent. Unknown where it reports no tokens.

    Nothing is counted where the characters for each token reported are plausible.
    """
    read = _read_tokens(usage)
    if not read:
        return []
    texts = [item.text for item in asked.items if item.kind not in _NOT_READ]
    size, tools = sum(map(len, texts)), _tools_read(asked)
    window = _window_of(read, asked.parameters.num_ctx)
    characters = 1 if window else PLAUSIBLE  # a token has one at least
    if size + len(tools) < max((window or read) * characters, MIN_TOKENS):
        return []
    least = _tokens_of(texts)
    of_tools = _tokens_of_tools(tools) if tools else 0
    if window and least + of_tools > window:
        return [_cut(least + of_tools, read)]
    if read > least * _WITHOUT_TOOLS + MIN_TOKENS:
        least += of_tools
    if least < MIN_TOKENS or read >= LEAST_SHARE * least:
        return []
    return [_cut(least, read)]


def tools_findings(asked: Asked, usage: Usage) -> list[Violation]:
    """Whether the tools on offer were dropped: what the backend read leaves no room for all of them.

    A warning, for a template may shorten descriptions. Dropped tools that are a small part of the
    prompt go unseen here; `driftgate doctor` finds them by asking twice.
    """
    read, tools = _read_tokens(usage), _tools_read(asked)
    texts = [item.text for item in asked.items if item.kind not in _NOT_READ]
    if not read or not tools or sum(map(len, texts)) + len(tools) < read * PLAUSIBLE:
        return []
    told = _tokens_of_all_tools(tools)
    least = _tokens_of(texts) + told
    if told < MIN_TOKENS or read >= LEAST_SHARE * least:
        return []
    reason = (
        f"the prompt and its tools have at least {least} tokens, and the server reports {read}: "
        "the model was not told of all tools"
    )
    return [Violation(Source.REQUEST, DROPPED, "parameters/tools", reason, Severity.WARNING)]


def truncation_findings(answer: Answer) -> list[Violation]:
    """That the server itself says so, with status 200."""
    told = [detail for keyword, detail in answer.wire if keyword == TRUNCATED]
    return [Violation(Source.REQUEST, CUT, "input", detail) for detail in told]


def _cut(least: int, read: int) -> Violation:
    reason = f"the prompt has at least {least} tokens, and the server reports {read}: it was cut"
    return Violation(Source.REQUEST, CUT, "input", reason)


def _window_of(read: int, asked_for: int | None) -> int | None:
    """The size of a context that what was read just fills; None where there is none."""
    for window in (asked_for, *_WINDOWS) if asked_for else _WINDOWS:
        if _FILLED * window <= read <= window:
            return window
    return None


def _tools_read(asked: Asked) -> bytes:
    """Templates leave tools out that may not be called."""
    return b"" if asked.parameters.tool_choice == "none" else asked.tools


@lru_cache(64)
def _tokens_of_tools(tools: bytes) -> int:
    return _tokens_of(function_texts(tools))


@lru_cache(64)
def _tokens_of_all_tools(tools: bytes) -> int:
    return _tokens_of(tool_texts(tools))


def _tokens_of(texts: list[str]) -> int:
    least, left = 0, TEXT_LIMIT
    for text in texts:
        least += tokens_at_least(text[:left])
        left -= len(text)
        if left <= 0:
            break
    return least


def _read_tokens(usage: Usage) -> int:
    """Tokens of the prompt. More cached than read: that server counts the cached ones apart."""
    read, cached = usage.input_tokens or 0, usage.cached_tokens or 0
    return read + cached if cached > read else read
