"""The store of one node: leaderless, the newest write wins."""

import threading
from typing import Iterable

from answers import Refusal
from entries import Entry, HybridClock, decode, encode
from log import Log
from peer import Peer
from replica import Replica, listing_of, records_of


class Store:
    def __init__(self, name: str, folder: str, peers: list[Peer]) -> None:
        self._name = name
        self._log = Log(folder)
        self._clock = HybridClock()
        self._entries: dict[str, Entry] = {}
        self._lock = threading.Lock()
        self._peer_names = {peer.name for peer in peers}
        self._replicas = [Replica(peer, name, self._entries, self._take_records) for peer in peers]
        self._is_loaded = False

    def start(self) -> None:
        self._log.load(self._merge, self._entries)
        self._is_loaded = True
        threads = [threading.Thread(target=replica.first_compare, daemon=True) for replica in self._replicas]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for replica in self._replicas:
            threading.Thread(target=replica.run, daemon=True).start()

    def get(self, key: str) -> bytes | None:
        entry = self._entries.get(key)
        return None if entry is None else entry.value

    def set(self, key: str, value: bytes) -> None:
        self._write(key, value)

    def delete(self, key: str) -> None:
        self._write(key, None)

    def handle_peer(self, path: str, message: bytes) -> bytes:
        if not self._is_loaded:
            raise Refusal(503, "Still loading.")
        if path == "list":
            return listing_of(self._entries, message.decode() in self._peer_names)
        if path == "fetch":
            return records_of(self._entries, message)
        if path == "entries":
            self._take_records(message)
            self._tell(key for key, _ in decode(message))
            return b""
        raise Refusal(404, "Expected list, fetch or entries.")

    def stop(self) -> None:
        with self._lock:
            self._log.close()

    def _write(self, key: str, value: bytes | None) -> None:
        with self._lock:
            entry = Entry(self._clock.next(), self._name, value)
            self._save(encode(key, entry))
            self._merge(key, entry)
        self._tell([key])

    def _tell(self, keys: Iterable[str]) -> None:
        for key in keys:
            for replica in self._replicas:
                replica.push(key)

    def _take_records(self, records: bytes) -> None:
        with self._lock:
            fresh = [(key, entry) for key, entry in decode(records) if entry.is_newer(self._entries.get(key))]
            if fresh:
                self._save(b"".join(encode(key, entry) for key, entry in fresh))
            for key, entry in fresh:
                self._merge(key, entry)

    def _save(self, records: bytes) -> None:
        try:
            if self._log.is_worn():
                self._log.begin(self._entries)
            self._log.append(records)
        except OSError as problem:
            raise Refusal(507, f"The disk takes nothing: {problem}") from problem

    def _merge(self, key: str, entry: Entry) -> None:
        self._clock.observe(entry.time)
        if entry.is_newer(self._entries.get(key)):
            self._entries[key] = entry
