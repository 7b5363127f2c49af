"""Files that cannot be read as TOML: one line each, and never a traceback."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from driftgate.proxy.errors import UsageError
from driftgate.replay.decide.policy import Policy
from driftgate.replay.decide.policy_file import SIZE_LIMIT, read


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"a = 1\nb = [", ":2: is no TOML: "),
        (b"a = 1\n\xff", ":2: is not UTF-8; save it as UTF-8"),
        (b"a = " + b"[" * 5000, ":1: is nested too deeply; make it flatter"),
        (b"alpha = " + b"9" * 5000, ":1: is no TOML: "),
        (b"#" * (SIZE_LIMIT + 1), ": is over 1,000,000 bytes; make it smaller"),
        (b"'\\u0007\nx' = 1", ":1: "),
    ],
)
def test_what_is_no_toml_is_told(data: bytes, told: str, tmp_path: Path) -> None:
    path = tmp_path / "gate.toml"
    path.write_bytes(data)
    with pytest.raises(UsageError) as caught:
        read(path, Policy)
    assert str(caught.value).startswith(f"{path}{told}")


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read: No such file"):
        read(tmp_path / "none.toml", Policy)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(
    value=st.recursive(
        st.one_of(st.text(max_size=5), st.integers(), st.floats(), st.booleans()),
        lambda below: st.lists(below, max_size=3),
        max_leaves=4,
    ),
    key=st.sampled_from(["margins", "alarms", "slices", "ignore", "alpha", "pairs", "x"]),
)
def test_any_value_gives_a_policy_or_one_line(value: object, key: str, tmp_path: Path) -> None:
    path = tmp_path / "gate.toml"
    text = repr(value).lower() if not isinstance(value, str) else repr(value)
    path.write_text(f"{key} = {text}\n[slices.x]\n", encoding="utf-8", errors="ignore")
    with pytest.raises(UsageError) as caught:
        read(path, Policy)
    assert "\n" not in str(caught.value)
