// The chat contract on gorilla/websocket: for each connection one goroutine reads and one writes from a bounded outbox.
// A message is encoded and framed once, as a prepared message that all receivers share.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"syscall"

	"github.com/gorilla/websocket"
)

const (
	maxMessageBytes   = 2 << 20
	backlogLimitBytes = 16 << 20
)

type request struct {
	Type     string   `json:"type"`
	ID       *uint64  `json:"id"`
	Channel  *string  `json:"channel"`
	Channels []string `json:"channels"`
	Body     *string  `json:"body"`
}

type reply struct {
	Type    string  `json:"type"`
	ID      *uint64 `json:"id,omitempty"`
	Message string  `json:"message,omitempty"`
}

type delivery struct {
	Type    string `json:"type"`
	Channel string `json:"channel"`
	Body    string `json:"body"`
}

type outgoing struct {
	message *websocket.PreparedMessage
	bytes   int
}

// member is one connection: what it joined, and what it has yet to be sent.
type member struct {
	socket *websocket.Conn
	joined map[string]struct{}

	mutex       sync.Mutex
	wake        *sync.Cond
	queue       []outgoing
	queuedBytes int
	closed      bool
}

var (
	mutex    sync.RWMutex
	channels = map[string]map[*member]struct{}{}
	upgrader = websocket.Upgrader{
		ReadBufferSize:  1024,
		WriteBufferSize: 1024,
		CheckOrigin:     func(*http.Request) bool { return true },
	}
)

func main() {
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM)
	go func() { <-stop; os.Exit(0) }()
	http.HandleFunc("/", serve)
	fmt.Fprintln(os.Stderr, http.ListenAndServe(os.Getenv("HOST")+":"+os.Getenv("PORT"), nil))
	os.Exit(1)
}

func serve(response http.ResponseWriter, upgrade *http.Request) {
	socket, err := upgrader.Upgrade(response, upgrade, nil)
	if err != nil {
		return
	}
	socket.SetReadLimit(maxMessageBytes)
	m := &member{socket: socket, joined: map[string]struct{}{}}
	m.wake = sync.NewCond(&m.mutex)
	go m.write()
	defer m.leave()
	for {
		_, data, err := socket.ReadMessage()
		if err != nil {
			return
		}
		m.handle(data)
	}
}

func (m *member) handle(data []byte) {
	var r request
	if err := json.Unmarshal(data, &r); err != nil {
		m.enqueue(prepare(reply{Type: "error", ID: r.ID, Message: "Expected one JSON object of the protocol"}))
		return
	}
	switch {
	case r.Type == "join" && r.Channels != nil:
		m.join(r.Channels)
		m.enqueue(prepare(reply{Type: "joined", ID: r.ID}))
	case r.Type == "send" && r.Channel != nil && r.Body != nil:
		send(*r.Channel, *r.Body)
	case r.Type == "join" || r.Type == "send":
		m.enqueue(prepare(reply{Type: "error", ID: r.ID, Message: "A field is missing"}))
	}
}

func (m *member) join(names []string) {
	mutex.Lock()
	defer mutex.Unlock()
	for _, name := range names {
		if channels[name] == nil {
			channels[name] = map[*member]struct{}{}
		}
		channels[name][m] = struct{}{}
		m.joined[name] = struct{}{}
	}
}

func send(channel, body string) {
	out := prepare(delivery{"message", channel, body})
	mutex.RLock()
	defer mutex.RUnlock()
	for receiver := range channels[channel] {
		receiver.enqueue(out)
	}
}

func (m *member) leave() {
	mutex.Lock()
	for name := range m.joined {
		delete(channels[name], m)
		if len(channels[name]) == 0 {
			delete(channels, name)
		}
	}
	mutex.Unlock()
	m.mutex.Lock()
	m.close()
	m.mutex.Unlock()
}

// enqueue never waits for the network: a reader that is too far behind is closed instead.
func (m *member) enqueue(out outgoing) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	if m.closed {
		return
	}
	if m.queuedBytes > backlogLimitBytes {
		m.close()
		return
	}
	m.queue = append(m.queue, out)
	m.queuedBytes += out.bytes
	m.wake.Signal()
}

// close must be called with the member's mutex held.
func (m *member) close() {
	if m.closed {
		return
	}
	m.closed = true
	m.queue = nil
	m.wake.Signal()
	m.socket.Close()
}

func (m *member) write() {
	var batch []outgoing
	for {
		m.mutex.Lock()
		for len(m.queue) == 0 && !m.closed {
			m.wake.Wait()
		}
		if m.closed {
			m.mutex.Unlock()
			return
		}
		batch, m.queue = m.queue, batch[:0]
		m.mutex.Unlock()
		for i, out := range batch {
			if m.socket.WritePreparedMessage(out.message) != nil {
				m.socket.Close()
				return
			}
			batch[i] = outgoing{}
			m.mutex.Lock()
			m.queuedBytes -= out.bytes
			m.mutex.Unlock()
		}
	}
}

func prepare(value any) outgoing {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	// Neither can fail: the values are structures of text, and a text frame is always a valid one.
	_ = encoder.Encode(value)
	data := bytes.TrimRight(text.Bytes(), "\n")
	message, _ := websocket.NewPreparedMessage(websocket.TextMessage, data)
	return outgoing{message, len(data)}
}
