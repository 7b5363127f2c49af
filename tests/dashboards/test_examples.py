"""Questions that a new user asks first."""

from pathlib import Path

from driftgate.dashboards.examples import EXAMPLES
from driftgate.proxy.history.reader import open_history
from tests.support.processes import ROOT
from tests.support.recorded_calls import small


def test_the_examples_are_the_readmes_and_run(tmp_path: Path) -> None:
    readme = " ".join((ROOT / "README.md").read_text(encoding="utf-8").split())
    questions = [name for name, _ in EXAMPLES if name in readme]
    assert len(questions) == 5
    history = small(tmp_path / "h.duckdb").path
    with open_history(history, drain=False) as reader:
        for name, sql in EXAMPLES:
            reader.ask(sql)
            if name in questions:
                assert " ".join(sql.split()).removeprefix("SELECT call_id, ")[-60:] in readme
