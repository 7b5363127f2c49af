"""SQL that people wrote, before it becomes a part of ours.

The reader of the history refuses what does more than read; here it is seen to that a condition is
one, and a question one, so that an error is about what people wrote and not about what is around it.
"""

import re
from typing import TYPE_CHECKING

from driftgate.proxy.errors import QueryError

if TYPE_CHECKING:
    from driftgate.proxy.history.reader import Reader

_PICTURE = re.compile(r"\n+LINE \d+: ")  # of what DuckDB was asked, which is ours in part


def in_parentheses(condition: str) -> str:
    """A condition, so that it stands for itself in another one; a comment at its end ends there."""
    return f"(\n{condition}\n)"


def open_ended(sql: str) -> str:
    """A statement without its closing semicolon, so that it can stand in parentheses."""
    return sql.strip().rstrip(";").rstrip()


def check_condition(reader: "Reader", condition: str, called: str) -> None:
    """Refuses what is no condition over `calls` by itself. called: its name, for the message.

    Tried with and without parentheses: what closes one of ours to begin anew fails without them,
    what goes on behind a condition (ORDER BY, UNION) fails within them.

    Raises:
        QueryError: it is none; the line begins with its name.
    """
    from_calls = "SELECT 1 FROM calls WHERE"
    for text in (f"{from_calls} {condition}", f"{from_calls} {in_parentheses(condition)}"):
        _explained(reader, text, called)


def check_question(reader: "Reader", sql: str, called: str) -> None:
    """Refuses what is no question with a column call_id by itself; tried as check_condition()."""
    inner = open_ended(sql)
    around = f"SELECT TRY_CAST(call_id AS UUID) FROM {in_parentheses(inner)}"  # noqa: S608 - people's own SQL, explained only
    for text in (inner, around):
        _explained(reader, text, called)


def _explained(reader: "Reader", text: str, called: str) -> None:
    try:
        reader.ask(f"EXPLAIN {text}")
    except QueryError as error:
        said = _PICTURE.split(error.told or str(error), maxsplit=1)[0]
        raise QueryError(f"{called}: {' '.join(said.split())}") from None
