//! The pool of connections.

use super::{Deadline, Session, StoreError};

/// The database. Cloning shares the pool.
#[derive(Clone)]
pub struct Store {
    pool: deadpool_postgres::Pool,
    tls: Option<tokio_postgres_rustls::MakeRustlsConnect>,
}

impl Store {
    /// A connection for an interactive request; waiting for it counts against the deadline.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] or [`StoreError::Deadline`].
    pub async fn session(&self, deadline: Deadline) -> Result<Session, StoreError> {
        let connection = tokio::time::timeout_at(deadline.instant(), self.pool.get())
            .await
            .map_err(|_| StoreError::Deadline)?
            .map_err(|e| StoreError::Unavailable(Some(Box::new(e))))?;
        Ok(Session::new(connection, Some(deadline), self.tls.clone()))
    }

    /// A connection without a deadline, for loading, publishing and other jobs.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn job(&self) -> Result<Session, StoreError> {
        let connection = self.pool.get().await.map_err(|e| StoreError::Unavailable(Some(Box::new(e))))?;
        Ok(Session::new(connection, None, self.tls.clone()))
    }
}

impl Store {
    /// A store on an existing database; connects when first used.
    ///
    /// # Errors
    /// [`StoreError::Cluster`] when the address can't be read.
    pub fn connect(url: &str, connections: usize) -> Result<Self, StoreError> {
        let config: tokio_postgres::Config = url
            .parse()
            .map_err(|e| StoreError::Cluster(format!("the database address can't be read: {e}")))?;
        let manager = deadpool_postgres::Manager::new(config, tokio_postgres::NoTls);
        let pool = deadpool_postgres::Pool::builder(manager)
            .max_size(connections)
            .build()
            .map_err(|e| StoreError::Cluster(format!("the connection pool can't be made: {e}")))?;
        Ok(Self { pool, tls: None })
    }

    pub(super) async fn raw(&self) -> Result<deadpool_postgres::ClientWrapper, StoreError> {
        let connection = self.pool.get().await.map_err(|e| StoreError::Unavailable(Some(Box::new(e))))?;
        Ok(deadpool_postgres::Object::take(connection))
    }
}
