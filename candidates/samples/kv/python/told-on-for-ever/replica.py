"""Keeps one peer up to date, and us with it."""

import json
import threading
import time
import traceback
from typing import Callable

from entries import Entry, encode
from peer import Peer

BATCH_BYTES = 1024 * 1024
IDLE_SECONDS = 1.0
RETRY_SECONDS = 0.25
FIRST_TRIES = 3


class Replica:
    def __init__(self, peer: Peer, own_name: str, entries: dict[str, Entry], take: Callable[[bytes], None]) -> None:
        self._peer = peer
        self._own_name = own_name
        self._entries = entries
        self._take = take
        self._changed: dict[str, None] = {}
        self._lock = threading.Condition()
        self._is_in_sync = False
        self._pushes_to_us = True

    def first_compare(self) -> None:
        """Tries to get and give what is missing, before the node serves."""
        for _ in range(FIRST_TRIES):
            try:
                self._compare()
                return
            except OSError:
                time.sleep(RETRY_SECONDS)

    def run(self) -> None:
        compared_at = time.monotonic()
        while True:
            try:
                is_due = not self._pushes_to_us and time.monotonic() - compared_at >= IDLE_SECONDS
                if not self._is_in_sync or is_due:
                    self._compare()
                    compared_at = time.monotonic()
                self._send_changed()
                with self._lock:
                    if not self._changed:
                        self._lock.wait(IDLE_SECONDS)
            except Exception as problem:
                if not isinstance(problem, OSError):
                    traceback.print_exc()
                self._is_in_sync = False
                time.sleep(RETRY_SECONDS)

    def push(self, key: str) -> None:
        """Only the key waits: whatever value it has by then is sent."""
        with self._lock:
            self._changed[key] = None
            self._lock.notify()

    def _compare(self) -> None:
        """Exchanges whatever one of us has newer than the other."""
        with self._lock:
            self._changed.clear()
        answer = json.loads(self._peer.ask("list", self._own_name.encode()))
        self._pushes_to_us = answer["pushesToYou"]
        theirs: dict[str, Entry] = {}
        wanted: list[str] = []
        size = 0
        for key, moment, origin, length in answer["keys"]:
            theirs[key] = entry = Entry(moment, origin, None)
            if not entry.is_newer(self._entries.get(key)):
                continue
            wanted.append(key)
            size += length + 300
            if size >= BATCH_BYTES:
                self._fetch(wanted)
                wanted, size = [], 0
        if wanted:
            self._fetch(wanted)
        for key, entry in list(self._entries.items()):
            if entry.is_newer(theirs.get(key)):
                self.push(key)
        while self._changed:
            self._send_changed()
        self._is_in_sync = True

    def _fetch(self, keys: list[str]) -> None:
        self._take(self._peer.ask("fetch", json.dumps(keys).encode()))

    def _send_changed(self) -> None:
        records: list[bytes] = []
        size = 0
        with self._lock:
            while self._changed and size < BATCH_BYTES:
                key = next(iter(self._changed))
                del self._changed[key]
                entry = self._entries.get(key)
                if entry is not None:
                    records.append(encode(key, entry))
                    size += len(records[-1])
        if records:
            self._peer.ask("entries", b"".join(records))


def listing_of(entries: dict[str, Entry], pushes_to_you: bool) -> bytes:
    """What a node answers to `list`: key, time, origin and length of value of all it has."""
    keys = [(key, entry.time, entry.origin, len(entry.value or b"")) for key, entry in list(entries.items())]
    return json.dumps({"pushesToYou": pushes_to_you, "keys": keys}).encode()


def records_of(entries: dict[str, Entry], message: bytes) -> bytes:
    """What a node answers to `fetch`."""
    return b"".join(encode(key, entries[key]) for key in json.loads(message) if key in entries)
