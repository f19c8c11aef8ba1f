//! A connection in use: every query has a deadline and dies with the request that asked for it.

use super::StoreError;
use bytes::Bytes;
use deadpool_postgres::Object;
use futures_util::{Stream, StreamExt};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::Instant;
use tokio_postgres::types::ToSql;
use tokio_postgres::{NoTls, Row};

/// The moment at which a request's time is over.
#[derive(Clone, Copy, Debug)]
pub struct Deadline(Instant);

impl Deadline {
    /// A deadline from now.
    #[must_use]
    pub fn after(duration: Duration) -> Self {
        Self(Instant::now() + duration)
    }

    /// The instant.
    #[must_use]
    pub const fn instant(&self) -> Instant {
        self.0
    }

    /// Time that is left, zero when over.
    #[must_use]
    pub fn left(&self) -> Duration {
        self.0.saturating_duration_since(Instant::now())
    }
}

/// Cancels on the server what is still running when dropped.
///
/// A connection whose query was abandoned never goes back to the pool: a late cancel could hit the
/// next request's query.
struct Running {
    connection: Option<Object>,
    busy: bool,
    tls: Option<tokio_postgres_rustls::MakeRustlsConnect>,
}

impl Running {
    fn client(&self) -> Result<&Object, StoreError> {
        self.connection.as_ref().ok_or(StoreError::Unavailable(None))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let Some(connection) = self.connection.take() else { return };
        if !self.busy {
            return;
        }
        let client = Object::take(connection);
        let cancel = client.cancel_token();
        let tls = self.tls.clone();
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move {
                let sent = match tls {
                    Some(tls) => cancel.cancel_query(tls).await,
                    None => cancel.cancel_query(NoTls).await,
                };
                if let Err(error) = sent {
                    tracing::debug!(%error, "cancel request not delivered");
                }
                drop(client);
            });
        }
    }
}

/// A pooled connection for one request or one job. Statements are prepared once a connection and
/// cached by their text, so texts must not contain values.
pub struct Session {
    running: Running,
    deadline: Option<Deadline>,
}

impl Session {
    pub(super) fn new(
        connection: Object,
        deadline: Option<Deadline>,
        tls: Option<tokio_postgres_rustls::MakeRustlsConnect>,
    ) -> Self {
        Self { running: Running { connection: Some(connection), busy: false, tls }, deadline }
    }

    /// Runs `work` under the deadline, leaving the session marked busy if it is abandoned.
    async fn timed<T>(
        running: &mut Running,
        deadline: Option<Deadline>,
        work: impl AsyncFnOnce(&Object) -> Result<T, tokio_postgres::Error>,
    ) -> Result<T, StoreError> {
        running.busy = true;
        let outcome = {
            let client = running.connection.as_ref().ok_or(StoreError::Unavailable(None))?;
            match deadline {
                Some(at) => match tokio::time::timeout_at(at.instant(), work(client)).await {
                    Ok(done) => done,
                    Err(_) => return Err(StoreError::Deadline),
                },
                None => work(client).await,
            }
        };
        running.busy = false;
        Ok(outcome?)
    }

    /// All rows of a query.
    ///
    /// # Errors
    /// [`StoreError`]; at the deadline the query is cancelled.
    pub async fn query(&mut self, sql: &str, params: &[&(dyn ToSql + Sync)]) -> Result<Vec<Row>, StoreError> {
        Self::timed(&mut self.running, self.deadline, async |client| {
            let statement = prepared(client, sql).await?;
            client.query(&statement, params).await
        })
        .await
    }

    /// The only row of a query, if there is one.
    ///
    /// # Errors
    /// [`StoreError`]; also when there are several rows.
    pub async fn query_opt(
        &mut self,
        sql: &str,
        params: &[&(dyn ToSql + Sync)],
    ) -> Result<Option<Row>, StoreError> {
        Self::timed(&mut self.running, self.deadline, async |client| {
            let statement = prepared(client, sql).await?;
            client.query_opt(&statement, params).await
        })
        .await
    }

    /// The only row of a query.
    ///
    /// # Errors
    /// [`StoreError`]; also when there is no row or several.
    pub async fn query_one(&mut self, sql: &str, params: &[&(dyn ToSql + Sync)]) -> Result<Row, StoreError> {
        Self::timed(&mut self.running, self.deadline, async |client| {
            let statement = prepared(client, sql).await?;
            client.query_one(&statement, params).await
        })
        .await
    }

