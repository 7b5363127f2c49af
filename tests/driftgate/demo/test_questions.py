"""What the demo prints at its end. That the SQL runs is shown by commands/test_demo.py."""

import pytest

from driftgate.demo.questions import AGENT_CALL, QUESTIONS, go_on


def test_the_sql_can_be_pasted_into_a_shell() -> None:
    for sql in (*QUESTIONS.values(), AGENT_CALL):
        assert sql.startswith("SELECT ")
        assert not set(sql) & set('"$`\\!')


def test_every_client_is_pointed_at_driftgate() -> None:
    told = go_on(None)
    assert all(name in told for name in ("OPENAI_BASE_URL", "OLLAMA_HOST", "codex", "curl"))
    assert "is kept" not in told
    assert "driftgate demo --keep" in told


def test_the_program_is_named_as_it_can_be_called(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", [".venv/bin/driftgate", "demo"])
    monkeypatch.setenv("PATH", "/nowhere")
    assert "  .venv/bin/driftgate serve " in go_on(None)
    monkeypatch.setattr("sys.argv", ["/somewhere/__main__.py", "demo"])
    assert "  driftgate serve " in go_on(None)


def test_a_kept_history_is_named() -> None:
    assert "driftgate calls --history /some/where.duckdb" in go_on("/some/where.duckdb")
