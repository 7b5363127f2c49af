"""The metrics that the historian counts, and those of its own state."""

from driftgate.proxy.metrics.family import Family

# seconds; a local model's answer may take half an hour, the prefill of a long prompt ten minutes
_DURATION = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 300, 600, 1800)
_FIRST = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600)
_OVERHEAD = (50e-6, 1e-4, 2e-4, 3e-4, 5e-4, 1e-3, 2.5e-3, 5e-3, 0.01, 0.025, 0.1, 0.25, 1)
_BATCH = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
_SPEED = (1, 2, 5, 10, 15, 20, 30, 40, 50, 75, 100, 150, 200, 500, 1000)
_PLACE = ("upstream", "model")

CALLS = Family(
    "driftgate_calls_total",
    "Live calls that have ended, by how they ended; status_class is 2xx and so on, empty where no "
    "status was sent.",
    (*_PLACE, "dialect", "outcome", "status_class"),
)
ERRORS = Family(
    "driftgate_call_errors_total",
    "Live calls that were not answered well, by whose fault that is: client (also one that left "
    "first), upstream or driftgate.",
    (*_PLACE, "fault"),
)
DURATION = Family(
    "driftgate_call_duration_seconds",
    "Time from the request's first byte to the end of the call; result is ok or error.",
    (*_PLACE, "result"),
    _DURATION,
)
FIRST_TOKEN = Family(
    "driftgate_time_to_first_token_seconds",
    "Time until the first token: text, reasoning or tool call.",
    _PLACE,
    _FIRST,
)
FIRST_BYTE = Family(
    "driftgate_time_to_first_byte_seconds",
    "Time until the first byte of the answer's body.",
    _PLACE,
    _FIRST,
)
OVERHEAD = Family(
    "driftgate_proxy_overhead_seconds",
    "Driftgate's own part of a call's time, net of the upstream and the client.",
    ("upstream",),
    _OVERHEAD,
)
SPEED = Family(
    "driftgate_output_tokens_per_second",
    "Output tokens a second of single calls: as the backend says, else since the first token.",
    _PLACE,
    _SPEED,
)
TOKENS = Family(
    "driftgate_tokens_total",
    "Tokens as backends count them; type is input or output, as gen_ai.token.type.",
    (*_PLACE, "type"),
)
CACHED = Family(
    "driftgate_cached_tokens_total",
    "Input tokens that came from a cache; they are among the input tokens.",
    _PLACE,
)
REASONING = Family(
    "driftgate_reasoning_tokens_total",
    "Output tokens spent on reasoning; they are among the output tokens.",
    _PLACE,
)
ATTEMPTS = Family(
    "driftgate_attempts_total",
    "Tries at upstreams, by why they were made: first, retry, reask or fallback.",
    ("upstream", "reason"),
)
REPAIRS = Family(
    "driftgate_repairs_total",
    "Repairs of answers without asking the model again, by contract and kind.",
    ("contract", "repair"),
)
FALLBACKS = Family(
    "driftgate_fallbacks_total",
    "Calls that another one answered than was asked: upstream was asked, fallback (upstream/model) "
    "answered.",
    ("upstream", "fallback"),
)
VERDICTS = Family(
    "driftgate_verdicts_total",
    "Verdicts on the answers that clients got: pass, fail or unjudged; contract is builtin where none of "
    "yours applies.",
    (*_PLACE, "contract", "verdict"),
)
VIOLATIONS = Family(
    "driftgate_violations_total",
    "What was wrong with answers of all attempts; severity is error, warning or repaired.",
    ("contract", "keyword", "severity"),
)
REPLAYS = Family(
    "driftgate_replayed_calls_total",
    "Calls that are no live ones, which no other metric of calls counts; arm is baseline, candidate, "
    "shadow or imported.",
    ("arm", "result"),
)
BATCHES = Family(
    "driftgate_ingest_batch_duration_seconds",
    "Time that batches of journal took into the history, from reading to commit.",
    (),
    _BATCH,
)
ROWS = Family(
    "driftgate_ingest_rows_total",
    "Rows written into the history; table is calls, tool_calls, attempts, violations or others.",
    ("table",),
)
FAILURES = Family(
    "driftgate_ingest_failures_total",
    "Steps of ingest that failed; what they held stays in the journal. Reason is busy (somebody "
    "else holds the file), newer, damaged, disk or other.",
    ("reason",),
)
QUARANTINED = Family(
    "driftgate_quarantined_segments_total",
    "Segments of the journal that could not be read and were set aside.",
)
CHANGES = Family(
    "driftgate_fingerprint_changes_total",
    "Changes of what a backend is: its weights, template or version; model is empty for the "
    "upstream as a whole.",
    _PLACE,
)

LAG = Family(
    "driftgate_journal_lag_seconds",
    "For how long the history has been behind the journal; 0: it is not.",
)
UNREAD = Family("driftgate_journal_unread_bytes", "Bytes of all journals not in the history yet.")
WAITING = Family("driftgate_ingest_waiting", "1: ingest waits, since its last step failed.")
INGESTED = Family(
    "driftgate_last_ingest_timestamp_seconds", "When calls last came into the history; 0: not yet."
)
STARTED = Family("driftgate_historian_start_time_seconds", "When counting began.")
SPANS_SENT = Family("driftgate_otel_spans_sent_total", "Spans that a collector has taken.")
SPANS_LOST = Family(
    "driftgate_otel_spans_lost_total", "Spans that found no room, or no collector to take them."
)

COUNTED = (
    *(CALLS, ERRORS, DURATION, FIRST_TOKEN, FIRST_BYTE, OVERHEAD, SPEED, TOKENS, CACHED),
    *(REASONING, ATTEMPTS, REPAIRS, FALLBACKS, VERDICTS, VIOLATIONS, REPLAYS),
    *(BATCHES, ROWS, FAILURES, QUARANTINED, CHANGES),
)
STATE = (LAG, UNREAD, WAITING, INGESTED, STARTED, SPANS_SENT, SPANS_LOST)
