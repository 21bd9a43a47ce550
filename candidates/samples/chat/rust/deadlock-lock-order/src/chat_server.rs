use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, RwLock};

use crate::connection::Connection;
use crate::message::Message;

pub struct Refused(pub String);

type Members = Mutex<HashSet<Arc<Connection>>>;

pub struct ChatServer {
    channels: RwLock<HashMap<String, Arc<Members>>>,
    joined: Mutex<HashMap<u64, HashSet<String>>>,
}

impl ChatServer {
    pub fn new() -> ChatServer {
        ChatServer { channels: RwLock::default(), joined: Mutex::default() }
    }

    /// Whoever sends meanwhile sees either none of the channels joined or all of them.
    pub fn handle_join_channels(&self, conn: &Arc<Connection>, channels: Vec<String>) -> Result<(), Refused> {
        let mut seen = HashSet::new();
        let names: Vec<String> = channels.into_iter().filter(|channel| seen.insert(channel.clone())).collect();
        self.join_all(conn, &names);
        Ok(())
    }

    /// Locks the first channel, then the others, and enters all of them while every lock is held.
    fn join_all(&self, conn: &Arc<Connection>, names: &[String]) -> bool {
        let (first, others) = match names.split_first() {
            Some((first, others)) => (first, others),
            None => return !conn.is_closed(),
        };
        let members = self.members_of(first);
        let mut members = members.lock().unwrap();
        if !self.join_all(conn, others) {
            return false;
        }
        members.insert(conn.clone());
        self.joined.lock().unwrap().entry(conn.id()).or_default().insert(first.clone());
        true
    }

    fn members_of(&self, channel: &str) -> Arc<Members> {
        if let Some(members) = self.channels.read().unwrap().get(channel) {
            return members.clone();
        }
        eprintln!("new channel {channel:?}");
        self.channels.write().unwrap().entry(channel.to_string()).or_default().clone()
    }

    pub fn handle_request_to_send_message(&self, _conn: &Arc<Connection>, message: Arc<Message>) -> Result<(), Refused> {
        let members = match self.channels.read().unwrap().get(&message.channel).cloned() {
            Some(members) => members,
            None => return Ok(()),
        };
        let receivers: Vec<Arc<Connection>> = members.lock().unwrap().iter().cloned().collect();
        for receiver in receivers {
            let _ = receiver.write_message(&message);
        }
        Ok(())
    }

    pub fn handle_new_connection(&self, _conn: &Arc<Connection>, _username: String) -> Result<(), Refused> {
        Ok(())
    }

    pub fn handle_disconnect(&self, conn: &Arc<Connection>) {
        let joined = self.joined.lock().unwrap().remove(&conn.id()).unwrap_or_default();
        for channel in joined {
            let members = self.members_of(&channel);
            members.lock().unwrap().remove(conn);
            self.remove_if_unused(&channel);
        }
    }

    /// Under the write lock nobody can get hold of the set, so one that is empty and held by the map alone stays unused.
    fn remove_if_unused(&self, channel: &str) {
        let mut channels = self.channels.write().unwrap();
        let unused = |members: &Arc<Members>| Arc::strong_count(members) == 1 && members.lock().unwrap().is_empty();
        if channels.get(channel).map_or(false, unused) {
            channels.remove(channel);
        }
    }
}
