package main

import (
	"os"
	"path/filepath"
	"sync"
)

// Log is the node's only file: entries, one after another, as they came.
type Log struct {
	mutex  sync.Mutex
	path   string
	file   *os.File
	length int64
}

func newLog(folder string) *Log { return &Log{path: filepath.Join(folder, "log")} }

// load hands over what is on disk.
func (l *Log) load(take func(key string, e *Entry)) error {
	records, err := os.ReadFile(l.path)
	if err != nil && !os.IsNotExist(err) {
		return err
	}
	eachEntry(records, take)
	return nil
}

// begin writes the file anew without what has been superseded, and goes on from there.
func (l *Log) begin(entries map[string]*Entry) error {
	file, err := os.Create(l.path + ".new")
	if err != nil {
		return err
	}
	l.file = file
	for key, e := range entries {
		if err := l.append(key, e); err != nil {
			return err
		}
	}
	if err := file.Sync(); err != nil {
		return err
	}
	return os.Rename(l.path+".new", l.path)
}

// append always writes at the end of what is whole, so that an attempt that failed is written over.
func (l *Log) append(key string, e *Entry) error {
	record := appendEntry(nil, key, e)
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if _, err := l.file.WriteAt(record, l.length); err != nil {
		return &Refusal{507, "The disk takes nothing."}
	}
	l.length += int64(len(record))
	return nil
}

func (l *Log) close() error { return l.file.Sync() }
