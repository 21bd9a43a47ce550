"""Channels and their members; every member has a queue and a task that writes from it."""

import asyncio

from connection import Connection, ConnectionClosed
from protocol import Message


class Member:
    def __init__(self, conn: Connection):
        self.channels: set[str] = set()
        self.queue: asyncio.Queue[Message] = asyncio.Queue()
        self._conn = conn
        self._writer = asyncio.create_task(self._write())

    def leave(self) -> None:
        self._writer.cancel()

    async def _write(self) -> None:
        try:
            while True:
                await self._conn.write_message(await self.queue.get())
        except ConnectionClosed:
            pass


class ChatServer:
    def __init__(self) -> None:
        self._channels: dict[str, set[Member]] = {}
        self._members: dict[Connection, Member] = {}

    async def handle_join_channels(self, conn: Connection, channels: list[str]) -> None:
        if conn.closed:
            return
        if conn not in self._members:
            self._members[conn] = Member(conn)
        member = self._members[conn]
        for name in channels:
            self._channels.setdefault(name, set()).add(member)
            member.channels.add(name)

    async def handle_request_to_send_message(self, conn: Connection, message: Message) -> None:
        for member in self._channels.get(message.channel, ()):
            member.queue.put_nowait(message)

    async def handle_disconnect(self, conn: Connection) -> None:
        member = self._members.pop(conn, None)
        if member is None:
            return
        member.leave()
        for name in member.channels:
            others = self._channels[name]
            others.discard(member)
            if not others:
                del self._channels[name]
