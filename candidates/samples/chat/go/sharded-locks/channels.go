package main

import (
	"hash/maphash"
	"sync"
)

const shardCount = 64

// Channels spreads the channels over shards by name, each with a lock of its own.
type Channels struct {
	seed   maphash.Seed
	shards [shardCount]shard
}

type shard struct {
	mu       sync.RWMutex
	channels map[string]map[*Member]struct{}
}

func NewChannels() *Channels {
	c := &Channels{seed: maphash.MakeSeed()}
	for i := range c.shards {
		c.shards[i].channels = map[string]map[*Member]struct{}{}
	}
	return c
}

func (c *Channels) Add(name string, member *Member) {
	shard := c.shardOf(name)
	shard.mu.Lock()
	defer shard.mu.Unlock()
	if shard.channels[name] == nil {
		shard.channels[name] = map[*Member]struct{}{}
	}
	shard.channels[name][member] = struct{}{}
}

func (c *Channels) Remove(name string, member *Member) {
	shard := c.shardOf(name)
	shard.mu.Lock()
	defer shard.mu.Unlock()
	delete(shard.channels[name], member)
	if len(shard.channels[name]) == 0 {
		delete(shard.channels, name)
	}
}

// Each calls visit for every member, under the shard's lock; visit must not wait.
func (c *Channels) Each(name string, visit func(*Member)) {
	shard := c.shardOf(name)
	shard.mu.RLock()
	defer shard.mu.RUnlock()
	for member := range shard.channels[name] {
		visit(member)
	}
}

func (c *Channels) shardOf(name string) *shard {
	return &c.shards[maphash.String(c.seed, name)%shardCount]
}
