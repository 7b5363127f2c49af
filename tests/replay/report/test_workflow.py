"""The example workflow says what the program does. Read by simple means: there is no YAML parser here."""

import re
import shlex

import pytest

from tests.support import make_docs
from tests.support.processes import ROOT

TEXT = (ROOT / "docs" / "gate-workflow.yml").read_text(encoding="utf-8")
LINES = re.findall(r"^\s*(?:run: )?(driftgate .*)$", TEXT, re.MULTILINE)


def test_it_is_indented_by_spaces_and_every_key_ends_its_level() -> None:
    levels = [0]
    for line in TEXT.splitlines():
        body = line.split("#")[0].rstrip()
        if not body:
            continue
        indent = len(body) - len(body.lstrip(" "))
        assert "\t" not in line
        assert indent % 2 == 0
        assert indent <= levels[-1] + 4
        levels.append(indent)
    assert next(line for line in TEXT.splitlines() if re.match(r"\w+:", line)) == "name: driftgate"


def test_it_gates_writes_the_summary_and_keeps_html_and_junit() -> None:
    assert [line.split()[1] for line in LINES] == ["gate", "replay", "replay", "replay"]
    assert '--format markdown >> "$GITHUB_STEP_SUMMARY"' in TEXT
    assert "--format html --output gate.html" in TEXT
    assert "--format junit --inconclusive failure --output gate.xml" in TEXT
    assert "self-hosted" in TEXT
    assert re.search(r"path: \|\n\s+gate\.html\n\s+gate\.xml\n", TEXT)
    assert "continue-on-error" not in TEXT


@pytest.mark.parametrize("line", LINES)
def test_every_command_in_it_exists_with_its_options(line: str) -> None:
    words = shlex.split(line.split(">>", maxsplit=1)[0])[1:]
    name = " ".join(words[:2]) if words[0] == "replay" else words[0]
    assert name in make_docs.command_names()
    parameters = make_docs.command_parameters(name)
    known = {each for parameter in parameters for each in parameter.opts}
    assert {word for word in words if re.match(r"--?[a-z]", word)} <= known
