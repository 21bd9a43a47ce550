"""Channels and their members; every member has a bounded queue for each channel and a task that writes from them, a batch at a time."""

import asyncio

from connection import Connection, ConnectionClosed
from protocol import Message

MAX_QUEUED_BYTES = 4 * 1024 * 1024
# A member that has taken nothing for so long has stopped reading.
MAX_STALL_SECONDS = 20
MESSAGE_OVERHEAD_BYTES = 64
# How long a channel's messages may gather before they go out together.
GATHER_SECONDS = 0.075


class Member:
    def __init__(self, conn: Connection):
        self.channels: set[str] = set()
        self._conn = conn
        self._queues: dict[str, list[Message]] = {}  # Channels with something in them, the one that has waited longest first.
        self._queued_bytes = 0
        self._filled = asyncio.Event()
        self._writer = asyncio.create_task(self._write())

    def enqueue(self, message: Message) -> None:
        self._queues.setdefault(message.channel, []).append(message)
        self._queued_bytes += _size_of(message)
        self._filled.set()
        if self._queued_bytes > MAX_QUEUED_BYTES:
            self._conn.close()

    def leave(self) -> None:
        self._writer.cancel()

    async def _write(self) -> None:
        try:
            while True:
                await self._filled.wait()
                self._filled.clear()
                while self._queues:
                    await asyncio.sleep(GATHER_SECONDS)
                    batch = self._queues.pop(next(iter(self._queues)))
                    self._queued_bytes -= sum(_size_of(message) for message in batch)
                    if not self._conn.try_write_message(batch):
                        await asyncio.wait_for(self._conn.write_message(batch), MAX_STALL_SECONDS)
        except ConnectionClosed:
            pass
        except TimeoutError:
            self._conn.close()


class ChatServer:
    def __init__(self) -> None:
        self._channels: dict[str, set[Member]] = {}
        self._members: dict[Connection, Member] = {}

    async def handle_join_channels(self, conn: Connection, channels: list[str]) -> None:
        if conn.closed:
            return
        # Nothing is awaited from here on, so no other handler sees a half-made change.
        if conn not in self._members:
            self._members[conn] = Member(conn)
        member = self._members[conn]
        for name in channels:
            self._channels.setdefault(name, set()).add(member)
            member.channels.add(name)

    async def handle_request_to_send_message(self, conn: Connection, message: Message) -> None:
        for member in self._channels.get(message.channel, ()):
            member.enqueue(message)

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


def _size_of(message: Message) -> int:
    return len(message.json()) + MESSAGE_OVERHEAD_BYTES
