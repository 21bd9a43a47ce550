package main

import (
	"sync"
	"time"
)

const (
	maxOutboxBytes = 4 * 1024 * 1024
	maxBatchBytes  = 64 * 1024
	// maxWrite: a reader that holds up a single write for so long is taken for gone.
	maxWrite = 10 * time.Second
)

// Outbox is what is due to one connection: a bounded queue, and a goroutine that writes from it while it holds something.
type Outbox struct {
	conn *Conn

	mu      sync.Mutex
	queue   []*Message
	bytes   int
	writing bool
}

func NewOutbox(conn *Conn) *Outbox {
	return &Outbox{conn: conn}
}

// Send queues a message and never blocks. It evicts a reader too far behind.
func (o *Outbox) Send(message *Message) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.bytes+message.Size() > maxOutboxBytes {
		o.conn.Close()
		return
	}
	o.queue = append(o.queue, message)
	o.bytes += message.Size()
	if !o.writing {
		o.writing = true
		go o.write()
	}
}

func (o *Outbox) write() {
	patience := time.AfterFunc(maxWrite, o.conn.Close)
	defer patience.Stop()
	for batch := o.next(); batch != nil; batch = o.next() {
		patience.Reset(maxWrite)
		if o.conn.WriteMessages(batch) != nil {
			return
		}
	}
}

// next takes a batch off the queue; nil if there is none, and then the goroutine that writes ends.
func (o *Outbox) next() []*Message {
	o.mu.Lock()
	defer o.mu.Unlock()
	count, size := 0, 0
	for count < len(o.queue) && (count == 0 || size+o.queue[count].Size() <= maxBatchBytes) {
		size += o.queue[count].Size()
		count++
	}
	batch := o.queue[:count:count]
	o.queue = o.queue[count:]
	o.bytes -= size
	if count == 0 {
		o.writing = false
		o.queue = nil
		return nil
	}
	return batch
}
