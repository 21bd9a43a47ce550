"""Channels in shards with a lock each, and a lock a channel. Locks are taken in one order: a member's, a shard's, a channel's."""

import threading
import time

from connection import Connection
from outbox import Outbox, Postman
from protocol import Message

SHARDS = 64
# A message that has waited for its handler so long is late already: under overload, better some in time than all too late.
MAX_WAIT_SECONDS = 0.5


class Member:
    def __init__(self, conn: Connection, postman: Postman):
        self.lock = threading.Lock()
        self.channels: dict[str, Channel] = {}
        self.gone = False
        self.outbox = Outbox(conn, postman)


class Channel:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.members: set[Member] = set()


class Shard:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.channels: dict[str, Channel] = {}


class ChatServer:
    def __init__(self) -> None:
        self._postman = Postman()
        self._shards = [Shard() for _ in range(SHARDS)]
        self._members_lock = threading.Lock()
        self._members: dict[Connection, Member] = {}
        self._names_lock = threading.Lock()
        self._holders: dict[str, Connection] = {}
        self._name_of: dict[Connection, str] = {}

    def handle_join_channels(self, conn: Connection, channels: list[str]) -> None:
        with self._members_lock:
            if conn.closed:
                return
            member = self._members.get(conn)
            if member is None:
                member = self._members[conn] = Member(conn, self._postman)
        with member.lock:
            if member.gone:
                return
            for name, channel in [(name, self._channel_of(name)) for name in channels]:
                with channel.lock:
                    channel.members.add(member)
                member.channels[name] = channel

    def handle_request_to_send_message(self, conn: Connection, message: Message) -> None:
        if message.id is not None and time.monotonic() - message.received_at > MAX_WAIT_SECONDS:
            conn.write_shed(message.id)
            return
        shard = self._shard_of(message.channel)
        with shard.lock:
            channel = shard.channels.get(message.channel)
        if channel is None:
            return
        with channel.lock:
            receivers = list(channel.members)
        for receiver in receivers:
            receiver.outbox.put(message)

    def handle_disconnect(self, conn: Connection) -> None:
        self._release_name(conn)
        with self._members_lock:
            member = self._members.pop(conn, None)
        if member is None:
            return
        with member.lock:
            member.gone = True
            for name, channel in member.channels.items():
                self._leave(member, name, channel)

    def handle_new_connection(self, conn: Connection, username: str) -> None:
        """The newest connection gets the name; the older one is closed."""
        with self._names_lock:
            if conn.closed:
                return
            older = self._holders.get(username)
            self._holders[username] = conn
            self._name_of[conn] = username
        if older is not None and older is not conn:
            older.close()

    def _release_name(self, conn: Connection) -> None:
        with self._names_lock:
            name = self._name_of.pop(conn, None)
            if name is not None and self._holders.get(name) is conn:
                del self._holders[name]

    def _channel_of(self, name: str) -> Channel:
        shard = self._shard_of(name)
        with shard.lock:
            return shard.channels.setdefault(name, Channel())

    def _leave(self, member: Member, name: str, channel: Channel) -> None:
        shard = self._shard_of(name)
        with shard.lock, channel.lock:
            channel.members.discard(member)
            if not channel.members and shard.channels.get(name) is channel:
                del shard.channels[name]

    def _shard_of(self, name: str) -> Shard:
        return self._shards[hash(name) % SHARDS]
