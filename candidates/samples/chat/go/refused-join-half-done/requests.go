package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"runtime/debug"
	"unicode/utf8"
)

const (
	// maxLineBytes is the longest line that is taken.
	maxLineBytes = 1024 * 1024
	// maxInFlight requests of a connection may wait or run; then reading rests.
	maxInFlight = 64
	maxID       = 1<<53 - 1
)

var errLineTooLong = errors.New("Expected lines of at most 1 MiB")

// serve reads a connection's lines until it ends, and runs each request in a goroutine of its own.
func serve(conn *Conn, chat *ChatServer) {
	defer conn.Close()
	reader := bufio.NewReader(conn.socket)
	inFlight := make(chan struct{}, maxInFlight)
	for {
		line, err := readLine(reader)
		if err == errLineTooLong {
			conn.reply(map[string]any{"type": "error", "message": err.Error()})
		}
		if err != nil {
			return
		}
		if len(line) == 0 {
			continue
		}
		conn.awaitReplies()
		inFlight <- struct{}{}
		go func() {
			defer func() { <-inFlight }()
			handle(conn, chat, line)
		}()
	}
}

// readLine returns the next line without its end, wherever the network has cut it.
func readLine(reader *bufio.Reader) ([]byte, error) {
	var line []byte
	for {
		part, err := reader.ReadSlice('\n')
		if len(line)+len(part) > maxLineBytes+1 {
			return nil, errLineTooLong
		}
		line = append(line, part...)
		if err == nil {
			return line[:len(line)-1], nil
		}
		if err != bufio.ErrBufferFull {
			return nil, err
		}
	}
}

// handle runs one request and answers it.
func handle(conn *Conn, chat *ChatServer, line []byte) {
	var id *int64
	defer func() {
		if failure := recover(); failure != nil {
			log.Printf("panic: %v\n%s", failure, debug.Stack())
			refuse(conn, id, fmt.Sprint(failure))
		}
	}()
	request, err := parse(line)
	if err == nil {
		id = idOf(request)
		err = dispatch(conn, chat, request, id)
	}
	if err != nil {
		refuse(conn, id, err.Error())
	}
}

func dispatch(conn *Conn, chat *ChatServer, request map[string]json.RawMessage, id *int64) error {
	kind, err := text(request, "type")
	if err != nil {
		return err
	}
	switch kind {
	case "join":
		channels, err := texts(request, "channels")
		if err != nil {
			chat.HandleJoinChannels(conn, channels)
			return err
		}
		return acknowledge(conn, "joined", id, func() error { return chat.HandleJoinChannels(conn, channels) })
	case "send":
		channel, err := text(request, "channel")
		if err != nil {
			return err
		}
		body, err := text(request, "body")
		if err != nil {
			return err
		}
		return chat.HandleRequestToSendMessage(conn, NewMessage(channel, body, id))
	case "hello":
		username, err := text(request, "username")
		if err != nil {
			return err
		}
		return acknowledge(conn, "welcome", id, func() error { return chat.HandleNewConnection(conn, username) })
	}
	// Types that are not known are ignored, so that clients may be newer than the server.
	return nil
}

func acknowledge(conn *Conn, kind string, id *int64, effect func() error) error {
	if id == nil {
		return errors.New("Expected id to be a whole number from 0 to 2^53-1")
	}
	if err := effect(); err != nil {
		return err
	}
	conn.reply(map[string]any{"type": kind, "id": *id})
	return nil
}

func refuse(conn *Conn, id *int64, message string) {
	answer := map[string]any{"type": "error", "message": message}
	if id != nil {
		answer["id"] = *id
	}
	conn.reply(answer)
}

func parse(line []byte) (map[string]json.RawMessage, error) {
	if !utf8.Valid(line) {
		return nil, errors.New("Expected UTF-8")
	}
	// A map, since a struct would take "Type" for "type".
	var request map[string]json.RawMessage
	if err := json.Unmarshal(line, &request); err != nil {
		return nil, fmt.Errorf("Expected a JSON object: %w", err)
	}
	return request, nil
}

func idOf(request map[string]json.RawMessage) *int64 {
	var number *float64
	if json.Unmarshal(request["id"], &number) != nil || number == nil {
		return nil
	}
	if id := int64(*number); *number >= 0 && *number <= maxID && float64(id) == *number {
		return &id
	}
	return nil
}

func text(request map[string]json.RawMessage, field string) (string, error) {
	var value *string
	if json.Unmarshal(request[field], &value) != nil || value == nil {
		return "", fmt.Errorf("Expected %s to be a string", field)
	}
	return *value, nil
}

func texts(request map[string]json.RawMessage, field string) ([]string, error) {
	var values []*string
	failure := fmt.Errorf("Expected %s to be a list of strings", field)
	if json.Unmarshal(request[field], &values) != nil || values == nil {
		return nil, failure
	}
	list := make([]string, 0, len(values))
	for _, value := range values {
		if value == nil {
			return list, failure
		}
		list = append(list, *value)
	}
	return list, nil
}
