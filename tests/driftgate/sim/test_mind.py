"""What is answered: small tasks, tools, seeds, and how the versions differ."""

import json
from typing import Any

from driftgate.sim.ask import Ask, Message, Reply, Tool
from driftgate.sim.mind import answer, dice_for
from driftgate.sim.versions import VERSIONS

V1, V2, Q8 = (VERSIONS[f"gemma4-sim:{name}"] for name in ("v1", "v2", "v1-q8"))
EXEC = Tool(
    "exec_command",
    "Runs a command in a PTY.",
    {
        "type": "object",
        "properties": {"cmd": {"type": "string"}, "tty": {"type": "boolean"}},
        "required": ["cmd"],
    },
)
TICKETS = [
    f"Support message: {text} number {n}.\nReturn the label and confidence as JSON."
    for n in range(100)
    for text in ("Please refund the charge", "The app shows an error", "How is the office")
]


def reply(prompt: str, *, version: Any = V1, seed: int = 0, system: str = "", **more: Any) -> Reply:
    messages = (Message("system", system), Message("user", prompt))
    ask = Ask(messages=messages, **more)
    return answer(ask, version, dice_for(ask, version, seed))


def test_temperature_zero_is_the_same_for_every_seed() -> None:
    texts = {reply("What is rain?", temperature=0, seed=seed).text for seed in range(20)}
    assert len(texts) == 1


def test_temperature_varies_the_wording_by_seed_and_repeats_it() -> None:
    once = [reply("What is rain?", seed=seed).text for seed in range(20)]
    again = [reply("What is rain?", seed=seed).text for seed in range(20)]
    assert once == again
    assert len(set(once)) > 1


def test_the_successor_capitalises_labels_and_drops_confidence_now_and_then() -> None:
    made = {v.name: [json.loads(reply(t, version=v).text) for t in TICKETS] for v in (V1, V2)}
    shares = {
        name: (
            sum(a["label"][0].isupper() for a in answers) / len(answers),
            sum("confidence" not in a for a in answers) / len(answers),
        )
        for name, answers in made.items()
    }
    assert shares[V1.name] == (0, 0)
    assert 0.05 < shares[V2.name][0] < 0.2
    assert 0.01 < shares[V2.name][1] < 0.1


def test_the_quantized_copy_says_mostly_the_same() -> None:
    prompts = [f"What is the capital of Norway, asked {n} times?" for n in range(200)]
    same = sum(reply(p).text == reply(p, version=Q8).text for p in prompts) / len(prompts)
    assert 0.75 < same < 0.97


def test_a_schema_binds_the_successor_too() -> None:
    schema = {
        "type": "object",
        "properties": {
            "label": {"enum": ["billing", "bug", "account", "feature", "shipping", "other"]},
            "confidence": {"type": "number", "minimum": 0, "maximum": 1},
        },
        "required": ["label", "confidence"],
    }
    for ticket in TICKETS:
        made = json.loads(reply(ticket, version=V2, schema=schema).text)
        assert made["label"].islower()
        assert 0 <= made["confidence"] <= 1


def test_json_object_is_always_an_object() -> None:
    assert isinstance(json.loads(reply("hello", json_object=True).text), dict)


def test_a_command_is_run_through_codex_then_told() -> None:
    first = reply("run: echo hi", tools=(EXEC,))
    assert first.text == ""
    assert [(c.name, c.arguments) for c in first.calls] == [("exec_command", '{"cmd": "echo hi"}')]
    result = "Chunk ID: 0b1ed9\nWall time: 0.4 seconds\nProcess exited with code 0\nOutput:\nhi\n"
    messages = (
        Message("user", "run: echo hi"),
        Message("assistant", calls=first.calls),
        Message("tool", result),
    )
    ask = Ask(messages=messages, tools=(EXEC,))
    assert answer(ask, V1, dice_for(ask, V1, 0)) == Reply("The tool says: hi")
