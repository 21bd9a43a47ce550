"""Channels, members and names on one event loop: whatever changes them does so without awaiting in between."""

import time

from connection import Connection
from outbox import Outbox, Postman
from protocol import Message

# A message that has waited for its handler so long is late already: under overload, better some in time than all too late.
MAX_WAIT_SECONDS = 0.5


class Member:
    def __init__(self, conn: Connection, postman: Postman):
        self.channels: set[str] = set()
        self.outbox = Outbox(conn, postman)


class ChatServer:
    def __init__(self) -> None:
        self._postman = Postman()
        self._channels: dict[str, set[Member]] = {}
        self._names: list[str] = []  # Of the channels, in the order in which they came.
        self._members: dict[Connection, Member] = {}
        self._holders: dict[str, Connection] = {}
        self._name_of: dict[Connection, str] = {}

    async def handle_join_channels(self, conn: Connection, channels: list[str]) -> None:
        if conn.closed:
            return
        if conn not in self._members:
            self._members[conn] = Member(conn, self._postman)
        member = self._members[conn]
        for name in channels:
            if name not in self._names:
                self._names.append(name)
                self._channels[name] = set()
            self._channels[name].add(member)
            member.channels.add(name)

    async def handle_request_to_send_message(self, conn: Connection, message: Message) -> None:
        if message.id is not None and time.monotonic() - message.received_at > MAX_WAIT_SECONDS:
            conn.write_shed(message.id)
            return
        for member in self._channels.get(message.channel, ()):
            member.outbox.put(message)

    async def handle_disconnect(self, conn: Connection) -> None:
        username = self._name_of.pop(conn, None)
        if username is not None and self._holders.get(username) is conn:
            del self._holders[username]
        member = self._members.pop(conn, None)
        if member is None:
            return
        for name in member.channels:
            others = self._channels[name]
            others.discard(member)
            if not others:
                del self._channels[name]
                self._names.remove(name)

    async def handle_new_connection(self, conn: Connection, username: str) -> None:
        """The newest connection gets the name; the older one is closed."""
        if conn.closed:
            return
        older = self._holders.get(username)
        self._holders[username] = conn
        self._name_of[conn] = username
        if older is not None and older is not conn:
            older.close()
