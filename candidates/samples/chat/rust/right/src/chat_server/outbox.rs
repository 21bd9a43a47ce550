use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::connection::Connection;
use crate::message::Message;

/// One batch holds at most this much, so that a slow reader's unfinished line stays small.
const BATCH_BYTES: usize = 64 * 1024;
/// A reader whose socket is full may have this much waiting for a while ...
const PATIENT_BYTES: usize = 4 * 1024 * 1024;
/// ... this long, ...
const PATIENCE: Duration = Duration::from_secs(3);
/// ... and any amount below the last limit this long.
const LONGEST_STALL: Duration = Duration::from_secs(10);
/// More than this never waits for anyone.
const MOST_BYTES: usize = 12 * 1024 * 1024;

/// What is due to one connection. The messages themselves are shared by all their receivers.
#[derive(Default)]
pub struct Outbox {
    waiting: VecDeque<Arc<Message>>,
    bytes: usize,
    /// Since when the socket has taken nothing.
    full_since: Option<Instant>,
    /// In the delivery's list already.
    pub listed: bool,
    closed: bool,
}

pub enum Flushed {
    Empty,
    SocketFull,
}

impl Outbox {
    /// False when the connection is gone and nothing was queued.
    pub fn push(&mut self, message: &Arc<Message>) -> bool {
        if !self.closed {
            self.bytes += message.line().len();
            self.waiting.push_back(message.clone());
        }
        !self.closed
    }

    /// Writes batches until nothing waits or the socket takes no more. A reader that has used up its patience is disconnected.
    pub fn flush(&mut self, conn: &Arc<Connection>, now: Instant) -> Flushed {
        while !self.waiting.is_empty() {
            let batch = self.next_batch();
            match conn.try_write_batch(&batch) {
                Ok(true) => {
                    self.full_since = None;
                    for message in self.waiting.drain(..batch.len()) {
                        self.bytes -= message.line().len();
                    }
                }
                Ok(false) => {
                    let stalled = now.saturating_duration_since(*self.full_since.get_or_insert(now));
                    if self.is_too_slow(stalled) {
                        conn.close();
                        self.close();
                        return Flushed::Empty;
                    }
                    return Flushed::SocketFull;
                }
                Err(_) => self.close(),
            }
        }
        Flushed::Empty
    }

    pub fn close(&mut self) {
        *self = Outbox { closed: true, listed: self.listed, ..Outbox::default() };
    }

    /// How many messages wait for the server, not for a reader whose socket is full.
    pub fn backlog(&self) -> usize {
        if self.full_since.is_some() { 0 } else { self.waiting.len() }
    }

    fn next_batch(&self) -> Vec<Arc<Message>> {
        let mut bytes = 0;
        let fits = |message: &&Arc<Message>| {
            bytes += message.line().len();
            bytes <= BATCH_BYTES
        };
        let count = self.waiting.iter().take_while(fits).count().max(1);
        self.waiting.iter().take(count).cloned().collect()
    }

    fn is_too_slow(&self, stalled: Duration) -> bool {
        stalled >= LONGEST_STALL || self.bytes > MOST_BYTES || (self.bytes > PATIENT_BYTES && stalled >= PATIENCE)
    }
}
