use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, RwLock};
use std::time::{Duration, Instant};

use crate::connection::Connection;
use crate::message::Message;

pub struct Refused(pub String);

/// A batch goes out when this many messages wait, ...
const BATCH: usize = 16;
/// ... or when the oldest of them has waited this long.
const LONGEST_WAIT: Duration = Duration::from_millis(100);

pub struct ChatServer {
    rooms: RwLock<Rooms>,
}

/// Both directions change together, under one lock.
#[derive(Default)]
struct Rooms {
    members: HashMap<String, HashMap<u64, Arc<Member>>>,
    joined: HashMap<u64, (Arc<Member>, HashSet<String>)>,
}

struct Member {
    conn: Arc<Connection>,
    batch: Mutex<Vec<(Instant, Arc<Message>)>>,
}

impl Member {
    fn new(conn: Arc<Connection>) -> Arc<Member> {
        Arc::new(Member { conn, batch: Mutex::default() })
    }

    fn deliver(&self, message: Arc<Message>) {
        for message in self.due_after_adding(message) {
            let _ = self.conn.write_message(&message); // A receiver that has just left is no concern of the others.
        }
    }

    fn due_after_adding(&self, message: Arc<Message>) -> Vec<Arc<Message>> {
        let mut batch = self.batch.lock().unwrap();
        batch.push((Instant::now(), message));
        if batch.len() < BATCH && batch[0].0.elapsed() < LONGEST_WAIT {
            return Vec::new();
        }
        batch.drain(..).map(|(_, message)| message).collect()
    }
}

impl ChatServer {
    pub fn new() -> ChatServer {
        ChatServer { rooms: RwLock::default() }
    }

    pub fn handle_join_channels(&self, conn: &Arc<Connection>, channels: Vec<String>) -> Result<(), Refused> {
        let mut rooms = self.rooms.write().unwrap();
        if conn.is_closed() {
            return Ok(()); // handle_disconnect has run or will run after us; either way nothing may stay behind.
        }
        for channel in channels {
            let (member, joined) = rooms.joined.entry(conn.id()).or_insert_with(|| (Member::new(conn.clone()), HashSet::new()));
            joined.insert(channel.clone());
            let member = member.clone();
            rooms.members.entry(channel).or_default().insert(conn.id(), member);
        }
        Ok(())
    }

    pub fn handle_request_to_send_message(&self, _conn: &Arc<Connection>, message: Arc<Message>) -> Result<(), Refused> {
        let receivers: Vec<Arc<Member>> = match self.rooms.read().unwrap().members.get(&message.channel) {
            Some(members) => members.values().cloned().collect(),
            None => return Ok(()),
        };
        for receiver in receivers {
            receiver.deliver(message.clone());
        }
        Ok(())
    }

    pub fn handle_new_connection(&self, _conn: &Arc<Connection>, _username: String) -> Result<(), Refused> {
        Ok(())
    }

    pub fn handle_disconnect(&self, conn: &Arc<Connection>) {
        let mut rooms = self.rooms.write().unwrap();
        let channels = match rooms.joined.remove(&conn.id()) {
            Some((_, channels)) => channels,
            None => return,
        };
        for channel in channels {
            if let Some(members) = rooms.members.get_mut(&channel) {
                members.remove(&conn.id());
                if members.is_empty() {
                    rooms.members.remove(&channel);
                }
            }
        }
    }
}
