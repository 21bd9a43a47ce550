package main

import (
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"syscall"
)

// ErrClosed is what every write to a closed connection returns.
var ErrClosed = errors.New("the connection is closed")

// maxWaitingReplies of the plumbing may wait for a full socket; then reading rests.
const maxWaitingReplies = 1024

// Conn is one user's connection. All methods may be called from any goroutine. Pointers to it can be keys of a map.
type Conn struct {
	socket *net.TCPConn
	raw    syscall.RawConn
	chat   *ChatServer

	mu     sync.Mutex
	closed bool
	polite atomic.Bool
	// unsent holds lines that were begun or promised but not yet taken by the socket. While there are any, one
	// goroutine is on its way to write them, and nobody else writes.
	unsent  [][]byte
	changed *sync.Cond // on mu: unsent got empty, or the connection closed
}

func newConn(socket *net.TCPConn, chat *ChatServer) *Conn {
	c := &Conn{socket: socket, chat: chat}
	c.changed = sync.NewCond(&c.mu)
	raw, err := socket.SyscallConn()
	if err != nil {
		c.closed = true
		socket.Close()
	}
	c.raw = raw
	return c
}

// WriteMessage writes one whole message. It blocks while the socket is full, and fails with ErrClosed if the connection
// is closed, or closes while this waits.
func (c *Conn) WriteMessage(message *Message) error {
	return c.WriteMessages([]*Message{message})
}

// WriteMessages is like WriteMessage, for several messages that travel as one line (a JSON array).
func (c *Conn) WriteMessages(messages []*Message) error {
	line := lineOf(messages)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.awaitRoom()
	c.writeOrKeep(line)
	c.awaitRoom()
	return c.closedError()
}

// TryWriteMessage writes one whole message if the socket has room, and never blocks. It says false if the socket is full
// and nothing was written, and fails with ErrClosed if the connection is closed.
func (c *Conn) TryWriteMessage(message *Message) (bool, error) {
	return c.TryWriteMessages([]*Message{message})
}

// TryWriteMessages is like TryWriteMessage, for several messages that travel as one line: all of them or none.
func (c *Conn) TryWriteMessages(messages []*Message) (bool, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed || len(c.unsent) > 0 {
		return false, c.closedError()
	}
	line := lineOf(messages)
	count := c.writeSome(line)
	if count > 0 {
		c.keep(line[count:])
	}
	return count > 0, c.closedError()
}

// ReplyShed tells this user that their message was dropped on purpose, if it came with an id. It never blocks.
func (c *Conn) ReplyShed(message *Message) {
	if message.ID != nil {
		c.reply(map[string]any{"type": "shed", "id": *message.ID})
	}
}

// Close closes the connection; HandleDisconnect follows in another goroutine. It never blocks.
func (c *Conn) Close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.close()
}

// IsOpen is false from the moment the connection closes, which is before HandleDisconnect is called.
func (c *Conn) IsOpen() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return !c.closed
}

// reply writes one of the plumbing's own lines; if the socket is full, it is kept and written later.
func (c *Conn) reply(value map[string]any) {
	line := append(encode(value), '\n')
	c.mu.Lock()
	defer c.mu.Unlock()
	c.writeOrKeep(line)
}

// awaitReplies blocks while too many replies wait for a full socket.
func (c *Conn) awaitReplies() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for !c.closed && len(c.unsent) >= maxWaitingReplies {
		c.changed.Wait()
	}
}

// What follows is called with mu held.

func (c *Conn) awaitRoom() {
	for !c.closed && len(c.unsent) > 0 {
		c.changed.Wait()
	}
}

func (c *Conn) writeOrKeep(line []byte) {
	if len(c.unsent) == 0 {
		line = line[c.writeSome(line):]
	}
	c.keep(line)
}

// writeSome offers a line to the socket without waiting, and returns how many bytes it took. A failure closes.
func (c *Conn) writeSome(line []byte) int {
	if c.closed {
		return 0
	}
	var count int
	var failure error
	err := c.raw.Write(func(fd uintptr) bool {
		count, failure = syscall.Write(int(fd), line)
		for failure == syscall.EINTR {
			count, failure = syscall.Write(int(fd), line)
		}
		return true
	})
	if err != nil || failure != nil && failure != syscall.EAGAIN {
		c.close()
	}
	if count < 0 {
		return 0
	}
	return count
}

func (c *Conn) keep(rest []byte) {
	if c.closed || len(rest) == 0 {
		return
	}
	c.unsent = append(c.unsent, rest)
	if len(c.unsent) == 1 {
		go c.writeUnsent()
	}
}

func (c *Conn) close() {
	if c.closed {
		return
	}
	c.closed = true
	c.unsent = nil
	c.changed.Broadcast()
	c.socket.Close()
	go c.chat.HandleDisconnect(c)
}

func (c *Conn) closedError() error {
	if c.closed {
		return ErrClosed
	}
	return nil
}

// writeUnsent is the goroutine that waits for the socket; called without mu.
func (c *Conn) writeUnsent() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for len(c.unsent) > 0 {
		next := c.unsent[0]
		c.mu.Unlock()
		_, err := c.socket.Write(next)
		c.mu.Lock()
		if err != nil {
			c.close()
		}
		if c.closed {
			return
		}
		c.unsent = c.unsent[1:]
	}
	c.unsent = nil
	c.changed.Broadcast()
}

func lineOf(messages []*Message) []byte {
	size := len(messages) + 2
	for _, message := range messages {
		size += len(message.encoded)
	}
	line := make([]byte, 0, size)
	if len(messages) == 1 {
		return append(append(line, messages[0].encoded...), '\n')
	}
	separator := byte('[')
	for _, message := range messages {
		line = append(append(line, separator), message.encoded...)
		separator = ','
	}
	return append(line, "]\n"...)
}
