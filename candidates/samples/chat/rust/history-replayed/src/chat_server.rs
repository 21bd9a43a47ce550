use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, RwLock};

use crate::connection::Connection;
use crate::message::Message;

pub struct Refused(pub String);

/// What a newcomer sees of the conversation so far.
const RECENT: usize = 20;

pub struct ChatServer {
    rooms: RwLock<Rooms>,
}

/// Both directions change together, under one lock.
#[derive(Default)]
struct Rooms {
    members: HashMap<String, HashSet<Arc<Connection>>>,
    joined: HashMap<u64, HashSet<String>>,
    recent: HashMap<String, VecDeque<Arc<Message>>>,
}

impl ChatServer {
    pub fn new() -> ChatServer {
        ChatServer { rooms: RwLock::default() }
    }

    pub fn handle_join_channels(&self, conn: &Arc<Connection>, channels: Vec<String>) -> Result<(), Refused> {
        let mut so_far: Vec<Arc<Message>> = Vec::new();
        let mut rooms = self.rooms.write().unwrap();
        if conn.is_closed() {
            return Ok(()); // handle_disconnect has run or will run after us; either way nothing may stay behind.
        }
        for channel in channels {
            so_far.extend(rooms.recent.get(&channel).into_iter().flatten().cloned());
            rooms.members.entry(channel.clone()).or_default().insert(conn.clone());
            rooms.joined.entry(conn.id()).or_default().insert(channel);
        }
        drop(rooms);
        for message in so_far {
            let _ = conn.write_message(&message);
        }
        Ok(())
    }

    pub fn handle_request_to_send_message(&self, _conn: &Arc<Connection>, message: Arc<Message>) -> Result<(), Refused> {
        let receivers = self.record(&message);
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
                    rooms.recent.remove(&channel);
                }
            }
        }
    }

    fn record(&self, message: &Arc<Message>) -> Vec<Arc<Connection>> {
        let mut rooms = self.rooms.write().unwrap();
        let members = match rooms.members.get(&message.channel) {
            Some(members) => members,
            None => return Vec::new(),
        };
        let receivers = members.iter().cloned().collect();
        let recent = rooms.recent.entry(message.channel.clone()).or_default();
        recent.push_back(message.clone());
        if recent.len() > RECENT {
            recent.pop_front();
        }
        receivers
    }
}
