"""Channels, members and names under one lock. It is held for moments only: never while something is written."""

import threading
import time

from connection import Connection
from outbox import Outbox, Postman
from protocol import Message

# A message that has waited for its handler so long is late already: under overload, better some in time than all too late.
MAX_WAIT_SECONDS = 0.5


class ChatServer:
    def __init__(self) -> None:
        self._postman = Postman()
        self._lock = threading.Lock()
        self._members: dict[str, set[Outbox]] = {}
        self._channels_of: dict[Connection, set[str]] = {}
        self._outboxes: dict[Connection, Outbox] = {}
        self._holders: dict[str, Connection] = {}
        self._name_of: dict[Connection, str] = {}

    def handle_join_channels(self, conn: Connection, channels: list[str]) -> None:
        with self._lock:
            if conn.closed:
                return
            if conn not in self._outboxes:
                self._outboxes[conn] = Outbox(conn, self._postman)
                self._channels_of[conn] = set()
            for name in channels:
                if name not in self._members:
                    self._members[name] = set()
                self._members[name].add(self._outboxes[conn])
                self._channels_of[conn].add(name)

    def handle_request_to_send_message(self, conn: Connection, message: Message) -> None:
        if message.id is not None and time.monotonic() - message.received_at > MAX_WAIT_SECONDS:
            conn.write_shed(message.id)
            return
        with self._lock:
            receivers = list(self._members.get(message.channel, ()))
        for outbox in receivers:
            outbox.put(message)

    def handle_disconnect(self, conn: Connection) -> None:
        with self._lock:
            username = self._name_of.pop(conn, None)
            if username is not None and self._holders.get(username) is conn:
                del self._holders[username]
            outbox = self._outboxes.pop(conn, None)
            for name in self._channels_of.pop(conn, ()):
                self._members[name].discard(outbox)
                if not self._members[name]:
                    del self._members[name]

    def handle_new_connection(self, conn: Connection, username: str) -> None:
        """The newest connection gets the name; the older one is closed."""
        with self._lock:
            if conn.closed:
                return
            older = self._holders.get(username)
            self._holders[username] = conn
            self._name_of[conn] = username
            if older is not None and older is not conn:
                older.close()
