"""Where the messages of the proxy's processes go: lines for people, or a JSON object a line.

What strangers wrote may stand in a message: whatever it is, it can forge no line and move no cursor.
"""

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any

from driftgate.proxy.call import CALL_ID, FIELDS
from driftgate.proxy.settings.model import Settings

log = logging.getLogger("driftgate")


def set_up_logging(settings: Settings, process: str) -> None:
    """Messages of this process go to stderr as the settings say. process: its name in JSON lines."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines(process) if settings.log_format == "json" else Lines())
    logging.basicConfig(level=settings.log_level.upper(), handlers=[handler], force=True)
    quiet = logging.CRITICAL if settings.log_level != "debug" else logging.DEBUG
    logging.getLogger("asyncio").setLevel(quiet)


def say_last(error: object) -> None:
    """Why a process ends, in its own way of saying things, even before that was set up."""
    if logging.getLogger().handlers:
        log.error("%s", error)
    else:
        sys.stderr.write(f"driftgate: {error}\n")


def say_always(message: str, *values: object) -> None:
    """Information that is shown at every `log_level`, such as where the proxy listens."""
    told = log.makeRecord(log.name, logging.INFO, __file__, 0, message, values, None)
    log.handle(told)


class Lines(logging.Formatter):
    """`driftgate: ...`; what goes on in a further line is indented."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        text = record.getMessage()
        call_id = getattr(record, CALL_ID, None)
        if call_id and str(call_id) not in text:
            text += f" (call {call_id})"
        if record.exc_info:
            text += "\n" + self.formatException(record.exc_info)
        return "driftgate: " + "\n  ".join(plain(line) for line in text.splitlines())


class JsonLines(logging.Formatter):
    """An object a line: time, level, logger, process, message; call_id, call, exception where there are."""

    def __init__(self, process: str) -> None:
        super().__init__()
        self._process = process

    def format(self, record: logging.LogRecord) -> str:
        """The line, in ASCII."""
        told: dict[str, Any] = {
            "time": _time(record.created),
            "level": record.levelname.lower(),
            "logger": record.name,
            "process": self._process,
            "message": record.getMessage(),
        }
        for name in (CALL_ID, FIELDS):
            if getattr(record, name, None):
                told[name] = getattr(record, name)
        if record.exc_info:
            told["exception"] = self.formatException(record.exc_info)
        return json.dumps(told, default=str)


def _time(seconds: float) -> str:
    moment = datetime.fromtimestamp(seconds, UTC)
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")


def plain(line: str) -> str:
    """The line with everything that a terminal would act on as its escape."""
    if line.isprintable():
        return line
    return "".join(each if each.isprintable() else _escaped(each) for each in line)


def _escaped(character: str) -> str:
    return character if character == "\t" else character.encode("unicode_escape").decode("ascii")
