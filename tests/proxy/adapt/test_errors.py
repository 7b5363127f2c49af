"""What cannot be said is told in one line."""

from driftgate.proxy.adapt.errors import AdaptError


def test_the_message_is_what_the_client_reads() -> None:
    error = AdaptError("send the item itself")
    assert error.message == str(error) == "send the item itself"
