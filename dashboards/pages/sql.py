"""SQL: an editor with the schema beside it; answers as table, chart and download."""

import asyncio
import tempfile
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from aiohttp import web

from driftgate.dashboards import saved
from driftgate.dashboards.answer import Question, answer
from driftgate.dashboards.download import FORMATS, write
from driftgate.dashboards.examples import EXAMPLES
from driftgate.dashboards.place import wrong
from driftgate.dashboards.plot import APART, KINDS
from driftgate.dashboards.site import Asked, Route
from driftgate.dashboards.statements import ask, load
from driftgate.dashboards.typed import typed
from driftgate.proxy.errors import QueryError, QuerySlowError, UsageError

if TYPE_CHECKING:
    from driftgate.proxy.history.reader import Reader

PATH = "/sql"
TABLE = "table"
SHOWN = (TABLE, *KINDS)
ADDRESS = 6000  # characters that any server takes in an address
SCHEMA = "sql_schema"  # in what the site keeps


async def page(asked: Asked) -> web.StreamResponse:
    """The editor, and the answer where the address has a query and no other site led here."""
    name = asked.query.get("saved", "")
    sql, kept = asked.query.get("sql", ""), ""
    if name and not sql:
        sql, kept = saved.load(asked.site.history, name)
    runs = bool(sql.strip()) and not asked.foreign
    limits, show = asked.site.settings.dashboard, _show(asked.query, kept or TABLE)
    view = {
        "sql": sql,
        "name": name,
        "show": show,
        "schema": await _schema(asked),
        "saved": saved.names(asked.site.history),
        "examples": EXAMPLES,
        "foreign": bool(sql.strip()) and asked.foreign,
        "timeout_s": limits.sql_timeout_s,
        "most": limits.sql_rows,
        "folder": saved.folder(asked.site.history).name,
        "found": await _found(asked, sql, show) if runs else None,
    }
    return asked.html("sql.html", view=view)


async def result(asked: Asked) -> web.StreamResponse:
    """The answer alone. By POST, since a query may be longer than an address."""
    fields = await asked.form() if asked.request.method == "POST" else asked.query
    sql, show = fields.get("sql", ""), _show(fields)
    link = _link(sql, show)
    if not asked.htmx or asked.foreign:
        return asked.redirect(link)
    found = await _found(asked, sql, show) if sql.strip() else None
    made = asked.fragment("sql_result.html", found=found)
    if len(link) <= ADDRESS:
        made.headers["hx-push-url"] = asked.base + link
    return made


async def download(asked: Asked) -> web.StreamResponse:
    """The whole answer as a file."""
    fields = await asked.form() if asked.request.method == "POST" else asked.query
    sql, form = fields.get("sql", ""), fields.get("format", "csv")
    if asked.foreign:
        return asked.redirect(_link(sql))
    if form not in FORMATS:
        raise UsageError(f"format '{form}' is none; one of: {', '.join(FORMATS)}")
    with tempfile.TemporaryDirectory(prefix="driftgate-") as folder:
        target = Path(folder) / f"answer.{form}"
        timeout_s = asked.site.settings.dashboard.sql_timeout_s
        work = partial(write, sql, target, form, timeout_s)
        try:
            await typed(asked.site).read(work)
        except QuerySlowError:
            raise UsageError(_slow(asked)) from None
        file = await asyncio.to_thread(target.open, "rb")  # it stays readable once it is removed
    headers = {"content-disposition": f'attachment; filename="driftgate.{form}"'}
    return web.Response(body=file, headers=headers, content_type=FORMATS[form])


async def keep(asked: Asked) -> web.StreamResponse:
    """Saves a query, or removes one."""
    fields = await asked.form()
    name, history = fields.get("name", "").strip(), asked.site.history
    if fields.get("action") == "delete":
        saved.delete(history, name)
        return asked.redirect(PATH)
    saved.save(history, name, fields.get("sql", ""), _show(fields))
    return asked.redirect(f"{PATH}?{urlencode({'saved': name}, quote_via=quote)}")


def _show(fields: Mapping[str, str], default: str = TABLE) -> str:
    shown = fields.get("show", default)
    return shown if shown in SHOWN else TABLE


def _link(sql: str, show: str = TABLE) -> str:
    """The page with this query, below the base."""
    query = {"sql": sql} | ({} if show == TABLE else {"show": show})
    return f"{PATH}?{urlencode(query, quote_via=quote, errors='replace')}"


async def _found(asked: Asked, sql: str, show: str) -> dict[str, Any]:
    """What templates/parts/sql_result.html takes."""
    limits = asked.site.settings.dashboard
    kind = "" if show == TABLE else show
    question = Question(sql, limits.sql_rows, limits.sql_timeout_s, kind)
    found: dict[str, Any] = {
        "wrong": None,
        "answer": None,
        "show": show,
        "sql": sql,
        "link": asked.base + _link(sql, show),
        "long": len(_link(sql, show)) > ADDRESS,
        "downloads": {form: _download(asked, sql, form) for form in FORMATS},
        "most": limits.sql_rows,
        "apart": APART,
    }
    try:
        found["answer"] = await typed(asked.site).read(partial(answer, question))
    except QuerySlowError:
        found["wrong"] = wrong(QueryError(_slow(asked)), sql)
    except QueryError as error:
        found["wrong"] = wrong(error, sql)
    return found


def _slow(asked: Asked) -> str:
    limit = asked.site.settings.dashboard.sql_timeout_s
    return f"stopped after {limit:g} s; dashboard.sql_timeout_s in the settings allows more"


def _download(asked: Asked, sql: str, form: str) -> str:
    query = urlencode({"sql": sql, "format": form}, quote_via=quote, errors="replace")
    return f"{asked.base}/sql/download?{query}"


async def _schema(asked: Asked) -> list[dict[str, Any]]:
    """Tables with their columns; read once, since a schema changes with driftgate alone."""
    kept = asked.site.kept.get(SCHEMA)
    if kept is None:
        kept = asked.site.kept[SCHEMA] = await asked.read(_tables, drain=False)
    return list(kept)


def _tables(reader: "Reader") -> list[dict[str, Any]]:
    tables: dict[str, dict[str, Any]] = {}
    for row in ask(reader, load("sql")["columns"]):
        table = tables.setdefault(
            row["name"], {"name": row["name"], "about": row["about"], "columns": []}
        )
        table["columns"].append(row)
    return list(tables.values())


ROUTES = (
    Route("GET", PATH, page),
    Route("GET", "/sql/result", result),
    Route("POST", "/sql/result", result),
    Route("GET", "/sql/download", download),
    Route("POST", "/sql/download", download),
    Route("POST", "/sql/saved", keep),
)
