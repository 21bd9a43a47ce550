package main

// ChatServer is the chat server itself. Everything you write goes here, or into files of your own beside this one.
//
// The plumbing calls each method in a goroutine of its own. Any of them may run at the same time as any other, also for
// one and the same connection. An error that a method returns refuses the request.
type ChatServer struct {
	// TODO
}

// NewChatServer is called once, before the first connection.
func NewChatServer() *ChatServer {
	return &ChatServer{}
}

// HandleJoinChannels: the user behind conn wants to be in these channels. Once this returns nil, the join is acknowledged.
func (s *ChatServer) HandleJoinChannels(conn *Conn, channels []string) error {
	// TODO
	return nil
}

// HandleRequestToSendMessage: the user behind conn wants all members of message.Channel to get message.
func (s *ChatServer) HandleRequestToSendMessage(conn *Conn, message *Message) error {
	// TODO
	return nil
}

// HandleDisconnect: the connection has ended, whatever the reason. Called once a connection; conn.IsOpen() is already
// false, and every write to it fails. Requests of the same connection may still be running.
func (s *ChatServer) HandleDisconnect(conn *Conn) {
	// TODO
}

// HandleNewConnection is a follow-up: the user behind conn has said their name. Once this returns nil, they are made
// welcome. If you write it, declare what it does as usernames in candidate.yaml.
func (s *ChatServer) HandleNewConnection(conn *Conn, username string) error {
	// TODO (optional)
	return nil
}
