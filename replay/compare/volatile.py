"""What differs between two answers without meaning anything: identifiers made by chance, clock readings.

A date, or a time without seconds, is left as it is: it is what was asked for more often than not (a
deadline, an appointment), and an answer that moves it is a wrong one. A time to the second, other
than a full minute, is taken for a clock reading.
"""

import re

_HEX = "[0-9A-Fa-f]"
_UUID = re.compile(
    rf"(?<![0-9A-Za-z]){_HEX}{{8}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{12}}(?![0-9A-Za-z])"
)
# RFC 3339, with the space that many write for its T
_CLOCK = re.compile(
    r"(?<![0-9])[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:"
    r"(?:(?!00)[0-9]{2}(?:[.,][0-9]+)?|00[.,]0*[1-9][0-9]*)(?:[Zz]|[+-][0-9]{2}:?[0-9]{2})?(?![0-9A-Za-z])"
)
# of OpenAI, Codex, llama.cpp, vLLM and Ollama; a digit in it tells it from a name with an underscore
_ID = re.compile(
    r"(?<![0-9A-Za-z_-])(?:call|resp|msg|rs|fc|ctc|chatcmpl|cmpl|toolu|req)[_-]"
    r"(?=[A-Za-z]*[0-9])[0-9A-Za-z]{8,}"
)
# Parts of the above that begin with one certain character, which is found ten times as fast.
_IN_UUID = re.compile(rf"-{_HEX}{{4}}-{_HEX}{{4}}-")
_IN_CLOCK = re.compile(r":[0-9]{2}:[0-9]{2}")
_IN_ID = tuple(re.compile(rf"{joint}(?=[A-Za-z]*[0-9])[0-9A-Za-z]{{8}}") for joint in "_-")


def normalised(text: str) -> str:
    """The text with UUIDs, identifiers of calls and clock readings as `<uuid>`, `<id>`, `<time>`.

    Twice is as once.
    """
    if _IN_UUID.search(text):
        text = _UUID.sub("<uuid>", text)
    if _IN_CLOCK.search(text):
        text = _CLOCK.sub("<time>", text)
    if any(part.search(text) for part in _IN_ID):
        text = _ID.sub("<id>", text)
    return text
