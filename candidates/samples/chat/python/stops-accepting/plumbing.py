"""Everything between the sockets and the ChatServer's handlers.

One thread (the one that calls run) accepts, reads and cuts lines; a pool of threads parses them and calls the handlers.
"""

import queue
import selectors
import socket
import sys
import threading
import time
import traceback

from chat_server import ChatServer
from connection import MAX_UNHANDLED_REQUESTS, Connection, ConnectionClosed
from line_splitter import LineTooLong
from protocol import BadRequest, Hello, Join, Message, parse_request

POOL_THREADS = 32
BACKLOG = 4096
READ_BYTES = 64 * 1024
# A client that lets this much output pile up is not read from until it has taken it.
MAX_UNSENT_BYTES_TO_READ_ON = 256 * 1024
# Shorter than Python's 5 ms, so that a thread that wants to read or write is not kept waiting by busy ones.
SWITCH_INTERVAL_SECONDS = 0.001


class Plumbing:
    def __init__(self, chat: ChatServer, host: str, port: int):
        sys.setswitchinterval(min(sys.getswitchinterval(), SWITCH_INTERVAL_SECONDS))
        self._chat = chat
        self._work: queue.SimpleQueue = queue.SimpleQueue()
        self._changed: queue.SimpleQueue = queue.SimpleQueue()
        self._stopping = False
        self._selector = selectors.DefaultSelector()
        self._listener = socket.create_server((host, port), backlog=BACKLOG)
        self._listener.setblocking(False)
        self._selector.register(self._listener, selectors.EVENT_READ, self._accept)
        self._wake_reader, self._wake_writer = socket.socketpair()
        self._wake_reader.setblocking(False)
        self._wake_writer.setblocking(False)
        self._selector.register(self._wake_reader, selectors.EVENT_READ, self._drain_wake_ups)
        self._woken = False

    def run(self) -> None:
        for _ in range(POOL_THREADS):
            threading.Thread(target=self._serve_pool, daemon=True).start()
        while not self._stopping:
            for key, events in self._selector.select():
                if isinstance(key.data, Connection):
                    self._on_ready(key.data, events)
                else:
                    key.data()

    def stop(self) -> None:
        self._stopping = True
        self._wake()

    # The reading thread.

    def _accept(self) -> None:
        for _ in range(BACKLOG):
            try:
                sock, _address = self._listener.accept()
            except BlockingIOError:
                return
            except ConnectionAbortedError:
                continue
            except OSError as problem:
                print(f"The listener has failed: {problem}", file=sys.stderr, flush=True)
                self._selector.unregister(self._listener)
                return
            sock.setblocking(False)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._update(Connection(sock, self._on_change))

    def _on_ready(self, conn: Connection, events: int) -> None:
        if events & selectors.EVENT_WRITE:
            conn.flush()
        if events & selectors.EVENT_READ and not conn.ended:
            self._read(conn)
        self._update(conn)

    def _read(self, conn: Connection) -> None:
        try:
            data = conn.sock.recv(READ_BYTES)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if data:
            conn.splitter.feed(data)
        else:
            conn.close()

    def _update(self, conn: Connection) -> None:
        """Hands over the lines that have come, and has the selector watch for what the connection waits for now."""
        if conn.ended:
            return
        if not conn.closed:
            self._hand_over_lines(conn)
        if conn.closed:
            self._end(conn)
            return
        wanted = 0 if conn.paused else selectors.EVENT_READ
        if conn.unsent_bytes() > 0:
            wanted |= selectors.EVENT_WRITE
        if wanted != conn.watched:
            if not conn.watched:
                self._selector.register(conn.sock, wanted, conn)
            elif wanted:
                self._selector.modify(conn.sock, wanted, conn)
            else:
                self._selector.unregister(conn.sock)
            conn.watched = wanted

    def _hand_over_lines(self, conn: Connection) -> None:
        now = time.monotonic()
        try:
            while True:
                conn.paused = True  # Said before the look at the counts, so that a thread that changes them tells us.
                if conn.unhandled >= MAX_UNHANDLED_REQUESTS or conn.unsent_bytes() > MAX_UNSENT_BYTES_TO_READ_ON:
                    return
                conn.paused = False
                line = conn.splitter.next_line()
                if line is None:
                    return
                conn.begin_request()
                self._work.put((self._handle_line, conn, line, now))
        except LineTooLong:
            conn.reply({"type": "error", "message": "Expected lines of at most 1 MiB"})
            conn.close()

    def _end(self, conn: Connection) -> None:
        conn.ended = True
        if conn.watched:
            self._selector.unregister(conn.sock)
        conn.release()
        self._work.put((self._chat.handle_disconnect, conn))

    def _drain_wake_ups(self) -> None:
        try:
            self._wake_reader.recv(4096)
        except BlockingIOError:
            pass
        self._woken = False  # Before the look into the queue: whoever puts something in after it wakes us again.
        for _ in range(self._changed.qsize()):
            self._update(self._changed.get())

    # Called from any thread.

    def _on_change(self, conn: Connection) -> None:
        """Something about `conn` has changed that the reading thread must know."""
        self._changed.put(conn)
        self._wake()

    def _wake(self) -> None:
        if self._woken:
            return
        self._woken = True
        try:
            self._wake_writer.send(b"\0")
        except BlockingIOError:
            pass

    # The pool.

    def _serve_pool(self) -> None:
        while True:
            task, *arguments = self._work.get()
            try:
                task(*arguments)
            except Exception:
                traceback.print_exc()

    def _handle_line(self, conn: Connection, line: bytes, received_at: float) -> None:
        request_id = None
        try:
            request = parse_request(line, received_at)
            request_id = request.id if request is not None else None
            self._call_handler(conn, request)
        except BadRequest as problem:
            conn.reply(_error(str(problem), problem.request_id))
        except ConnectionClosed:
            conn.reply(_error("A connection was closed", request_id))
        except Exception:
            traceback.print_exc()
            conn.reply(_error("The request failed", request_id))
        finally:
            conn.finish_request()

    def _call_handler(self, conn: Connection, request: Join | Hello | Message | None) -> None:
        match request:
            case Join():
                self._chat.handle_join_channels(conn, request.channels)
                conn.reply({"type": "joined", "id": request.id})
            case Message():
                self._chat.handle_request_to_send_message(conn, request)
            case Hello():
                self._chat.handle_new_connection(conn, request.username)
                conn.reply({"type": "welcome", "id": request.id})


def _error(text: str, request_id: int | None) -> dict:
    return {"type": "error", "message": text} | ({} if request_id is None else {"id": request_id})
