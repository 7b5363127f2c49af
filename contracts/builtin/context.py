"""A context that was cut in silence: fewer tokens were read than the prompt must have.

No tokenizer is at hand, so the bound counts what no usual one joins into one token: words, numbers,
line ends, runs of two or more signs. (GPT's, Llama's, Qwen's and Gemma's split there before they merge.)
"""

import re
from collections.abc import Iterable

from driftgate.contracts.exchange import Asked, Item, Usage
from driftgate.contracts.verdict import Source, Violation

MIN_TOKENS = 100  # below, a chat template's own tokens are too large a share
LEAST_SHARE = 0.85  # of the bound, that must have been read
PLAUSIBLE = 5  # characters for each token reported; with fewer no closer look is worth its time
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
    """Whether the backend read less than it was sent. Unknown where it reports no tokens."""
    read = _read_tokens(usage)
    if not read:
        return []
    texts = [item.text for item in asked.items if item.kind not in _NOT_READ]
    if sum(map(len, texts)) < max(read * PLAUSIBLE, MIN_TOKENS):
        return []
    least = _tokens_of(texts)
    if least < MIN_TOKENS or read >= LEAST_SHARE * least:
        return []
    reason = f"the prompt has at least {least} tokens, and the server reports {read}: it was cut"
    return [Violation(Source.REQUEST, "context_cut", "input", reason)]


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
