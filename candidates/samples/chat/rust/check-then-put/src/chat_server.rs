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

    pub fn handle_join_channels(&self, conn: &Arc<Connection>, channels: Vec<String>) -> Result<(), Refused> {
        for channel in channels {
            let known = self.channels.read().unwrap().contains_key(&channel);
            if !known {
                eprintln!("new channel {channel:?}");
                self.channels.write().unwrap().insert(channel.clone(), Arc::default());
            }
            let all = self.channels.read().unwrap();
            let members = match all.get(&channel) {
                Some(members) => members,
                None => continue,
            };
            let mut joined = self.joined.lock().unwrap();
            if conn.is_closed() {
                return Ok(());
            }
            members.lock().unwrap().insert(conn.clone());
            joined.entry(conn.id()).or_default().insert(channel);
        }
        Ok(())
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
        let mut channels = self.channels.write().unwrap();
        for channel in joined {
            let members = match channels.get(&channel).cloned() {
                Some(members) => members,
                None => continue,
            };
            let mut members = members.lock().unwrap();
            members.remove(conn);
            if members.is_empty() {
                channels.remove(&channel);
            }
        }
    }
}
