"""The node's only file: entries, one after another, as they came."""

import os
import threading
import time
from typing import Callable

from entries import Entry, decode, encode

SYNC_EVERY_SECONDS = 0.5
MIN_WORN_BYTES = 64 * 1024 * 1024


class Log:
    def __init__(self, folder: str) -> None:
        self._path = os.path.join(folder, "log")
        self._file = -1
        self._length = 0
        self._begun_with = 0
        self._is_synced = True

    def load(self, take: Callable[[str, Entry], None], entries: dict[str, Entry]) -> None:
        """Hands over what is on disk; then writes it anew without what has been superseded, and goes on from there."""
        if os.path.exists(self._path):
            with open(self._path, "rb") as file:
                for key, entry in decode(file.read()):
                    take(key, entry)
        self.begin(entries)
        threading.Thread(target=self._sync_now_and_then, daemon=True).start()

    def is_worn(self) -> bool:
        """Whether most of a large file has been superseded."""
        return self._length > MIN_WORN_BYTES and self._length > 4 * self._begun_with

    def begin(self, entries: dict[str, Entry]) -> None:
        """Writes the file anew without what has been superseded, and goes on from there."""
        length = 0
        temporary = self._path + ".new"
        with open(temporary, "wb") as file:
            for key, entry in entries.items():
                length += file.write(encode(key, entry))
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, self._path)
        old, self._file = self._file, os.open(self._path, os.O_WRONLY)
        self._length = self._begun_with = length
        if old >= 0:
            os.close(old)

    def append(self, records: bytes) -> None:
        """Always writes at the end of what is whole, so that an attempt that failed is written over. One thread at a time."""
        written = 0
        while written < len(records):
            written += os.pwrite(self._file, records[written:], self._length + written)
        self._length += written
        self._is_synced = False

    def close(self) -> None:
        os.fsync(self._file)

    def _sync_now_and_then(self) -> None:
        while True:
            time.sleep(SYNC_EVERY_SECONDS)
            if not self._is_synced:
                self._is_synced = True
                try:
                    os.fdatasync(self._file)
                except OSError as problem:
                    print(f"Not synced: {problem}", flush=True)
