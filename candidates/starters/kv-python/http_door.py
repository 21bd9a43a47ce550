"""HTTP for clients and for other nodes, on one port: finds the key or path, reads the body, calls the store, answers."""

import socket
import sys
import threading
import time
import traceback
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote_to_bytes

from answers import Refusal, Unavailable
from peer import MAX_PEER_MESSAGE_BYTES, PEER_PREFIX
from store import Store

KEY_PREFIX = "/kv/"
MAX_KEY_BYTES = 256
MAX_VALUE_BYTES = 1024 * 1024
MAX_CONNECTIONS = 512
MAX_LINE_BYTES = 1024
MAX_TRAILERS = 100
IDLE_SECONDS = 30
DRAIN_SECONDS = 2.0
BUSY = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class HttpDoor(ThreadingHTTPServer):
    request_queue_size = 1024
    daemon_threads = True
    block_on_close = False

    def __init__(self, host: str, port: int, store: Store) -> None:
        super().__init__((host, port), Handler)
        self.store = store
        self.serves_clients = False
        self.is_ending = False
        self._lock = threading.Lock()
        self._connections = 0
        self._under_way = 0

    def process_request(self, request, client_address) -> None:
        """Starts a thread for a new connection, as long as there are not too many."""
        with self._lock:
            has_room = self._connections < MAX_CONNECTIONS
            self._connections += has_room
        if has_room:
            super().process_request(request, client_address)
            return
        request.setblocking(False)
        try:
            request.send(BUSY)
        except OSError:
            pass
        request.close()

    def process_request_thread(self, request, client_address) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            with self._lock:
                self._connections -= 1

    def handle_error(self, request, client_address) -> None:
        """A connection that breaks off is nothing to speak of."""
        if not isinstance(sys.exc_info()[1], OSError):
            traceback.print_exc()

    def close(self) -> None:
        """Ends: what comes from now on is refused, what is under way is waited for, but not for ever."""
        self.is_ending = True
        self.shutdown()
        self.server_close()
        deadline = time.monotonic() + DRAIN_SECONDS
        while self._under_way > 0 and time.monotonic() < deadline:
            time.sleep(0.005)

    def begin_request(self) -> None:
        with self._lock:
            if self.is_ending:
                raise Unavailable("This node is ending.")
            self._under_way += 1

    def end_request(self) -> None:
        with self._lock:
            self._under_way -= 1


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    default_request_version = "HTTP/1.1"
    error_content_type = "text/plain"
    error_message_format = "%(message)s\n"
    disable_nagle_algorithm = True
    wbufsize = -1
    timeout = IDLE_SECONDS
    server: HttpDoor

    def serve(self) -> None:
        self.body_is_read = not self.headers.get("Transfer-Encoding") and self.headers.get("Content-Length", "0") == "0"
        try:
            self.server.begin_request()
        except Refusal as problem:
            self.refuse(problem)
            return
        try:
            self.route()
        except Refusal as problem:
            self.refuse(problem)
        except OSError as problem:
            if isinstance(problem, (ConnectionError, TimeoutError, socket.timeout)):
                self.close_connection = True
            else:
                traceback.print_exc()
                self.refuse(Refusal(500, "The request failed."))
        except Exception:
            traceback.print_exc()
            self.refuse(Refusal(500, "The request failed."))
        finally:
            self.server.end_request()

    do_GET = do_PUT = do_DELETE = do_POST = do_PATCH = do_HEAD = do_OPTIONS = do_TRACE = do_CONNECT = serve

    def route(self) -> None:
        if self.path.startswith(KEY_PREFIX):
            self.serve_key(self.path[len(KEY_PREFIX) :])
        elif self.path.startswith(PEER_PREFIX):
            self.serve_peer(self.path[len(PEER_PREFIX) :])
        elif self.path != "/health":
            raise Refusal(404, "Expected /kv/{key} or /health.")
        elif self.command != "GET":
            raise Refusal(405, "Expected GET.")
        elif not self.server.serves_clients:
            raise Unavailable("This node is starting.")
        else:
            self.answer(200, b"")

    def serve_key(self, encoded: str) -> None:
        key = parse_key(encoded)
        if self.command not in ("GET", "PUT", "DELETE"):
            raise Refusal(405, "Expected GET, PUT or DELETE.")
        if not self.server.serves_clients:
            raise Unavailable("This node is starting.")
        if self.command == "GET":
            value = self.server.store.get(key)
            if value is None:
                raise Refusal(404, "No such key.")
            self.answer(200, value)
        elif self.command == "PUT":
            self.server.store.set(key, self.read_body(MAX_VALUE_BYTES))
            self.answer(204, None)
        else:
            self.server.store.delete(key)
            self.answer(204, None)

    def serve_peer(self, path: str) -> None:
        if not path.replace("-", "a").isalpha() or not path.islower():
            raise Refusal(404, "Expected a path of small letters.")
        if self.command != "POST":
            raise Refusal(405, "Expected POST.")
        self.answer(200, self.server.store.handle_peer(path, self.read_body(MAX_PEER_MESSAGE_BYTES)))

    def answer(self, status: int, body: bytes | None) -> None:
        if not self.body_is_read:
            self.close_connection = True
        self.send_response_only(status)
        if body is not None:
            self.send_header("Content-Length", str(len(body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if body and self.command != "HEAD":
            self.wfile.write(body)
        self.wfile.flush()

    def refuse(self, problem: Refusal) -> None:
        try:
            self.answer(problem.status, f"{problem.message}\n".encode())
        except OSError:
            self.close_connection = True

    def log_message(self, *_) -> None:
        pass

    def read_body(self, limit: int) -> bytes:
        coding = self.headers.get("Transfer-Encoding", "").strip().lower()
        length = self.headers.get("Content-Length")
        if coding == "chunked" and length is None:
            body = self.read_chunks(limit)
        elif coding or length is None or not (length.isascii() and length.isdigit()) or len(self.headers.get_all("Content-Length")) > 1:
            raise Refusal(411 if length is None else 400, "Expected a Content-Length, or a chunked body.")
        elif len(length) > 12 or int(length) > limit:
            raise Refusal(413, f"Expected at most {limit} bytes.")
        else:
            body = self.read_exactly(int(length))
        self.body_is_read = True
        return body

    def read_chunks(self, limit: int) -> bytes:
        body = bytearray()
        while True:
            digits = self.read_line().split(b";")[0].strip()
            if not digits or digits.strip(b"0123456789abcdefABCDEF"):
                raise Refusal(400, "Expected the size of a chunk.")
            size = int(digits, 16)
            if len(body) + size > limit:
                raise Refusal(413, f"Expected at most {limit} bytes.")
            if size == 0:
                break
            body += self.read_exactly(size)
            if self.read_exactly(2) != b"\r\n":
                raise Refusal(400, "Expected a chunk to end with CR LF.")
        for _ in range(MAX_TRAILERS):
            if not self.read_line():
                return bytes(body)
        raise Refusal(400, "Expected fewer trailers.")

    def read_line(self) -> bytes:
        line = self.rfile.readline(MAX_LINE_BYTES)
        if not line.endswith(b"\r\n"):
            raise Refusal(400, "Expected a short line that ends with CR LF.")
        return line[:-2]

    def read_exactly(self, size: int) -> bytes:
        body = self.rfile.read(size)
        if len(body) < size:
            raise Refusal(400, "Expected the whole body.")
        return body


def parse_key(encoded: str) -> str:
    """The path is taken as it was sent: a raw `/`, `?` or `#` is not part of a key."""
    raw = encoded.encode("iso-8859-1")
    well_formed = not any(mark in encoded for mark in "/?#") and all(
        len(part) >= 2 and not part[:2].strip("0123456789abcdefABCDEF") for part in encoded.split("%")[1:]
    )
    key = unquote_to_bytes(raw) if well_formed else b""
    if not key:
        raise Refusal(400, "Expected /kv/ and a percent-encoded key in UTF-8.")
    if len(key) > MAX_KEY_BYTES:
        raise Refusal(414, f"Expected a key of at most {MAX_KEY_BYTES} bytes.")
    try:
        return key.decode()
    except UnicodeDecodeError:
        raise Refusal(400, "Expected /kv/ and a percent-encoded key in UTF-8.") from None
