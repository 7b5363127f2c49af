"""What the demo prints at its end. That the SQL runs is shown by commands/test_demo.py."""

from driftgate.demo.questions import AGENT_CALL, QUESTIONS, go_on


def test_the_sql_can_be_pasted_into_a_shell() -> None:
    for sql in (*QUESTIONS.values(), AGENT_CALL):
        assert sql.startswith("SELECT ")
        assert not set(sql) & set('"$`\\!')


def test_every_client_is_pointed_at_driftgate() -> None:
    told = go_on(None)
    assert all(name in told for name in ("OPENAI_BASE_URL", "OLLAMA_HOST", "codex", "curl"))
    assert "is kept" not in told


def test_a_kept_history_is_named() -> None:
    assert "driftgate calls --history /some/where.duckdb" in go_on("/some/where.duckdb")
