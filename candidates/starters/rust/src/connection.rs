//! One client: whole messages out, from any thread.

use std::hash::{Hash, Hasher};
use std::io::Write;
use std::net::{Shutdown, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use crate::message::Message;
use crate::protocol;
use crate::sys;

/// Requests that a connection may have waiting or running; we stop reading from it until some are done.
const MAX_UNANSWERED: usize = 32;
/// The same in bytes of their lines (one request is always allowed).
const MAX_UNANSWERED_BYTES: usize = 1024 * 1024;
/// Replies that the client has not taken; we stop reading from it until it has.
const MAX_PENDING_REPLY_BYTES: usize = 64 * 1024;
const FLUSH_STACK_BYTES: usize = 64 * 1024;

/// The connection has ended; nothing can be written to it any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Closed;

pub struct Connection {
    id: u64,
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    /// `None` once closed. A thread that writes without the lock holds a clone meanwhile.
    socket: Option<Arc<TcpStream>>,
    /// A thread is writing (and waiting for the client to read) without the lock; all others keep off the socket.
    writing: bool,
    /// What the writing thread has to write next.
    pending: Vec<u8>,
    unanswered: usize,
    unanswered_bytes: usize,
}

// ---- What a ChatServer uses ----

impl Connection {
    /// Never given twice while the server runs.
    pub fn id(&self) -> u64 {
        self.id
    }

    /// Writes one whole message. Waits while the socket is full, for as long as that takes.
    pub fn write_message(&self, message: &Message) -> Result<(), Closed> {
        let mut state = self.lock();
        while state.writing {
            state = self.wait(state);
        }
        match self.send_now(&mut state, message.line())? {
            Sent::All => Ok(()),
            Sent::Part(rest) => self.write_until_done(state, rest),
            Sent::Nothing(line) => self.write_until_done(state, line),
        }
    }

    /// Writes one whole message if the socket takes it now; never waits. `Ok(false)`: the socket is full, nothing was written.
    pub fn try_write_message(self: &Arc<Self>, message: &Message) -> Result<bool, Closed> {
        self.try_write(message.line())
    }

    /// Like `try_write_message`, for several messages that go out as one batch (a JSON array): all or none.
    pub fn try_write_batch(self: &Arc<Self>, messages: &[Arc<Message>]) -> Result<bool, Closed> {
        let mut line = Vec::with_capacity(messages.iter().map(|message| message.json().len() + 1).sum::<usize>() + 2);
        for message in messages {
            line.push(if line.is_empty() { b'[' } else { b',' });
            line.extend_from_slice(message.json());
        }
        line.extend_from_slice(b"]\n");
        self.try_write(&line)
    }

    /// Tells the sender that its message with this id was dropped under overload. Never waits.
    pub fn write_shed(self: &Arc<Self>, id: u64) {
        self.reply(protocol::shed(id));
    }

    /// Ends the connection. `handle_disconnect` is called soon after, on another thread.
    pub fn close(&self) {
        let mut state = self.lock();
        if let Some(socket) = state.socket.take() {
            let _ = socket.shutdown(Shutdown::Both);
        }
        state.pending = Vec::new();
        drop(state);
        self.changed.notify_all();
    }

    pub fn is_closed(&self) -> bool {
        self.lock().socket.is_none()
    }
}

impl PartialEq for Connection {
    fn eq(&self, other: &Connection) -> bool {
        self.id == other.id
    }
}

impl Eq for Connection {}

impl Hash for Connection {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        self.id.hash(hasher);
    }
}

// ---- What the session uses ----

impl Connection {
    pub(crate) fn new(socket: Arc<TcpStream>) -> Connection {
        static NEXT_ID: AtomicU64 = AtomicU64::new(1);
        let state = State { socket: Some(socket), writing: false, pending: Vec::new(), unanswered: 0, unanswered_bytes: 0 };
        Connection { id: NEXT_ID.fetch_add(1, Ordering::Relaxed), state: Mutex::new(state), changed: Condvar::new() }
    }

