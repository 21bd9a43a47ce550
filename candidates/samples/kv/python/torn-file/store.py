"""The store of one node: leaderless, the newest write wins."""

import threading

from answers import Refusal
from entries import Entry, HybridClock, decode
from peer import Peer
from replica import Replica, listing_of, records_of
from saved_file import SavedFile


class Store:
    def __init__(self, name: str, folder: str, peers: list[Peer]) -> None:
        self._name = name
        self._file = SavedFile(folder, self._copy)
        self._clock = HybridClock()
        self._entries: dict[str, Entry] = {}
        self._lock = threading.Lock()
        self._peer_names = {peer.name for peer in peers}
        self._replicas = [Replica(peer, name, self._entries, self._take_records) for peer in peers]
        self._is_loaded = False

    def start(self) -> None:
        self._file.load(self._merge)
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
            return b""
        raise Refusal(404, "Expected list, fetch or entries.")

    def stop(self) -> None:
        self._file.save()

    def _copy(self) -> dict[str, Entry]:
        with self._lock:
            return dict(self._entries)

    def _write(self, key: str, value: bytes | None) -> None:
        if self._file.is_broken:
            raise Refusal(507, "The disk takes nothing.")
        with self._lock:
            self._merge(key, Entry(self._clock.next(), self._name, value))
        for replica in self._replicas:
            replica.push(key)

    def _take_records(self, records: bytes) -> None:
        with self._lock:
            for key, entry in decode(records):
                self._merge(key, entry)

    def _merge(self, key: str, entry: Entry) -> None:
        self._clock.observe(entry.time)
        if entry.is_newer(self._entries.get(key)):
            self._entries[key] = entry
            self._file.changed()
