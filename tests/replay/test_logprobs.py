"""The log probabilities of an answer's tokens, kept small."""

import pickle

from driftgate.replay.logprobs import Logprobs

PAIRS = (("a", -0.5), ("b", -1.25), ("a", 0.0))


def test_they_are_the_pairs_that_were_given() -> None:
    found = Logprobs(iter(PAIRS))
    assert tuple(found) == PAIRS
    assert len(found) == 3
    assert found[1] == ("b", -1.25)
    assert found[-1] == ("a", 0.0)


def test_a_part_of_them_is_the_same_part_of_the_pairs() -> None:
    assert Logprobs(PAIRS)[1:] == PAIRS[1:]


def test_they_equal_the_tuple_of_their_pairs_and_nothing_else() -> None:
    assert Logprobs(PAIRS) == PAIRS
    assert Logprobs(()) == ()
    assert Logprobs(PAIRS) == Logprobs(PAIRS)
    assert Logprobs(PAIRS) != Logprobs(PAIRS[:2])
    assert Logprobs(PAIRS) != (("a", -0.5), ("b", -1.25), ("c", 0.0))
    assert Logprobs(PAIRS) != list(PAIRS)


def test_equal_ones_have_one_hash() -> None:
    assert hash(Logprobs(PAIRS)) == hash(PAIRS)


def test_a_token_is_kept_once_however_often_it_comes() -> None:
    texts = [b"token".decode(), b"token".decode()]
    assert texts[0] is not texts[1]
    found = Logprobs([(text, -1.0) for text in texts])
    assert found.tokens[0] is found.tokens[1]


def test_they_can_be_read_in_a_message_of_a_failed_test_and_pickled() -> None:
    assert repr(Logprobs(PAIRS[:1])) == "Logprobs((('a', -0.5),))"
    assert pickle.loads(pickle.dumps(Logprobs(PAIRS))) == PAIRS
