"""Contracts from their files."""

import json
import os
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from driftgate.contracts.contract import Contract, Mode
from driftgate.contracts.exchange import Asked
from driftgate.contracts.load import SHIPPED, SIZE_LIMIT, ContractError, load, load_file, load_files
from driftgate.contracts.schema import schema_of
from driftgate.proxy.dialects.meaning import Parameters

NAMES = ["classify", "codegen", "summarize"]


def written(folder: Path, text: str, **schemas: str) -> Path:
    for name, schema in schemas.items():
        (folder / f"{name}.json").write_text(schema, encoding="utf-8")
    path = folder / "c.toml"
    path.write_text(text, encoding="utf-8")
    return path


def fault(path: Path) -> str:
    with pytest.raises(ContractError) as caught:
        load_file(path)
    line = str(caught.value)
    assert "\n" not in line
    return line.replace(f"{path.parent}/", "")


def test_three_contracts_are_shipped_and_only_observe() -> None:
    shipped = load(None)
    assert sorted(contract.name for contract in shipped.contracts) == NAMES
    assert {contract.mode for contract in shipped.contracts} == {Mode.OBSERVE}
    assert all(contract.description for contract in shipped.contracts)


@pytest.mark.parametrize("name", NAMES)
def test_a_shipped_contract_applies_only_to_calls_that_ask_for_it(name: str) -> None:
    shipped = load(None)

    def matched(named: str | None = None, metadata: str | None = None) -> Contract | None:
        return shipped.match(Asked("chat", "/", Parameters(metadata=metadata), named=named))

    assert matched() is None
    assert matched(named=name) is shipped.by_name(name)
    assert matched(metadata=json.dumps({"contract": name})) is shipped.by_name(name)
    assert matched(metadata=json.dumps({"task": name})) is shipped.by_name(name)


GOOD: dict[str, Any] = {
    "summarize": {"title": "Bees", "summary": "They fly.", "points": ["One."]},
    "classify": {"label": "bug", "confidence": 0.9, "reason": "It crashes."},
    "codegen": {"files": [{"path": "src/a.py", "language": "python", "content": "pass\n"}]},
}
BAD: dict[str, list[Any]] = {
    "summarize": [{}, {**GOOD["summarize"], "points": []}, {**GOOD["summarize"], "x": 1}],
    "classify": [{**GOOD["classify"], "confidence": 90}, {**GOOD["classify"], "label": ""}],
    "codegen": [
        {"files": []},
        *[
            {"files": [{"path": path, "language": "python", "content": "x"}]}
            for path in ("/etc/passwd", "../a", "a/../b", "c:\\a", "..")
        ],
    ],
}


@pytest.mark.parametrize("name", NAMES)
def test_a_shipped_schema_tells_good_answers_from_bad_ones(name: str) -> None:
    contract = load(None).by_name(name)
    assert contract is not None
    schema = schema_of(contract.output.schema_text or "")
    assert schema.errors(GOOD[name]) == []
    assert [value for value in BAD[name] if not schema.errors(value)] == []


@pytest.mark.parametrize("name", NAMES)
def test_a_shipped_input_schema_takes_every_dialect(name: str) -> None:
    contract = load(None).by_name(name)
    assert contract is not None
    schema = schema_of(contract.input.schema_text or "")
    bodies: list[dict[str, Any]] = [
        *({"messages": [{}]}, {"input": "x"}, {"input": [{}]}, {"prompt": "x"})
    ]
    for body in bodies:
        assert schema.errors({"model": "m", **body}) == []
    wrongs: list[dict[str, Any]] = [
        *({"model": "m"}, {"messages": [{}]}, {"model": "m", "messages": []})
    ]
    for wrong in wrongs:
        assert schema.errors(wrong) != []


def test_a_folders_contract_replaces_a_shipped_one(tmp_path: Path) -> None:
    written(tmp_path, 'name = "summarize"\nversion = "9"')
    loaded = {each.contract.name: each for each in load_files(tmp_path)}
    assert sorted(loaded) == NAMES
    assert loaded["summarize"].contract.version == "9"
    assert not loaded["summarize"].shipped
    assert loaded["classify"].shipped


