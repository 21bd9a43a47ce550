"""What a store can raise to be answered with a status of its own; anything else that it raises becomes a 500."""


class Refusal(Exception):
    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


class Unavailable(Refusal):
    """This node cannot serve the request now: 503. The client may try another node, or again later."""

    def __init__(self, message: str = "This node cannot serve the request now.") -> None:
        super().__init__(503, message)


class NotWritten(Refusal):
    """What has not been written yet: 501."""

    def __init__(self) -> None:
        super().__init__(501, "Not written yet.")
