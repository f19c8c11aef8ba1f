//! The workers that draw: as many as cores, with a bounded queue.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::oneshot;

type Job = Box<dyn FnOnce() + Send>;

/// Why drawing work wasn't done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PoolError {
    /// The queue is full: the client should come back a little later.
    #[error("the server is drawing as much as it can; try again in a moment")]
    Busy,
    /// The work failed in an unforeseen way.
    #[error("drawing failed; this is a fault of the server")]
    Crashed,
}

/// Threads for drawing and encoding. Cloning shares them.
#[derive(Clone)]
pub struct DrawingPool {
    queue: SyncSender<Job>,
    workers: usize,
}

impl DrawingPool {
    /// Starts the workers; 0 means one a core. At most `queue` jobs wait.
    #[must_use]
    pub fn new(workers: usize, queue: usize) -> Self {
        let cores = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
        let workers = if workers == 0 { cores } else { workers };
        let (sender, receiver) = sync_channel::<Job>(queue.max(1));
        let receiver = Arc::new(Mutex::new(receiver));
        for index in 0..workers {
            let receiver = Arc::clone(&receiver);
            let thread = std::thread::Builder::new().name(format!("draw-{index}"));
            if let Err(error) = thread.spawn(move || work(&receiver)) {
                tracing::error!(%error, "a drawing thread can't be started");
            }
        }
        Self { queue: sender, workers }
    }

    /// Number of workers.
    #[must_use]
    pub const fn workers(&self) -> usize {
        self.workers
    }

    /// Runs `job` on a worker. A caller that goes away while its job waits takes the job with it.
    ///
    /// # Errors
    /// [`PoolError`].
    pub async fn run<T, F>(&self, job: F) -> Result<T, PoolError>
    where
        T: Send + 'static,
        F: FnOnce() -> T + Send + 'static,
    {
        let (done, answer) = oneshot::channel();
        let task: Job = Box::new(move || {
            if done.is_closed() {
                return;
            }
            let outcome = catch_unwind(AssertUnwindSafe(job)).map_err(|_| PoolError::Crashed);
            // Nobody waits any more: fine.
            drop(done.send(outcome));
        });
        match self.queue.try_send(task) {
            Ok(()) => answer.await.unwrap_or(Err(PoolError::Crashed)),
            Err(TrySendError::Full(_)) => Err(PoolError::Busy),
            Err(TrySendError::Disconnected(_)) => Err(PoolError::Crashed),
        }
    }
}

fn work(receiver: &Mutex<Receiver<Job>>) {
    loop {
        let next = receiver.lock().unwrap_or_else(PoisonError::into_inner).recv();
        match next {
            Ok(job) => job(),
            Err(_) => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::channel;

    #[tokio::test]
    async fn a_full_queue_is_told_and_work_goes_on_afterwards() {
        let pool = DrawingPool::new(1, 1);
        let (release, gate) = channel::<()>();
        let (started, running) = channel::<()>();
        let first = {
            let pool = pool.clone();
            tokio::spawn(async move {
                pool.run(move || {
                    started.send(()).expect("somebody waits");
                    // Held until the other end is dropped.
                    assert!(gate.recv().is_err());
                    1
                })
                .await
            })
        };
        tokio::task::spawn_blocking(move || running.recv()).await.expect("joined").expect("started");
        // The worker is held: one job may wait, the next is refused.
        let second = {
            let pool = pool.clone();
            tokio::spawn(async move { pool.run(|| 2).await })
        };
        let mut refused = Ok(0);
        for _ in 0..1000 {
            tokio::task::yield_now().await;
            refused = tokio::time::timeout(std::time::Duration::from_millis(20), pool.run(|| 3))
                .await
                .unwrap_or(Ok(0));
            if refused.is_err() {
                break;
            }
        }
        assert_eq!(refused, Err(PoolError::Busy));
        drop(release);
        assert_eq!(first.await.expect("joined"), Ok(1));
        assert_eq!(second.await.expect("joined"), Ok(2));
        assert_eq!(pool.run(|| 4).await, Ok(4));
    }

    #[tokio::test]
    async fn a_job_that_panics_spares_its_worker() {
        let pool = DrawingPool::new(1, 4);
        assert_eq!(pool.run(|| panic!("on purpose")).await, Err::<(), _>(PoolError::Crashed));
        assert_eq!(pool.run(|| 1).await, Ok(1));
    }
}
