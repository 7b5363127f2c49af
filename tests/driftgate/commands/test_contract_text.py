"""A contract as text."""

import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftgate.commands.contract_text import contract_text
from driftgate.contracts.contract import Contract
from driftgate.contracts.load import load

TEXTS = st.text(st.characters(codec="utf-8"))


@pytest.mark.parametrize("contract", load(None).contracts, ids=lambda each: each.name)
def test_the_text_without_its_schemas_is_the_contract_again(contract: Contract) -> None:
    toml, *schemas = contract_text(contract).split("\n# ")
    content = contract.content()
    for table in ("input", "output"):
        content[table].pop("schema")
    assert tomllib.loads(toml) == content
    assert [schema.partition("\n")[0] for schema in schemas] == ["input.schema", "output.schema"]


def test_a_table_that_states_nothing_but_its_schema_has_no_head() -> None:
    contract = Contract.of_content({"name": "x", "output": {"schema": {"type": "object"}}})
    text = contract_text(contract)
    assert "[output]" not in text
    assert "# output.schema" in text


@given(TEXTS, st.dictionaries(TEXTS, TEXTS))
def test_any_text_is_quoted_as_toml_has_it(description: str, tags: dict[str, str]) -> None:
    content: dict[str, Any] = {
        "name": "x",
        "version": "1",
        "mode": "observe",
        "description": description,
        "applies": {"everything": True, "tags": tags},
        "fallback": [{"model": "a"}, {"upstream": "b"}],
    }
    contract = Contract.of_content(content)
    assert tomllib.loads(contract_text(contract)) == contract.content()
