package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

const (
	peerPrefix          = "/peer/"
	maxPeerMessageBytes = 64 << 20
	peerTimeout         = 2 * time.Second
	maxPeerConnections  = 4
)

// Peer is another node of the cluster, as this one reaches it.
type Peer struct {
	Name   string
	url    string
	client *http.Client
}

// Ask sends a message to the peer's HandlePeer and returns its answer. The path is yours to choose: small letters and
// "-". It is an error when the peer cannot be reached, does not answer within two seconds, or answers with an error.
func (p *Peer) Ask(path string, message []byte) ([]byte, error) {
	ctx, cancel := context.WithTimeout(context.Background(), peerTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, p.url+path, bytes.NewReader(message))
	if err != nil {
		return nil, err
	}
	response, err := p.client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s answered %s", p.Name, response.Status)
	}
	return answer, nil
}

// parsePeers reads a list such as a=127.0.0.2:7000,b=127.0.0.3:7000 and leaves out the node itself.
func parsePeers(list, ownName string) ([]*Peer, error) {
	var peers []*Peer
	for _, item := range strings.Split(list, ",") {
		item = strings.TrimSpace(item)
		if item == "" {
			continue
		}
		name, address, found := strings.Cut(item, "=")
		if !found {
			return nil, fmt.Errorf("expected PEERS to be name=host:port,..., got %q", item)
		}
		if name == ownName {
			continue
		}
		transport := &http.Transport{MaxConnsPerHost: maxPeerConnections, MaxIdleConnsPerHost: maxPeerConnections, IdleConnTimeout: 20 * time.Second}
		peers = append(peers, &Peer{Name: name, url: "http://" + address + peerPrefix, client: &http.Client{Transport: transport}})
	}
	return peers, nil
}
