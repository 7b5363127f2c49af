"""A candidate's file: what it may say, and one line with file, line and key for what it may not."""

import os
from pathlib import Path

import pytest

from driftgate.proxy.errors import UsageError
from driftgate.replay.candidate.config import Configuration
from driftgate.replay.candidate.toml_file import read
from tests.replay.candidate.recorded import written

CONTRACT = 'name = "brief"\nversion = "1"\nmode = "observe"\n'


def refused(folder: Path, text: str) -> str:
    with pytest.raises(UsageError) as caught:
        read(written(folder, text))
    told = str(caught.value)
    assert "\n" not in told
    return told.replace(str(folder) + "/", "")


def test_one_line_is_enough(tmp_path: Path) -> None:
    found = read(written(tmp_path, 'upstream = "http://127.0.0.1:8081/v1/"'))
    assert found == Configuration(upstream="http://127.0.0.1:8081/v1")
    assert (found.k, found.concurrency, found.retries) == (2, 4, 2)


def test_an_empty_file_says_that_all_is_as_recorded(tmp_path: Path) -> None:
    assert read(written(tmp_path, "")) == Configuration()
    assert read(written(tmp_path, "\ufeff# nothing\n")) == Configuration()


def test_everything_can_be_said_in_one_file(tmp_path: Path) -> None:
    written(tmp_path, "Be brief. {recorded}\n", "system.txt")
    written(tmp_path, '[{"type": "function", "name": "look"}]', "tools.json")
    written(tmp_path, '[{"op": "add", "path": "/x", "value": null}]', "patch.json")
    (tmp_path / "contracts").mkdir()
    text = """
        upstream = "https://localhost"
        model = "gemma4:new"
        unset = ["seed"]
        system = { file = "system.txt" }
        tools = { file = "tools.json", drop = ["web_search"] }
        patch = { file = "patch.json" }
        adapt = "responses-to-chat"
        adapt_format = true
        adapt_tools = "flatten"
        contracts = "contracts"
        concurrency = 8
        k = 3
        retries = 0
        api_key_env = "MY_KEY"
        fresh = ["ids", "dates"]
        connect_timeout_s = 1
        first_byte_timeout_s = 2.5
        idle_timeout_s = 3
        verify_tls = false
        [set]
        temperature = 0.5
        stop = ["a", "b"]
        [headers_env]
        X-Api-Key = "OTHER_KEY"
    """
    found = read(written(tmp_path, text))
    assert found.system == "Be brief. {recorded}"
    assert found.tools is not None
    assert found.tools.replace == ({"type": "function", "name": "look"},)
    assert found.patch == ({"op": "add", "path": "/x", "value": None},)
    assert found.set == {"temperature": 0.5, "stop": ("a", "b")}
    assert found.contracts == tmp_path / "contracts"
    assert found.model_fields_set == set(Configuration.model_fields)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('\nupstrem = "x"', "candidate.toml:2: upstrem: unknown key; did you mean 'upstream'?"),
        ("k = 0\nzzzz = 1", "candidate.toml:2: zzzz: unknown key; known: upstream, model, set"),
        ("zzz = 1", "candidate.toml:1: zzz: unknown key; known: upstream, model, set"),
        ("[set]\ntemperatur = 1", "candidate.toml:2: set.temperatur: unknown parameter"),
        ('[set]\ntop_k = "1"', "candidate.toml:2: set.top_k: top_k must be a whole number, is '1'"),
        ("[set]\ntemperature = nan", "candidate.toml:2: set.temperature: is a number that JSON"),
        ("[set]\nmin_p = -inf", "candidate.toml:2: set.min_p: is a number that JSON"),
        ('unset = [\n"seed",\n"sed"]', "candidate.toml:3: unset[1]: unknown parameter 'sed'; did"),
        ('unset = ["zzzzzz"]', "candidate.toml:1: unset[0]: unknown parameter 'zzzzzz'; give one"),
        ('unset = "seed"', "candidate.toml:1: unset: 'seed' cannot be; give a list"),
        ('set = {seed = 1}\nunset = ["seed"]', "candidate.toml: seed is both in `set` and in"),
        ('k = "2"', "candidate.toml:1: k: '2' cannot be; give a whole number"),
        ("k = 0", "candidate.toml:1: k: 0 cannot be; give 1 or more"),
        ("concurrency = 9999", "candidate.toml:1: concurrency: 9999 cannot be; give at most 1024"),
        ("verify_tls = 1", "candidate.toml:1: verify_tls: 1 cannot be; give true or false"),
        ("model = ''", "candidate.toml:1: model: '' cannot be; give a length of 1 or more"),
        ("idle_timeout_s = 0", "candidate.toml:1: idle_timeout_s: 0 cannot be; give more than 0"),
        ('adapt = "x"', "candidate.toml:1: adapt: 'x' is unknown; give one of responses-to-chat"),
        ('fresh = ["id"]', "candidate.toml:1: fresh[0]: unknown volatile part 'id'; did you mean"),
        ('upstream = "ftp://x"', "candidate.toml:1: upstream: expected an address such as http"),
        ('patch = [{op = "add"}]', "candidate.toml:1: patch[0]: Operation must have a 'path'"),
        ('[[patch]]\nop = "adx"\npath = "/a"', "candidate.toml:1: patch[0]: Unknown operation"),
        ('patch = [{op = "remove", path = 1}]', "candidate.toml:1: patch[0]: "),
        ('patch = [{op = "remove", path = "a"}]', "candidate.toml:1: patch[0]: "),
        ('patch = [{op = "move", from = "b", path = "/a"}]', "candidate.toml:1: patch[0]: "),
        ("patch = [3]", "candidate.toml:1: patch[0]: is 3; give a table"),
        (
            'patch = [{op = "add", path = "/a", value = 1979-05-27}]',
            "candidate.toml:1: patch[0]: is not JSON",
        ),
        (
            '[patch]\nfile = "p.json"\nmore = 1',
            "candidate.toml:3: patch.more: unknown key; known: file",
        ),
        ('system = {fil = "x"}', "candidate.toml:1: system.fil: unknown key; did you mean 'file'?"),
        ("system = {}", "candidate.toml:1: system.file: null cannot be; give the name of a file"),
        ('system = {file = "no.txt"}', "candidate.toml:1: system.file: no file 'no.txt' there"),
        ("system = 3", "candidate.toml:1: system: 3 cannot be; give a text"),
        ("[tools]\nonly = 1", "candidate.toml:2: tools.only: unknown key; known: replace, drop"),
        ("tools = {drop = [1]}", "candidate.toml:1: tools.drop[0]: 1 cannot be; give a text"),
        ('contracts = "no"', "candidate.toml:1: contracts: no folder 'no' there; make it"),
        ('contracts = ""', "candidate.toml:1: contracts: no folder '' there; make it"),
        (
            '[tools]\nfile = "x.json"\nreplace = []',
            "candidate.toml:3: tools.replace: is in `file` already; leave one of both out",
        ),
        ("headers_env = {Host = 'X'}", "candidate.toml:1: headers_env.Host: Host is set by"),
        ("headers_env = {'a b' = 'X'}", "candidate.toml:1: headers_env.a b: 'a b' is no name"),
        ("a = [", "candidate.toml:1: is no TOML: "),
        ("a = 1\na = 2", "candidate.toml:2: is no TOML: "),
        ("d = 2020-99-99", "candidate.toml:1: is no TOML: "),
        ("a = " + "[" * 5000, "candidate.toml:1: is nested too deeply; make it flatter"),
    ],
)
def test_what_cannot_be_is_told_with_its_line(tmp_path: Path, text: str, told: str) -> None:
    assert refused(tmp_path, text).startswith(told)


