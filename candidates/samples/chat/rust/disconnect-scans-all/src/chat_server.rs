use std::collections::{HashMap, HashSet};
use std::sync::{Arc, RwLock};

use crate::connection::Connection;
use crate::message::Message;

pub struct Refused(pub String);

pub struct ChatServer {
    /// A channel is here while it has members.
    members: RwLock<HashMap<String, HashSet<Arc<Connection>>>>,
}

impl ChatServer {
    pub fn new() -> ChatServer {
        ChatServer { members: RwLock::default() }
    }

    pub fn handle_join_channels(&self, conn: &Arc<Connection>, channels: Vec<String>) -> Result<(), Refused> {
        let mut members = self.members.write().unwrap();
        if conn.is_closed() {
            return Ok(()); // handle_disconnect has run or will run after us; either way nothing may stay behind.
        }
        for channel in channels {
            members.entry(channel).or_default().insert(conn.clone());
        }
        Ok(())
    }

    pub fn handle_request_to_send_message(&self, _conn: &Arc<Connection>, message: Arc<Message>) -> Result<(), Refused> {
        let receivers: Vec<Arc<Connection>> = match self.members.read().unwrap().get(&message.channel) {
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
        self.members.write().unwrap().retain(|_, members| {
            members.remove(conn);
            !members.is_empty()
        });
    }
}
