"""The house keeps its shape: floors, mirrors, lengths. Each guard is tried on a bad example too."""

import tomllib
from pathlib import Path

import pytest

from tests.support.house import (
    Module,
    cycles,
    floor_faults,
    mirror_of,
    module_name,
    our_imports,
    outside_faults,
    source_modules,
)
from tests.support.processes import ROOT

MODULES = source_modules(ROOT)
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))

# package -> what it may import besides itself. What is not listed (the command line) may import all.
FLOORS = {
    "driftgate.contracts": (),
    "driftgate.proxy": ("driftgate.contracts",),
    "driftgate.replay": (
        "driftgate.contracts",
        "driftgate.proxy.adapt",
        "driftgate.proxy.admin",
        "driftgate.proxy.agent",
        "driftgate.proxy.attempt_kind",
        "driftgate.proxy.call",
        "driftgate.proxy.dialects",
        "driftgate.proxy.errors",
        "driftgate.proxy.failures",
        "driftgate.proxy.fingerprint",
        "driftgate.proxy.headers",
        "driftgate.proxy.history",
        "driftgate.proxy.journal",
        "driftgate.proxy.judging",
        "driftgate.proxy.policy",
        "driftgate.proxy.record",
        "driftgate.proxy.redact",
        "driftgate.proxy.secret",
        "driftgate.proxy.settings",
        "driftgate.proxy.tee",
        "driftgate.proxy.upstream",
    ),
    "driftgate.dashboards": (
        "driftgate.contracts",
        "driftgate.proxy.admin",
        "driftgate.proxy.agent",
        "driftgate.proxy.attempt_kind",
        "driftgate.proxy.call",
        "driftgate.proxy.dialects",
        "driftgate.proxy.errors",
        "driftgate.proxy.harmless",
        "driftgate.proxy.headers",
        "driftgate.proxy.history",
        "driftgate.proxy.journal",
        "driftgate.proxy.judging",
        "driftgate.proxy.logs",
        "driftgate.proxy.loopback",
        "driftgate.proxy.metrics",
        "driftgate.proxy.parent",
        "driftgate.proxy.reached",
        "driftgate.proxy.record",
        "driftgate.proxy.redact",
        "driftgate.proxy.running",
        "driftgate.proxy.secret",
        "driftgate.proxy.settings",
        "driftgate.proxy.units",
        "driftgate.replay",
    ),
    "driftgate.sim": ("driftgate.proxy.errors",),
}
AIOHTTP_CLIENT = (
    "Client",
    "client",
    "connector",
    "request",
    "BaseConnector",
    "TCPConnector",
    "UnixConnector",
)
UPSTREAM = "driftgate.proxy.upstream"

# module -> why it speaks HTTP by itself
CALLS_SERVERS = {
    "driftgate.commands.checks": "doctor asks as a stranger would, one probe after another",
}