    /// Runs a statement and answers the number of rows it touched.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn execute(&mut self, sql: &str, params: &[&(dyn ToSql + Sync)]) -> Result<u64, StoreError> {
        Self::timed(&mut self.running, self.deadline, async |client| {
            let statement = prepared(client, sql).await?;
            client.execute(&statement, params).await
        })
        .await
    }

    /// Runs several statements without parameters.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn batch(&mut self, sql: &str) -> Result<(), StoreError> {
        Self::timed(&mut self.running, self.deadline, async |client| client.batch_execute(sql).await).await
    }

    /// Rows one by one as they arrive, with bounded memory. The stream owns the connection: dropping it
    /// cancels the query.
    ///
    /// # Errors
    /// [`StoreError`] when the query is refused; later failures come as items of the stream.
    pub async fn stream(
        mut self,
        sql: &str,
        params: &[&(dyn ToSql + Sync)],
    ) -> Result<RowStream, StoreError> {
        let rows = Self::timed(&mut self.running, self.deadline, async |client| {
            let statement = prepared(client, sql).await?;
            client.query_raw(&statement, params.iter().copied()).await
        })
        .await?;
        self.running.busy = true;
        let sleep = self.deadline.map(|at| Box::pin(tokio::time::sleep_until(at.instant())));
        Ok(RowStream {
            rows: Box::pin(rows),
            sleep,
            deadline: self.deadline,
            running: self.running,
            ended: false,
            taken: 0,
        })
    }

    /// Begins a transaction; dropping it without [`Transaction::commit`] rolls back.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn begin(mut self) -> Result<Transaction, StoreError> {
        self.batch("begin").await?;
        Ok(Transaction { session: Some(self) })
    }

    /// Opens a `COPY … FROM STDIN (FORMAT binary)`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn copy_in(&mut self, sql: &str) -> Result<CopyIn<'_>, StoreError> {
        let sink = Self::timed(&mut self.running, self.deadline, async |client| {
            client.copy_in::<_, Bytes>(sql).await
        })
        .await?;
        self.running.busy = true;
        Ok(CopyIn { sink: Box::pin(sink), busy: &mut self.running.busy })
    }
}

/// A statement from the connection's cache. Filters come in any shape, so their texts have no bound; the
/// cache does.
async fn prepared(client: &Object, sql: &str) -> Result<tokio_postgres::Statement, tokio_postgres::Error> {
    const KEPT: usize = 500;
    if client.statement_cache.size() >= KEPT {
        client.statement_cache.clear();
    }
    client.prepare_cached(sql).await
}

/// Rows as they arrive.
pub struct RowStream {
    rows: Pin<Box<tokio_postgres::RowStream>>,
    sleep: Option<Pin<Box<tokio::time::Sleep>>>,
    deadline: Option<Deadline>,
    running: Running,
    ended: bool,
    taken: u64,
}

impl Stream for RowStream {
    type Item = Result<Row, StoreError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        if this.ended {
            return Poll::Ready(None);
        }
        match this.rows.poll_next_unpin(context) {
            Poll::Ready(Some(Ok(row))) => {
                // Rows that come faster than they are taken never leave time for the timer below. The clock
                // isn't read for each.
                this.taken += 1;
                let is_over = || this.deadline.is_some_and(|at| at.left().is_zero());
                if this.taken.is_multiple_of(32) && is_over() {
                    this.ended = true;
                    return Poll::Ready(Some(Err(StoreError::Deadline)));
                }
                Poll::Ready(Some(Ok(row)))
            }
            Poll::Ready(Some(Err(error))) => {
                (this.ended, this.running.busy) = (true, false);
                Poll::Ready(Some(Err(error.into())))
            }
            Poll::Ready(None) => {
                (this.ended, this.running.busy) = (true, false);
                Poll::Ready(None)
            }
            Poll::Pending => {
                let over = this.sleep.as_mut().is_some_and(|s| s.as_mut().poll(context).is_ready());
                if over {
                    // Still busy: dropping the stream cancels the query.
                    this.ended = true;
                    return Poll::Ready(Some(Err(StoreError::Deadline)));
                }
                Poll::Pending
            }
        }
    }
}

/// An open binary COPY.
pub struct CopyIn<'a> {
    sink: Pin<Box<tokio_postgres::CopyInSink<Bytes>>>,
    busy: &'a mut bool,
}

impl CopyIn<'_> {
    /// Sends bytes of the COPY stream; waits while the server is behind.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn send(&mut self, bytes: Bytes) -> Result<(), StoreError> {
        use futures_util::SinkExt;
        Ok(self.sink.feed(bytes).await?)
    }

    /// Ends the COPY and answers the number of rows.
    ///
    /// # Errors
    /// [`StoreError`], such as a row that does not fit the table.
    pub async fn finish(mut self) -> Result<u64, StoreError> {
        let rows = self.sink.as_mut().finish().await?;
        *self.busy = false;
        Ok(rows)
    }
}

/// A transaction; everything or nothing.
pub struct Transaction {
    session: Option<Session>,
}

impl Transaction {
    /// The session, to run statements inside the transaction.
    ///
    /// # Errors
    /// Never while the transaction lives.
    pub fn session(&mut self) -> Result<&mut Session, StoreError> {
        self.session.as_mut().ok_or(StoreError::Unavailable(None))
    }

    /// Makes it lasting.
    ///
    /// # Errors
    /// [`StoreError`]; nothing is changed then.
    pub async fn commit(mut self) -> Result<(), StoreError> {
        // A transaction with a failed statement answers `commit` with a rollback and no error: the query
        // before it fails then.
        self.session()?.batch("select 1; commit").await?;
        // The connection is clean: drop must not discard it.
        let session = self.session.take();
        drop(session);
        Ok(())
    }

    /// Undoes it now, and gives the connection back to the pool.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn rollback(mut self) -> Result<(), StoreError> {
        self.session()?.batch("rollback").await?;
        let session = self.session.take();
        drop(session);
        Ok(())
    }
}

impl Drop for Transaction {
    fn drop(&mut self) {
        // An open transaction can't go back to the pool; closing the connection rolls it back.
        if let Some(session) = &mut self.session
            && session.running.client().is_ok()
        {
            session.running.busy = true;
        }
    }
}
