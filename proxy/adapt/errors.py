"""What cannot be said in another dialect."""


class AdaptError(ValueError):
    """A request that has no counterpart. `message` is one line for the client; status 400."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message
