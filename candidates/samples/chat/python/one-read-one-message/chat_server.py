"""Channels, their members, and a plain loop that writes to each of them."""

import threading

from connection import Connection, ConnectionClosed
from protocol import Message


class ChatServer:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._members: dict[str, set[Connection]] = {}
        self._channels_of: dict[Connection, set[str]] = {}

    def handle_join_channels(self, conn: Connection, channels: list[str]) -> None:
        with self._lock:
            if conn.closed:
                return  # Its handle_disconnect has run, or is waiting for the lock.
            joined = self._channels_of.setdefault(conn, set())
            for name in channels:
                self._members.setdefault(name, set()).add(conn)
                joined.add(name)

    def handle_request_to_send_message(self, conn: Connection, message: Message) -> None:
        with self._lock:
            receivers = list(self._members.get(message.channel, ()))
        for receiver in receivers:
            try:
                receiver.write_message(message)
            except ConnectionClosed:
                pass  # It is leaving; handle_disconnect takes it out.

    def handle_disconnect(self, conn: Connection) -> None:
        with self._lock:
            for name in self._channels_of.pop(conn, ()):
                members = self._members[name]
                members.discard(conn)
                if not members:
                    del self._members[name]
