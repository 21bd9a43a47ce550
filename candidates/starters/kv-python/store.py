"""The store of one node: the one file you fill in, together with whatever files you want beside it.

Every connection has a thread of its own: any method may run at the same time as any other, and as itself.
"""

from answers import NotWritten
from peer import Peer


class Store:
    def __init__(self, name: str, folder: str, peers: list[Peer]) -> None:
        """`name`: this node's. `folder`: where it may keep files; it exists. `peers`: the others, up or not."""
        self.name = name
        self.folder = folder
        self.peers = peers

    def start(self) -> None:
        """Called once. Clients get 503 until it has returned; other nodes reach `handle_peer` from the beginning."""
        # TODO: load what was saved, and get what the others have.

    def get(self, key: str) -> bytes | None:
        """The value of a key, or None where there is none."""
        raise NotWritten  # TODO

    def set(self, key: str, value: bytes) -> None:
        """Once this returns, the client is told that the value is stored."""
        raise NotWritten  # TODO

    def delete(self, key: str) -> None:
        """Once this returns, the client is told that the key is gone."""
        raise NotWritten  # TODO

    def handle_peer(self, path: str, message: bytes) -> bytes:
        """Another node has called `peer.ask(path, message)` on us; what this returns is its answer."""
        raise NotWritten  # TODO

    def stop(self) -> None:
        """The node is told to end (SIGTERM). No request is under way any more, and none will come."""
        # TODO: save what is not saved yet.
