"""A context that was cut is found; ordinary prompts of every kind give no alarm."""

import base64
import json
from pathlib import Path
from time import perf_counter
from typing import Any

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from driftgate.contracts.builtin import context
from driftgate.contracts.builtin.context import (
    context_findings,
    estimated_tokens,
    tokens_at_least,
    tools_findings,
)
from driftgate.contracts.exchange import Asked
from driftgate.contracts.verdict import Severity
from driftgate.proxy.dialects.meaning import Item, Usage
from driftgate.proxy.judging import asked_from
from driftgate.sim import responses
from driftgate.sim.ask import Ask, Message
from driftgate.sim.faults import Fault
from driftgate.sim.generation import fitted
from driftgate.sim.prompt import render
from driftgate.sim.reading import heard_tools
from driftgate.sim.tokens import count, pieces
from tests.contracts.exchanges import asked, told
from tests.support.processes import ROOT

PROSE = (
    "A local model answers with a missing field, and its status is 200. The gate looks at what was "
    "asked, counts the words of it, and compares them with what the server says it has read. "
) * 200
README = (ROOT / "README.md").read_text(encoding="utf-8") * 3
CODE = Path(__file__).read_text(encoding="utf-8") * 6
MINIFIED = json.dumps([{"id": n, "name": f"user{n}", "ok": True} for n in range(2000)], separators=(",", ":"))  # fmt: skip
CHINESE = (
    "本地模型的回答缺少一个字段\uff0c状态却是二百\u3002网关检查请求的内容\uff0c并与服务器报告的数字比较\u3002"
    * 200
)
HINDI = "स्थानीय मॉडल उत्तर देता है और उसकी स्थिति ठीक है। " * 300
HTML = "<table><tr><td>one</td><td>two</td></tr></table><br/>" * 300

# (text, the fewest characters that a token of any usual tokenizer has here on average)
ORDINARY = {
    "prose": (PROSE, 5.0),
    "code": (CODE, 5.0),
    "deep indentation": ("\n".join(" " * 120 + f"value_{n} = {n}" for n in range(800)), 16.0),
    "rules": (("=" * 400 + "\n" + "-" * 400 + "\n") * 50, 100.0),
    "base64": (base64.b64encode(bytes(range(256)) * 60).decode(), 2.0),
    "one letter": ("A" * 30_000, 64.0),
    "minified": (MINIFIED, 3.5),
    "chinese": (CHINESE, 2.2),
    "hindi": (HINDI, 5.0),
    "html": (HTML, 4.4),
    "emoji": ("😀" * 3_000, 4.0),
    "numbers": (" ".join(str(n) for n in range(100, 6000)), 3.9),
    "camel case": ("getUserNameFromDatabaseConnection " * 500, 7.0),
}


@pytest.mark.parametrize("name", ORDINARY)
def test_ordinary_prompts_give_no_alarm(name: str) -> None:
    text, characters = ORDINARY[name]
    usage = Usage(input_tokens=int(len(text) / characters))
    assert context_findings(asked(prompt=text), usage) == []


