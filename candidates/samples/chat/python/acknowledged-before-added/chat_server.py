"""Channels, their members, and a plain loop that writes to each of them."""

import queue
import threading
import time

from connection import Connection, ConnectionClosed
from protocol import Message

# Changes of membership are applied together, so that senders seldom have to wait for the lock.
APPLY_SECONDS = 0.05


class ChatServer:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._members: dict[str, set[Connection]] = {}
        self._channels_of: dict[Connection, set[str]] = {}
        self._joins: queue.SimpleQueue[tuple[Connection, list[str]]] = queue.SimpleQueue()
        threading.Thread(target=self._apply_joins, daemon=True).start()

    def handle_join_channels(self, conn: Connection, channels: list[str]) -> None:
        self._joins.put((conn, channels))

    def _apply_joins(self) -> None:
        while True:
            first = self._joins.get()
            time.sleep(APPLY_SECONDS)
            with self._lock:
                self._add(*first)
                while not self._joins.empty():
                    self._add(*self._joins.get())

    def _add(self, conn: Connection, channels: list[str]) -> None:
        if conn.closed:
            return
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
