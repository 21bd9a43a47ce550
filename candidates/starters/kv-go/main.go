// Starts one node, as the environment says: NODE, HOST, PORT, PEERS and DATA_DIR.
package main

import (
	"context"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"
)

const drainTime = 2 * time.Second

func main() {
	name, folder := env("NODE", "a"), env("DATA_DIR", "data")
	peers, err := parsePeers(os.Getenv("PEERS"), name)
	exitOn(err)
	exitOn(os.MkdirAll(folder, 0o755))

	store := NewStore(name, folder, peers)
	door := &Door{store: store}
	server := &http.Server{Handler: door, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 30 * time.Second, IdleTimeout: 60 * time.Second, MaxHeaderBytes: 16 << 10}
	listener, err := net.Listen("tcp", net.JoinHostPort(env("HOST", "127.0.0.1"), env("PORT", "7000")))
	exitOn(err)
	go func() { _ = server.Serve(listener) }()

	ending := make(chan os.Signal, 1)
	signal.Notify(ending, syscall.SIGTERM, syscall.SIGINT)
	started := make(chan error, 1)
	go func() { started <- store.Start() }()
	select {
	case err := <-started:
		exitOn(err)
	case <-ending:
		os.Exit(0)
	}
	door.servesClients.Store(true)

	// What is under way is waited for, but not for ever.
	<-ending
	ctx, cancel := context.WithTimeout(context.Background(), drainTime)
	defer cancel()
	_ = server.Shutdown(ctx)
	exitOn(store.Stop())
}

func env(name, otherwise string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return otherwise
}

func exitOn(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
