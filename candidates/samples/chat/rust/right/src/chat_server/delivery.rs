use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use super::outbox::Flushed;
use super::Member;
use crate::message::Message;

/// How long messages are gathered before they go out as one batch a receiver.
const GATHER: Duration = Duration::from_millis(10);
/// Messages times receivers that may wait for us before we drop those that may be dropped.
const MOST_WAITING: usize = 150_000;

/// One thread that flushes the outboxes of all members who have something waiting.
pub struct Delivery {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    listed: Mutex<Vec<Arc<Member>>>,
    added: Condvar,
    waiting: AtomicUsize,
}

impl Delivery {
    pub fn start() -> Delivery {
        let shared = Arc::new(Shared::default());
        let writer = shared.clone();
        thread::spawn(move || loop {
            writer.flush_all();
        });
        Delivery { shared }
    }

    pub fn is_overloaded(&self) -> bool {
        self.shared.waiting.load(Ordering::Relaxed) > MOST_WAITING
    }

    pub fn enqueue(&self, member: &Arc<Member>, message: &Arc<Message>) {
        let mut outbox = member.outbox.lock().unwrap();
        let before = outbox.backlog();
        if !outbox.push(message) {
            return;
        }
        self.shared.waiting.fetch_add(outbox.backlog() - before, Ordering::Relaxed);
        if !outbox.listed {
            outbox.listed = true;
            self.shared.listed.lock().unwrap().push(member.clone());
            self.shared.added.notify_one();
        }
    }

    pub fn forget(&self, member: &Member) {
        let mut outbox = member.outbox.lock().unwrap();
        self.shared.waiting.fetch_sub(outbox.backlog(), Ordering::Relaxed);
        outbox.close();
    }
}

impl Shared {
    fn flush_all(&self) {
        let mut listed = self.listed.lock().unwrap();
        while listed.is_empty() {
            listed = self.added.wait(listed).unwrap();
        }
        drop(listed);
        thread::sleep(GATHER);
        let members = std::mem::take(&mut *self.listed.lock().unwrap());
        let now = Instant::now();
        let still_waiting: Vec<Arc<Member>> = members.into_iter().filter(|member| self.flush(member, now)).collect();
        self.listed.lock().unwrap().extend(still_waiting);
    }

    /// True when the member stays listed.
    fn flush(&self, member: &Member, now: Instant) -> bool {
        let mut outbox = member.outbox.lock().unwrap();
        let before = outbox.backlog();
        outbox.listed = matches!(outbox.flush(&member.conn, now), Flushed::SocketFull);
        // Wraps where the backlog grew (a reader that reads again), and comes out right in the sum.
        self.waiting.fetch_add(outbox.backlog().wrapping_sub(before), Ordering::Relaxed);
        outbox.listed
    }
}
