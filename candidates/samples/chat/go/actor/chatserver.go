package main

// maxWaitingCalls may wait for the owner; then callers wait, and their connections are read no further.
const maxWaitingCalls = 1024

// ChatServer hands every call to one goroutine, which alone touches the rooms.
type ChatServer struct {
	calls    chan func(*Rooms)
	delivery *Delivery
}

func NewChatServer() *ChatServer {
	s := &ChatServer{calls: make(chan func(*Rooms), maxWaitingCalls), delivery: NewDelivery()}
	go s.own()
	return s
}

func (s *ChatServer) HandleJoinChannels(conn *Conn, channels []string) error {
	return s.call(func(rooms *Rooms) error { return rooms.Join(conn, channels) })
}

func (s *ChatServer) HandleRequestToSendMessage(conn *Conn, message *Message) error {
	if s.delivery.IsOverloaded() {
		conn.ReplyShed(message)
		return nil
	}
	return s.call(func(rooms *Rooms) error {
		for member := range rooms.channels[message.Channel] {
			s.delivery.Send(member.outbox, message)
		}
		return nil
	})
}

func (s *ChatServer) HandleDisconnect(conn *Conn) {
	s.call(func(rooms *Rooms) error {
		rooms.Leave(conn)
		return nil
	})
}

func (s *ChatServer) HandleNewConnection(conn *Conn, username string) error {
	return s.call(func(rooms *Rooms) error { return rooms.Name(conn, username) })
}

func (s *ChatServer) own() {
	rooms := NewRooms()
	for call := range s.calls {
		call(rooms)
	}
}

func (s *ChatServer) call(action func(*Rooms) error) error {
	done := make(chan error, 1)
	s.calls <- func(rooms *Rooms) { done <- action(rooms) }
	return <-done
}
