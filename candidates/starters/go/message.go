package main

import (
	"encoding/json"
)

// Message is what a user sends to a channel. Nobody changes it.
type Message struct {
	Channel string
	Body    string
	// ID is the number that the sender gave to this request, or nil: a send needs none.
	ID *int64
	// encoded is the message as receivers get it, without the end of the line; done once for all of them.
	encoded []byte
}

// NewMessage makes a message and encodes it.
func NewMessage(channel, body string, id *int64) *Message {
	return &Message{channel, body, id, encode(map[string]any{"type": "message", "channel": channel, "body": body})}
}

// Size is the message's size on its way to a receiver, in bytes.
func (m *Message) Size() int {
	return len(m.encoded)
}

func encode(value any) []byte {
	text, err := json.Marshal(value)
	if err != nil {
		panic(err) // Strings and numbers can always be encoded.
	}
	return text
}
