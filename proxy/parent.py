"""What a child process hears of its parent: a first line on standard input, and that input's end."""

import os

STDIN = 0


def first_line() -> bytes:
    """Read byte by byte: a buffered reader would take what follows too, and its lock could abort the exit."""
    line = b""
    while (byte := os.read(STDIN, 1)) not in (b"", b"\n"):
        line += byte
    return line
