//! PostgreSQL: the embedded cluster, the pool, migrations, the change feed.
//!
//! The only room that speaks the driver; others use [`Session`] and the few types re-exported here.
//! A value never enters SQL as text: it is bound; an identifier passes [`Ident`].

mod cluster;
mod error;
mod feed;
mod ident;
mod migrate;
mod pool;
mod server;
mod session;
mod tls;
mod turn;
mod wire;

pub use cluster::{Cluster, ClusterOptions, Programs, find_programs};
pub use error::StoreError;
pub use feed::Change;
pub use ident::Ident;
pub use pool::{PoolStatus, Store};
pub use session::{CopyIn, Deadline, RowStream, Session, Transaction};
pub use tokio_postgres::Row;
pub use tokio_postgres::types::{FromSql, ToSql, Type};
pub use wire::Wire;
