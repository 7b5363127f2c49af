"""`driftgate contracts infer`: a schema proposed from recorded answers."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from driftgate.commands import options
from driftgate.commands.values import as_json as to_json
from driftgate.commands.values import counted
from driftgate.proxy.errors import Exit
from driftgate.proxy.harmless import one_line

if TYPE_CHECKING:
    from driftgate.commands.contract_answers import Answers
    from driftgate.contracts.infer import Inferred

EXAMPLES = (
    "driftgate contracts infer --since 7d --prompt 'list the cities'",
    "driftgate contracts infer --since 7d --model 'gemma4*' --output contracts/cities.schema.json",
)


_OfPath = Annotated[
    str | None, typer.Option("--path", help="This path; * and ? are wildcards ('/v1/*').")
]
_Dialect = Annotated[
    str | None, typer.Option("--dialect", help="This dialect: responses, chat, ollama_chat, ...")
]
_Prompt = Annotated[
    str | None,
    typer.Option("--prompt", metavar="TEXT", help="This occurs in the last message (any case)."),
]
_Limit = Annotated[
    int, typer.Option("-n", "--limit", min=0, help="The newest so many answers; 0 for all.")
]
_Output = Annotated[
    Path | None,
    typer.Option("--output", "-o", help="Write the schema here, and a contract beside."),
]


def command(
    *,
    since: options.Since = None,
    model: options.Model = None,
    path: _OfPath = None,
    dialect: _Dialect = None,
    prompt: _Prompt = None,
    limit: _Limit = 10_000,
    output: _Output = None,
    history: options.History = options.DEFAULT_HISTORY,
) -> None:
    """Propose a JSON Schema that recorded answers fit.

    Answers count that are a JSON object or array, hold one in a fence, or among text. The schema
    goes to stdout, what it is made of to stderr. Shapes of less than 5 % of the answers are left
    out and named. Read it before you use it: it says what came, not what should. Exits with 4 when
    no answer is JSON.
    """
    from driftgate.commands.contract_answers import Wanted, read, write  # noqa: PLC0415 - DuckDB is slow to load
    from driftgate.contracts.infer import infer  # noqa: PLC0415 - likewise

    wanted = Wanted(since, model, path, dialect, prompt)
    answers = read(options.existing(history), wanted, limit or None)
    options.note(_found(answers))
    if not answers.values:
        raise typer.Exit(int(Exit.COULD_NOT_CHECK))
    inferred = infer(answers.values)
    _tell(inferred)
    if output is None:
        sys.stdout.write(to_json(inferred.schema, indent=2) + "\n")
        return
    text = json.dumps(inferred.schema, indent=2)
    for file in write(output, text, answers, wanted):
        options.note(f"{one_line(str(file))} written")


def _found(answers: "Answers") -> str:
    told = [f"{counted(answers.looked_at, 'answer')} looked at"]
    ways = [f"{count} {how}" for how, count in answers.ways().items() if count]
    told.append(f"{len(answers.values)} JSON" + (f" ({', '.join(ways)})" if ways else ""))
    return ", ".join(told) + ("; nothing to infer from" if not answers.values else "")


def _tell(inferred: "Inferred") -> None:
    share = 100 * inferred.fits / inferred.total
    options.note(f"{inferred.fits} of {inferred.total} fit the schema ({share:.1f} %)")
    for line in inferred.left_out:
        options.note(f"left out: {one_line(line)}")
