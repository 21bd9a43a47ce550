use std::collections::{HashMap, HashSet};
use std::sync::{Arc, RwLock};

use crate::connection::Connection;
use crate::message::Message;

pub struct Refused(pub String);

/// More than anybody reads.
const MOST_CHANNELS: usize = 256;

pub struct ChatServer {
    rooms: RwLock<Rooms>,
}

/// Both directions change together, under one lock.
#[derive(Default)]
struct Rooms {
    members: HashMap<String, HashSet<Arc<Connection>>>,
    joined: HashMap<u64, HashSet<String>>,
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
        let Rooms { members, joined } = &mut *rooms;
        let joined = joined.entry(conn.id()).or_default();
        for channel in channels {
            if joined.len() >= MOST_CHANNELS {
                break;
            }
            members.entry(channel.clone()).or_default().insert(conn.clone());
            joined.insert(channel);
        }
        Ok(())
    }

    pub fn handle_request_to_send_message(&self, _conn: &Arc<Connection>, message: Arc<Message>) -> Result<(), Refused> {
        let receivers: Vec<Arc<Connection>> = match self.rooms.read().unwrap().members.get(&message.channel) {
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
        let mut rooms = self.rooms.write().unwrap();
        for channel in rooms.joined.remove(&conn.id()).unwrap_or_default() {
            if let Some(members) = rooms.members.get_mut(&channel) {
                members.remove(conn);
                if members.is_empty() {
                    rooms.members.remove(&channel);
                }
            }
        }
    }
}