# What GPT-4, Llama 3 and Qwen split a text into before they merge: each piece is a token or more.
# https://github.com/openai/tiktoken/blob/main/tiktoken_ext/openai_public.py (cl100k_base)
GPT = regex.compile(
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
ALPHABET = st.sampled_from([*"aZ09 \n\r\t_-=./<>|'\"(){},:é字", "ह्", "ab", "  ", "</td>", "don't"])


@given(st.lists(ALPHABET).map("".join) | st.text(st.characters(categories=["L", "N", "Z"])))
def test_the_bound_is_below_the_pieces_that_tokenizers_merge_within(text: str) -> None:
    assert tokens_at_least(text) <= len(GPT.findall(text))


@pytest.mark.parametrize("text", [PROSE, CODE], ids=["prose", "code"])
def test_the_bound_is_near_the_pieces(text: str) -> None:
    assert tokens_at_least(text) >= 0.8 * len(GPT.findall(text))


@pytest.mark.parametrize(
    ("text", "share"),
    [(PROSE, 2.0), (CODE, 2.5), (MINIFIED, 4.0)],
    ids=["prose", "code", "minified"],
)
def test_a_part_of_a_prompt_read_is_a_cut_context(text: str, share: float) -> None:
    usage = Usage(input_tokens=int(count(text) / share))
    assert told(context_findings(asked(prompt=text), usage)) == [("context_cut", "input")]


@pytest.mark.parametrize("text", [PROSE, README], ids=["prose", "readme"])
@pytest.mark.parametrize("context", [512, 2048])
def test_the_simulated_silent_cut_is_found_at_twice_the_context(context: int, text: str) -> None:
    words = "".join(pieces(text)[: 2 * context])
    half = len(words) // 2
    messages = (Message("system", words[:half]), Message("user", words[half:]))
    _, _, tokens = fitted(Ask("m", messages), context, Fault("silent_context_cut"))
    items = tuple(Item(0, 0, "message", m.role, m.text) for m in messages)
    found = context_findings(asked(items=items), Usage(tokens))
    assert told(found) == [("context_cut", "input")]


@pytest.mark.parametrize(
    "usage", [Usage(), Usage(input_tokens=0), Usage(input_tokens=200, cached_tokens=7000)]
)
def test_unknown_and_separately_cached_tokens_are_no_cut(usage: Usage) -> None:
    assert context_findings(asked(prompt=PROSE), usage) == []


def test_reasoning_that_templates_leave_out_is_not_counted() -> None:
    items = (Item(0, 0, "reasoning", "assistant", PROSE), Item(0, 0, "message", "user", "Hi"))
    assert context_findings(asked(items=items), Usage(input_tokens=20)) == []


@pytest.mark.parametrize(
    ("text", "least", "most"), [(PROSE, 4.0, 5.5), (CODE, 2.5, 4.5), (CHINESE, 1.0, 2.0)]
)
def test_the_estimate_has_a_usual_number_of_characters_a_token(
    text: str, least: float, most: float
) -> None:
    made = estimated_tokens([Item(0, 0, "message", "user", text)])
    assert least <= len(text) / made <= most


def test_a_captured_codex_prompt_is_not_taken_for_cut(shared: Path) -> None:
    for path in sorted((shared / "captures/codex-0.169").glob("*.json")):
        for text in _texts(json.loads(path.read_text(encoding="utf-8"))):
            usage = Usage(input_tokens=int(len(text) / 5))
            assert context_findings(asked(prompt=text), usage) == []


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value] if len(value) > 2_000 else []
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [text for each in inner for text in _texts(each)]


def test_a_request_of_many_megabytes_is_looked_at_up_to_a_limit() -> None:
    items = tuple(Item(0, 0, "message", "user", "a b c d e " * 100_000) for _ in range(60))
    began = perf_counter()
    assert told(context_findings(asked(items=items), Usage(input_tokens=10))) != []
    assert perf_counter() - began < 5


def _codex(shared: Path, *, minimal: bool) -> list[Asked]:
    """Codex's captured requests that have tools."""
    found = []
    for path in sorted((shared / "captures/codex-0.169").glob("*.[0-9]*.json")):
        sent = json.loads(path.read_text(encoding="utf-8"))["request"]
        if path.name.startswith("minimal_config") is minimal and isinstance(sent["body"], dict):
            body = json.dumps(sent["body"]).encode()
            made, _ = asked_from("responses", "/v1/responses", [], body)
            if made.tools and sum(len(item.text) for item in made.items) > (
                0 if minimal else 15_000
            ):
                found.append(made)
    return found


@pytest.mark.parametrize("read", [4_096, 4_095, 3_980])
def test_a_codex_prompt_cut_to_the_default_context_of_ollama_is_found(
    shared: Path, read: int
) -> None:
    requests = _codex(shared, minimal=False)
    found = [told(context_findings(request, Usage(read))) for request in requests]
    assert len(found) > 30
    assert found == [[("context_cut", "input")]] * len(found)


