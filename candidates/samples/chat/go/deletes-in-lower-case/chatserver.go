package main

import (
	"strings"
	"sync"
)

type ChatServer struct {
	mu       sync.RWMutex
	channels map[string]map[*Member]struct{} // a channel is here while it has members
	members  map[*Conn]*Member
	users    map[string]*Conn
	delivery *Delivery
}

// Member is a connection that has joined something or said its name. Guarded by the server's mu.
type Member struct {
	outbox   *Outbox
	channels map[string]struct{}
	username string
}

func NewChatServer() *ChatServer {
	return &ChatServer{
		channels: map[string]map[*Member]struct{}{},
		members:  map[*Conn]*Member{},
		users:    map[string]*Conn{},
		delivery: NewDelivery(),
	}
}

func (s *ChatServer) HandleJoinChannels(conn *Conn, channels []string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	// A connection that closes from here on is cleaned up after this lets go of the lock.
	if !conn.IsOpen() {
		return ErrClosed
	}
	member := s.memberOf(conn)
	for _, name := range channels {
		if s.channels[name] == nil {
			s.channels[name] = map[*Member]struct{}{}
		}
		s.channels[name][member] = struct{}{}
		member.channels[name] = struct{}{}
	}
	return nil
}

func (s *ChatServer) HandleRequestToSendMessage(conn *Conn, message *Message) error {
	if s.delivery.IsOverloaded() {
		conn.ReplyShed(message)
		return nil
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	for member := range s.channels[message.Channel] {
		s.delivery.Send(member.outbox, message)
	}
	return nil
}

func (s *ChatServer) HandleDisconnect(conn *Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	member := s.members[conn]
	if member == nil {
		return
	}
	delete(s.members, conn)
	for name := range member.channels {
		delete(s.channels[name], member)
		if len(s.channels[name]) == 0 {
			delete(s.channels, strings.ToLower(name))
		}
	}
	if s.users[member.username] == conn {
		delete(s.users, member.username)
	}
}

func (s *ChatServer) HandleNewConnection(conn *Conn, username string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !conn.IsOpen() {
		return ErrClosed
	}
	if older := s.users[username]; older != nil && older != conn {
		older.Close()
	}
	s.users[username] = conn
	s.memberOf(conn).username = username
	return nil
}

func (s *ChatServer) memberOf(conn *Conn) *Member {
	member := s.members[conn]
	if member == nil {
		member = &Member{outbox: NewOutbox(conn), channels: map[string]struct{}{}}
		s.members[conn] = member
	}
	return member
}
