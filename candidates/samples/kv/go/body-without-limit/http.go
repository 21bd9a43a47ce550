package main

import (
	"errors"
	"io"
	"log"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"unicode/utf8"
)

const (
	keyPrefix     = "/kv/"
	maxKeyBytes = 256
	// Requests of clients that are served at the same time; more are told to come back.
	maxUnderWay = 1024
)

var peerPath = regexp.MustCompile(`^[a-z-]+$`)

// Door is HTTP for clients and for other nodes, on one port: it finds the key or path, reads the body, calls the store,
// and answers.
type Door struct {
	store         *Store
	servesClients atomic.Bool
	underWay      atomic.Int64
}

func (d *Door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	defer func() {
		if problem := recover(); problem != nil {
			log.Printf("%v", problem)
			refuse(w, errors.New("panic"))
		}
	}()
	path := r.RequestURI
	var err error
	switch {
	case strings.HasPrefix(path, keyPrefix):
		err = d.serveKey(w, r, strings.TrimPrefix(path, keyPrefix))
	case strings.HasPrefix(path, peerPrefix):
		err = d.servePeer(w, r, strings.TrimPrefix(path, peerPrefix))
	case path != "/health":
		err = &Refusal{404, "Expected /kv/{key} or /health."}
	case r.Method != http.MethodGet:
		err = &Refusal{405, "Expected GET."}
	case !d.servesClients.Load():
		err = &Refusal{503, "This node is starting."}
	}
	if err != nil {
		refuse(w, err)
	}
}

func (d *Door) serveKey(w http.ResponseWriter, r *http.Request, encoded string) error {
	key, err := parseKey(encoded)
	if err != nil {
		return err
	}
	if r.Method != http.MethodGet && r.Method != http.MethodPut && r.Method != http.MethodDelete {
		return &Refusal{405, "Expected GET, PUT or DELETE."}
	}
	if !d.servesClients.Load() {
		return &Refusal{503, "This node is starting."}
	}
	defer d.underWay.Add(-1)
	if d.underWay.Add(1) > maxUnderWay {
		return &Refusal{503, "Too much is under way."}
	}
	switch r.Method {
	case http.MethodGet:
		value, found, err := d.store.Get(key)
		if err != nil {
			return err
		}
		if !found {
			return &Refusal{404, "No such key."}
		}
		w.Header().Set("Content-Type", "application/octet-stream")
		write(w, value)
		return nil
	case http.MethodPut:
		value, err := readBody(w, r)
		if err != nil {
			return err
		}
		if err := d.store.Set(key, value); err != nil {
			return err
		}
	case http.MethodDelete:
		if err := d.store.Delete(key); err != nil {
			return err
		}
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (d *Door) servePeer(w http.ResponseWriter, r *http.Request, path string) error {
	if !peerPath.MatchString(path) {
		return &Refusal{404, "Expected a path of small letters."}
	}
	if r.Method != http.MethodPost {
		return &Refusal{405, "Expected POST."}
	}
	message, err := readBody(w, r)
	if err != nil {
		return err
	}
	answer, err := d.store.HandlePeer(path, message)
	if err != nil {
		return err
	}
	write(w, answer)
	return nil
}

func write(w http.ResponseWriter, body []byte) {
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	_, _ = w.Write(body)
}

func readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		w.Header().Set("Connection", "close")
		return nil, &Refusal{400, "Expected the whole body."}
	}
	return body, nil
}

func parseKey(encoded string) (string, error) {
	key, err := url.PathUnescape(encoded)
	if err != nil || key == "" || strings.ContainsAny(encoded, "/?#") || !utf8.ValidString(key) {
		return "", &Refusal{400, "Expected /kv/ and a percent-encoded key in UTF-8."}
	}
	if len(key) > maxKeyBytes {
		return "", &Refusal{414, "Expected a key of at most 256 bytes."}
	}
	return key, nil
}

func refuse(w http.ResponseWriter, err error) {
	refusal := &Refusal{500, "The request failed."}
	if !errors.As(err, &refusal) {
		log.Print(err)
	}
	http.Error(w, refusal.Message, refusal.Status)
}
