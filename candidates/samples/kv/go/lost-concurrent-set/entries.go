package main

import (
	"encoding/binary"
	"sync"
	"time"
)

// Entry is what is kept of a key: its newest value, or the fact that it was deleted, and when that was.
type Entry struct {
	// Microseconds, by the hybrid clock of the node that took the write.
	Time    int64
	Origin  string
	Deleted bool
	Value   []byte
}

func (e *Entry) isNewer(other *Entry) bool {
	if other == nil || e.Time != other.Time {
		return other == nil || e.Time > other.Time
	}
	return e.Origin > other.Origin
}

// HybridClock is wall time, pushed on so that every write is later than all that this node has made or seen before.
type HybridClock struct {
	mutex sync.Mutex
	last  int64
}

func (c *HybridClock) next() int64 {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.last++
	if now := time.Now().UnixMicro(); now > c.last {
		c.last = now
	}
	return c.last
}

func (c *HybridClock) observe(moment int64) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if moment > c.last {
		c.last = moment
	}
}

// Time (8), whether deleted (1), lengths of origin, key and value (2, 2, 4); then these.
const headBytes = 17

func appendEntry(to []byte, key string, e *Entry) []byte {
	var head [headBytes]byte
	binary.LittleEndian.PutUint64(head[:], uint64(e.Time))
	if e.Deleted {
		head[8] = 1
	}
	binary.LittleEndian.PutUint16(head[9:], uint16(len(e.Origin)))
	binary.LittleEndian.PutUint16(head[11:], uint16(len(key)))
	binary.LittleEndian.PutUint32(head[13:], uint32(len(e.Value)))
	to = append(to, head[:]...)
	to = append(to, e.Origin...)
	to = append(to, key...)
	return append(to, e.Value...)
}

// eachEntry hands over the entries in a buffer, as far as they are whole.
func eachEntry(records []byte, take func(key string, e *Entry)) {
	for len(records) >= headBytes {
		keyAt := headBytes + int(binary.LittleEndian.Uint16(records[9:]))
		valueAt := keyAt + int(binary.LittleEndian.Uint16(records[11:]))
		end := valueAt + int(binary.LittleEndian.Uint32(records[13:]))
		if end > len(records) {
			return
		}
		take(string(records[keyAt:valueAt]), &Entry{
			Time:    int64(binary.LittleEndian.Uint64(records)),
			Origin:  string(records[headBytes:keyAt]),
			Deleted: records[8] == 1,
			Value:   append([]byte(nil), records[valueAt:end]...),
		})
		records = records[end:]
	}
}