    /// Queues one of the server's short replies behind whatever is being written. Never waits.
    pub(crate) fn reply(self: &Arc<Self>, line: String) {
        let mut state = self.lock();
        if state.writing {
            state.pending.extend_from_slice(line.as_bytes());
            return;
        }
        if let Ok(Sent::Part(rest) | Sent::Nothing(rest)) = self.send_now(&mut state, line.as_bytes()) {
            self.write_in_background(state, rest);
        }
    }

    /// Waits until one more request of `bytes` may run. False once the connection is closed.
    pub(crate) fn begin_request(&self, bytes: usize) -> bool {
        let mut state = self.lock();
        while state.socket.is_some() && state.is_full(bytes) {
            state = self.wait(state);
        }
        state.unanswered += 1;
        state.unanswered_bytes += bytes;
        state.socket.is_some()
    }

    pub(crate) fn end_request(&self, bytes: usize) {
        let mut state = self.lock();
        state.unanswered -= 1;
        state.unanswered_bytes -= bytes;
        drop(state);
        self.changed.notify_all();
    }
}

// ---- Inside ----

enum Sent {
    All,
    /// The rest of the line must go out before anything else does.
    Part(Vec<u8>),
    Nothing(Vec<u8>),
}

impl State {
    fn is_full(&self, bytes: usize) -> bool {
        let too_many = self.unanswered >= MAX_UNANSWERED || self.unanswered_bytes + bytes > MAX_UNANSWERED_BYTES;
        (self.unanswered > 0 && too_many) || self.pending.len() > MAX_PENDING_REPLY_BYTES
    }
}

impl Connection {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(&self, state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        self.changed.wait(state).unwrap_or_else(PoisonError::into_inner)
    }

    fn try_write(self: &Arc<Self>, line: &[u8]) -> Result<bool, Closed> {
        let mut state = self.lock();
        if state.writing {
            return if state.socket.is_some() { Ok(false) } else { Err(Closed) };
        }
        match self.send_now(&mut state, line)? {
            Sent::All => Ok(true),
            Sent::Nothing(_) => Ok(false),
            Sent::Part(rest) => {
                self.write_in_background(state, rest);
                Ok(true)
            }
        }
    }

    /// Hands the kernel what it takes without waiting. The caller has the lock and has seen that nobody else is writing.
    fn send_now(&self, state: &mut State, line: &[u8]) -> Result<Sent, Closed> {
        let socket = state.socket.as_ref().ok_or(Closed)?;
        match sys::send_without_waiting(socket, line) {
            Ok(sent) if sent == line.len() => Ok(Sent::All),
            Ok(0) => Ok(Sent::Nothing(line.to_vec())),
            Ok(sent) => Ok(Sent::Part(line[sent..].to_vec())),
            Err(_) => {
                let _ = socket.shutdown(Shutdown::Both);
                state.socket = None;
                Err(Closed)
            }
        }
    }

    /// A slow client's line is finished by a thread that lives only as long as the client is slow.
    fn write_in_background(self: &Arc<Self>, mut state: MutexGuard<'_, State>, rest: Vec<u8>) {
        state.writing = true;
        drop(state);
        let conn = self.clone();
        let started = thread::Builder::new().stack_size(FLUSH_STACK_BYTES).spawn(move || {
            let _ = conn.write_until_done(conn.lock(), rest);
        });
        if started.is_err() {
            self.close();
        }
    }

    /// Writes `line`, and then what others left in `pending`, waiting for the client without holding the lock.
    fn write_until_done<'a>(&'a self, mut state: MutexGuard<'a, State>, mut line: Vec<u8>) -> Result<(), Closed> {
        state.writing = true;
        let outcome = loop {
            let socket = match state.socket.clone() {
                Some(socket) => socket,
                None => break Err(Closed),
            };
            if line.is_empty() {
                break Ok(());
            }
            drop(state);
            let written = (&*socket).write_all(&line);
            if written.is_err() {
                self.close();
            }
            state = self.lock();
            line = std::mem::take(&mut state.pending);
            self.changed.notify_all();
        };
        state.writing = false;
        drop(state);
        self.changed.notify_all();
        outcome
    }
}