FILE_LINES, FUNCTION_LINES = 300, 40
LONG_FILES: dict[str, str] = {}
LONG_FUNCTIONS = dict.fromkeys(
    (
        "driftgate/commands/gate.py command",
        "driftgate/commands/query.py command",
        "driftgate/commands/replay_keep.py command",
        "driftgate/commands/replay_plan.py command",
        "driftgate/commands/serve.py command",
        "driftgate/commands/sim.py command",
        "driftgate/commands/watch.py command",
    ),
    "a command's signature is its list of options, some lines each",
)
# source file without a test file of its own name -> the test file that holds its tests. Parts of one
# feature that have no meaning alone are tested through it; values without behaviour by their users.
TESTED_BY = {
    "contracts/schema_run.py": "tests/contracts/test_schema.py",
    "contracts/schema_leaves.py": "tests/contracts/test_schema.py",
    "contracts/schema_checking.py": "tests/contracts/test_schema.py",
    "contracts/schema_applicators.py": "tests/contracts/test_schema.py",
    "contracts/verdict.py": "tests/contracts/test_judge.py",
    "contracts/exchange.py": "tests/contracts/test_judge.py",
    "proxy/dialects/stream_capped.py": "tests/proxy/dialects/test_stream.py",
    "proxy/dialects/stream_chat.py": "tests/proxy/dialects/test_stream.py",
    "proxy/dialects/stream_piece.py": "tests/proxy/dialects/test_stream.py",
    "proxy/dialects/stream_responses.py": "tests/proxy/dialects/test_stream.py",
    "proxy/dialects/writing/written.py": "tests/proxy/dialects/writing/test_write.py",
    "proxy/dialects/writing/words.py": "tests/proxy/dialects/writing/test_write.py",
    "proxy/dialects/writing/responses_body.py": "tests/proxy/dialects/writing/test_responses_events.py",
    "proxy/dialects/writing/chat_body.py": "tests/proxy/dialects/writing/test_chat_chunks.py",
    "proxy/history/contract_sets.py": "tests/proxy/history/test_contracts.py",
    "proxy/history/tries.py": "tests/proxy/history/test_contracts.py",
    "proxy/history/verdicts.py": "tests/proxy/history/test_contracts.py",
    "proxy/enforce/result.py": "tests/proxy/enforce/test_kinds.py",
    "proxy/enforce/gear.py": "tests/proxy/enforce/test_course.py",
    "proxy/settings/part.py": "tests/proxy/settings/test_load.py",
    "proxy/agent/asked.py": "tests/proxy/agent/dialects/test_ask.py",
    "proxy/agent/origin.py": "tests/proxy/agent/test_calling.py",
    "proxy/agent/steps.py": "tests/proxy/agent/turns/test_events.py",
    "proxy/agent/failures.py": "tests/proxy/agent/turns/test_turn_errors.py",
    "dashboards/site.py": "tests/dashboards/test_app.py",
    "driftgate/__main__.py": "tests/driftgate/test_cli.py",
    "driftgate/commands/serve.py": "tests/proxy/test_supervisor.py",
    "proxy/dialects/meaning.py": "tests/proxy/dialects/test_describe.py",
    "proxy/dialects/scanned.py": "tests/proxy/dialects/test_scan.py",
    "proxy/downstream.py": "tests/proxy/test_relay.py",
    "proxy/errors.py": "tests/proxy/dialects/test_errors.py",
    "proxy/fingerprint/readers.py": "tests/proxy/fingerprint/test_facts.py",
    "proxy/forward.py": "tests/proxy/test_gateway.py",
    "proxy/held.py": "tests/proxy/test_tee.py",
    "proxy/history/bodies.py": "tests/proxy/history/test_store.py",
    "proxy/history/connect.py": "tests/proxy/history/test_migrations.py",
    "proxy/history/drain.py": "tests/proxy/test_historian.py",
    "proxy/history/facts.py": "tests/proxy/history/test_store.py",
    "proxy/history/find.py": "tests/proxy/history/test_reader.py",
    "proxy/history/fingerprints.py": "tests/proxy/history/test_store.py",
    "proxy/history/gate.py": "tests/proxy/history/test_reader.py",
    "proxy/history/interrupting.py": "tests/proxy/history/test_reader.py",
    "proxy/history/many.py": "tests/proxy/history/test_replay_rows.py",
    "proxy/history/positions.py": "tests/proxy/history/test_store.py",
    "proxy/history/prepare.py": "tests/proxy/history/test_store.py",
    "proxy/history/retries.py": "tests/proxy/history/test_store.py",
    "proxy/history/rows.py": "tests/proxy/history/test_store.py",
    "proxy/history/table.py": "tests/proxy/history/test_store.py",
    "proxy/journal/assemble.py": "tests/proxy/journal/test_reader.py",
    "proxy/journal/head.py": "tests/proxy/journal/test_writer.py",
    "proxy/record.py": "tests/proxy/journal/test_reader.py",
    "proxy/redact/names.py": "tests/proxy/redact/test_redactor.py",
    "proxy/settings/model.py": "tests/proxy/settings/test_load.py",
    "driftgate/commands/gate_run.py": "tests/driftgate/commands/test_gate.py",
    "driftgate/commands/watch_run.py": "tests/driftgate/commands/test_watch.py",
    "replay/answer.py": "tests/replay/test_read_answer.py",
    "replay/arm.py": "tests/replay/run/test_order.py",
    "replay/case.py": "tests/replay/test_results.py",
    "replay/candidate/adapted.py": "tests/replay/candidate/test_prepared.py",
    "replay/candidate/outputs.py": "tests/replay/candidate/test_whole.py",
    "replay/candidate/problems.py": "tests/replay/candidate/test_toml_file.py",
    "replay/candidate/values.py": "tests/replay/candidate/test_toml_file.py",
    "replay/compare/comparison.py": "tests/replay/compare/test_compare.py",
    "replay/report/difference.py": "tests/replay/report/test_view.py",
    "replay/run/answers.py": "tests/replay/test_results.py",
    "replay/run/exchange.py": "tests/replay/run/test_send.py",
    "replay/run/kept.py": "tests/replay/test_results.py",
    "replay/run/loop.py": "tests/replay/test_gate.py",
    "replay/run/question.py": "tests/replay/run/test_send.py",
    "replay/run/reported.py": "tests/replay/test_gate.py",
    "replay/run/rows.py": "tests/replay/test_results.py",
    "replay/sitting.py": "tests/replay/test_gate.py",
    "replay/run/lanes.py": "tests/replay/run/test_driver.py",
    "replay/trajectory/answer.py": "tests/replay/trajectory/test_compare.py",
    "replay/trajectory/playing.py": "tests/replay/trajectory/test_gate.py",
    "replay/trajectory/sitting.py": "tests/replay/trajectory/test_gate.py",
    "replay/trajectory/wanted.py": "tests/replay/trajectory/test_gate.py",
    "replay/select/selected.py": "tests/replay/select/test_choose.py",
    "proxy/settings/problems.py": "tests/proxy/settings/test_load.py",
    "proxy/telemetry/as_otel.py": "tests/proxy/telemetry/test_sender.py",
    "proxy/telemetry/attempts.py": "tests/proxy/telemetry/test_calls.py",
    "proxy/telemetry/evaluated.py": "tests/proxy/telemetry/test_calls.py",
    "proxy/telemetry/failing.py": "tests/proxy/telemetry/test_calls.py",
    "proxy/telemetry/gen_ai.py": "tests/proxy/telemetry/test_calls.py",
    "proxy/telemetry/places.py": "tests/proxy/telemetry/test_calls.py",
    "proxy/telemetry/span.py": "tests/proxy/telemetry/test_calls.py",
}
NOUNS = (
    *("call", "attempt", "dialect", "upstream", "session", "turn", "journal", "history"),
    *("slice", "item", "fingerprint"),
)


