"""Another node of the cluster, as this one reaches it."""

import http.client
import select
import socket
import threading

PEER_PREFIX = "/peer/"
MAX_PEER_MESSAGE_BYTES = 64 * 1024 * 1024
TIMEOUT_SECONDS = 2.0
MAX_IDLE_CONNECTIONS = 4


class Peer:
    def __init__(self, name: str, host: str, port: int) -> None:
        self.name = name
        self._host = host
        self._port = port
        self._idle: list[http.client.HTTPConnection] = []
        self._lock = threading.Lock()

    def ask(self, path: str, message: bytes, timeout: float = TIMEOUT_SECONDS) -> bytes:
        """Sends a message to the peer's `handle_peer` and returns its answer.

        `path` is yours to choose: small letters and `-`. Raises OSError when the peer cannot be reached, is silent for
        `timeout` seconds, or answers with an error.
        """
        connection = self._take(timeout)
        try:
            if connection.sock is None:
                connection.connect()
                connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection.sock.settimeout(timeout)
            connection.request("POST", PEER_PREFIX + path, body=message)
            response = connection.getresponse()
            answer = response.read()
        except http.client.HTTPException as problem:
            connection.close()
            raise OSError(f"{self.name} broke off its answer") from problem
        except BaseException:
            connection.close()
            raise
        if response.will_close:
            connection.close()
        self._put_back(connection)
        if response.status != 200:
            raise OSError(f"{self.name} answered {response.status}")
        return answer

    def _take(self, timeout: float) -> http.client.HTTPConnection:
        with self._lock:
            while self._idle:
                connection = self._idle.pop()
                # An idle connection has nothing to say: where there is something, it was closed.
                if connection.sock is not None and not select.select([connection.sock], [], [], 0)[0]:
                    return connection
                connection.close()
        return http.client.HTTPConnection(self._host, self._port, timeout=timeout)

    def _put_back(self, connection: http.client.HTTPConnection) -> None:
        with self._lock:
            if connection.sock is not None and len(self._idle) < MAX_IDLE_CONNECTIONS:
                self._idle.append(connection)
                return
        connection.close()


def parse_peers(text: str, own_name: str) -> list[Peer]:
    """The peers in a list such as `a=127.0.0.2:7000,b=127.0.0.3:7000`, without the node itself."""
    peers = []
    for item in filter(None, (part.strip() for part in text.split(","))):
        name, _, address = item.partition("=")
        host, _, port = address.rpartition(":")
        if name != own_name:
            peers.append(Peer(name, host, int(port)))
    return peers
