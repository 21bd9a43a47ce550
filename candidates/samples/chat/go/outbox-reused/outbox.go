package main

import (
	"sync"
	"time"
)

const (
	maxOutboxBytes = 4 * 1024 * 1024
	maxBatchBytes  = 64 * 1024
	// maxStall: a reader that takes nothing at all for so long is taken for gone.
	maxStall = 10 * time.Second
)

// Outbox is what is due to one connection: a bounded queue, written in batches and never waited for.
type Outbox struct {
	conn *Conn

	mu           sync.Mutex
	queue        []*Message
	bytes        int
	gone         bool
	stalledSince time.Time // zero while the reader takes what it is given
}

var outboxes sync.Pool

func NewOutbox(conn *Conn) *Outbox {
	if o, ok := outboxes.Get().(*Outbox); ok {
		o.mu.Lock()
		defer o.mu.Unlock()
		o.conn, o.gone, o.stalledSince = conn, false, time.Time{}
		return o
	}
	return &Outbox{conn: conn}
}

// Add says true if the outbox was empty, and so has to be flushed from now on. It evicts a reader too far behind.
func (o *Outbox) Add(message *Message) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.gone && o.bytes+message.Size() > maxOutboxBytes {
		o.evict()
	}
	if o.gone {
		return false
	}
	o.queue = append(o.queue, message)
	o.bytes += message.Size()
	return len(o.queue) == 1
}

// Flush writes what the socket takes now. It says true if something is left, to be flushed again later.
func (o *Outbox) Flush(now time.Time) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	for len(o.queue) > 0 {
		count, size := o.firstBatch()
		taken, err := o.conn.TryWriteMessages(o.queue[:count])
		if err != nil {
			o.evict()
			return false
		}
		if !taken {
			break
		}
		o.queue = o.queue[count:]
		o.bytes -= size
		o.stalledSince = time.Time{}
	}
	if len(o.queue) == 0 {
		o.queue = nil
		return false
	}
	if o.stalledSince.IsZero() {
		o.stalledSince = now
	} else if now.Sub(o.stalledSince) > maxStall {
		o.evict()
	}
	return !o.gone
}

// Waiting is how many messages wait for the server, rather than for their reader.
func (o *Outbox) Waiting() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.stalledSince.IsZero() {
		return 0
	}
	return len(o.queue)
}

func (o *Outbox) firstBatch() (count, size int) {
	for count < len(o.queue) && (count == 0 || size+o.queue[count].Size() <= maxBatchBytes) {
		size += o.queue[count].Size()
		count++
	}
	return count, size
}

func (o *Outbox) evict() {
	o.gone = true
	o.queue = nil
	o.bytes = 0
	o.conn.Close()
}