def made(**sources: str) -> list[Module]:
    """Modules of a made-up tree; `proxy__a` is the text of proxy/a.py."""
    paths = {Path(*name.split("__")).with_suffix(".py"): text for name, text in sources.items()}
    return [Module(module_name(path), path, text) for path, text in paths.items()]


def long_files(modules: list[Module]) -> dict[str, int]:
    sizes = {str(module.path): len(module.text.splitlines()) for module in modules}
    return {name: size for name, size in sizes.items() if size > FILE_LINES}


def long_functions(modules: list[Module]) -> dict[str, int]:
    sizes: dict[str, int] = {}
    for module in modules:
        for name, size in module.functions():
            where = f"{module.path} {name}"
            sizes[where] = max(size, sizes.get(where, 0))
    return {name: size for name, size in sizes.items() if size > FUNCTION_LINES}


def without_mirror(modules: list[Module], root: Path) -> list[str]:
    sources = [module.path for module in modules if not module.is_package]
    return [str(path) for path in sources if not (root / mirror_of(path)).is_file()]


def test_nothing_imports_upward() -> None:
    assert floor_faults(MODULES, FLOORS) == []


def test_the_floor_guard_sees_an_upward_import() -> None:
    bad = made(
        contracts__a="import driftgate.proxy.record",
        proxy__a="def f():\n    from driftgate.commands import serve",
        replay__a="from driftgate.proxy import gateway",
        replay__b="from driftgate.proxy.history.reader import Reader",
        proxy__gateway="",
    )
    faults = floor_faults(bad, FLOORS)
    assert [fault.split(";")[0] for fault in faults] == [
        "driftgate.contracts.a imports driftgate.proxy.record",
        "driftgate.proxy.a imports driftgate.commands",
        "driftgate.replay.a imports driftgate.proxy.gateway",
    ]


def test_duckdb_is_imported_in_the_history_alone() -> None:
    assert outside_faults(MODULES, "duckdb", "driftgate.proxy.history") == []


def test_the_duckdb_guard_sees_every_form_of_import() -> None:
    bad = made(proxy__a="import duckdb", proxy__b="def f():\n    from duckdb import connect")
    assert len(outside_faults(bad, "duckdb", "driftgate.proxy.history")) == 2
    assert (
        outside_faults(made(proxy__history__a="import duckdb"), "duckdb", "driftgate.proxy") == []
    )


