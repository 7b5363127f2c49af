"""The command line: which commands there are, and how an error leaves the program.

Each command lives in `driftgate.commands.<name>` and is imported only when it is called, so that
`driftgate --help` stays fast. Exit codes: driftgate.proxy.errors.Exit, 130 after Ctrl-C, 141 when
the reader of stdout has gone (as a shell reports SIGINT and SIGPIPE).
"""

import importlib
import io
import os
import sys
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from driftgate import __version__
from driftgate.proxy.errors import Exit, UsageError

COMMANDS = {
    "serve": "Stand between clients and model servers; record every call.",
    "demo": "See it work, with a simulated backend and real clients.",
    "sim": "Run a simulated Gemma 4 backend, to test clients against.",
    "status": "What runs: upstreams, rates, journal, history, fingerprints.",
    "tail": "Watch calls as they are recorded.",
    "top": "Watch rates, latencies, tokens, verdicts, upstreams and journal.",
    "calls": "List recorded calls, newest first.",
    "show": "One call in full: conversation, answer, timings, exact bytes.",
    "dashboard": "The history in a browser: live, calls, contracts, drift, SQL.",
    "query": "Ask the history in SQL.",
    "contracts": "What good inputs and answers are: list, show, check, copy, test, infer.",
    "gate": "Will a change of model or configuration break what works today?",
    "watch": "Run a golden set again and again; tell when the model drifts.",
    "replay": "Choose recorded calls, keep them, read what runs found, play answers back.",
    "export": "Write calls as OpenAI batch, HAR, JSON lines or Parquet.",
    "codex": "Run your own Codex CLI through the proxy, by flags alone.",
    "doctor": "Check backend, proxy, history and Codex; say what to do.",
}
# command with commands of its own -> those, each in driftgate.commands.<prefix>_<name>
SUBCOMMANDS = {
    "contracts": {
        "list": "The contracts in force, and what they apply to.",
        "show": "One contract in full, with its schemas.",
        "check": "Whether files are contracts; where and why not.",
        "copy": "Copy a contract with its schemas, to start from.",
        "test": "Judge recorded calls by a contract again, without a model.",
        "infer": "Propose a schema from recorded answers.",
    },
    "replay": {
        "plan": "What a gate would run, what it takes, and how small a change it finds.",
        "list": "The runs, newest first, with their verdicts.",
        "report": "What a run found: text, HTML, Markdown, JSON or JUnit.",
        "show": "A run's configurations and answers.",
        "diff": "The answers of both arms to one recorded call.",
        "keep": "Keep chosen calls under a name: a golden set, which never changes.",
        "sets": "The golden sets.",
        "export": "Write a golden set as JSON Lines, to carry it elsewhere.",
        "import": "Take a golden set from a file into the history.",
        "serve": "Play recorded answers back as a server, without a model.",
    },
}
_PREFIX = {"contracts": "contract", "replay": "replay"}
_GROUP_EXAMPLES = {
    "contracts": (
        "driftgate contracts list",
        "driftgate contracts copy summarize --to contracts",
        "driftgate contracts check contracts/summarize.toml",
    ),
    "replay": (
        "driftgate replay list",
        "driftgate replay plan --since 7d",
        "driftgate replay report last --format html --output report.html",
        "driftgate replay keep before-upgrade --since 7d -n 300",
    ),
}
BROKEN_PIPE = 141
INTERRUPTED = 130
_SETTINGS = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


class LazyGroup(TyperGroup):
    """Knows every command's name and help; imports a command's module when it is called."""

    lines: ClassVar[Mapping[str, str]] = COMMANDS
    above: ClassVar[str | None] = None

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        for name, line in self.lines.items():
            self.commands[name] = TyperCommand(name, short_help=line, rich_markup_mode=None)

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """The command that `args` name, loaded."""
        name, stub, rest = super().resolve_command(ctx, args)
        if name is None:
            return name, stub, rest
        return name, load(name) if self.above is None else load(self.above, name), rest

    def invoke(self, ctx: Any) -> Any:
        """Run the command; a reader that has gone ends it quietly."""
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()
        except BrokenPipeError as error:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(BROKEN_PIPE) from error
        return result


def load(name: str, below: str | None = None) -> Any:
    """The command `name`, or the one below it, read from its module; a group loads none of its own."""
    if below is None and name in SUBCOMMANDS:
        return _group_of(name)
    module_name = f"driftgate.commands.{name if below is None else f'{_PREFIX[name]}_{below}'}"
    try:
        module = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name != module_name:
            raise
        raise UsageError(f"'{below or name}' is not part of this installation") from error
    app = typer.Typer(rich_markup_mode=None, add_completion=False)
    epilog = _epilog(getattr(module, "EXAMPLES", ()))
    settings = {**_SETTINGS, **getattr(module, "SETTINGS", {})}
    app.command(below or name, epilog=epilog, context_settings=settings)(module.command)
    return get_command(app)


def _epilog(examples: Sequence[str]) -> str | None:
    lines = "\n".join(f"  {line}" for line in examples)
    return f"\b\nExamples:\n{lines}" if lines else None


def _group_of(name: str) -> Any:
    """A command with commands of its own, none of them loaded."""

    class Below(LazyGroup):
        lines = SUBCOMMANDS[name]
        above = name

    app = typer.Typer(
        name=name,
        cls=Below,
        rich_markup_mode=None,
        add_completion=False,
        help=COMMANDS[name],
        epilog=_epilog(_GROUP_EXAMPLES[name]),
        context_settings=_SETTINGS,
    )
    app.callback()(lambda: None)
    return get_command(app)


def _print_version(asked: bool) -> None:
    if asked:
        typer.echo(f"driftgate {__version__}")
        raise typer.Exit


def _root(
    *,
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version."
        ),
    ] = False,
) -> None:
    """Flight recorder and upgrade gate for local LLMs."""


def group() -> Any:
    """The whole command line, no command loaded."""
    app = typer.Typer(
        cls=LazyGroup,
        rich_markup_mode=None,
        context_settings=_SETTINGS,
        epilog="\b\nExamples:\n"
        "  driftgate serve --upstream http://127.0.0.1:11434\n"
        "  driftgate calls --since 1h\n"
        '  driftgate query "SELECT model, count(*) FROM calls GROUP BY ALL"',
    )
    app.callback()(_root)
    return get_command(app)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command line (default: the process's own) and give its exit code."""
    words = sys.argv[1:] if arguments is None else list(arguments)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal may know fewer characters
    try:
        result = group().main(words or ["--help"], prog_name="driftgate", standalone_mode=False)
    except Exception as error:  # noqa: BLE001 - the last place that can turn it into one line
        from driftgate.commands.faults import describe, interrupted  # noqa: PLC0415 - only when needed

        if interrupted(error):
            return INTERRUPTED
        message, code = describe(error)
        sys.stderr.write(f"driftgate: {message}\n")
        return code
    if not words:
        return int(Exit.USAGE)
    return result if isinstance(result, int) else int(Exit.GOOD)
