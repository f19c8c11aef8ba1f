//! The pool of connections, to the embedded cluster or to a server somewhere else.

use super::cluster::{Cluster, ClusterOptions};
use super::feed::Feed;
use super::{Change, Deadline, Session, StoreError, server, tls};
use crate::config::Config;
use deadpool_postgres::{Manager, ManagerConfig, Object, Pool, RecyclingMethod};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::broadcast;
use tokio_postgres::NoTls;
use tokio_postgres_rustls::MakeRustlsConnect;

/// Time a job waits for a connection of its own.
const JOB_WAIT: Duration = Duration::from_secs(60);

/// Prepared statements that a connection keeps: enough for all of ours, and a bound for what filters of
/// many shapes and tables of past versions leave behind.
const STATEMENTS: usize = 300;

/// The database. Cloning shares the pool. A store belongs to the tokio runtime it was opened in: its
/// connections run there.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    pool: Pool,
    tls: Option<MakeRustlsConnect>,
    feed: Feed,
    cluster: Option<Arc<Cluster>>,
}

/// How the pool is used at this moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolStatus {
    /// Connections that are open.
    pub size: usize,
    /// Connections that serve somebody.
    pub in_use: usize,
    /// Requests that wait for one.
    pub waiting: usize,
    /// Connections at most.
    pub max: usize,
}

impl Store {
    /// Opens the database of a configuration: an existing server by `database_url`, else the embedded
    /// cluster in the data directory, which is created and started as needed. Does not migrate.
    ///
    /// # Errors
    /// [`StoreError::Cluster`] or [`StoreError::Unavailable`]: what is missing and what to do.
    pub async fn open(config: &Config) -> Result<Self, StoreError> {
        let connections = config.limits.database_connections;
        if let Some(url) = &config.database_url {
            let store = Self::connect(url, connections)?;
            server::check(&store.inner.pool).await?;
            return Ok(store);
        }
        let data = config.data.clone();
        // Room for a server, jobs beside it and analysts.
        let options = ClusterOptions { durable: true, connections: connections + 84 };
        let cluster = tokio::task::spawn_blocking(move || Cluster::start(&data, &options))
            .await
            .map_err(|e| StoreError::Cluster(format!("the embedded database can't be started: {e}")))??;
        server::create_database(&server::parse(&cluster.url("postgres"))?).await?;
        let url = cluster.url(server::DATABASE);
        Self::assemble(&url, connections, Some(Arc::new(cluster)))
    }

    /// A store on an existing database; connects when first used.
    ///
    /// # Errors
    /// [`StoreError::Cluster`] when the address can't be read.
    pub fn connect(url: &str, connections: usize) -> Result<Self, StoreError> {
        Self::assemble(url, connections, None)
    }

    fn assemble(url: &str, connections: usize, cluster: Option<Arc<Cluster>>) -> Result<Self, StoreError> {
        let (url, verification) = tls::verification(url)?;
        let config = server::parse(&url)?;
        let tls = tls::connector(&config, verification)?;
        let recycling = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let manager = match tls.clone() {
            Some(tls) => Manager::from_config(config.clone(), tls, recycling),
            None => Manager::from_config(config.clone(), NoTls, recycling),
        };
        let pool = Pool::builder(manager)
            .max_size(connections.max(1))
            .build()
            .map_err(|e| StoreError::Cluster(format!("the connection pool can't be made: {e}")))?;
        let feed = Feed::new(config, tls.clone(), cluster.clone());
        Ok(Self { inner: Arc::new(Inner { pool, tls, feed, cluster }) })
    }

    /// A connection for an interactive request; waiting for it counts against the deadline.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] or [`StoreError::Deadline`].
    pub async fn session(&self, deadline: Deadline) -> Result<Session, StoreError> {
        let connection = tokio::time::timeout_at(deadline.instant(), self.inner.pool.get())
            .await
            .map_err(|_| StoreError::Deadline)?
            .map_err(|e| StoreError::Unavailable(Some(Box::new(e))))?;
        Ok(self.begin(connection, Some(deadline)))
    }

    /// A connection without a deadline, for loading, publishing and other jobs.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn job(&self) -> Result<Session, StoreError> {
        let connection = tokio::time::timeout(JOB_WAIT, self.inner.pool.get())
            .await
            .map_err(|_| StoreError::Unavailable(None))?
            .map_err(|e| StoreError::Unavailable(Some(Box::new(e))))?;
        Ok(self.begin(connection, None))
    }

    fn begin(&self, connection: Object, deadline: Option<Deadline>) -> Session {
        if connection.statement_cache.size() > STATEMENTS {
            connection.statement_cache.clear();
        }
        Session::new(connection, deadline, self.inner.tls.clone())
    }

    /// What changes from now on, by anybody: other nodes, the command line, plain SQL. A receiver that
    /// falls behind is told so by the channel and treats it as [`Change::Resync`]. The first call begins
    /// to listen, and from then on an embedded cluster that dies is started again.
    #[must_use]
    pub fn changes(&self) -> broadcast::Receiver<Change> {
        self.inner.feed.subscribe()
    }

    /// How the pool is used.
    #[must_use]
    pub fn pool_status(&self) -> PoolStatus {
        let status = self.inner.pool.status();
        PoolStatus {
            size: status.size,
            in_use: status.size.saturating_sub(status.available),
            waiting: status.waiting,
            max: status.max_size,
        }
    }

    /// The embedded cluster, when there is one.
    #[must_use]
    pub fn cluster(&self) -> Option<&Arc<Cluster>> {
        self.inner.cluster.as_ref()
    }

    /// Closes all connections and stops the embedded cluster when nobody else uses it. Queries that
    /// still run are ended.
    pub async fn close(self) {
        self.inner.feed.stop();
        self.inner.pool.close();
        if let Some(cluster) = self.inner.cluster.clone() {
            let _ = tokio::task::spawn_blocking(move || cluster.release()).await;
        }
    }

    pub(super) async fn raw(&self) -> Result<deadpool_postgres::ClientWrapper, StoreError> {
        let connection =
            self.inner.pool.get().await.map_err(|e| StoreError::Unavailable(Some(Box::new(e))))?;
        Ok(Object::take(connection))
    }
}
