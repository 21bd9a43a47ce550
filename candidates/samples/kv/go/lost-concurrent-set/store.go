package main

import (
	"sync"
	"sync/atomic"
)

// Store is the store of one node: leaderless, the newest write wins.
type Store struct {
	name      string
	peerNames map[string]bool
	replicas  []*Replica
	clock     HybridClock
	isLoaded  atomic.Bool
	log       *Log
	// Never changed, always replaced: a reader needs no lock.
	entries atomic.Pointer[map[string]*Entry]
}

func NewStore(name, folder string, peers []*Peer) *Store {
	s := &Store{name: name, peerNames: map[string]bool{}, log: newLog(folder)}
	s.entries.Store(&map[string]*Entry{})
	for _, peer := range peers {
		s.peerNames[peer.Name] = true
		s.replicas = append(s.replicas, newReplica(peer, s))
	}
	return s
}

func (s *Store) Start() error {
	loaded := map[string]*Entry{}
	err := s.log.load(func(key string, e *Entry) {
		s.clock.observe(e.Time)
		if e.isNewer(loaded[key]) {
			loaded[key] = e
		}
	})
	if err == nil {
		err = s.log.begin(loaded)
	}
	if err != nil {
		return err
	}
	s.entries.Store(&loaded)
	s.isLoaded.Store(true)
	var compared sync.WaitGroup
	for _, replica := range s.replicas {
		compared.Add(1)
		go func(r *Replica) {
			r.firstCompare()
			compared.Done()
			r.run()
		}(replica)
	}
	compared.Wait()
	return nil
}

func (s *Store) Get(key string) ([]byte, bool, error) {
	e := s.entry(key)
	if e == nil || e.Deleted {
		return nil, false, nil
	}
	return e.Value, true, nil
}

func (s *Store) Set(key string, value []byte) error {
	return s.write(key, &Entry{Value: value})
}

func (s *Store) Delete(key string) error {
	return s.write(key, &Entry{Deleted: true})
}

func (s *Store) HandlePeer(path string, message []byte) ([]byte, error) {
	if !s.isLoaded.Load() {
		return nil, Unavailable
	}
	switch path {
	case "list":
		return s.list(string(message))
	case "fetch":
		return s.fetched(message)
	case "entries":
		return nil, s.takeRecords(message)
	}
	return nil, &Refusal{404, "Expected list, fetch or entries."}
}

func (s *Store) Stop() error { return s.log.close() }

func (s *Store) write(key string, e *Entry) error {
	e.Time, e.Origin = s.clock.next(), s.name
	if err := s.put(key, e); err != nil {
		return err
	}
	for _, replica := range s.replicas {
		replica.push(key)
	}
	return nil
}

func (s *Store) takeRecords(records []byte) error {
	var err error
	eachEntry(records, func(key string, e *Entry) {
		s.clock.observe(e.Time)
		if problem := s.put(key, e); problem != nil {
			err = problem
		}
	})
	return err
}

// put: what is new is seen by readers once it is in the log.
func (s *Store) put(key string, e *Entry) error {
	entries := *s.entries.Load()
	if !e.isNewer(entries[key]) {
		return nil
	}
	next := make(map[string]*Entry, len(entries)+1)
	for other, kept := range entries {
		next[other] = kept
	}
	next[key] = e
	if err := s.log.append(key, e); err != nil {
		return err
	}
	s.entries.Store(&next)
	return nil
}

func (s *Store) entry(key string) *Entry { return (*s.entries.Load())[key] }

func (s *Store) copyOfEntries() map[string]*Entry { return *s.entries.Load() }
