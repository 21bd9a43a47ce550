"""One client's connection, as the handlers see it. Every method may be called from any thread."""

import socket
import threading
from typing import Callable

from line_splitter import LineSplitter
from protocol import Message, encode

# A client with this many requests waiting for a handler is not read from; below half of them it is again.
MAX_UNHANDLED_REQUESTS = 256


class ConnectionClosed(Exception):
    pass


class Connection:
    def __init__(self, sock: socket.socket, notify: Callable[["Connection"], None]):
        self.sock = sock
        self.splitter = LineSplitter()
        self.unhandled = 0  # Requests handed to the pool and not yet handled.
        self.paused = False  # True while the plumbing does not read from it.
        self.watched = 0  # The events that the selector watches for.
        self.ended = False  # True once handle_disconnect is due.
        self._notify = notify
        self._unsent = bytearray()  # What the socket did not take; goes out before anything else.
        self._closed = False
        self._state = threading.Condition(threading.Lock())

    def write_message(self, message: Message | list[Message]) -> None:
        """Writes one whole message (a list goes out as one batch). Blocks while the socket is full; ConnectionClosed once it is closed."""
        line = _line_of(message)
        with self._state:
            while self._unsent and not self._closed:
                self._state.wait()
            self._send(line)

    def try_write_message(self, message: Message | list[Message]) -> bool:
        """Like write_message, but never blocks: False, with nothing written, while the socket is full."""
        with self._state:
            if self._unsent and not self._closed:
                return False
            self._send(_line_of(message))
            return True

    def write_shed(self, message_id: int) -> None:
        """Tells the client that the message it sent with this id was dropped on purpose."""
        self.reply({"type": "shed", "id": message_id})

    def close(self) -> None:
        """Ends the connection; unsent output is dropped and handle_disconnect follows."""
        with self._state:
            self._mark_closed()

    @property
    def closed(self) -> bool:
        """True from the moment that nothing can be written any more; always before handle_disconnect."""
        return self._closed

    # What follows is for the plumbing.

    def reply(self, fields: dict) -> None:
        """Never blocks: the plumbing stops reading from a client that lets its replies pile up."""
        with self._state:
            if self._closed:
                return
            line = encode(fields) + b"\n"
            if self._unsent:
                self._unsent += line
                return
            try:
                self._send(line)
            except ConnectionClosed:
                pass

    def flush(self) -> None:
        """The socket takes bytes again."""
        with self._state:
            if self._closed or not self._unsent:
                return
            try:
                sent = self.sock.send(self._unsent)
            except BlockingIOError:
                return
            except OSError:
                self._mark_closed()
                return
            del self._unsent[:sent]
            if not self._unsent:
                self._state.notify_all()

    def unsent_bytes(self) -> int:
        return len(self._unsent)

    def begin_request(self) -> None:
        with self._state:
            self.unhandled += 1

    def finish_request(self) -> None:
        with self._state:
            self.unhandled -= 1
            if self.paused and self.unhandled == MAX_UNHANDLED_REQUESTS // 2:
                self._notify(self)

    def release(self) -> None:
        """Gives the descriptor back. Under the lock, so that no thread writes to a descriptor that has a new owner."""
        with self._state:
            self._mark_closed()
            self.sock.close()

    def _send(self, line: bytes) -> None:
        if self._closed:
            raise ConnectionClosed
        try:
            sent = self.sock.send(line)
        except BlockingIOError:
            sent = 0
        except OSError:
            self._mark_closed()
            raise ConnectionClosed from None
        if sent < len(line):
            self._unsent += line[sent:]
            self._notify(self)

    def _mark_closed(self) -> None:
        if not self._closed:
            self._closed = True
            self._unsent.clear()
            self._state.notify_all()
            self._notify(self)


def _line_of(message: Message | list[Message]) -> bytes:
    if isinstance(message, Message):
        return message.json() + b"\n"
    return b"[" + b",".join(one.json() for one in message) + b"]\n"
