"""Error answers that are a known failure of the server or of the model behind it.

Such an answer fails although it is none: the model spoke, and the server could not read it; or the
server cannot take what the client must send. Words as in the reports of facts: llama.cpp, Ollama,
vLLM, LM Studio, transformers.
"""

import re

from driftgate.contracts.exchange import Answered
from driftgate.contracts.verdict import Source, Violation

TEXT_LIMIT = 2_000  # characters of a message that are looked at

_PARSER = re.compile(
    r"failed to parse input at pos|unexpected (?:end of )?(?:tool|channel)|failed to parse tool call"
    r"|parse(?:r)? (?:error|failed).{0,80}(?:tool[_ ]call|channel)|(?:tool[_ ]call|harmony|channel) pars(?:er|ing)"
    r"|the model produced output that does not match|error parsing tool call"
    r"|invalid diff: now finding less tool calls",
    re.IGNORECASE,
)
_TOOL_TYPE = re.compile(
    r"'type' of tool must be 'function'|tools?\[?.{0,40}\]?[. ]+type.{0,60}(?:must be|should be|expected).{0,20}function"
    r"|(?:unsupported|unknown|invalid|unrecognized) tool (?:type|param)"
    r"|tool type ['\"`]?[\w-]+['\"`]? (?:is )?(?:not|un)\s?supported|only .{0,20}function.{0,20} tools? (?:are|is) supported",
    re.IGNORECASE,
)
_CONTEXT = re.compile(
    r"exceed_context_size|context_length_exceeded|exceeds? the (?:available |model'?s? )?(?:maximum )?context"
    r"|maximum context length|context (?:length|window|size).{0,40}exceed|exceed.{0,60}context (?:length|window|size)"
    r"|(?:prompt|input) (?:is )?too long|(?:input|prompt) length.{0,40}exceed|greater than the context length"
    r"|ran out of room in the model's context|longer than the maximum model length|loaded with context length of only",
    re.IGNORECASE,
)
_CLIENT_ERRORS, _SERVER_ERRORS = 400, 500
_KNOWN = (  # the server's own fault alone stands last
    (_TOOL_TYPE, "tool_type_refused", Source.WIRE, "tools", "the server refuses a type of tool"),
    (_CONTEXT, "context_exceeded", Source.WIRE, "input", "the prompt is longer than the context"),
    (
        _PARSER,
        "server_parser",
        Source.MODEL,
        "text",
        "the server's own parser cannot read what the model wrote",
    ),
)


def server_findings(answered: Answered) -> list[Violation]:
    """The known failure that an error answer tells of; at most one."""
    message = (answered.answer.error or "")[:TEXT_LIMIT]
    if not message:
        return []
    known = _KNOWN[:-1] if _CLIENT_ERRORS <= answered.status < _SERVER_ERRORS else _KNOWN
    for pattern, keyword, source, path, reason in known:
        if pattern.search(message):
            told = f"{reason} (status {answered.status}): {message}"
            return [Violation(source, keyword, path, told)]
    return []
