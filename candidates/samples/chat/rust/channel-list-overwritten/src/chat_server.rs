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
/// a member's `seat`, then `names` or `channels`, then a member's outbox.
pub struct ChatServer {
    members: Mutex<HashMap<u64, Arc<Member>>>,
    channels: RwLock<HashMap<String, HashMap<u64, Arc<Member>>>>,
    names: Mutex<HashMap<String, Arc<Connection>>>,
    delivery: Delivery,
}

pub struct Member {
    conn: Arc<Connection>,
    seat: Mutex<Seat>,
    /// Replaced, never changed: whoever sends looks at it.
    channels: RwLock<Arc<HashSet<String>>>,
    outbox: Mutex<Outbox>,
}

#[derive(Default)]
struct Seat {
    gone: bool,
    name: Option<String>,
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
        let mut mine = HashSet::clone(&member.channels());
        {
            let mut all = self.channels.write().unwrap();
            for channel in channels {
                all.entry(channel.clone()).or_default().insert(conn.id(), member.clone());
                mine.insert(channel);
            }
        }
        *member.channels.write().unwrap() = Arc::new(mine);
        if conn.is_closed() {
            self.leave_channels(&member);
        }
        Ok(())
    }

    pub fn handle_request_to_send_message(&self, conn: &Arc<Connection>, message: Arc<Message>) -> Result<(), Refused> {
        if let (Some(id), true) = (message.id, self.delivery.is_overloaded()) {
            conn.write_shed(id);
            return Ok(());
        }
        if let Some(receivers) = self.channels.read().unwrap().get(&message.channel) {
            // One of them may be on its way in or out.
            for receiver in receivers.values().filter(|one| one.channels().contains(&message.channel)) {
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
        drop(seat);
        self.leave_channels(&member);
        self.delivery.forget(&member);
    }

    fn leave_channels(&self, member: &Arc<Member>) {
        let mut all = self.channels.write().unwrap();
        for channel in member.channels().iter() {
            if let Entry::Occupied(mut members) = all.entry(channel.clone()) {
                members.get_mut().remove(&member.conn.id());
                if members.get().is_empty() {
                    members.remove();
                }
            }
        }
    }

    /// `None` once the connection has ended: it is closed before `handle_disconnect` removes its member, so whoever still sees it open
    /// under the lock comes before that.
    fn member(&self, conn: &Arc<Connection>) -> Option<Arc<Member>> {
        let mut members = self.members.lock().unwrap();
        if conn.is_closed() {
            return None;
        }
        let new = || Arc::new(Member { conn: conn.clone(), seat: Mutex::default(), channels: RwLock::default(), outbox: Mutex::default() });
        Some(members.entry(conn.id()).or_insert_with(new).clone())
    }
}

impl Member {
    fn channels(&self) -> Arc<HashSet<String>> {
        self.channels.read().unwrap().clone()
    }
}
