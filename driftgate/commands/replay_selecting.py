"""The options by which replay's commands choose recorded calls, and what they mean together."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from driftgate.proxy.errors import UsageError
from driftgate.replay.select.criteria import Criteria

if TYPE_CHECKING:
    from driftgate.proxy.history.reader import Reader
    from driftgate.replay.select.selected import Selection

SIZE = 300  # calls, unless -n says otherwise
Contract = Annotated[
    str | None,
    typer.Option("--contract", help="Judged by this contract; builtin: by no contract of yours."),
]
Dialect = Annotated[
    str | None,
    typer.Option("--dialect", help="Asked in this dialect: responses, chat, ollama_chat, ..."),
]
Status = Annotated[
    str | None,
    typer.Option(
        "--status",
        help="HTTP status (404, 5xx), an outcome (client_gone, ...), 'ok' or 'error'; without it "
        "calls that were answered in full.",
    ),
]
Tag = Annotated[
    str | None,
    typer.Option("--tag", metavar="[KEY=]VALUE", help="In the request's own metadata."),
]
Where = Annotated[
    str | None,
    typer.Option("--where", metavar="SQL", help="A condition over `calls` (driftgate query)."),
]
Sql = Annotated[
    str | None,
    typer.Option("--sql", metavar="SQL", help="A question whose column call_id names the calls."),
]
Size = Annotated[int, typer.Option("-n", "--size", min=1, help="At most so many calls.")]
Seed = Annotated[int, typer.Option("--seed", help="The same seed chooses the same calls.")]
Sessions = Annotated[bool, typer.Option("--sessions", help="Whole sessions, not single calls.")]
Collapse = Annotated[
    bool,
    typer.Option("--collapse/--no-collapse", help="Of near-duplicates of a prompt, only one."),
]
Golden = Annotated[
    str | None,
    typer.Option("--golden", metavar="NAME", help="This golden set (driftgate replay sets)."),
]


@dataclass(frozen=True, slots=True)
class Selecting:
    """What a command was told to choose: a golden set, or by criteria."""

    criteria: Criteria
    n: int = SIZE
    seed: int = 0
    sessions: bool = False
    collapse: bool = True
    golden: str | None = None

    def selection(self, reader: "Reader") -> "Selection":
        """The calls.

        Raises:
            UsageError: a golden set and criteria are given; or as `choose` and `named` do.
        """
        from driftgate.replay.select.choose import choose  # noqa: PLC0415 - DuckDB is slow to load
        from driftgate.replay.select.keep import named  # noqa: PLC0415 - likewise

        if self.golden is None:
            return choose(
                reader,
                self.criteria,
                n=self.n,
                seed=self.seed,
                sessions=self.sessions,
                collapse=self.collapse,
            )
        if given := self.given():
            raise UsageError(f"--golden {self.golden} is chosen already: leave out {given}")
        return named(reader, self.golden)

    def given(self) -> str:
        """What chooses, as it was given. The seed is none of it: a run's order depends on it too."""
        return (
            self.criteria.described()
            or (f"-n {self.n}" if self.n != SIZE else "")
            or ("--sessions" if self.sessions else "")
            or ("" if self.collapse else "--no-collapse")
        )
