"""The tools that the demo declares are proper ones."""

from jsonschema import Draft202012Validator

from driftgate.demo.tools import EXEC_COMMAND, WEATHER


def test_the_parameters_are_json_schemas() -> None:
    for tool in (WEATHER, EXEC_COMMAND):
        Draft202012Validator.check_schema(tool["parameters"])
        assert tool["name"]
        assert tool["description"]
