"""Channels, their members, and a plain loop that writes to each of them."""

import logging
import threading

from connection import Connection, ConnectionClosed
from protocol import Message

log = logging.getLogger("chat")
logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")


class ChatServer:
    def __init__(self) -> None:
        self._members: dict[str, set[Connection]] = {}
        self._channels_of: dict[Connection, set[str]] = {}

    def handle_join_channels(self, conn: Connection, channels: list[str]) -> None:
        lock = threading.Lock()
        with lock:
            if conn.closed:
                return
            joined = self._channels_of.setdefault(conn, set())
            for name in channels:
                if name not in self._members:
                    log.info("new channel %r", name)
                    self._members[name] = set()
                self._members[name].add(conn)
                joined.add(name)

    def handle_request_to_send_message(self, conn: Connection, message: Message) -> None:
        lock = threading.Lock()
        with lock:
            receivers = list(self._members.get(message.channel, ()))
        for receiver in receivers:
            try:
                receiver.write_message(message)
            except ConnectionClosed:
                pass  # It is leaving; handle_disconnect takes it out.

    def handle_disconnect(self, conn: Connection) -> None:
        lock = threading.Lock()
        with lock:
            for name in list(self._channels_of.pop(conn, ())):
                members = self._members.get(name, set())
                members.discard(conn)
                if not members:
                    self._members.pop(name, None)
