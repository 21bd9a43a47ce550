package main

// Rooms is who is in which channel, and who has which name. One goroutine owns it, so it needs no lock.
type Rooms struct {
	channels map[string]map[*Member]struct{}
	members  map[*Conn]*Member
	users    map[string]*Conn
}

type Member struct {
	outbox   *Outbox
	channels map[string]struct{}
	username string
}

func NewRooms() *Rooms {
	return &Rooms{map[string]map[*Member]struct{}{}, map[*Conn]*Member{}, map[string]*Conn{}}
}

// Join refuses a connection that has closed, since its clean-up may be over.
func (r *Rooms) Join(conn *Conn, channels []string) error {
	if !conn.IsOpen() {
		return ErrClosed
	}
	member := r.memberOf(conn)
	for _, name := range channels {
		if r.channels[name] == nil {
			r.channels[name] = map[*Member]struct{}{}
		}
		r.channels[name][member] = struct{}{}
		member.channels[name] = struct{}{}
	}
	return nil
}

func (r *Rooms) Name(conn *Conn, username string) error {
	if !conn.IsOpen() {
		return ErrClosed
	}
	if older := r.users[username]; older != nil && older != conn {
		older.Close()
	}
	r.users[username] = conn
	r.memberOf(conn).username = username
	return nil
}

func (r *Rooms) Leave(conn *Conn) {
	member := r.members[conn]
	if member == nil {
		return
	}
	delete(r.members, conn)
	for name := range member.channels {
		delete(r.channels[name], member)
		if len(r.channels[name]) == 0 {
			delete(r.channels, name)
		}
	}
	if r.users[member.username] == conn {
		delete(r.users, member.username)
	}
}

func (r *Rooms) memberOf(conn *Conn) *Member {
	member := r.members[conn]
	if member == nil {
		member = &Member{outbox: NewOutbox(conn), channels: map[string]struct{}{}}
		r.members[conn] = member
	}
	return member
}
