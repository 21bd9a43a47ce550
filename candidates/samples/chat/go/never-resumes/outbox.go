package main

import "sync"

const (
	maxOutboxBytes = 4 * 1024 * 1024
	maxBatchBytes  = 64 * 1024
	socketBytes    = 16 * 1024
)

// Outbox is what is due to one connection: a bounded queue, written in batches and never waited for.
type Outbox struct {
	conn *Conn

	mu    sync.Mutex
	queue []*Message
	bytes int
	gone  bool
	full  bool // the socket took nothing when it was last tried
}

func NewOutbox(conn *Conn) *Outbox {
	// What waits for a slow reader shall wait here, where it is counted, and not in the kernel.
	_ = conn.socket.SetWriteBuffer(socketBytes)
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
func (o *Outbox) Flush() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	for len(o.queue) > 0 {
		count, size := o.firstBatch()
		taken, err := o.conn.TryWriteMessages(o.queue[:count])
		if err != nil {
			o.evict()
			return false
		}
		o.full = !taken
		if o.full {
			// It is put aside, so that the others are flushed in time.
			return false
		}
		o.queue = o.queue[count:]
		o.bytes -= size
	}
	o.queue = nil
	return false
}

// Waiting is how many messages wait for the server, rather than for their reader.
func (o *Outbox) Waiting() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.full {
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
