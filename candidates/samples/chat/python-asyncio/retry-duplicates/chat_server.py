"""Channels, their members, and a plain loop that writes to each of them."""

import asyncio

from connection import Connection, ConnectionClosed
from protocol import Message

# A member whose socket is full is tried again, with growing pauses, before it is given up.
PAUSES_SECONDS = (0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2)


class ChatServer:
    def __init__(self) -> None:
        self._members: dict[str, set[Connection]] = {}
        self._channels_of: dict[Connection, set[str]] = {}

    async def handle_join_channels(self, conn: Connection, channels: list[str]) -> None:
        if conn.closed:
            return
        joined = self._channels_of.setdefault(conn, set())
        for name in channels:
            self._members.setdefault(name, set()).add(conn)
            joined.add(name)

    async def handle_request_to_send_message(self, conn: Connection, message: Message) -> None:
        for pause in PAUSES_SECONDS:
            failed = [receiver for receiver in list(self._members.get(message.channel, ())) if not _write(receiver, message)]
            if not failed:
                return
            await asyncio.sleep(pause)
        for receiver in failed:
            receiver.close()

    async def handle_disconnect(self, conn: Connection) -> None:
        for name in self._channels_of.pop(conn, ()):
            members = self._members[name]
            members.discard(conn)
            if not members:
                del self._members[name]


def _write(receiver: Connection, message: Message) -> bool:
    try:
        return receiver.try_write_message(message)
    except ConnectionClosed:
        return True  # It is leaving; handle_disconnect takes it out.
