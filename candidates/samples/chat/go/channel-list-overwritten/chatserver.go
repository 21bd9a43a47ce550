package main

import (
	"sync"
	"sync/atomic"
)

type ChatServer struct {
	mu       sync.RWMutex
	channels map[string]map[*Member]struct{} // a channel is here while it has members
	members  map[*Conn]*Member
	users    map[string]*Conn
	delivery *Delivery
}

// Member is a connection that has joined something or said its name.
type Member struct {
	outbox   *Outbox
	username string                              // guarded by the server's mu
	channels atomic.Pointer[map[string]struct{}] // replaced, never changed: whoever sends looks at it
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
	member := s.enter(conn, channels)
	if member == nil {
		return ErrClosed
	}
	all := map[string]struct{}{}
	for name := range *member.channels.Load() {
		all[name] = struct{}{}
	}
	for _, name := range channels {
		all[name] = struct{}{}
	}
	member.channels.Store(&all)
	// A connection that closed meanwhile was cleaned up without these.
	if !conn.IsOpen() {
		s.leave(member)
		return ErrClosed
	}
	return nil
}

func (s *ChatServer) enter(conn *Conn, channels []string) *Member {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !conn.IsOpen() {
		return nil
	}
	member := s.memberOf(conn)
	for _, name := range channels {
		if s.channels[name] == nil {
			s.channels[name] = map[*Member]struct{}{}
		}
		s.channels[name][member] = struct{}{}
	}
	return member
}

func (s *ChatServer) HandleRequestToSendMessage(conn *Conn, message *Message) error {
	if s.delivery.IsOverloaded() {
		conn.ReplyShed(message)
		return nil
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	for member := range s.channels[message.Channel] {
		// It may be on its way in or out.
		if _, isIn := (*member.channels.Load())[message.Channel]; isIn {
			s.delivery.Send(member.outbox, message)
		}
	}
	return nil
}

func (s *ChatServer) HandleDisconnect(conn *Conn) {
	if member := s.removeMember(conn); member != nil {
		s.leave(member)
	}
}

func (s *ChatServer) removeMember(conn *Conn) *Member {
	s.mu.Lock()
	defer s.mu.Unlock()
	member := s.members[conn]
	if member != nil && s.users[member.username] == conn {
		delete(s.users, member.username)
	}
	delete(s.members, conn)
	return member
}

func (s *ChatServer) leave(member *Member) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for name := range *member.channels.Load() {
		delete(s.channels[name], member)
		if len(s.channels[name]) == 0 {
			delete(s.channels, name)
		}
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
		member = &Member{outbox: NewOutbox(conn)}
		member.channels.Store(&map[string]struct{}{})
		s.members[conn] = member
	}
	return member
}
