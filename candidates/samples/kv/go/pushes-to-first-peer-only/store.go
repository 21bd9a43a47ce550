package main

import (
	"sync"
	"sync/atomic"
)

// Store is the store of one node: leaderless, the newest write wins.
type Store struct {
	name      string
	folder    string
	peerNames map[string]bool
	replicas  []*Replica
	clock     HybridClock
	isLoaded  atomic.Bool

	mutex        sync.RWMutex
	entries      map[string]*Entry
	changes      int64
	isDiskBroken bool

	saving       sync.Mutex
	savedChanges int64
	saveFailed   bool
}

func NewStore(name, folder string, peers []*Peer) *Store {
	s := &Store{name: name, folder: folder, peerNames: map[string]bool{}, entries: map[string]*Entry{}}
	for _, peer := range peers {
		s.peerNames[peer.Name] = true
		s.replicas = append(s.replicas, newReplica(peer, s))
	}
	return s
}

func (s *Store) Start() error {
	if err := s.load(); err != nil {
		return err
	}
	s.isLoaded.Store(true)
	go s.saveAgainAndAgain()
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

func (s *Store) Stop() error { return s.save() }

func (s *Store) write(key string, e *Entry) error {
	s.mutex.Lock()
	if s.isDiskBroken {
		s.mutex.Unlock()
		return &Refusal{507, "The disk takes nothing."}
	}
	e.Time, e.Origin = s.clock.next(), s.name
	s.put(key, e)
	s.mutex.Unlock()
	if len(s.replicas) > 0 {
		s.replicas[0].push(key)
	}
	return nil
}

func (s *Store) takeRecords(records []byte) error {
	eachEntry(records, s.merge)
	return nil
}

func (s *Store) merge(key string, e *Entry) {
	s.clock.observe(e.Time)
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.put(key, e)
}

func (s *Store) put(key string, e *Entry) {
	if e.isNewer(s.entries[key]) {
		s.entries[key] = e
		s.changes++
	}
}

func (s *Store) entry(key string) *Entry {
	s.mutex.RLock()
	defer s.mutex.RUnlock()
	return s.entries[key]
}

func (s *Store) copyOfEntries() map[string]*Entry {
	s.mutex.RLock()
	defer s.mutex.RUnlock()
	copied := make(map[string]*Entry, len(s.entries))
	for key, e := range s.entries {
		copied[key] = e
	}
	return copied
}
