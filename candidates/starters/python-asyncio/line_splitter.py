"""Cuts a stream of bytes into lines, however the network has cut it into reads."""

MAX_LINE_BYTES = 1024 * 1024


class LineTooLong(Exception):
    pass


class LineSplitter:
    def __init__(self) -> None:
        self._buffer = bytearray()
        self._searched = 0  # How much of the buffer is known to hold no newline.

    def feed(self, data: bytes) -> None:
        self._buffer += data

    def next_line(self) -> bytes | None:
        """The next whole line without its newline, or None until more bytes have come."""
        end = self._buffer.find(b"\n", self._searched)
        if (len(self._buffer) if end < 0 else end) > MAX_LINE_BYTES:
            raise LineTooLong
        if end < 0:
            self._searched = len(self._buffer)
            return None
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 1]
        self._searched = 0
        return line
