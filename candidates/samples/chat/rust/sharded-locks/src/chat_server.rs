use std::collections::hash_map::RandomState;
use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, Hash, Hasher};
use std::sync::{Arc, Mutex, RwLock};

use crate::connection::Connection;
use crate::message::Message;

pub struct Refused(pub String);

const SHARDS: usize = 64;

type Members = HashSet<Arc<Connection>>;

/// Lock order: a connection's own list of channels, then one shard. Never two shards, and no lock over a write.
pub struct ChatServer {
    hasher: RandomState,
    shards: Vec<RwLock<HashMap<String, Members>>>,
    joined: Mutex<HashMap<u64, Arc<Mutex<Joined>>>>,
}

#[derive(Default)]
struct Joined {
    gone: bool,
    channels: HashSet<String>,
}

impl ChatServer {
    pub fn new() -> ChatServer {
        ChatServer { hasher: RandomState::new(), shards: (0..SHARDS).map(|_| RwLock::default()).collect(), joined: Mutex::default() }
    }

    pub fn handle_join_channels(&self, conn: &Arc<Connection>, channels: Vec<String>) -> Result<(), Refused> {
        let joined = match self.joined_by(conn) {
            Some(joined) => joined,
            None => return Ok(()),
        };
        let mut joined = joined.lock().unwrap();
        if joined.gone {
            return Ok(());
        }
        for channel in channels {
            self.shard(&channel).write().unwrap().entry(channel.clone()).or_default().insert(conn.clone());
            joined.channels.insert(channel);
        }
        Ok(())
    }

    pub fn handle_request_to_send_message(&self, _conn: &Arc<Connection>, message: Arc<Message>) -> Result<(), Refused> {
        let receivers: Vec<Arc<Connection>> = match self.shard(&message.channel).read().unwrap().get(&message.channel) {
            Some(members) => members.iter().cloned().collect(),
            None => return Ok(()),
        };
        for receiver in receivers {
            let _ = receiver.write_message(&message); // A receiver that has just left is no concern of the others.
        }
        Ok(())
    }

    pub fn handle_new_connection(&self, _conn: &Arc<Connection>, _username: String) -> Result<(), Refused> {
        Ok(())
    }

    pub fn handle_disconnect(&self, conn: &Arc<Connection>) {
        let joined = match self.joined.lock().unwrap().remove(&conn.id()) {
            Some(joined) => joined,
            None => return,
        };
        let mut joined = joined.lock().unwrap();
        joined.gone = true;
        for channel in joined.channels.drain() {
            let mut shard = self.shard(&channel).write().unwrap();
            let members = match shard.get_mut(&channel) {
                Some(members) => members,
                None => continue,
            };
            members.remove(conn);
            if members.is_empty() {
                shard.remove(&channel);
            }
        }
    }

    fn shard(&self, channel: &str) -> &RwLock<HashMap<String, Members>> {
        let mut hasher = self.hasher.build_hasher();
        channel.hash(&mut hasher);
        &self.shards[hasher.finish() as usize % SHARDS]
    }

    /// `None` once the connection has ended: it is closed before `handle_disconnect` takes its list away.
    fn joined_by(&self, conn: &Arc<Connection>) -> Option<Arc<Mutex<Joined>>> {
        let mut joined = self.joined.lock().unwrap();
        if conn.is_closed() {
            return None;
        }
        Some(joined.entry(conn.id()).or_default().clone())
    }
}
