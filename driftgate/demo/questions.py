"""What the demo asks of the history, and how people go on from there."""

import shutil
import sys
from pathlib import Path

QUESTIONS = {  # title -> SQL; printed as it stands
    "Calls by model": """\
SELECT model, dialect, count(*) AS calls, sum(input_tokens) AS input_tokens,
  sum(output_tokens) AS output_tokens,
  round(median(first_token_ms), 1) AS first_token_ms,
  round(median(overhead_ms), 2) AS driftgate_ms
  FROM calls WHERE model IS NOT NULL GROUP BY ALL ORDER BY calls DESC, model, dialect""",
    "Tool calls": """\
SELECT c.model, c.dialect, t.name, t.arguments
  FROM tool_calls t JOIN calls c USING (call_id) ORDER BY c.started_at""",
    "What went wrong": """\
SELECT outcome, status, retry_number AS retry, coalesce(answer_error, error, '') AS why
  FROM calls WHERE outcome <> 'completed' OR status >= 400 ORDER BY started_at""",
    "Which answers broke what was asked of them": """\
SELECT model, left(output_text, 42) AS answer, keyword, reason
  FROM violations JOIN calls USING (call_id)
  WHERE severity = 'error' AND source = 'request' ORDER BY started_at, position""",
    "What the two versions said to the same tickets": """\
SELECT model, output_text AS answer, count(*) AS times
  FROM calls WHERE input_text LIKE 'Classify:%' GROUP BY ALL ORDER BY model, times DESC""",
}
AGENT_CALL = """\
SELECT call_id FROM calls
  WHERE originator = 'driftgate_demo' AND status = 200 ORDER BY started_at DESC LIMIT 1"""
GO_ON = """\
Go on:
  {driftgate} serve --upstream http://127.0.0.1:11434   # in front of your own model server
  {driftgate} demo --stay                               # the same, to look at in a browser
  {driftgate} tail                                      # watch calls as they are recorded
  {driftgate} query "SELECT model, count(*) FROM calls GROUP BY ALL"

Point a client at it:
  openai   export OPENAI_BASE_URL=http://127.0.0.1:8787/v1
  ollama   export OLLAMA_HOST=http://127.0.0.1:8787
  codex    CODEX_OSS_BASE_URL=http://127.0.0.1:8787/v1 codex --oss -m MODEL   # Ollama; others: README
  curl     curl http://127.0.0.1:8787/v1/models"""


def go_on(kept: str | None) -> str:
    """The next commands, and how to point each client at driftgate. kept: the demo's history."""
    driftgate = program()
    if kept:
        look = (
            f"This history is kept:\n  {driftgate} calls --history {kept}\n"
            f"  {driftgate} dashboard --history {kept}"
        )
    else:
        look = f"This history is gone now; one to look into:\n  {driftgate} demo --keep ./demo"
    return f"{look}\n\n{GO_ON.format(driftgate=driftgate)}"


def program() -> str:
    """How people call this program: by name where PATH knows it, else as it was called."""
    called = Path(sys.argv[0])
    if shutil.which("driftgate") is None and called.name == "driftgate":
        return str(called)
    return "driftgate"
