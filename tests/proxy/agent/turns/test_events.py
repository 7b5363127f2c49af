"""Notifications of a real Codex as steps, and what is no notification."""

import copy
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from driftgate.proxy.agent.failures import looped
from driftgate.proxy.agent.steps import (
    Began,
    Ended,
    Item,
    Kind,
    ModelCall,
    Step,
    Text,
    Thought,
    Usage,
)
from driftgate.proxy.agent.turns.events import Events
from tests.support.app_server_double import completed, ends, items, note, recorded, recordings
from tests.support.odd_json import JSON, ODD

Json = dict[str, Any]


def read(notes: list[Json], turn_id: str = "turn-1") -> list[Step]:
    events = Events(turn_id, "/room")
    steps = [step for each in notes for step in events.feed(each)]
    assert events.ended == bool(ends(steps))
    return steps


def said(steps: list[Step]) -> str:
    return "".join(step.text for step in steps if isinstance(step, Text))


def shape(steps: list[Step]) -> list[str]:
    """The steps in short: neighbours of one sort as one."""
    told = [
        f"{type(step).__name__} {step.kind}"
        if isinstance(step, (Began, Item))
        else type(step).__name__
        for step in steps
    ]
    return [each for place, each in enumerate(told) if place == 0 or told[place - 1] != each]


def test_a_turn_with_a_command_is_told_as_it_happens() -> None:
    steps = read(recorded("command"))
    assert shape(steps) == [
        *("Thought", "Item reasoning", "Text", "Item message", "ModelCall"),
        *("Began command", "Item command", "Text", "Item message", "ModelCall", "Ended"),
    ]
    assert said(steps) == "Let me look.It is done."
    command = next(item for item in items(steps) if item.kind is Kind.COMMAND)
    assert (command.title, command.exit_code) == ("echo hi; echo err >&2; exit 3", 3)
    assert (command.status, command.text, command.cwd) == ("failed", "hi\nerr\n", "/room")
    end = ends(steps)[0]
    assert (end.status, end.error, end.model_calls) == ("completed", None, 2)
    assert end.usage == Usage(200, 100, 20, 6)
    assert end.duration_ms


def test_changed_files_are_told_from_the_turns_directory() -> None:
    changes = [item.changes for item in items(read(recorded("file_changes")))]
    assert [each for change in changes for each in change] == [
        ("add", "a.txt", "+hello\n+you\n"),
        ("update", "a.txt", "@@ -1,2 +1,2 @@\n-hello\n+bye\n you\n\n\nMoved to: b.txt"),
        ("delete", "b.txt", "-bye\n-you\n"),
    ]


def test_a_declined_command_has_not_run() -> None:
    command = next(i for i in items(read(recorded("approval_declined"))) if i.kind is Kind.COMMAND)
    assert (command.status, command.exit_code, command.text) == ("declined", None, "")


def test_a_compaction_is_told_and_counted() -> None:
    steps = read(recorded("compaction"))
    assert Began(Kind.COMPACTION, items(steps)[0].item, "history shortened") in steps
    assert items(steps)[0].kind is Kind.COMPACTION
    assert ends(steps)[0].model_calls == 3


def test_an_older_codex_tells_calls_by_their_usage_alone() -> None:
    notes = [n for n in recorded("command") if not n["method"].startswith("rawResponse")]
    assert ends(read(notes)) == ends(read(recorded("command")))


def test_calls_without_usage_are_told_all_the_same() -> None:
    steps = read(recorded("no_usage"))
    assert steps.count(ModelCall(Usage())) == 2


def test_a_failed_turn_says_why() -> None:
    wanted = {
        "refused_400": ("model_failed", 400, "bad thing"),
        "failed_500": ("model_failed", 500, "answered 500"),
        "failed_503": ("model_failed", 503, "503 Service Unavailable: loading"),
        "context_full": ("context_length_exceeded", 400, "context window"),
        "stream_cut": ("model_failed", 502, "stream disconnected"),
        "model_down": ("model_failed", 502, "Connection failed"),
    }
    for name, (code, status, words) in wanted.items():
        (end,) = ends(read(recorded(name)))
        assert end.status == "failed"
        assert end.error is not None
        assert (end.error.code, end.error.status) == (code, status), name
        assert words in end.error.message
        assert "127.0.0.1" not in end.error.message


def test_what_was_under_way_when_a_turn_is_interrupted_is_told_as_unfinished() -> None:
    steps = read(recorded("interrupted"))
    last, end = steps[-2:]
    assert isinstance(last, Item)
    assert (last.kind, last.title, last.status) == (Kind.COMMAND, "sleep 20", "unfinished")
    assert isinstance(end, Ended)
    assert end.status == "interrupted"
    assert end.error is not None
    assert end.error.code == "turn_interrupted"


def test_half_a_message_is_told_as_unfinished() -> None:
    message = items(read(recorded("stream_cut")))[0]
    assert (message.kind, message.status, message.text) == (
        Kind.MESSAGE,
        "unfinished",
        "half of it",
    )


def test_a_turn_that_driftgate_stops_ends_with_its_reason() -> None:
    events = Events("turn-1", "/room")
    events.failure = looped("max_model_calls", 3, "model calls").error
    (end,) = events.feed(completed("interrupted", durationMs=5))
    assert isinstance(end, Ended)
    assert (end.status, end.error) == ("failed", events.failure)


