package main

import "sync"

type ChatServer struct {
	channels *Channels
	members  sync.Map // from *Conn to *Member
	delivery *Delivery
}

// Member is a connection that has joined something.
type Member struct {
	outbox *Outbox

	mu       sync.Mutex
	channels map[string]struct{}
}

func NewChatServer() *ChatServer {
	return &ChatServer{channels: NewChannels(), delivery: NewDelivery()}
}

func (s *ChatServer) HandleJoinChannels(conn *Conn, channels []string) error {
	made := &Member{outbox: NewOutbox(conn), channels: map[string]struct{}{}}
	known, _ := s.members.LoadOrStore(conn, made)
	member := known.(*Member)
	member.mu.Lock()
	for _, name := range channels {
		if conn.IsOpen() {
			member.channels[name] = struct{}{}
			s.channels.Add(name, member)
		}
	}
	member.mu.Unlock()
	// The clean-up may have come before this join, and must not leave anything behind then.
	if !conn.IsOpen() {
		s.HandleDisconnect(conn)
		return ErrClosed
	}
	return nil
}

func (s *ChatServer) HandleRequestToSendMessage(conn *Conn, message *Message) error {
	if s.delivery.IsOverloaded() {
		conn.ReplyShed(message)
		return nil
	}
	s.channels.Each(message.Channel, func(member *Member) { s.delivery.Send(member.outbox, message) })
	return nil
}

func (s *ChatServer) HandleDisconnect(conn *Conn) {
	known, found := s.members.LoadAndDelete(conn)
	if !found {
		return
	}
	member := known.(*Member)
	member.mu.Lock()
	defer member.mu.Unlock()
	for name := range member.channels {
		s.channels.Remove(name, member)
	}
}

// HandleNewConnection: anyone may use any name; nothing depends on it.
func (s *ChatServer) HandleNewConnection(conn *Conn, username string) error {
	return nil
}
