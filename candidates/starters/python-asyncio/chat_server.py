"""The chat server: the one file you fill in.

Every request is a task of its own on one event loop. Wherever a handler awaits, another one may run, also one for the same connection.
"""

from connection import Connection
from protocol import Message


class ChatServer:
    async def handle_join_channels(self, conn: Connection, channels: list[str]) -> None:
        """`conn` wants to join these channels. Once this returns, the client is told that it has joined."""
        # TODO (stage 1)

    async def handle_request_to_send_message(self, conn: Connection, message: Message) -> None:
        """`conn` wants `message.body` to reach every member of `message.channel`."""
        # TODO (stage 1)

    async def handle_disconnect(self, conn: Connection) -> None:
        """`conn` has ended. Called once for each connection; other handlers for it may still be under way."""
        # TODO (stage 1)

    async def handle_new_connection(self, conn: Connection, username: str) -> None:
        """Optional follow-up: `conn` says who it is. Once this returns, the client is welcomed."""
        # TODO (follow-up; then declare `usernames` in candidate.yaml)
