"""Cuts what the network brings into lines, however it has been cut into reads."""

MAX_LINE_BYTES = 1024 * 1024


class LineTooLong(Exception):
    pass


class LineSplitter:
    def __init__(self) -> None:
        self._lines: list[str] = [""]  # Whole lines, and last the beginning of one whose end has not come yet.

    def feed(self, data: bytes) -> None:
        first, *others = data.decode("utf-8", errors="replace").split("\n")
        self._lines[-1] += first
        self._lines += others

    def next_line(self) -> bytes | None:
        """The next whole line without its newline, or None until more has come."""
        if len(self._lines[0]) > MAX_LINE_BYTES:
            raise LineTooLong
        if len(self._lines) == 1:
            return None
        return self._lines.pop(0).encode()
