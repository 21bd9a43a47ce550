"""Takes the lines out of what the network brings."""

MAX_LINE_BYTES = 1024 * 1024


class LineTooLong(Exception):
    pass


class LineSplitter:
    def __init__(self) -> None:
        self._line: bytes | None = None

    def feed(self, data: bytes) -> None:
        if len(data) > MAX_LINE_BYTES:
            raise LineTooLong
        self._line = data.rstrip(b"\n")

    def next_line(self) -> bytes | None:
        line, self._line = self._line, None
        return line
