"""Which parameters took effect, as far as that is known."""

from typing import Any

from driftgate.dashboards.call.took_effect import Effect, Known, Parameter, took_effect
from driftgate.proxy.dialects.meaning import Answer, Parameters, ToolCall, Usage

ROW = {"fallback": None, "verdict": "pass"}


def rows(sent: Parameters, answer: Answer | None = None, **given: Any) -> dict[str, Parameter]:
    said = answer or Answer(text="yes", complete=True)
    known = Known(given.pop("row", ROW), sent, said, **given)
    return {each.name: each for each in took_effect(known)}


def effect(name: str, sent: Parameters, answer: Answer | None = None, **given: Any) -> Effect:
    return rows(sent, answer, **given)[name].effect


def dropped(name: str, severity: str = "error") -> dict[str, Any]:
    told = {"path": f"parameters/{name}", "keyword": "constraint_dropped", "reason": "it was not"}
    return {**told, "severity": severity, "source": "request"}


def test_what_a_check_found_dropped_is_not_in_effect_and_says_why() -> None:
    found = rows(Parameters(seed=3), violations=[dropped("seed", "warning")])["seed"]
    assert (found.effect, found.why) == (Effect.NOT, "it was not")


def test_what_was_mended_says_so() -> None:
    found = rows(
        Parameters(response_format="json_object"),
        violations=[dropped("response_format", "repaired")],
    )
    assert "mended" in found["response_format"].why


def test_what_the_backend_names_is_in_effect_if_it_is_the_same() -> None:
    assert (
        effect("temperature", Parameters(temperature=0.7), told={"temperature": 0.69999999})
        is Effect.IN_EFFECT
    )
    assert (
        effect("temperature", Parameters(temperature=0.7), told={"temperature": 1.0}) is Effect.NOT
    )
    assert effect("temperature", Parameters(temperature=0.7)) is Effect.UNTOLD


def test_another_model_than_asked_for_is_not_in_effect() -> None:
    def by(model: str, asked: str = "org/gemma4") -> Effect:
        return effect(
            "model", Parameters(model=asked), Answer(text="x", complete=True, model=model)
        )

    assert by("gemma4:latest") is Effect.IN_EFFECT
    assert by("gemma4-2026-01-01") is Effect.IN_EFFECT
    assert by("/m/Gemma4.gguf") is Effect.IN_EFFECT
    assert by("qwen3") is Effect.NOT
    assert effect("model", Parameters(model="a"), row={**ROW, "fallback": "second/b"}) is Effect.NOT


def test_a_call_without_an_answer_tells_nothing() -> None:
    sent = Parameters(model="m", max_tokens=5)
    assert {each.effect for each in rows(sent, Answer()).values()} == {Effect.UNTOLD}


def test_the_answer_itself_shows_what_it_keeps() -> None:
    sent = Parameters(
        stream=True, max_tokens=50, stop=("END",), tool_choice="auto", tool_names=("box.look",)
    )
    said = Answer(
        text="x", complete=True, events=4, usage=Usage(10, 5), tool_calls=(ToolCall("look", "{}"),)
    )
    assert {each.effect for each in rows(sent, said).values()} == {Effect.IN_EFFECT}


def test_what_was_asked_and_not_kept_is_not_in_effect() -> None:
    said = Answer(text="x", complete=True, reasoning="hm", usage=Usage(10, 500))
    sent = Parameters(stream=True, max_tokens=50, reasoning_effort="none", num_ctx=8_192)
    found = rows(sent, said, facts={"n_ctx": 4_096})
    names = ("stream", "max_tokens", "reasoning_effort", "num_ctx")
    assert {found[name].effect for name in names} == {Effect.NOT}


def test_a_context_that_was_cut_is_told() -> None:
    cut = {
        "path": "input",
        "keyword": "context_cut",
        "reason": "it was cut",
        "severity": "error",
        "source": "x",
    }
    said = Answer(text="x", complete=True, usage=Usage(4_096, 5))
    assert effect("the whole prompt", Parameters(), said, violations=[cut]) is Effect.NOT
    told = rows(Parameters(), said, facts={"n_ctx": 8_192})["the whole prompt"]
    assert (told.effect, told.why) == (
        Effect.IN_EFFECT,
        "4,096 tokens were read of a context of 8,192",
    )


def test_the_servers_own_sampling_is_told_where_none_was_sent() -> None:
    found = rows(Parameters(), facts={"sampling": {"temperature": 0.8}})["temperature"]
    assert (found.effect, found.sent) == (Effect.UNSENT, None)
    assert "0.8" in found.why


def test_what_adapting_left_out_or_changed_is_told() -> None:
    sent = Parameters(seed=1, temperature=0.1)
    found = rows(sent, adapted=Parameters(temperature=0.2))
    assert found["seed"].effect is Effect.NOT
    assert "driftgate changed it" in found["temperature"].why


def test_hostile_values_are_shown_as_they_are() -> None:
    sent = Parameters(model="<b>", stop=("<i>",), tool_choice="{{7*7}}", num_ctx=-5, max_tokens=-1)
    said = Answer(text="x", complete=True, usage=Usage(1, 1), model="'\"><script>")
    rows(
        sent,
        said,
        told={"stop": {"name": 1}, "tool_choice": {"type": []}},
        facts={"n_ctx": "many", "sampling": 3},
    )


def test_the_servers_own_numbers_come_without_noise_and_no_seed_is_said_so() -> None:
    facts = {"sampling": {"top_p": 0.949999988079071, "seed": 4294967295}}
    found = rows(Parameters(), facts=facts)
    assert found["top_p"].why == "the server's own: 0.95"
    assert found["seed"].why == "the server's own: a new one each time"
    assert rows(Parameters(), told={"seed": 7})["seed"].why == "the server's own: 7"
