package main

import (
	"encoding/json"
	"log"
	"sync"
	"time"
)

const (
	batchBytes = 1 << 20
	idleTime   = time.Second
	retryTime  = 250 * time.Millisecond
	firstTries = 3
)

// Replica keeps one peer up to date, and us with it.
type Replica struct {
	peer         *Peer
	store        *Store
	mutex        sync.Mutex
	changed      map[string]struct{}
	wake         chan struct{}
	isInSync     bool
	pushesToUs   bool
	lastCompared time.Time
}

type listed struct {
	Key    string
	Time   int64
	Origin string
	Bytes  int
}

type listing struct {
	// Whether the peer knows our name: then it pushes to us.
	PushesToYou bool
	Keys        []listed
}

func newReplica(peer *Peer, store *Store) *Replica {
	return &Replica{peer: peer, store: store, changed: map[string]struct{}{}, wake: make(chan struct{}, 1), pushesToUs: true}
}

// firstCompare tries to get and give what is missing, before the node serves.
func (r *Replica) firstCompare() {
	for tries := 0; tries < firstTries; tries++ {
		if r.compare() == nil {
			return
		}
		time.Sleep(retryTime)
	}
}

func (r *Replica) run() {
	for {
		if err := r.bringUpToDate(); err != nil {
			if r.isInSync {
				log.Printf("%s is away: %v", r.peer.Name, err)
			}
			r.isInSync = false
			time.Sleep(retryTime)
			continue
		}
		select {
		case <-r.wake:
		case <-time.After(idleTime):
		}
	}
}

// push: only the key waits; whatever value it has by then is sent.
func (r *Replica) push(key string) {
	r.mutex.Lock()
	r.changed[key] = struct{}{}
	r.mutex.Unlock()
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

func (r *Replica) bringUpToDate() error {
	if !r.isInSync || (!r.pushesToUs && time.Since(r.lastCompared) >= idleTime) {
		if err := r.compare(); err != nil {
			return err
		}
	}
	return r.sendChanged()
}

// compare exchanges whatever one of us has newer than the other.
func (r *Replica) compare() error {
	r.mutex.Lock()
	r.changed = map[string]struct{}{}
	r.mutex.Unlock()
	answer, err := r.peer.Ask("list", []byte(r.store.name))
	if err != nil {
		return err
	}
	var theirs listing
	if err := json.Unmarshal(answer, &theirs); err != nil {
		return err
	}
	r.pushesToUs = theirs.PushesToYou
	known := make(map[string]*Entry, len(theirs.Keys))
	var wanted []string
	bytes := 0
	for _, item := range theirs.Keys {
		e := &Entry{Time: item.Time, Origin: item.Origin}
		known[item.Key] = e
		if !e.isNewer(r.store.entry(item.Key)) {
			continue
		}
		wanted = append(wanted, item.Key)
		bytes += item.Bytes + maxKeyBytes
		if bytes >= batchBytes {
			if err := r.fetch(wanted); err != nil {
				return err
			}
			wanted, bytes = nil, 0
		}
	}
	if err := r.fetch(wanted); err != nil {
		return err
	}
	for key, e := range r.store.copyOfEntries() {
		if e.isNewer(known[key]) {
			r.push(key)
		}
	}
	if err := r.sendChanged(); err != nil {
		return err
	}
	r.isInSync = true
	r.lastCompared = time.Now()
	return nil
}

func (r *Replica) fetch(keys []string) error {
	if len(keys) == 0 {
		return nil
	}
	message, err := json.Marshal(keys)
	if err != nil {
		return err
	}
	records, err := r.peer.Ask("fetch", message)
	if err == nil {
		err = r.store.takeRecords(records)
	}
	return err
}

func (r *Replica) sendChanged() error {
	for {
		records := r.nextRecords()
		if len(records) == 0 {
			return nil
		}
		if _, err := r.peer.Ask("entries", records); err != nil {
			return err
		}
	}
}

func (r *Replica) nextRecords() []byte {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	var records []byte
	for key := range r.changed {
		delete(r.changed, key)
		if e := r.store.entry(key); e != nil {
			records = appendEntry(records, key, e)
		}
		if len(records) >= batchBytes {
			break
		}
	}
	return records
}

// list and fetched are what a node answers to "list" and "fetch".
func (s *Store) list(caller string) ([]byte, error) {
	answer := listing{PushesToYou: s.peerNames[caller]}
	for key, e := range s.copyOfEntries() {
		answer.Keys = append(answer.Keys, listed{key, e.Time, e.Origin, len(e.Value)})
	}
	return json.Marshal(answer)
}

func (s *Store) fetched(message []byte) ([]byte, error) {
	var keys []string
	if err := json.Unmarshal(message, &keys); err != nil {
		return nil, err
	}
	var records []byte
	for _, key := range keys {
		if e := s.entry(key); e != nil {
			records = appendEntry(records, key, e)
		}
	}
	return records, nil
}
