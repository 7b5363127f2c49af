"""Which page of a list an address asks for. Pure."""

from driftgate.proxy.errors import UsageError

MOST = 1_000_000  # pages; behind it none has anything
_DIGITS = 7


def page_number(text: str | None, name: str = "page") -> int:
    """The number of a page, from 1 on; none given is the first. name: of the parameter.

    Raises:
        UsageError: it is no such number.
    """
    if not text:
        return 1
    number = min(int(text[:_DIGITS]), MOST) if text.isdecimal() else 0
    if number < 1:
        raise UsageError(f"{name} '{text[:_DIGITS]}' is no page: they are numbered from 1 on")
    return number
