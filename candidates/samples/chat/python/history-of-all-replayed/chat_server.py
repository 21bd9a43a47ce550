"""Channels, their members, and a plain loop that writes to each of them."""

import threading
from collections import deque

from connection import Connection, ConnectionClosed
from protocol import Message

RECENT_MESSAGES = 100


class ChatServer:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._members: dict[str, set[Connection]] = {}
        self._recent: deque[Message] = deque(maxlen=RECENT_MESSAGES)
        self._channels_of: dict[Connection, set[str]] = {}

    def handle_join_channels(self, conn: Connection, channels: list[str]) -> None:
        with self._lock:
            if conn.closed:
                return  # Its handle_disconnect has run, or is waiting for the lock.
            joined = self._channels_of.setdefault(conn, set())
            fresh = set(channels) - joined
            recent = [message for message in self._recent if message.channel in fresh]
            for name in channels:
                self._members.setdefault(name, set()).add(conn)
                joined.add(name)
        for message in recent:
            conn.write_message(message)

    def handle_request_to_send_message(self, conn: Connection, message: Message) -> None:
        with self._lock:
            receivers = list(self._members.get(message.channel, ()))
            if receivers:
                self._recent.append(message)
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
