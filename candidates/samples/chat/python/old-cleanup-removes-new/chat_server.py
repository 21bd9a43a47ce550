"""Channels, their members, and a plain loop that writes to each of them."""

import threading

from connection import Connection, ConnectionClosed
from protocol import Message


class ChatServer:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._members: dict[str, set[Connection]] = {}
        self._holders: dict[str, Connection] = {}
        self._name_of: dict[Connection, str] = {}
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
            username = self._name_of.pop(conn, None)
            if username is not None:
                self._holders.pop(username, None)
            for name in self._channels_of.pop(conn, ()):
                members = self._members[name]
                members.discard(conn)
                if not members:
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
