"""Channels, their members, and a plain loop that writes to each of them."""

import json
import threading
from pathlib import Path

from connection import Connection, ConnectionClosed
from protocol import Message

# What a new channel starts with; read each time, so that it can be changed while the server runs.
DEFAULTS_FILE = Path(__file__).with_name("channel-defaults.json")


class ChatServer:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._members: dict[str, set[Connection]] = {}
        self._settings: dict[str, dict] = {}
        self._channels_of: dict[Connection, set[str]] = {}

    def handle_join_channels(self, conn: Connection, channels: list[str]) -> None:
        joined = self._channels_joined_by(conn)
        for name in channels:
            if name not in self._members:
                self._settings[name] = json.loads(DEFAULTS_FILE.read_text())
                self._members[name] = set()
            self._members[name].add(conn)
            joined.add(name)
        if conn.closed:
            self._channels_of[conn] = joined
            self.handle_disconnect(conn)

    def _channels_joined_by(self, conn: Connection) -> set[str]:
        with self._lock:
            return self._channels_of.setdefault(conn, set())

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
            for name in list(self._channels_of.pop(conn, ())):
                members = self._members.get(name, set())
                members.discard(conn)
                if not members:
                    self._members.pop(name, None)
                    self._settings.pop(name, None)
