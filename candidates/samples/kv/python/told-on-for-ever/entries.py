"""What is kept of a key: its newest value, or the fact that it was deleted, and when that was."""

import struct
import time
from typing import Iterator, NamedTuple


class Entry(NamedTuple):
    time: int
    """Microseconds, by the hybrid clock of the node that took the write."""
    origin: str
    value: bytes | None
    """None: deleted."""

    def is_newer(self, other: "Entry | None") -> bool:
        return other is None or (self.time, self.origin) > (other.time, other.origin)


class HybridClock:
    """Wall time, pushed on so that every write is later than all that this node has made or seen before."""

    def __init__(self) -> None:
        self._last = 0

    def next(self) -> int:
        self._last = max(self._last + 1, time.time_ns() // 1000)
        return self._last

    def observe(self, moment: int) -> None:
        self._last = max(self._last, moment)


# Length of the whole, time, whether deleted, lengths of origin and key; then origin, key and value.
HEAD = struct.Struct("<IQBHH")


def encode(key: str, entry: Entry) -> bytes:
    origin, name, value = entry.origin.encode(), key.encode(), entry.value or b""
    length = HEAD.size + len(origin) + len(name) + len(value)
    return HEAD.pack(length, entry.time, entry.value is None, len(origin), len(name)) + origin + name + value


def decode(records: bytes) -> Iterator[tuple[str, Entry]]:
    """The entries in a buffer, as far as they are whole."""
    at = 0
    while at + HEAD.size <= len(records):
        length, moment, is_deleted, origin_length, key_length = HEAD.unpack_from(records, at)
        if at + length > len(records):
            return
        key_at = at + HEAD.size + origin_length
        value_at = key_at + key_length
        value = None if is_deleted else records[value_at : at + length]
        yield records[key_at:value_at].decode(), Entry(moment, records[at + HEAD.size : key_at].decode(), value)
        at += length
