package main

import (
	"sync"
	"sync/atomic"
	"time"
)

const (
	flushEvery = 10 * time.Millisecond
	// maxWaiting: with more deliveries than this on their way, about a second's work, new messages are shed.
	maxWaiting = 250_000
)

// Delivery flushes the outboxes that hold something, all of them every few milliseconds.
type Delivery struct {
	waiting atomic.Int64

	mu      sync.Mutex
	toFlush []*Outbox
}

func NewDelivery() *Delivery {
	d := &Delivery{}
	go d.flushForever()
	return d
}

func (d *Delivery) Send(outbox *Outbox, message *Message) {
	if outbox.Add(message) {
		d.mu.Lock()
		d.toFlush = append(d.toFlush, outbox)
		d.mu.Unlock()
	}
}

func (d *Delivery) IsOverloaded() bool {
	return d.waiting.Load() > maxWaiting
}

func (d *Delivery) flushForever() {
	for range time.Tick(flushEvery) {
		d.flushAll()
	}
}

func (d *Delivery) flushAll() {
	d.mu.Lock()
	outboxes := d.toFlush
	d.toFlush = nil
	d.mu.Unlock()

	waiting := 0
	var left []*Outbox
	for _, outbox := range outboxes {
		waiting += outbox.Waiting()
		if outbox.Flush() {
			left = append(left, outbox)
		}
	}
	d.waiting.Store(int64(waiting))

	d.mu.Lock()
	d.toFlush = append(d.toFlush, left...)
	d.mu.Unlock()
}
