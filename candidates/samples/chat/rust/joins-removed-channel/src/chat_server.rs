mod delivery;
mod outbox;

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, RwLock};

use crate::connection::Connection;
use crate::message::Message;
use delivery::Delivery;
use outbox::Outbox;

pub struct Refused(pub String);

/// Locks are taken in this order, and none is held over a write that may wait:
/// a member's `seat`, then `names` or `channels`, then one channel's members, then a member's outbox.
pub struct ChatServer {
    members: Mutex<HashMap<u64, Arc<Member>>>,
    channels: RwLock<HashMap<String, Arc<Channel>>>,
    names: Mutex<HashMap<String, Arc<Connection>>>,
    delivery: Delivery,
}

#[derive(Default)]
struct Channel {
    members: RwLock<HashMap<u64, Arc<Member>>>,
}

pub struct Member {
    conn: Arc<Connection>,
    seat: Mutex<Seat>,
    outbox: Mutex<Outbox>,
}

/// Where a member sits. Held for a whole join, so that joins and the disconnect of one connection come one after the other.
#[derive(Default)]
struct Seat {
    gone: bool,
    name: Option<String>,
    channels: HashSet<String>,
}

impl ChatServer {
    pub fn new() -> ChatServer {
        ChatServer { members: Mutex::default(), channels: RwLock::default(), names: Mutex::default(), delivery: Delivery::start() }
    }

    pub fn handle_join_channels(&self, conn: &Arc<Connection>, channels: Vec<String>) -> Result<(), Refused> {
        let member = match self.member(conn) {
            Some(member) => member,
            None => return Ok(()),
        };
        let mut seat = member.seat.lock().unwrap();
        if seat.gone {
            return Ok(());
        }
        for (name, channel) in self.channels_of(channels) {
            channel.members.write().unwrap().insert(conn.id(), member.clone());
            seat.channels.insert(name);
        }
        Ok(())
    }

    pub fn handle_request_to_send_message(&self, conn: &Arc<Connection>, message: Arc<Message>) -> Result<(), Refused> {
        if let (Some(id), true) = (message.id, self.delivery.is_overloaded()) {
            conn.write_shed(id);
            return Ok(());
        }
        let channel = self.channels.read().unwrap().get(&message.channel).cloned();
        if let Some(channel) = channel {
            for receiver in channel.members.read().unwrap().values() {
                self.delivery.enqueue(receiver, &message);
            }
        }
        Ok(())
    }

    /// The last one to claim a name has it; whoever had it before is disconnected.
    pub fn handle_new_connection(&self, conn: &Arc<Connection>, username: String) -> Result<(), Refused> {
        let member = match self.member(conn) {
            Some(member) => member,
            None => return Ok(()),
        };
        let mut seat = member.seat.lock().unwrap();
        if seat.gone {
            return Ok(());
        }
        if seat.name.is_some() {
            return Err(Refused("Expected one hello a connection, got a second".into()));
        }
        seat.name = Some(username.clone());
        let before = self.names.lock().unwrap().insert(username, conn.clone());
        if let Some(before) = before {
            before.close();
        }
        Ok(())
    }

    pub fn handle_disconnect(&self, conn: &Arc<Connection>) {
        let member = match self.members.lock().unwrap().remove(&conn.id()) {
            Some(member) => member,
            None => return,
        };
        let mut seat = member.seat.lock().unwrap();
        seat.gone = true;
        if let Some(name) = seat.name.take() {
            if let Entry::Occupied(holder) = self.names.lock().unwrap().entry(name) {
                if holder.get() == conn {
                    holder.remove();
                }
            }
        }
        let mut all = self.channels.write().unwrap();
        for channel in seat.channels.drain() {
            if let Entry::Occupied(entry) = all.entry(channel) {
                let mut members = entry.get().members.write().unwrap();
                members.remove(&conn.id());
                let is_empty = members.is_empty();
                drop(members);
                if is_empty {
                    entry.remove();
                }
            }
        }
        drop(all);
        self.delivery.forget(&member);
    }

    /// The channels of these names, found or made, all under one lock.
    fn channels_of(&self, names: Vec<String>) -> Vec<(String, Arc<Channel>)> {
        let mut all = self.channels.write().unwrap();
        names.into_iter().map(|name| (name.clone(), all.entry(name).or_default().clone())).collect()
    }

    /// `None` once the connection has ended: it is closed before `handle_disconnect` removes its member, so whoever still sees it open
    /// under the lock comes before that.
    fn member(&self, conn: &Arc<Connection>) -> Option<Arc<Member>> {
        let mut members = self.members.lock().unwrap();
        if conn.is_closed() {
            return None;
        }
        let new = || Arc::new(Member { conn: conn.clone(), seat: Mutex::default(), outbox: Mutex::default() });
        Some(members.entry(conn.id()).or_insert_with(new).clone())
    }
}
