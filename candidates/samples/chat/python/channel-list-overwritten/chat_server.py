"""Channels and their members, in shards with a lock each. A member's own channels are a set that is replaced, never changed."""

import logging
import threading
import time

from connection import Connection
from outbox import Outbox, Postman
from protocol import Message

log = logging.getLogger("chat")
logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")

SHARDS = 64
# A message that has waited for its handler so long is late already: under overload, better some in time than all too late.
MAX_WAIT_SECONDS = 0.5


class Member:
    def __init__(self, conn: Connection, postman: Postman):
        self.channels: frozenset[str] = frozenset()
        self.outbox = Outbox(conn, postman)


class Shard:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.channels: dict[str, set[Member]] = {}


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
        mine = set(member.channels)
        for name in channels:
            shard = self._shard_of(name)
            with shard.lock:
                shard.channels.setdefault(name, set()).add(member)
            mine.add(name)
        log.info("a member joins %s", ", ".join(channels))
        member.channels = frozenset(mine)
        if conn.closed:
            self._leave_all(member)

    def handle_request_to_send_message(self, conn: Connection, message: Message) -> None:
        if message.id is not None and time.monotonic() - message.received_at > MAX_WAIT_SECONDS:
            conn.write_shed(message.id)
            return
        shard = self._shard_of(message.channel)
        with shard.lock:
            receivers = list(shard.channels.get(message.channel, ()))
        for receiver in receivers:
            # It may be on its way in or out.
            if message.channel in receiver.channels:
                receiver.outbox.put(message)

    def handle_disconnect(self, conn: Connection) -> None:
        self._release_name(conn)
        with self._members_lock:
            member = self._members.pop(conn, None)
        if member is None:
            return
        self._leave_all(member)

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

    def _leave_all(self, member: Member) -> None:
        for name in member.channels:
            shard = self._shard_of(name)
            with shard.lock:
                members = shard.channels.get(name, set())
                members.discard(member)
                if not members:
                    shard.channels.pop(name, None)

    def _shard_of(self, name: str) -> Shard:
        return self._shards[hash(name) % SHARDS]
