r"""What models write, made fit for a line of a reason: short, printable, harmless for a terminal.

Everything that does not print stands as its escape (`\x1b`, `\u202e`): control characters, direction
overrides, invisible characters, lone surrogates.
"""

LIMIT = 60  # characters


def printable(text: str, *, kept: str = "") -> str:
    """The text with every character escaped that does not print, but those in `kept`."""
    if text.isprintable():
        return text
    return "".join([each if each.isprintable() or each in kept else _escape(each) for each in text])


def told(text: str, limit: int = LIMIT) -> str:
    """The beginning of the text on one line, cut with dots."""
    if len(text) > limit:
        text = text[: limit - 3] + "..."
    return printable(text)


def counted(number: int, what: str) -> str:
    """`1 word`, `3 words`."""
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"


def _escape(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")
