package main

import "sync"

// ChatServer: a join holds the locks of all its channels, so that nobody sees it half done.
type ChatServer struct {
	mu       sync.Mutex
	channels map[string]*Channel
	members  map[*Conn]*Member
	users    map[string]*Conn
	delivery *Delivery
}

type Channel struct {
	name  string
	users int // those who are in it or about to be; guarded by the server's mu

	mu      sync.RWMutex
	members map[*Member]struct{}
}

// Member is a connection that has joined something or said its name. Guarded by the server's mu.
type Member struct {
	outbox   *Outbox
	channels map[*Channel]struct{}
	username string
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
	member, wanted := s.reserve(conn, channels)
	if member == nil {
		return ErrClosed
	}
	for _, channel := range wanted {
		channel.mu.Lock()
		channel.members[member] = struct{}{}
	}
	for _, channel := range wanted {
		channel.mu.Unlock()
	}
	if !conn.IsOpen() {
		for _, channel := range wanted {
			channel.remove(member)
		}
	}
	return nil
}

func (s *ChatServer) HandleRequestToSendMessage(conn *Conn, message *Message) error {
	if s.delivery.IsOverloaded() {
		conn.ReplyShed(message)
		return nil
	}
	s.mu.Lock()
	channel := s.channels[message.Channel]
	s.mu.Unlock()
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
	for channel := range member.channels {
		channel.remove(member)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for channel := range member.channels {
		channel.users--
		if channel.users == 0 {
			delete(s.channels, channel.name)
		}
	}
}

// reserve finds the channels of these names, or makes them, each once; they stay until conn disconnects.
func (s *ChatServer) reserve(conn *Conn, names []string) (*Member, []*Channel) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !conn.IsOpen() {
		return nil, nil
	}
	member := s.memberOf(conn)
	asked := map[*Channel]struct{}{}
	var wanted []*Channel
	for _, name := range names {
		channel := s.channels[name]
		if channel == nil {
			channel = &Channel{name: name, members: map[*Member]struct{}{}}
			s.channels[name] = channel
		}
		if _, twice := asked[channel]; twice {
			continue
		}
		asked[channel] = struct{}{}
		wanted = append(wanted, channel)
		if _, isIn := member.channels[channel]; !isIn {
			member.channels[channel] = struct{}{}
			channel.users++
		}
	}
	return member, wanted
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

func (c *Channel) remove(member *Member) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.members, member)
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
		member = &Member{outbox: NewOutbox(conn), channels: map[*Channel]struct{}{}}
		s.members[conn] = member
	}
	return member
}
