"""Which answer of a recorded call is judged again."""

from pathlib import Path

from driftgate.commands.contract_answered import answered_of
from driftgate.proxy.history.reader import open_history
from driftgate.proxy.record import Recorded
from tests.driftgate.commands.recorded_answers import answer, gave_up, recorded, refused
from tests.support.recorded_calls import call_id


def test_it_is_the_clients_or_the_last_that_a_model_gave(tmp_path: Path) -> None:
    recording = recorded(tmp_path, ["Rome"])
    recording.add(gave_up(1, "one", "two"), refused(2))
    with open_history(recording.path, drain=False) as reader:
        plain = answered_of(reader, call_id(0), 1, "completed")
        failed = answered_of(reader, call_id(1), 2, "refused")
        nobody = answered_of(reader, call_id(2), 0, "refused")
        unreachable = answered_of(reader, call_id(0), 1, "upstream_refused")
    assert plain.answer is plain.call
    assert bytes_of(plain.answer) == bytes_of(answer(0, "Rome"))
    assert failed.answer is not None
    assert bytes_of(failed.answer) == bytes_of(answer(1, "two"))
    assert (failed.answer.status, failed.call.status) == (200, 502)
    assert nobody.answer is None
    assert unreachable.answer is unreachable.call


def bytes_of(call: Recorded | None) -> bytes:
    assert call is not None
    return b"".join([chunk.data for chunk in call.chunks])
