//! A fixed number of threads that run jobs in the order they came.

use std::collections::VecDeque;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

type Job = Box<dyn FnOnce() + Send>;

/// The queue needs no bound of its own: every connection may have only so many requests in it (see `connection`).
pub struct Pool {
    shared: Arc<Shared>,
}

struct Shared {
    jobs: Mutex<VecDeque<Job>>,
    added: Condvar,
}

impl Pool {
    pub fn start(threads: usize) -> Pool {
        let shared = Arc::new(Shared { jobs: Mutex::new(VecDeque::new()), added: Condvar::new() });
        for _ in 0..threads {
            let shared = shared.clone();
            thread::spawn(move || loop {
                // A job that panics must not cost us the thread; the session has answered by then.
                let _ = catch_unwind(AssertUnwindSafe(shared.next_job()));
            });
        }
        Pool { shared }
    }

    pub fn run(&self, job: impl FnOnce() + Send + 'static) {
        self.shared.lock().push_back(Box::new(job));
        self.shared.added.notify_one();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, VecDeque<Job>> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn next_job(&self) -> Job {
        let mut jobs = self.lock();
        loop {
            match jobs.pop_front() {
                Some(job) => return job,
                None => jobs = self.added.wait(jobs).unwrap_or_else(PoisonError::into_inner),
            }
        }
    }
}
