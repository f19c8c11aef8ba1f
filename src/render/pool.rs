//! Where CPU-heavy work of requests runs: a bounded number at once, a bounded queue, a deadline.

use crate::store::Deadline;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::Semaphore;

/// Bounded workers for drawing and encoding. Cloning shares them.
#[derive(Clone, Debug)]
pub struct DrawingPool {
    workers: Arc<Semaphore>,
    waiting: Arc<AtomicUsize>,
    queue: usize,
}

/// Why work was not done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PoolError {
    /// The queue is full; to be answered with 503 and `Retry-After`.
    #[error("the server is drawing as much as it can; try again in a moment")]
    Busy,
    /// The time given to the request was over before a worker was free.
    #[error("the server could not draw this within the time given to a request")]
    Deadline,
    /// The work panicked; the log has the cause.
    #[error("drawing failed by an internal error")]
    Panicked,
}

impl DrawingPool {
    /// `workers` at once (0 means the number of cores), `queue` more may wait.
    #[must_use]
    pub fn new(workers: usize, queue: usize) -> Self {
        let cores = || std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
        let workers = if workers == 0 { cores() } else { workers };
        Self { workers: Arc::new(Semaphore::new(workers)), waiting: Arc::default(), queue }
    }

    /// Whether a worker is free and nobody waits for one: work that nobody waits for is done only then.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.waiting.load(Ordering::Acquire) == 0 && self.workers.available_permits() > 0
    }

    /// Runs `work` on a worker. Work that has begun is finished even when nobody waits for it any more,
    /// and its worker counts as taken until then.
    ///
    /// # Errors
    /// [`PoolError`]: the queue is full, the deadline passed while waiting, or the work panicked.
    pub async fn run<T: Send + 'static>(
        &self,
        deadline: Deadline,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, PoolError> {
        let workers = Arc::clone(&self.workers);
        let permit = match workers.try_acquire_owned() {
            Ok(permit) => permit,
            Err(_) => {
                let _place = Place::take(&self.waiting, self.queue)?;
                let waited = Arc::clone(&self.workers).acquire_owned();
                tokio::time::timeout_at(deadline.instant(), waited)
                    .await
                    .map_err(|_| PoolError::Deadline)?
                    .map_err(|_| PoolError::Busy)?
            }
        };
        let running = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            catch_unwind(AssertUnwindSafe(work))
        });
        match running.await {
            Ok(Ok(done)) => Ok(done),
            Ok(Err(_)) | Err(_) => Err(PoolError::Panicked),
        }
    }
}

/// A place in the queue, given back when dropped.
struct Place(Arc<AtomicUsize>);

impl Place {
    fn take(waiting: &Arc<AtomicUsize>, queue: usize) -> Result<Self, PoolError> {
        let place = Self(Arc::clone(waiting));
        if waiting.fetch_add(1, Ordering::AcqRel) >= queue { Err(PoolError::Busy) } else { Ok(place) }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;
    use std::time::Duration;

    fn later() -> Deadline {
        Deadline::after(Duration::from_secs(60))
    }

    #[tokio::test]
    async fn work_is_done_and_answered() {
        assert_eq!(DrawingPool::new(1, 1).run(later(), || 6 * 7).await, Ok(42));
    }

    #[tokio::test]
    async fn a_panic_is_an_error_and_gives_the_worker_back() {
        let pool = DrawingPool::new(1, 1);
        assert_eq!(pool.run(later(), || panic!("drawn badly")).await, Err::<(), _>(PoolError::Panicked));
        assert_eq!(pool.run(later(), || 1).await, Ok(1));
    }

    #[tokio::test]
    async fn a_full_queue_is_busy_and_a_late_turn_is_a_deadline() {
        let pool = DrawingPool::new(1, 1);
        let (begun, has_begun) = mpsc::channel();
        let (release, wait) = mpsc::channel::<()>();
        let first = tokio::spawn({
            let pool = pool.clone();
            async move {
                pool.run(later(), move || {
                    let _ = begun.send(());
                    let _ = wait.recv();
                })
                .await
            }
        });
        tokio::task::spawn_blocking(move || has_begun.recv()).await.expect("joined").expect("begun");
        assert_eq!(pool.run(Deadline::after(Duration::ZERO), || ()).await, Err(PoolError::Deadline));
        let second = pool.run(later(), || ());
        tokio::pin!(second);
        assert!(futures_util::poll!(&mut second).is_pending());
        assert_eq!(pool.run(later(), || ()).await, Err(PoolError::Busy));
        release.send(()).expect("waiting");
        assert_eq!(second.await, Ok(()));
        assert_eq!(first.await.expect("joined"), Ok(()));
    }
}
