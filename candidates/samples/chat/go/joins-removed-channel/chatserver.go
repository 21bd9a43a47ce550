package main

import "sync"

// ChatServer takes its locks in this order: a member's, then the server's, then a channel's.
type ChatServer struct {
	mu       sync.RWMutex
	channels map[string]*Channel // a channel is here while it has members
	members  map[*Conn]*Member
	users    map[string]*Conn
	delivery *Delivery
}

type Channel struct {
	mu      sync.RWMutex
	members map[*Member]struct{}
}

// Member is a connection that has joined something or said its name.
type Member struct {
	outbox *Outbox

	mu       sync.Mutex
	gone     bool
	channels map[string]*Channel
	username string // guarded by the server's mu
}

func NewChatServer() *ChatServer {
	return &ChatServer{
		channels: map[string]*Channel{},
		members:  map[*Conn]*Member{},
		users:    map[string]*Conn{},
		delivery: NewDelivery(),
	}
}

func (s *ChatServer) HandleJoinChannels(conn *Conn, channels []string) error {
	member := s.memberOf(conn)
	if member == nil {
		return ErrClosed
	}
	member.mu.Lock()
	defer member.mu.Unlock()
	if member.gone {
		return ErrClosed
	}
	for i, channel := range s.channelsOf(channels) {
		channel.mu.Lock()
		channel.members[member] = struct{}{}
		channel.mu.Unlock()
		member.channels[channels[i]] = channel
	}
	return nil
}

func (s *ChatServer) HandleRequestToSendMessage(conn *Conn, message *Message) error {
	if s.delivery.IsOverloaded() {
		conn.ReplyShed(message)
		return nil
	}
	s.mu.RLock()
	channel := s.channels[message.Channel]
	s.mu.RUnlock()
	if channel == nil {
		return nil
	}
	channel.mu.RLock()
	defer channel.mu.RUnlock()
	for member := range channel.members {
		s.delivery.Send(member.outbox, message)
	}
	return nil
}

func (s *ChatServer) HandleDisconnect(conn *Conn) {
	member := s.removeMember(conn)
	if member == nil {
		return
	}
	member.mu.Lock()
	defer member.mu.Unlock()
	member.gone = true
	for name, channel := range member.channels {
		s.leave(member, name, channel)
	}
}

func (s *ChatServer) HandleNewConnection(conn *Conn, username string) error {
	member := s.memberOf(conn)
	s.mu.Lock()
	defer s.mu.Unlock()
	if member == nil || !conn.IsOpen() {
		return ErrClosed
	}
	if older := s.users[username]; older != nil && older != conn {
		older.Close()
	}
	s.users[username] = conn
	member.username = username
	return nil
}

// channelsOf finds the channels of these names, or makes them, all under one lock.
func (s *ChatServer) channelsOf(names []string) []*Channel {
	s.mu.Lock()
	defer s.mu.Unlock()
	channels := make([]*Channel, len(names))
	for i, name := range names {
		if s.channels[name] == nil {
			s.channels[name] = &Channel{members: map[*Member]struct{}{}}
		}
		channels[i] = s.channels[name]
	}
	return channels
}

func (s *ChatServer) leave(member *Member, name string, channel *Channel) {
	s.mu.Lock()
	defer s.mu.Unlock()
	channel.mu.Lock()
	defer channel.mu.Unlock()
	delete(channel.members, member)
	if len(channel.members) == 0 && s.channels[name] == channel {
		delete(s.channels, name)
	}
}

// memberOf is nil once the connection is closed: it may have been cleaned up already.
func (s *ChatServer) memberOf(conn *Conn) *Member {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !conn.IsOpen() {
		return nil
	}
	member := s.members[conn]
	if member == nil {
		member = &Member{outbox: NewOutbox(conn), channels: map[string]*Channel{}}
		s.members[conn] = member
	}
	return member
}

func (s *ChatServer) removeMember(conn *Conn) *Member {
	s.mu.Lock()
	defer s.mu.Unlock()
	member := s.members[conn]
	if member == nil {
		return nil
	}
	delete(s.members, conn)
	if s.users[member.username] == conn {
		delete(s.users, member.username)
	}
	return member
}