def test_two_messages_of_one_id_stay_two() -> None:
    steps = read(recorded("same_id_twice"))
    told = [(step.item, step.text) for step in steps if isinstance(step, Text)]
    assert told == [("same", "o"), ("same", "ne"), ("same#2", "t"), ("same#2", "wo")]
    assert [item.item for item in items(steps)] == ["same", "same#2"]


def test_a_message_that_is_not_streamed_is_told_whole() -> None:
    whole = {"type": "agentMessage", "id": "m", "text": "all of it"}
    steps = read([note("item/completed", item=whole), completed()])
    assert steps[0] == Text("m", "all of it")


def test_parts_of_a_summary_are_paragraphs() -> None:
    notes = [
        note("item/reasoning/summaryPartAdded", itemId="r", summaryIndex=0),
        note("item/reasoning/summaryTextDelta", itemId="r", summaryIndex=0, delta="one"),
        note("item/reasoning/summaryPartAdded", itemId="r", summaryIndex=1),
        note("item/reasoning/summaryTextDelta", itemId="r", summaryIndex=1, delta="two"),
    ]
    assert read(notes) == [Thought("r", "one"), Thought("r", "\n\n"), Thought("r", "two")]


def test_notifications_of_another_turn_are_nobodys() -> None:
    assert read(recorded("command"), "turn-2") == []
    assert shape(read(recorded("command"), "")) == shape(read(recorded("command")))


def test_nothing_comes_after_the_end() -> None:
    twice = recorded("command") * 2
    assert read(twice) == read(recorded("command"))
    events = Events()
    assert events.finish("completed", None)
    assert events.finish("completed", None) == []


def test_warnings_are_told_and_a_retry_is_no_failure() -> None:
    retry = {"message": "Reconnecting... 1/5", "codexErrorInfo": None}
    notes = [
        note("warning", message="odd\nthing"),
        note("deprecationNotice", summary="old"),
        note("model/rerouted", fromModel="a", toModel="b"),
        note("error", error=retry, willRetry=True),
        completed(),
    ]
    steps = read(notes)
    assert [(item.item, item.title, item.status) for item in items(steps)] == [
        ("warning", "odd thing", "completed"),
        ("warning#2", "old", "completed"),
        ("warning#3", "the model was changed: a -> b", "completed"),
        ("warning#4", "Reconnecting... 1/5", "retried"),
    ]
    assert ends(steps)[0].error is None


def test_that_codex_does_not_know_a_local_model_is_no_warning() -> None:
    said = "Model metadata for `gemma4` not found. Defaulting to fallback metadata."
    assert read([note("warning", message=said)]) == []


def test_an_error_counts_where_the_end_tells_none() -> None:
    error = {"message": "no model", "codexErrorInfo": "modelNotFound"}
    (end,) = ends(read([note("error", error=error, willRetry=False), completed("failed")]))
    assert end.error is not None
    assert (end.error.status, end.error.message[-8:]) == (404, "no model")


def test_a_thread_that_codex_closes_ends_the_turn() -> None:
    (end,) = ends(read([note("thread/closed")]))
    assert end.status == "failed"


def test_every_recorded_turn_ends_once_with_all_that_was_streamed() -> None:
    for name in recordings():
        steps = read(recorded(name))
        assert len(ends(steps)) == 1, name
        assert isinstance(steps[-1], Ended)
        messages = [item.text for item in items(steps) if item.kind is Kind.MESSAGE]
        assert said(steps) == "".join(messages), name


def test_an_item_whose_type_is_no_word_is_another_item() -> None:
    for method in ("item/started", "item/completed"):
        (step,) = read([note(method, item={"type": ["agentMessage"], "id": {}})])
        assert isinstance(step, (Began, Item))
        assert (step.kind, step.item) == (Kind.OTHER, "item")


@st.composite
def spoilt(draw: st.DrawFn) -> list[Json]:
    """A recorded turn with some notifications lost, twice, out of place, or with odd values in them."""
    notes = copy.deepcopy(recorded(draw(st.sampled_from(recordings()))))
    for _ in range(draw(st.integers(1, 6))):
        place = draw(st.integers(0, len(notes) - 1))
        target: Any = notes[place]
        while isinstance(target, dict) and target:
            key = draw(st.sampled_from(sorted(target)))
            if draw(st.booleans()) or not isinstance(target[key], dict):
                target[key] = draw(JSON)
                break
            target = target[key]
        notes.insert(draw(st.integers(0, len(notes))), notes[place])
        notes.pop(draw(st.integers(0, len(notes) - 1)))
    return notes


@given(spoilt())
def test_a_spoilt_turn_has_one_end_and_names_that_are_its_own(notes: list[Json]) -> None:
    events = Events("turn-1", "/room")
    steps = [step for each in notes for step in events.feed(each)]
    steps += events.finish("failed", None)
    assert isinstance(steps[-1], Ended)
    assert len(ends(steps)) == 1
    names = [item.item for item in items(steps)]
    assert len(names) == len(set(names))
    for step in steps:
        if isinstance(step, (Text, Thought)):
            step.text.encode()


@given(
    st.lists(
        st.builds(
            dict,
            method=st.sampled_from(sorted(Events()._readers)) | ODD,
            params=st.dictionaries(
                st.sampled_from(
                    ["item", "itemId", "delta", "turn", "error", "tokenUsage", "usage"]
                ),
                JSON,
            )
            | JSON,
        ),
        max_size=8,
    )
)
def test_nothing_is_too_odd(notes: list[Json]) -> None:
    events = Events("", "/room")
    steps = [step for each in notes for step in events.feed(each)]
    assert len(ends([*steps, *events.finish("failed", None)])) == 1
