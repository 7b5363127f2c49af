"""Commands as they are compared."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftgate.replay.trajectory.command import plain, programs, without_places


@pytest.mark.parametrize(
    ("told", "typed"),
    [
        ("/bin/bash -lc 'ls -la'", "ls -la"),
        ('bash -lc "cat a  b"', "cat a b"),
        ("['not', 'a', 'wrapper']", "['not', 'a', 'wrapper']"),
        ("/bin/bash -lc 'open", "/bin/bash -lc 'open"),
        ("ls   -la\n", "ls -la"),
        ("bash script.sh -lc", "bash script.sh -lc"),
        ("/usr/bin/zsh -c 'cd /w/copy-1/src && make'", "cd <workspace>/src && make"),
        ("cat /w/copy-10/x", "cat /w/copy-10/x"),
    ],
)
def test_a_command_is_told_as_a_person_would_type_it(told: str, typed: str) -> None:
    assert plain(told, ["/w/copy-1"]) == typed


def test_a_place_is_known_where_its_name_ends() -> None:
    assert without_places("in /w/a. /w/a/b /w/ab /w/a-b /w/a.py", ["/w/a"]) == (
        "in <workspace>. <workspace>/b /w/ab /w/a-b /w/a.py"
    )
    assert without_places("/w/a/b", ["/w/a", "/w/a/b"]) == "<workspace>"
    assert without_places("see /w/a/x", ["/w/a"], r"C:\new") == r"see C:\new/x"
    assert without_places("nothing", ["", "/"]) == "nothing"


@pytest.mark.parametrize(
    ("command", "names"),
    [
        ("ls", ["ls"]),
        ("cd src && python3 -m pytest -q | tail -5", ["cd", "python3", "tail"]),
        ("A=1 B=2 /usr/bin/env make; echo done", ["make", "echo"]),
        ("for f in *.py; do wc -l $f; done", ["wc"]),
        ("echo 'a && b'", ["echo"]),
        ("echo 'open", ["echo"]),
        ("python3 - <<'EOF' print(x); EOF", ["python3"]),
        ("wc -l <<<text && ls", ["wc", "ls"]),
        ("", []),
    ],
)
def test_the_programs_of_a_command_are_named(command: str, names: list[str]) -> None:
    assert programs(command) == names


@given(st.text(max_size=200), st.lists(st.text(max_size=20), max_size=3))
def test_whatever_a_model_writes_can_be_read(command: str, places: list[str]) -> None:
    told = plain(command, places)
    assert "\n" not in told
    programs(told)