def test_model_servers_are_called_from_one_package_alone() -> None:
    faults = outside_faults(MODULES, "aiohttp", UPSTREAM, AIOHTTP_CLIENT)
    for client in ("httpx", "requests", "urllib.request", "http.client"):
        faults += outside_faults(MODULES, client, UPSTREAM)
    assert [fault for fault in faults if fault.split()[0] not in CALLS_SERVERS] == []


def test_the_client_guard_tells_aiohttps_client_from_its_server() -> None:
    assert (
        outside_faults(made(proxy__a="from aiohttp import web"), "aiohttp", "x", AIOHTTP_CLIENT)
        == []
    )
    bad = made(
        proxy__a="import aiohttp\nasync def f():\n    aiohttp.ClientSession()",
        proxy__b="from aiohttp import ClientSession",
        proxy__c="from aiohttp.client import _RequestContextManager",
    )
    assert len(outside_faults(bad, "aiohttp", UPSTREAM, AIOHTTP_CLIENT)) == 3


def test_no_modules_import_each_other_in_a_circle() -> None:
    assert cycles(our_imports(MODULES)) == []


def test_the_cycle_guard_sees_a_circle_under_type_checking() -> None:
    bad = made(
        proxy__a="from driftgate.proxy import b",
        proxy__b="from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from driftgate.proxy.c import C",
        proxy__c="import driftgate.proxy.a",
    )
    assert cycles(our_imports(bad)) == [
        ["driftgate.proxy.a", "driftgate.proxy.b", "driftgate.proxy.c", "driftgate.proxy.a"]
    ]


def test_every_source_file_has_its_test_file() -> None:
    assert [name for name in without_mirror(MODULES, ROOT) if name not in TESTED_BY] == []
    assert [name for name in TESTED_BY.values() if not (ROOT / name).is_file()] == []


def test_the_mirror_guard_sees_a_missing_test_file(tmp_path: Path) -> None:
    (tmp_path / "tests/proxy").mkdir(parents=True)
    (tmp_path / "tests/proxy/test_a.py").touch()
    assert without_mirror(made(proxy__a="", proxy__b=""), tmp_path) == ["proxy/b.py"]


def test_no_file_or_function_has_grown_long() -> None:
    assert {k: v for k, v in long_files(MODULES).items() if k not in LONG_FILES} == {}
    assert {k: v for k, v in long_functions(MODULES).items() if k not in LONG_FUNCTIONS} == {}


def test_the_length_guard_sees_a_long_file_and_a_long_function() -> None:
    body = "\n".join(f"    x{n} = {n}" for n in range(FUNCTION_LINES))
    bad = made(proxy__a=f"def f():\n{body}\n", proxy__b="\n" * (FILE_LINES + 1))
    assert long_functions(bad) == {"proxy/a.py f": FUNCTION_LINES + 1}
    assert long_files(bad) == {"proxy/b.py": FILE_LINES + 1}


@pytest.mark.parametrize(
    "excused", [LONG_FILES, LONG_FUNCTIONS, TESTED_BY], ids=["files", "functions", "mirrors"]
)
def test_no_exception_outlives_its_cause(excused: dict[str, str]) -> None:
    now = {*long_files(MODULES), *long_functions(MODULES), *without_mirror(MODULES, ROOT)}
    assert [name for name in excused if name not in now] == []


def test_every_folder_with_modules_is_a_listed_package() -> None:
    listed = PYPROJECT["tool"]["setuptools"]["packages"]
    folders = {module_name(module.path.parent / "__init__.py") for module in MODULES}
    assert sorted(listed) == sorted(folders)


def test_every_module_says_what_it_is() -> None:
    assert [module.name for module in MODULES if not _docstring(module)] == []


def test_the_proxys_first_page_defines_the_nouns_and_holds_no_code() -> None:
    first_page = next(module for module in MODULES if module.name == "driftgate.proxy")
    text = _docstring(first_page)
    assert [noun for noun in NOUNS if f"\n    {noun} " not in text] == []
    assert len(first_page.tree.body) == 1


def _docstring(module: Module) -> str:
    first = module.tree.body[0] if module.tree.body else None
    value = getattr(getattr(first, "value", None), "value", "")
    return value if isinstance(value, str) else ""
