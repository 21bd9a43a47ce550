"""Channels with a lock each. A join takes the locks of all its channels, so that nobody sees it half done."""

import logging
import threading

from connection import Connection, ConnectionClosed
from protocol import Message

log = logging.getLogger("chat")
logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")


class Channel:
    def __init__(self, name: str):
        self.name = name
        self.lock = threading.Lock()
        self.members: set[Connection] = set()


class ChatServer:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._channels: dict[str, Channel] = {}
        self._users_of: dict[str, int] = {}
        self._channels_of: dict[Connection, set[Channel]] = {}

    def handle_join_channels(self, conn: Connection, channels: list[str]) -> None:
        wanted = self._reserve(conn, channels)
        for channel in wanted:
            channel.lock.acquire()
            if not channel.members:
                log.info("%r has its first member", channel.name)
            channel.members.add(conn)
        for channel in wanted:
            channel.lock.release()
        if conn.closed:
            for channel in wanted:
                with channel.lock:
                    channel.members.discard(conn)

    def handle_request_to_send_message(self, conn: Connection, message: Message) -> None:
        with self._lock:
            channel = self._channels.get(message.channel)
        if channel is None:
            return
        with channel.lock:
            receivers = list(channel.members)
        for receiver in receivers:
            try:
                receiver.write_message(message)
            except ConnectionClosed:
                pass  # It is leaving; handle_disconnect takes it out.

    def handle_disconnect(self, conn: Connection) -> None:
        with self._lock:
            left = self._channels_of.pop(conn, set())
        for channel in left:
            with channel.lock:
                channel.members.discard(conn)
        with self._lock:
            for channel in left:
                self._users_of[channel.name] -= 1
                if self._users_of[channel.name] == 0:
                    del self._users_of[channel.name], self._channels[channel.name]

    def _reserve(self, conn: Connection, names: list[str]) -> list[Channel]:
        """The channels with these names, each once; they stay until `conn` disconnects."""
        with self._lock:
            if conn.closed:
                return []
            joined = self._channels_of.setdefault(conn, set())
            wanted = [self._channels.setdefault(name, Channel(name)) for name in dict.fromkeys(names)]
            for channel in wanted:
                if channel not in joined:
                    joined.add(channel)
                    self._users_of[channel.name] = self._users_of.get(channel.name, 0) + 1
            return wanted