def test_a_folder_that_is_absent_is_empty(tmp_path: Path) -> None:
    assert load(tmp_path / "absent").id == load(None).id


def test_other_files_of_the_folder_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "Token.sol").write_text("contract Token {}")
    assert load(tmp_path).id == load(None).id


def test_schema_files_are_part_of_the_contract(tmp_path: Path) -> None:
    text = 'name = "x"\n[input]\nschema = "in.json"\n[output]\nschema = "out.json"'
    loaded = load_file(written(tmp_path, text, **{"in": "true", "out": '{"type": "string"}'}))
    assert loaded.contract.input.schema_ is True
    assert loaded.contract.output.schema_ == {"type": "string"}
    assert [path.name for path in loaded.schemas] == ["in.json", "out.json"]
    inline = 'name = "x"\ninput.schema = true\noutput.schema = {type = "string"}'
    assert load_file(written(tmp_path, inline)).contract.id == loaded.contract.id


def test_schema_files_of_arguments_are_part_of_the_contract(tmp_path: Path) -> None:
    text = 'name = "x"\n[output.tools.arguments]\n"exec_*" = "in.json"\nb = {type = "object"}'
    loaded = load_file(written(tmp_path, text, **{"in": '{"maxProperties": 1}'}))
    arguments = loaded.contract.content()["output"]["tools"]["arguments"]
    assert arguments == {"exec_*": {"maxProperties": 1}, "b": {"type": "object"}}
    assert Contract.of_content(loaded.contract.content()) == loaded.contract
    assert [path.name for path in loaded.schemas] == ["in.json"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('name = "x"\nmod = 1', "c.toml:2: mod: unknown key; did you mean 'mode'?"),
        ('name = "x"\n[a', "c.toml:2: is no TOML"),
        ('name = "x', "c.toml:1: is no TOML"),
        ("", "c.toml:1: name: is missing"),
        (
            'name = "x"\n[output]\n\nforbid = [\n"a",\n"(" ]',
            "c.toml:6: output.forbid[1]: the pattern",
        ),
        (
            'name = "x"\n[[fallback]]\nmodel = "a"\n[[fallback]]\n',
            "c.toml:4: fallback[1]: names no",
        ),
        (
            'name = "x"\n[output.tools]\nnames = []\nrequired = 1',
            "c.toml:4: output.tools.required: is",
        ),
        (
            'name = "x"\n[output]\nschema = {type = "strin"}',
            "c.toml:3: output.schema/type: 'strin'",
        ),
        ('name = "x"\n[output.schema]\ntype = "strin"', "c.toml:3: output.schema/type: 'strin'"),
        ('name = "x"\n[output]\nschema = "absent.json"', "c.toml:3: output.schema: no file"),
        ('name = "x"\n[output]\nschema = "../c.json"', "c.toml:3: output.schema: '../c.json' must"),
        ('name = "x"\n[output]\nschema = "/etc/passwd"', "c.toml:3: output.schema: '/etc/passwd' "),
        ('name = "x"\n[output]\nschema = ""', "c.toml:3: output.schema: '' must be the name"),
        (
            'name = "x"\noutput.schema = {const = 1979-05-27}',
            "c.toml:2: output.schema: is not JSON",
        ),
        (
            'name = "x"\n[output]\nschema = {"$ref" = "https://a.example/s"}',
            "c.toml:3: output.schema/$ref: 'https://a.example/s' leads to the network, which is refused",
        ),
        ('name = "x"\n[output]\nschema = "bad.json"', "bad.json:3: is no JSON"),
        (
            'name = "x"\n[output.tools]\narguments = { a = true, "exec_*" = {type = "strin"} }',
            "c.toml:3: output.tools.arguments.exec_*/type: 'strin'",
        ),
        (
            'name = "x"\n[output.tools.arguments]\na = true\n"exec_*" = 3',
            "c.toml:4: output.tools.arguments.exec_*: expected a table",
        ),
        (
            'name = "x"\n[output.tools.arguments."exec_*"]\n\nproperties.a.type = "strin"',
            "c.toml:4: output.tools.arguments.exec_*/properties/a/type: 'strin'",
        ),
        (
            'name = "x"\n[output.tools.arguments]\n"exec_*" = "absent.json"',
            "c.toml:3: output.tools.arguments.exec_*: no file",
        ),
        (
            'name = "x"\n[output.tools.arguments]\n"exec_*" = "wrong.json"',
            "wrong.json:4: output.tools.arguments.exec_*/properties/x/pattern: the pattern",
        ),
        (
            'name = "x"\n[output.tools]\n\narguments."" = {}',
            "c.toml:4: output.tools.arguments.: '' cannot be; give a length of 1 or more",
        ),
        (
            'name = "x"\n[output]\nschema = "wrong.json"',
            "wrong.json:4: output.schema/properties/x/pattern: the pattern '(' does not compile",
        ),
        ("a = " + "[" * 5000, "c.toml:1: is nested too deeply"),
        ("a = " + "1" * 5000, "c.toml:1: "),
    ],
)
def test_a_fault_names_file_line_and_place(text: str, expected: str, tmp_path: Path) -> None:
    wrong = '{\n "type": "object",\n "properties": {\n  "x": {"pattern": "("}}}'
    path = written(tmp_path, text, bad='{\n "a":\n}', wrong=wrong)
    assert fault(path).startswith(expected)


