"""Everything between the sockets and the ChatServer's handlers: accepts connections, parses lines, runs a task for each request."""

import asyncio
import socket
import time
import traceback

from chat_server import ChatServer
from connection import Connection, ConnectionClosed
from protocol import BadRequest, Hello, Join, Message, parse_request

BACKLOG = 4096
ACCEPT_RETRY_SECONDS = 0.1


class Plumbing:
    def __init__(self, chat: ChatServer, host: str, port: int):
        self._chat = chat
        self._tasks: set[asyncio.Task] = set()
        self._listener = socket.create_server((host, port), backlog=BACKLOG)
        self._listener.setblocking(False)

    async def serve(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                sock, _address = await loop.sock_accept(self._listener)
            except OSError:  # Out of descriptors: let some come back first.
                await asyncio.sleep(ACCEPT_RETRY_SECONDS)
                continue
            try:
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                await loop.connect_accepted_socket(lambda: Connection(self._on_line, self._on_end), sock)
            except OSError:
                sock.close()

    def _on_line(self, conn: Connection, line: bytes) -> None:
        self._start(self._handle_line(conn, line, time.monotonic()))

    def _on_end(self, conn: Connection) -> None:
        self._start(self._handle_end(conn))

    def _start(self, work) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)  # The event loop itself holds tasks only weakly.
        task.add_done_callback(self._tasks.discard)

    async def _handle_line(self, conn: Connection, line: bytes, received_at: float) -> None:
        request_id = None
        try:
            request = parse_request(line, received_at)
            request_id = request.id if request is not None else None
            await self._call_handler(conn, request)
        except BadRequest as problem:
            conn.reply(_error(str(problem), problem.request_id))
        except ConnectionClosed:
            conn.reply(_error("A connection was closed", request_id))
        except Exception:
            traceback.print_exc()
            conn.reply(_error("The request failed", request_id))
        finally:
            conn.finish_request()

    async def _call_handler(self, conn: Connection, request: Join | Hello | Message | None) -> None:
        match request:
            case Join():
                await self._chat.handle_join_channels(conn, request.channels)
                conn.reply({"type": "joined", "id": request.id})
            case Message():
                await self._chat.handle_request_to_send_message(conn, request)
            case Hello():
                await self._chat.handle_new_connection(conn, request.username)
                conn.reply({"type": "welcome", "id": request.id})

    async def _handle_end(self, conn: Connection) -> None:
        try:
            await self._chat.handle_disconnect(conn)
        except Exception:
            traceback.print_exc()


def _error(text: str, request_id: int | None) -> dict:
    return {"type": "error", "message": text} | ({} if request_id is None else {"id": request_id})
