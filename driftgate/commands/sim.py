"""`driftgate sim`: run the simulated Gemma 4 backend."""

from typing import Annotated

import typer

from driftgate.proxy.errors import UsageError
from driftgate.sim.engine import SimSettings
from driftgate.sim.fault_text import FaultError, parse
from driftgate.sim.faults import HEADER, table
from driftgate.sim.server import run
from driftgate.sim.versions import DEFAULT, VERSIONS
from driftgate.sim.wire import Pace

EXAMPLES = (
    "driftgate sim --listen 127.0.0.1:11434",
    "driftgate sim --tokens-per-second 40 --prefill-ms 300",
    "driftgate sim --fault stall",
    "driftgate sim --fault 'fault=status; status=503; retry-after=2; times=3'",
    "driftgate sim --fault 'fault=fenced_json|cut_json|token_flood; rate=0.3'",
    "driftgate sim --chat-only --plain-tools",
    "curl -X PUT --data 'fault=stall; after=5; seconds=60' http://127.0.0.1:11434/sim/fault",
)

ROOMY = 32_768  # tokens: the Codex CLI's first prompt alone takes more than 8,192


def command(
    *,
    listen: Annotated[
        str, typer.Option(metavar="HOST:PORT", help="Where to listen; port 0 picks one.")
    ] = "127.0.0.1:11434",
    model: Annotated[str, typer.Option(help=f"The loaded model: {', '.join(VERSIONS)}.")] = DEFAULT,
    seed: Annotated[
        int, typer.Option(help="For requests that send none; -1: another one each time.")
    ] = 0,
    context: Annotated[int, typer.Option(min=64, help="Context size, in tokens.")] = ROOMY,
    tokens_per_second: Annotated[
        float, typer.Option(min=0, help="Pace of the answer; 0: as fast as possible.")
    ] = 0,
    prefill_ms: Annotated[
        float, typer.Option(min=0, help="Milliseconds before the first token.")
    ] = 0,
    slots: Annotated[int, typer.Option(min=1, max=256, help="Prompt caches.")] = 4,
    unknown_model: Annotated[
        str,
        typer.Option(
            metavar="answer|404",
            help="A model nobody knows: the loaded one answers (as llama-server), or 404.",
        ),
    ] = "answer",
    fault: Annotated[
        str, typer.Option(metavar="FAULT", help="Fail so from the start; see --faults.")
    ] = "",
    faults: Annotated[bool, typer.Option("--faults", help="List all faults and stop.")] = False,
    websockets: Annotated[
        bool, typer.Option("--websockets", help="Accept websockets at /v1/responses (else 426).")
    ] = False,
    chat_only: Annotated[
        bool, typer.Option("--chat-only", help="Speak no Responses: /v1/responses is 404.")
    ] = False,
    plain_tools: Annotated[
        bool,
        typer.Option(
            "--plain-tools", help="Refuse tools other than functions with 400, as llama.cpp does."
        ),
    ] = False,
    drop_tools: Annotated[
        bool,
        typer.Option(
            "--drop-tools", help="Take tools other than functions, and do not tell the model."
        ),
    ] = False,
    responses_format: Annotated[
        str,
        typer.Option(
            metavar="obey|drop",
            help="A schema in Responses' text.format: obey it, or drop it (as llama-server).",
        ),
    ] = "obey",
) -> None:
    """Run a simulated Gemma 4 backend, to test clients against. No model is run.

    It speaks OpenAI Responses, Chat Completions, completions and embeddings, Ollama's native
    dialect and llama-server's probes. Answers come from rules (classify, extract, summarise, tool
    calls, `run: CMD`, `echo: TEXT`, `count to N`, JSON by schema) and are the same for the same
    seed. It says that it is a simulation in the Server header, /props and system_fingerprint.

    It fails on demand: by the request header x-driftgate-sim, by --fault, or at run time by
    PUT /sim/fault. PUT /sim/model changes the loaded model; GET /sim/calls counts what came.
    """
    if faults:
        _print_faults()
        return
    if model not in VERSIONS:
        raise UsageError(f"--model {model}: there are {', '.join(VERSIONS)}")
    if unknown_model not in ("answer", "404"):
        raise UsageError(f"--unknown-model {unknown_model}: expected answer or 404")
    if responses_format not in ("obey", "drop"):
        raise UsageError(f"--responses-format {responses_format}: expected obey or drop")
    try:
        parse(fault)
    except FaultError as error:
        raise UsageError(f"--fault: {error}") from error
    settings = SimSettings(
        model=model,
        seed=seed,
        context=context,
        slots=slots,
        pace=Pace(tokens_per_second, prefill_ms / 1000),
        fault=fault,
        websockets=websockets,
        unknown_model_answers=unknown_model == "answer",
        chat_only=chat_only,
        strict_tools=plain_tools,
        drop_tools=drop_tools,
        responses_format=responses_format,
    )
    run(settings, listen)


def _print_faults() -> None:
    typer.echo(f"{HEADER}: fault=NAME; after=N; seconds=S; times=K; rate=0.3; path=/v1/responses")
    typer.echo("  fault=A|B|C draws one of several; A, B take turns\n")
    for name, takes, does in table():
        typer.echo(f"  {name:<22}{does}" + (f" ({takes})" if takes else ""))