def test_a_name_is_given_once(tmp_path: Path) -> None:
    written(tmp_path, 'name = "x"')
    (tmp_path / "d.toml").write_text('version = "2"\nname = "x"')
    with pytest.raises(ContractError, match=r"d\.toml:2: name: 'x' is taken by c\.toml; choose"):
        load(tmp_path)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    assert (
        fault(tmp_path / "absent.toml") == "absent.toml: cannot be read: No such file or directory"
    )
    path = tmp_path / "c.toml"
    path.write_bytes(b'name = "x"\n# \xff')
    assert fault(path) == "c.toml:2: is not UTF-8; save it as UTF-8"
    path.write_bytes(b" " * (SIZE_LIMIT + 1))
    assert fault(path).startswith("c.toml: is over 1,000,000 bytes")


def test_a_pipe_in_the_folder_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "c.toml")
    with pytest.raises(ContractError, match=r"c\.toml: is a pipe or a device; "):
        load(tmp_path)


def test_a_byte_order_mark_is_no_fault(tmp_path: Path) -> None:
    path = tmp_path / "c.toml"
    path.write_bytes(b'\xef\xbb\xbfname = "x"')
    assert load_file(path).contract.name == "x"


PIECES = st.sampled_from(
    [
        *("name", "=", '"x"', "\n", "[output]", "[[fallback]]", "schema", "{", "}", "[", "]", ","),
        *("output", ".", "input", '"a.json"', "3", "type", '"("', "forbid", "parameters", "always"),
        *("temperature", "1e999", "nan", "1979-05-27", "'''", '"""', "true", "\x00", "#", "\ufeff"),
    ]
)


@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.binary() | st.lists(PIECES, max_size=30).map(lambda each: " ".join(each).encode()))
def test_any_bytes_are_a_contract_or_a_contract_error(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "c.toml"
    path.write_bytes(data)
    with suppress(ContractError):
        load_file(path)


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.binary() | st.text().map(json.dumps).map(str.encode))
def test_any_bytes_as_a_schema_file_are_a_contract_or_a_contract_error(
    tmp_path: Path, data: bytes
) -> None:
    path = written(tmp_path, 'name = "x"\n[output]\nschema = "s.json"')
    (tmp_path / "s.json").write_bytes(data)
    with suppress(ContractError):
        load_file(path)


def test_the_shipped_files_have_no_others_beside() -> None:
    files = {path.name for path in SHIPPED.iterdir() if path.suffix in (".toml", ".json")}
    expected = {
        f"{name}{end}" for name in NAMES for end in (".toml", ".schema.json", ".input.schema.json")
    }
    assert files == expected
