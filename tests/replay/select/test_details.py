"""What a selection says of its calls."""

from dataclasses import replace
from pathlib import Path

from driftgate.proxy.record import Replayed
from driftgate.replay.select.details import details, selected
from tests.replay.select.recorded import chat, history
from tests.support.recorded_calls import call_id


def test_calls_are_known_by_id_imported_ones_too(tmp_path: Path) -> None:
    imported = replace(
        chat(1, "b", calls=["look"]), replayed=Replayed(bytes(16), "imported", bytes(16))
    )
    ids = [str(call_id(number)) for number in (1, 0, 5)]
    with history(tmp_path, chat(0, "a", usage=None), imported) as reader:
        known = details(reader, ids)
    assert {each: known[each].prompt for each in known} == {ids[0]: "b", ids[1]: "a"}
    assert known[ids[0]].slices["tool"] == ("look",)
    assert (known[ids[0]].input_tokens, known[ids[1]].input_tokens) == (12, None)


def test_slices_may_be_those_of_another_time(tmp_path: Path) -> None:
    with history(tmp_path, chat(0)) as reader:
        (known,) = details(reader, [str(call_id(0))]).values()
    now = selected("id", "s", known, duplicates=4)
    then = selected("id", "s", known, slices={"contract": ("old",)})
    assert (now.slices, now.duplicates) == (known.slices, 4)
    assert then.slices == {"contract": ("old",)}
