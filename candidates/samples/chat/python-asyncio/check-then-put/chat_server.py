"""Channels, their members, and a plain loop that writes to each of them."""

from connection import Connection, ConnectionClosed
from moderation import Moderation
from protocol import Message


class ChatServer:
    def __init__(self) -> None:
        self._moderation = Moderation()
        self._members: dict[str, set[Connection]] = {}
        self._channels_of: dict[Connection, set[str]] = {}

    async def handle_join_channels(self, conn: Connection, channels: list[str]) -> None:
        if conn.closed:
            return
        joined = self._channels_of.setdefault(conn, set())
        for name in channels:
            members = self._members.get(name)
            if members is None:
                if not await self._moderation.allows(name):
                    continue
                members = self._members[name] = set()
            members.add(conn)
            joined.add(name)
        if conn.closed:
            self._channels_of[conn] = joined
            await self.handle_disconnect(conn)

    async def handle_request_to_send_message(self, conn: Connection, message: Message) -> None:
        for receiver in list(self._members.get(message.channel, ())):
            try:
                await receiver.write_message(message)
            except ConnectionClosed:
                pass  # It is leaving; handle_disconnect takes it out.

    async def handle_disconnect(self, conn: Connection) -> None:
        for name in self._channels_of.pop(conn, ()):
            members = self._members.get(name, set())
            members.discard(conn)
            if not members:
                self._members.pop(name, None)
