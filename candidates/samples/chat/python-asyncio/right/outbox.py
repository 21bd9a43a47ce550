"""What waits to be written to one connection, and the task that writes it.

A handler only puts messages into outboxes, so no member's slow socket holds up a handler or another member. One task writes what has
gathered in each outbox as one batch, without waiting; a reader that has stopped is closed, by volume or by time.
"""

import asyncio
import itertools
from collections import deque

from connection import Connection, ConnectionClosed
from protocol import Message

# How long messages may gather before they go out together.
GATHER_SECONDS = 0.01
MAX_BATCH_MESSAGES = 256
# What may wait for one reader; the messages themselves are shared by all outboxes.
MAX_QUEUED_BYTES = 4 * 1024 * 1024
# A reader whose socket was found full so often in a row has stopped (12 s or more). Counted rather than timed, so that a pause of the
# whole process closes nobody.
MAX_TRIES = 1200


class Outbox:
    def __init__(self, conn: Connection, postman: "Postman"):
        self._conn = conn
        self._postman = postman
        self._queue: deque[Message] = deque()
        self._queued_bytes = 0
        self._tries = 0

    def put(self, message: Message) -> None:
        if self._conn.closed:
            return
        if not self._queue:
            self._postman.schedule(self)
        self._queue.append(message)
        self._queued_bytes += len(message.json())
        if self._queued_bytes > MAX_QUEUED_BYTES:
            self._conn.close()

    def flush(self) -> bool:
        """Writes what has gathered. True when the socket is full and the postman has to come again."""
        try:
            while self._queue:
                batch = list(itertools.islice(self._queue, MAX_BATCH_MESSAGES))
                if not self._conn.try_write_message(batch):
                    return self._wait_or_give_up()
                self._tries = 0
                self._remove(batch)
        except ConnectionClosed:
            self._queue.clear()
        return False

    def _remove(self, batch: list[Message]) -> None:
        for message in batch:
            self._queue.popleft()
            self._queued_bytes -= len(message.json())

    def _wait_or_give_up(self) -> bool:
        self._tries += 1
        if self._tries > MAX_TRIES:
            self._conn.close()
            return False
        return True


class Postman:
    def __init__(self) -> None:
        self._due: list[Outbox] = []
        self._scheduled = asyncio.Event()
        self._task = asyncio.create_task(self._deliver())

    def schedule(self, outbox: Outbox) -> None:
        self._due.append(outbox)
        self._scheduled.set()

    async def _deliver(self) -> None:
        while True:
            await self._scheduled.wait()
            await asyncio.sleep(GATHER_SECONDS)
            due, self._due = self._due, []
            self._due += [outbox for outbox in due if outbox.flush()]
            if not self._due:
                self._scheduled.clear()
