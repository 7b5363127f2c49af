"""Which SQL of people runs: one statement that only reads.

A second line behind a read-only file and `enable_external_access=false`: DuckDB's own parser says
what kind of statement it is, its tokenizer which functions are named. A few functions change state,
call others by name or show paths of this machine although a SELECT may call them.

The history itself is a file that DuckDB lets a question read. It must not: the process would lose
its lock on it, and read while others write.
"""

import re
from collections.abc import Iterator

import duckdb

from driftgate.proxy.errors import QueryError

_READS = frozenset({"SELECT", "EXPLAIN", "MULTI"})  # MULTI: PIVOT, as DuckDB 2.x calls it
_EXPLAIN = re.compile(r"explain\s*(?:\([^)]*\)|analyze\b)?", re.IGNORECASE)
_PRAGMA = re.compile(r"pragma\b", re.IGNORECASE)  # 1.x takes some of them for a SELECT
_SPACE = re.compile(r"(?:\s+|--[^\n]*(?:\n|$)|/\*.*?\*/)*", re.DOTALL)
_WORD = re.compile(r'"(?:[^"]|"")*"|[^\W\d]\w*')
_REFUSED = frozenset(
    {
        "checkpoint",
        "current_setting",
        "duckdb_databases",
        "duckdb_extensions",
        "duckdb_logs",
        "duckdb_log_contexts",
        "duckdb_secrets",
        "duckdb_settings",
        "duckdb_temporary_files",
        "duckdb_external_file_cache",
        "enable_logging",
        "enable_profiling",
        "force_checkpoint",
        "getenv",
        "json_execute_serialized_sql",
        "parse_duckdb_log_message",
        "pragma_database_list",
        "pg_settings",
        "pragma_storage_info",
        "truncate_duckdb_logs",
        "which_secret",
        "write_log",
    }
)
# where a parenthesis follows, since they may be names of columns too: SQL inside a text, files, what
# calls a function by its name, what was given to Python
_REFUSED_CALLS = re.compile(
    r"query|query_table|read_\w+|parquet_\w+|sniff_csv|\w+_scan|python_\w+|\w*external_resource\w*|"
    r"\w+_grammar_extensions?|disable_(logging|profiling)|"
    r"duckdb_(logs_parsed|profiling_settings|extension_repositories)"
)


def check(connection: duckdb.DuckDBPyConnection, sql: str, file: str = "") -> str:
    """The one statement in this text, without a closing semicolon.

    file: the history's own name, which no table may have.

    Raises:
        QueryError: it is no SQL, more than one statement, or something else than a question.
    """
    kind, text = _single(connection, sql)
    if _PRAGMA.match(text[_SPACE.match(text).end() :]):  # type: ignore[union-attr]  # matches anything
        raise QueryError(
            "PRAGMA is refused: DESCRIBE, SHOW and SUMMARIZE tell what the history holds"
        )
    if kind == "EXPLAIN":
        inner = text[_SPACE.match(text).end() :]  # type: ignore[union-attr]  # matches anything
        found = _EXPLAIN.match(inner)
        check(connection, inner[found.end() :] if found else "", file)
    for word, called in _words(text):
        if word in _REFUSED or (called and _REFUSED_CALLS.fullmatch(word)):
            raise QueryError(
                f"{word} is not available here: it reaches beyond the history's tables"
            )
    if file and any(_is_file(name, file) for name in _names(text)):
        raise QueryError(f"'{file}' is the history's file, and no table: SHOW TABLES names those")
    return text


def _single(connection: duckdb.DuckDBPyConnection, sql: str) -> tuple[str, str]:
    try:
        statements = connection.extract_statements(sql)
    except duckdb.Error as error:
        raise QueryError(" ".join(str(error).split()), str(error)) from None
    kinds = [statement.type.name for statement in statements]
    text = open_ended(sql)
    if kinds[:-1] and set(kinds[:-1]) == {"CREATE"} and not any(s.query for s in statements):
        return "SELECT", text  # PIVOT, as DuckDB 1.x takes it apart
    if len(kinds) != 1:
        raise QueryError(f"expected one statement, found {len(kinds)}")
    if kinds[0] not in _READS:
        raise QueryError(
            f"{kinds[0]} is refused: the history is read-only here; "
            "SELECT, EXPLAIN, DESCRIBE, SHOW, SUMMARIZE and PIVOT work"
        )
    return kinds[0], text


def _tokens(sql: str) -> list[tuple[str, str]]:
    """Kind and text of each token; a text reaches to the next token. Comments are blanks."""
    encoded = sql.encode()  # offsets count bytes
    tokens = [(start, kind.name) for start, kind in duckdb.tokenize(sql)]
    ends = [start for start, _ in tokens[1:]] + [len(encoded)]
    return [
        (kind, " " if kind == "comment" else encoded[start:end].decode("utf-8", "replace"))
        for (start, kind), end in zip(tokens, ends, strict=False)  # no token: one end
    ]


def open_ended(sql: str) -> str:
    """The statement without a closing semicolon, so that it can stand in parentheses."""
    texts = [text for _, text in _tokens(sql)]
    while texts and (texts[-1].isspace() or texts[-1].startswith(";")):
        del texts[-1]
    return "".join(texts).strip()


def _words(sql: str) -> Iterator[tuple[str, bool]]:
    """Each name in the statement, lower case, and whether a parenthesis follows."""
    texts = [(kind, text) for kind, text in _tokens(sql) if kind != "comment"]
    following = [*(text for _, text in texts[1:]), ""]
    for (kind, text), after in zip(texts, following, strict=True):
        found = _WORD.match(text) if kind in ("identifier", "keyword") else None
        if found is not None:
            called = text[found.end() :].lstrip().startswith("(") or after.startswith("(")
            yield found.group().strip('"').lower(), called


def _names(sql: str) -> Iterator[str]:
    """What may be the name of a table, without its quotes; parts with dots between them are one."""
    name, open_ = "", False  # open_: a dot came last
    for kind, text in _tokens(sql):
        inner = _unquoted(text.strip()) if kind in ("identifier", "keyword", "string_const") else ""
        if inner and open_:
            name, open_ = f"{name}.{inner}", False
        elif inner:
            yield name
            name = inner
        elif kind != "comment" and text.strip():
            open_ = text.strip() == "."
            if not open_:
                yield name
                name = ""
    yield name


def _unquoted(text: str) -> str:
    quote = text[:1]
    if quote not in ("'", '"') or text[-1:] != quote:
        return text
    return text[1:-1].replace(quote * 2, quote)


def _is_file(name: str, file: str) -> bool:
    """Whether it leads to this file, or to one beside it that DuckDB itself keeps."""
    last = re.split(r"[/\\]", name.rstrip("/\\"))[-1].lower()
    return last == file.lower() or last.startswith(f"{file.lower()}.wal")