def test_codex_prompts_that_were_read_whole_are_no_cut(shared: Path) -> None:
    for request in [*_codex(shared, minimal=False), *_codex(shared, minimal=True)]:
        items = sum(len(item.text) for item in request.items)
        whole, without_tools = (items + len(request.tools)) // 5, int(items / 4.5) + 20
        for read in (whole, without_tools):
            assert context_findings(request, Usage(read)) == []


def test_a_window_of_the_request_counts_and_one_that_holds_the_prompt_does_not() -> None:
    text = PROSE[: len(PROSE) // 3]
    least = tokens_at_least(text)
    request = asked(prompt=text, num_ctx=least - 10)
    assert told(context_findings(request, Usage(least - 20))) == [("context_cut", "input")]
    assert context_findings(asked(prompt=text), Usage(least - 20)) == []
    assert context_findings(asked(prompt=text, num_ctx=least), Usage(least)) == []


def test_tools_that_may_not_be_called_are_not_counted() -> None:
    tools = [{"type": "function", "name": "run", "description": PROSE}]
    assert context_findings(asked(tools=tools), Usage(2_048)) != []
    assert context_findings(asked(tools=tools, tool_choice="none"), Usage(2_048)) == []


def test_nothing_is_counted_where_the_ratio_is_ordinary(monkeypatch: pytest.MonkeyPatch) -> None:
    def counted(_: str) -> int:
        pytest.fail("tokens were counted")

    monkeypatch.setattr(context, "tokens_at_least", counted)
    tools = [{"type": "function", "name": "run", "description": PROSE}]
    request = asked(prompt=PROSE, tools=tools)
    assert context_findings(request, Usage(2 * len(PROSE) // 4)) == []


DESCRIBED = {"name": "run", "description": PROSE[:900], "parameters": {"type": "object"}}
CUSTOM = {**DESCRIBED, "type": "custom"}
FUNCTION = {**DESCRIBED, "type": "function"}
SPACE = {"type": "namespace", "name": "files", "tools": [FUNCTION]}


@pytest.mark.parametrize("tool", [CUSTOM, SPACE])
def test_tools_that_the_server_drops_are_found(tool: dict[str, Any]) -> None:
    body = {"input": PROSE[:1_000], "tools": [tool]}
    request, _ = asked_from("responses", "/v1/responses", [], json.dumps(body).encode())
    heard = count(render(responses.read(heard_tools(body))))
    [found] = tools_findings(request, Usage(heard))
    assert (found.keyword, found.severity) == ("constraint_dropped", Severity.WARNING)
    assert found.path == "parameters/tools"
    whole = count(render(responses.read(body)))
    assert tools_findings(request, Usage(whole)) == []


def test_functions_with_long_descriptions_that_were_read_are_no_finding() -> None:
    body = {"input": PROSE[:300], "tools": [FUNCTION]}
    request, _ = asked_from("responses", "/v1/responses", [], json.dumps(body).encode())
    assert tools_findings(request, Usage(count(render(responses.read(body))))) == []


@pytest.mark.parametrize(
    ("tools", "more"),
    [
        ([], {}),
        ([{**FUNCTION, "description": "Runs a command"}], {}),
        ([{"type": "web_search"}], {}),
        ([FUNCTION], {"tool_choice": "none"}),
    ],
    ids=["none", "too small to be seen", "hosted", "may not be called"],
)
def test_tools_that_cannot_be_missed_in_the_count_are_no_finding(
    tools: list[dict[str, Any]], more: dict[str, Any]
) -> None:
    read = tokens_at_least(PROSE[:1_000])
    request = asked(prompt=PROSE[:1_000], tools=tools, **more)
    assert tools_findings(request, Usage(read)) == []


def test_codexs_tools_that_were_read_are_no_finding_and_few_of_them_are_one(shared: Path) -> None:
    for request in _codex(shared, minimal=False):
        items = sum(len(item.text) for item in request.items)
        assert tools_findings(request, Usage((items + len(request.tools)) // 5)) == []
        assert tools_findings(request, Usage(items // 5)) != []
