package main

import (
	"crypto/rand"
	"sync"
)

type ChatServer struct {
	mu       sync.RWMutex
	channels map[string]*Channel
	members  map[*Conn]*Member
	delivery *Delivery
}

// Channel is the members of one channel, with an id of its own for the operators.
type Channel struct {
	id      [16]byte
	mu      sync.RWMutex
	members map[*Member]struct{}
}

// Member is a connection that has joined something. Guarded by the server's mu.
type Member struct {
	outbox   *Outbox
	channels map[string]struct{}
}

func NewChatServer() *ChatServer {
	return &ChatServer{
		channels: map[string]*Channel{},
		members:  map[*Conn]*Member{},
		delivery: NewDelivery(),
	}
}

func (s *ChatServer) HandleJoinChannels(conn *Conn, channels []string) error {
	member, err := s.enter(conn, channels)
	if err != nil {
		return err
	}
	for _, name := range channels {
		s.channel(name).add(member)
	}
	// The clean-up may have come before this join, and must not leave anything behind then.
	if !conn.IsOpen() {
		s.removeFrom(channels, member)
		return ErrClosed
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
	s.mu.Lock()
	member := s.members[conn]
	delete(s.members, conn)
	s.mu.Unlock()
	if member == nil {
		return
	}
	var channels []string
	for name := range member.channels {
		channels = append(channels, name)
	}
	s.removeFrom(channels, member)
}

// HandleNewConnection: anyone may use any name; nothing depends on it.
func (s *ChatServer) HandleNewConnection(conn *Conn, username string) error {
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

// enter notes the channels with the member, so that its disconnect knows them.
func (s *ChatServer) enter(conn *Conn, channels []string) (*Member, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !conn.IsOpen() {
		return nil, ErrClosed
	}
	member := s.memberOf(conn)
	for _, name := range channels {
		member.channels[name] = struct{}{}
	}
	return member, nil
}

func (s *ChatServer) removeFrom(channels []string, member *Member) {
	for _, name := range channels {
		s.mu.RLock()
		channel := s.channels[name]
		s.mu.RUnlock()
		if channel != nil {
			channel.remove(member)
		}
	}
}

func (s *ChatServer) channel(name string) *Channel {
	s.mu.RLock()
	channel := s.channels[name]
	s.mu.RUnlock()
	if channel == nil {
		channel = newChannel()
		s.mu.Lock()
		s.channels[name] = channel
		s.mu.Unlock()
	}
	return channel
}

func newChannel() *Channel {
	channel := &Channel{members: map[*Member]struct{}{}}
	rand.Read(channel.id[:])
	return channel
}

func (c *Channel) add(member *Member) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.members[member] = struct{}{}
}

func (c *Channel) remove(member *Member) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.members, member)
}
