"""Reading what is asked."""

import json
from pathlib import Path

from driftgate.proxy.history.reader import open_history
from driftgate.proxy.upstream.connection import Pool
from driftgate.replay.arm import Arm
from driftgate.replay.candidate.config import Configuration
from driftgate.replay.candidate.prepared import Prepared
from driftgate.replay.run.order import Job
from driftgate.replay.run.reading import Reading, bound, continued
from driftgate.replay.run.targets import side
from tests.replay.run.made import Made, asked

URL = "http://127.0.0.1:9"


def reading(made: Made, **more: object) -> Reading:
    pools = dict[str, Pool]()
    candidate = Configuration.model_validate({"upstream": URL, **more})
    sides = {
        Arm.BASELINE: side(Arm.BASELINE, Configuration(upstream=URL), {}, pools),
        Arm.CANDIDATE: side(Arm.CANDIDATE, candidate, {}, pools),
    }
    return Reading(made.path, sides)


def response(number: int) -> bytes:
    text = {"type": "output_text", "text": f"answer {number}", "annotations": []}
    item = {"type": "message", "role": "assistant", "id": "m", "status": "completed"}
    told = {"id": f"resp_{number}", "object": "response", "status": "completed", "model": "m"}
    return json.dumps({**told, "output": [{**item, "content": [text]}]}).encode()


def turn(made: Made, number: int, previous: int | None = None) -> str:
    body = {"model": "m", "input": [{"role": "user", "content": f"question {number}"}]}
    link = {} if previous is None else {"previous_response_id": f"resp_{previous}"}
    return made.call(
        json.dumps({**body, **link}).encode(), response(number), target="/v1/responses"
    )


def test_questions_come_in_the_order_of_the_jobs_each_for_its_arm(tmp_path: Path) -> None:
    made = Made(tmp_path)
    ids = [made.call(asked(number)) for number in range(3)]
    made.drain()
    jobs = [
        Job(ids[2], Arm.CANDIDATE, 1),
        Job(ids[0], Arm.BASELINE, 2),
        Job(ids[2], Arm.BASELINE, 1),
    ]
    found = reading(made, model="other").questions(jobs)
    assert [each.job for each in found] == jobs
    assert [json.loads(each.sent.body)["model"] for each in found] == ["other", "m", "m"]
    assert [json.loads(each.sent.body)["messages"][0]["content"] for each in found] == [
        "question 2",
        "question 0",
        "question 2",
    ]


def test_a_request_is_made_ready_once_for_its_repetitions_unless_parts_are_fresh(
    tmp_path: Path,
) -> None:
    made = Made(tmp_path)
    call_id = made.call(asked(1))
    made.drain()
    jobs = [Job(call_id, Arm.CANDIDATE, 1), Job(call_id, Arm.CANDIDATE, 2)]
    one, other = reading(made).questions(jobs)
    assert one.prepared is other.prepared
    one, other = reading(made, fresh=["ids"]).questions(jobs)
    assert one.prepared is not other.prepared


def test_a_call_that_continues_others_is_made_whole_from_the_history(tmp_path: Path) -> None:
    made = Made(tmp_path)
    turn(made, 1)
    turn(made, 2, 1)
    last = turn(made, 3, 2)
    made.drain()
    question = reading(made).questions([Job(last, Arm.CANDIDATE, 1)])[0]
    assert isinstance(question.prepared, Prepared)
    sent = json.loads(question.sent.body)
    assert "previous_response_id" not in sent
    assert "answer 1" in json.dumps(sent["input"])
    assert "question 2" in json.dumps(sent["input"])


def test_calls_are_known_whose_schema_came_with_a_re_ask(tmp_path: Path) -> None:
    made = Made(tmp_path)
    free, binding = b'{"input": []}', b'{"input": [], "response_format": {}}'
    tries = [(), (free,), (binding,), (free, free), (free, free, binding)]
    ids = [made.call(free, response(1), target="/v1/responses", attempts=each) for each in tries]
    made.drain()
    with open_history(made.path, drain=False) as reader:
        assert bound(reader, ids) == {ids[-1]}


def test_a_schema_binds_again_where_it_bound_the_recorded_answer(tmp_path: Path) -> None:
    made = Made(tmp_path)
    tools = [{"type": "function", "name": "open", "parameters": {}}]
    form = {"format": {"type": "json_object"}}
    body = json.dumps({"model": "m", "input": "x", "tools": tools, "text": form}).encode()
    tries = [(), (body, b'{"response_format": {}}')]
    ids = [made.call(body, response(1), target="/v1/responses", attempts=each) for each in tries]
    made.drain()
    jobs = [Job(call_id, Arm.CANDIDATE, 1) for call_id in ids]
    sent = [each.sent.body for each in reading(made, adapt_format=True).questions(jobs)]
    assert [b"response_format" in each for each in sent] == [False, True]


def test_links_that_go_in_a_circle_or_nowhere_end(tmp_path: Path) -> None:
    made = Made(tmp_path)
    turn(made, 1, 2)
    turn(made, 2, 1)
    last = turn(made, 3, 1)
    lost = turn(made, 4, 99)
    made.drain()
    with open_history(made.path, drain=False) as reader:
        assert set(continued(reader, [last, lost])) == {"resp_1", "resp_2"}
    question = reading(made).questions([Job(lost, Arm.CANDIDATE, 1)])[0]
    assert isinstance(question.prepared, str)
    assert question.prepared.startswith("it cannot be sent again: ")
