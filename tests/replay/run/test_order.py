"""The order of a run: everything once, interleaved, and the same again for the same seed."""

from hypothesis import given
from hypothesis import strategies as st

from driftgate.replay.arm import Arm
from driftgate.replay.run.order import BLOCK, Job, blocks

ARMS = (Arm.BASELINE, Arm.CANDIDATE)


def ids(count: int) -> list[str]:
    return [f"call{number}" for number in range(count)]


@given(count=st.integers(0, 100), k=st.integers(1, 4), seed=st.integers())
def test_each_answer_is_asked_for_exactly_once(count: int, k: int, seed: int) -> None:
    jobs = [job for block in blocks(ids(count), k, seed) for job in block]
    expected = {Job(each, arm, n) for each in ids(count) for arm in ARMS for n in range(1, k + 1)}
    assert len(jobs) == len(expected)
    assert set(jobs) == expected


def test_arms_are_mixed_within_each_block_of_cases() -> None:
    for number, block in enumerate(blocks(ids(3 * BLOCK), 2, seed=1)):
        assert {job.call_id for job in block} == set(ids(3 * BLOCK)[number * BLOCK :][:BLOCK])
        first_half = [job.arm for job in block[: len(block) // 2]]
        assert 0.3 < first_half.count(Arm.BASELINE) / len(first_half) < 0.7


@given(count=st.integers(1, 80), k=st.integers(1, 4), seed=st.integers())
def test_each_arm_is_asked_the_same_in_the_same_order(count: int, k: int, seed: int) -> None:
    jobs = [job for block in blocks(ids(count), k, seed) for job in block]
    of_arms = [[(job.call_id, job.repetition) for job in jobs if job.arm is arm] for arm in ARMS]
    assert of_arms[0] == of_arms[1]
    assert all(one.arm is not other.arm for one, other in zip(jobs[::2], jobs[1::2], strict=True))


def test_no_arm_is_always_the_first() -> None:
    first = [job.arm for block in blocks(ids(200), 2, seed=3) for job in block[::2]]
    assert 0.4 < first.count(Arm.BASELINE) / len(first) < 0.6


def test_the_seed_makes_the_order() -> None:
    same, again, other = (list(blocks(ids(40), 2, seed)) for seed in (1, 1, 2))
    assert same == again
    assert same != other


@given(data=st.data())
def test_what_is_done_is_left_out_and_the_rest_keeps_its_order(data: st.DataObject) -> None:
    jobs = [job for block in blocks(ids(40), 2, seed=5) for job in block]
    done = data.draw(st.sets(st.sampled_from(jobs)))
    left = [job for block in blocks(ids(40), 2, seed=5, done=done) for job in block]
    assert left == [job for job in jobs if job not in done]


def test_a_shadow_has_one_arm() -> None:
    [block] = blocks(ids(2), 1, 0, arms=(Arm.CANDIDATE,))
    assert {job.arm for job in block} == {Arm.CANDIDATE}
