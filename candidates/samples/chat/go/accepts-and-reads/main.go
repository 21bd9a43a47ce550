package main

import (
	"bufio"
	"log"
	"net"
	"os"
	"time"
)

// acceptRest is how long accepting rests after it failed, as it does at the descriptor limit.
const acceptRest = 50 * time.Millisecond

// greetTime is how long a new connection is waited for to say something.
const greetTime = 2 * time.Second

// Serves on HOST and PORT from the environment, until SIGTERM ends the process.
func main() {
	address := net.JoinHostPort(environment("HOST", "127.0.0.1"), environment("PORT", "8080"))
	listener, err := net.Listen("tcp", address)
	if err != nil {
		log.Fatal(err)
	}
	chat := NewChatServer()
	for {
		socket, err := listener.Accept()
		if err != nil {
			time.Sleep(acceptRest)
			continue
		}
		if tcp, ok := socket.(*net.TCPConn); ok {
			reader := greet(tcp)
			go serve(newConn(tcp, chat), chat, reader)
		}
	}
}

// greet has the first line begin before a goroutine and a Conn are spent on the connection.
func greet(socket *net.TCPConn) *bufio.Reader {
	reader := bufio.NewReader(socket)
	_ = socket.SetReadDeadline(time.Now().Add(greetTime))
	_, _ = reader.Peek(1)
	_ = socket.SetReadDeadline(time.Time{})
	return reader
}

func environment(name, otherwise string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return otherwise
}
