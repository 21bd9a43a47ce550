package main

import (
	"log"
	"net"
	"os"
	"time"
)

// acceptRest is how long accepting rests after it failed, as it does at the descriptor limit.
const acceptRest = 50 * time.Millisecond

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
			go serve(newConn(tcp, chat), chat)
		}
	}
}

func environment(name, otherwise string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return otherwise
}
