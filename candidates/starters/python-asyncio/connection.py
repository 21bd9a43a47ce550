"""One client's connection, as the handlers see it. Only to be used on the event loop's thread."""

import asyncio
from typing import Callable

from line_splitter import LineSplitter, LineTooLong
from protocol import Message, encode

# The socket counts as full while this much that it should have taken is still with us.
FULL_BYTES = 64 * 1024
# A client with this many requests under way, or with this much output piled up, is not read from.
MAX_UNHANDLED_REQUESTS = 256
MAX_UNSENT_BYTES_TO_READ_ON = 256 * 1024


class ConnectionClosed(Exception):
    pass


class Connection(asyncio.Protocol):
    def __init__(self, on_line: Callable[["Connection", bytes], None], on_end: Callable[["Connection"], None]):
        self._on_line = on_line
        self._on_end = on_end
        self._splitter = LineSplitter()
        self._transport: asyncio.Transport
        self._closed = False
        self._unhandled = 0
        self._writable = asyncio.Event()
        self._writable.set()

    async def write_message(self, message: Message | list[Message]) -> None:
        """Writes one whole message (a list goes out as one batch). Waits while the socket is full; ConnectionClosed once it is closed."""
        while not self.closed and not self._writable.is_set():
            await self._writable.wait()
        if self.closed:
            raise ConnectionClosed
        self._transport.write(_line_of(message))

    def try_write_message(self, message: Message | list[Message]) -> bool:
        """Like write_message, but never waits: False, with nothing written, while the socket is full."""
        if self.closed:
            raise ConnectionClosed
        if not self._writable.is_set():
            return False
        self._transport.write(_line_of(message))
        return True

    def write_shed(self, message_id: int) -> None:
        """Tells the client that the message it sent with this id was dropped on purpose."""
        self.reply({"type": "shed", "id": message_id})

    def close(self) -> None:
        """Ends the connection; unsent output is dropped and handle_disconnect follows."""
        if not self._closed:
            self._closed = True
            self._writable.set()
            self._transport.abort()

    @property
    def closed(self) -> bool:
        """True from the moment that nothing can be written any more; always before handle_disconnect."""
        return self._closed or self._transport.is_closing()

    # What follows is for the plumbing.

    def reply(self, fields: dict) -> None:
        """Never waits: a client that lets its replies pile up is not read from."""
        if not self.closed:
            self._transport.write(encode(fields) + b"\n")

    def finish_request(self) -> None:
        self._unhandled -= 1
        if self._unhandled == MAX_UNHANDLED_REQUESTS // 2:
            self._hand_over_lines()

    # What follows is called by the event loop.

    def connection_made(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        transport.set_write_buffer_limits(high=FULL_BYTES)

    def data_received(self, data: bytes) -> None:
        self._splitter.feed(data)
        self._hand_over_lines()

    def eof_received(self) -> None:
        self.close()

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()
        self._hand_over_lines()

    def connection_lost(self, error: Exception | None) -> None:
        self._closed = True
        self._writable.set()
        self._on_end(self)

    def _hand_over_lines(self) -> None:
        try:
            while not self.closed and self._may_read():
                line = self._splitter.next_line()
                if line is None:
                    break
                self._unhandled += 1
                self._on_line(self, line)
        except LineTooLong:
            self.reply({"type": "error", "message": "Expected lines of at most 1 MiB"})
            self.close()
        if not self.closed:
            self._transport.resume_reading() if self._may_read() else self._transport.pause_reading()

    def _may_read(self) -> bool:
        return self._unhandled < MAX_UNHANDLED_REQUESTS and self._transport.get_write_buffer_size() <= MAX_UNSENT_BYTES_TO_READ_ON


def _line_of(message: Message | list[Message]) -> bytes:
    if isinstance(message, Message):
        return message.json() + b"\n"
    return b"[" + b",".join(one.json() for one in message) + b"]\n"
