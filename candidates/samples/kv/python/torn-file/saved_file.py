"""The node's only file: all entries."""

import os
import threading
from typing import Callable

from entries import Entry, decode, encode


class SavedFile:
    def __init__(self, folder: str, copy: Callable[[], dict[str, Entry]]) -> None:
        self._path = os.path.join(folder, "data")
        self._copy = copy
        self._changed = threading.Event()
        self._lock = threading.Lock()
        self.is_broken = False

    def load(self, take: Callable[[str, Entry], None]) -> None:
        """Hands over what is on disk, and keeps the file up to date from then on."""
        if os.path.exists(self._path):
            with open(self._path, "rb") as file:
                for key, entry in decode(file.read()):
                    take(key, entry)
        threading.Thread(target=self._save_again_and_again, daemon=True).start()

    def changed(self) -> None:
        self._changed.set()

    def save(self) -> None:
        with self._lock:
            # Nothing may stay in a buffer: it would be lost with the process.
            with open(self._path, "wb", buffering=0) as file:
                for key, entry in self._copy().items():
                    file.write(encode(key, entry))

    def _save_again_and_again(self) -> None:
        while True:
            self._changed.wait()
            self._changed.clear()
            try:
                self.save()
                self.is_broken = False
            except OSError as problem:
                self.is_broken = True
                print(f"Not saved: {problem}", flush=True)
