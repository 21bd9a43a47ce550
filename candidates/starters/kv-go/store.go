package main

// Store is the store of one node. Everything you write goes here, or into files of your own beside this one.
//
// Every request has a goroutine of its own: any method may run at the same time as any other, and as itself.
type Store struct {
	name   string
	folder string
	peers  []*Peer
}

// NewStore: name is this node's, folder is where it may keep files (it exists), and peers are the others, up or not.
func NewStore(name, folder string, peers []*Peer) *Store {
	return &Store{name: name, folder: folder, peers: peers}
}

// Start is called once. Clients get 503 until it has returned; other nodes reach HandlePeer from the beginning.
func (s *Store) Start() error {
	// TODO: load what was saved, and get what the others have.
	return nil
}

// Get returns the value of a key, and whether there is one.
func (s *Store) Get(key string) ([]byte, bool, error) {
	return nil, false, NotWritten // TODO
}

// Set: once it returns nil, the client is told that the value is stored.
func (s *Store) Set(key string, value []byte) error {
	return NotWritten // TODO
}

// Delete: once it returns nil, the client is told that the key is gone.
func (s *Store) Delete(key string) error {
	return NotWritten // TODO
}

// HandlePeer: another node has called Ask(path, message) on us; what this returns is its answer.
func (s *Store) HandlePeer(path string, message []byte) ([]byte, error) {
	return nil, NotWritten // TODO
}

// Stop: the node is told to end (SIGTERM). No request is under way any more, and none will come.
func (s *Store) Stop() error {
	// TODO: save what is not saved yet.
	return nil
}