@pytest.mark.parametrize(
    "text", ["api_key_env = 'sk-s3cret'", "headers_env = {X-Key = 'sk-s3cret'}", "api_key_env = 3"]
)
def test_a_secret_in_the_place_of_a_variables_name_is_not_repeated(
    tmp_path: Path, text: str
) -> None:
    assert "s3cret" not in refused(tmp_path, text)


def test_a_password_in_the_address_is_not_repeated(tmp_path: Path) -> None:
    told = refused(tmp_path, 'upstream = "http://me:s3cret@host"')
    assert "s3cret" not in told
    assert "without name and password" in told


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("tools", '[\n{"type": "function"},\n3]', "x.json:3: tools[1]: is 3; give an object"),
        ("tools", "{}", "x.json:1: tools: give an array, [...]"),
        ("tools", "[\n1,,]", "x.json:2: is no JSON: "),
        ("patch", '[\n\n{"op": "adx", "path": ""}]', "x.json:3: patch[0]: Unknown operation"),
        ("patch", "[" * 100_000, "x.json:1: is nested too deeply"),
        ("patch", "[" + "1" * 5000 + "]", "x.json:1: is no JSON: "),
    ],
)
def test_what_is_wrong_in_a_named_file_is_told_with_its_line_there(
    tmp_path: Path, name: str, text: str, told: str
) -> None:
    written(tmp_path, text, "x.json")
    assert refused(tmp_path, f'{name} = {{ file = "x.json" }}').startswith(told)


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    for path, told in [
        (tmp_path / "no.toml", "cannot be read: No such file or directory"),
        (tmp_path, "cannot be read: Is a directory"),
        (Path("a\0b"), "cannot be read"),
    ]:
        with pytest.raises(UsageError, match=told):
            read(path)


def test_a_file_that_is_not_utf8_is_told_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "candidate.toml"
    path.write_bytes(b'# ok\nmodel = "\xff"')
    with pytest.raises(UsageError, match=r"candidate.toml:2: is not UTF-8; save it as UTF-8"):
        read(path)


def test_a_file_of_gigabytes_is_not_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "candidate.toml"
    with path.open("wb") as file:
        os.truncate(file.fileno(), 1 << 33)
    with pytest.raises(UsageError, match="is over"):
        read(path)


def test_a_broken_contract_is_told_before_the_run(tmp_path: Path) -> None:
    (tmp_path / "contracts").mkdir()
    written(tmp_path / "contracts", "name = 3", "a.toml")
    assert refused(tmp_path, 'contracts = "contracts"').startswith("contracts/a.toml:1: name")
