package main

import (
	"bufio"
	"log"
	"os"
	"path/filepath"
	"time"
)

// With the time that writing takes, what was acknowledged is on disk about a second later.
const snapshotEvery = 750 * time.Millisecond

func (s *Store) load() error {
	records, err := os.ReadFile(s.file())
	if os.IsNotExist(err) {
		return nil
	}
	eachEntry(records, s.merge)
	s.savedChanges = s.changes
	return err
}

func (s *Store) saveAgainAndAgain() {
	for range time.Tick(snapshotEvery) {
		if err := s.save(); err != nil {
			log.Print(err)
		}
		s.mutex.Lock()
		s.isDiskBroken = s.saveFailed
		s.mutex.Unlock()
	}
}

// save writes a copy of everything to a temporary file, which takes the place of the last one once it is on disk.
func (s *Store) save() error {
	s.saving.Lock()
	defer s.saving.Unlock()
	s.mutex.RLock()
	changes := s.changes
	copied := make(map[string]*Entry, len(s.entries))
	for key, e := range s.entries {
		copied[key] = e
	}
	s.mutex.RUnlock()
	if changes == s.savedChanges {
		return nil
	}
	err := writeFile(s.file(), copied)
	s.saveFailed = err != nil
	if err == nil {
		s.savedChanges = changes
	}
	return err
}

func writeFile(path string, entries map[string]*Entry) error {
	file, err := os.Create(path + ".new")
	if err != nil {
		return err
	}
	defer file.Close()
	buffered := bufio.NewWriterSize(file, 1<<20)
	var record []byte
	for key, e := range entries {
		record = appendEntry(record[:0], key, e)
		if _, err := buffered.Write(record); err != nil {
			return err
		}
	}
	if err := buffered.Flush(); err != nil {
		return err
	}
	if err := file.Sync(); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

func (s *Store) file() string { return filepath.Join(s.folder, "snapshot") }
