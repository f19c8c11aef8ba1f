//! The change feed: one connection that listens on channel `datasud` and tells everybody in the process.
//!
//! The payload of a notification is JSON:
//!
//! | payload | sent by | meaning |
//! |---|---|---|
//! | `{"kind":"catalogue","generation":12}` | publishing, replacing, removing | what is published changed: read it anew |
//! | `{"kind":"edited","layer":3,"generation":13,"bbox":[x1,y1,x2,y2]}` | the triggers of `datasud.watch` | features of a layer changed in this box, in the layer's CRS, x before y; `bbox` is `null` when unknown: everywhere |

use super::StoreError;
use super::cluster::Cluster;
use futures_util::future::poll_fn;
use serde::Deserialize;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::broadcast;
use tokio_postgres::{AsyncMessage, Client, Connection, NoTls};
use tokio_postgres_rustls::MakeRustlsConnect;

/// Changes that a slow receiver may fall behind before it is told to resynchronise.
const BACKLOG: usize = 1024;

/// Something that changed in the database.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Change {
    /// What is published changed: the registry is to be read anew.
    Catalogue {
        /// The platform's generation after the change.
        generation: i64,
    },
    /// Features of a layer changed, by a transaction or by plain SQL.
    Edited {
        /// The layer's identifier.
        #[serde(rename = "layer")]
        layer_id: i64,
        /// The layer's generation after the change.
        generation: i64,
        /// Where: `[min x, min y, max x, max y]` in the layer's own CRS; `None` when it can be anywhere.
        bbox: Option<[f64; 4]>,
    },
    /// The connection was interrupted, so that changes may have been missed: everything is to be
    /// checked anew.
    #[serde(skip)]
    Resync,
}

/// The listening task, begun by the first subscriber.
pub(super) struct Feed {
    settings: tokio_postgres::Config,
    tls: Option<MakeRustlsConnect>,
    cluster: Option<Arc<Cluster>>,
    sender: broadcast::Sender<Change>,
    task: Mutex<Option<tokio::task::AbortHandle>>,
}

impl Feed {
    pub(super) fn new(
        settings: tokio_postgres::Config,
        tls: Option<MakeRustlsConnect>,
        cluster: Option<Arc<Cluster>>,
    ) -> Self {
        Self { settings, tls, cluster, sender: broadcast::Sender::new(BACKLOG), task: Mutex::new(None) }
    }

    pub(super) fn subscribe(&self) -> broadcast::Receiver<Change> {
        let receiver = self.sender.subscribe();
        let mut task = self.task.lock().unwrap_or_else(PoisonError::into_inner);
        if task.is_none() {
            let listener = Listener {
                settings: self.settings.clone(),
                tls: self.tls.clone(),
                cluster: self.cluster.clone(),
                sender: self.sender.clone(),
            };
            *task = Some(tokio::spawn(listener.run()).abort_handle());
        }
        receiver
    }

    pub(super) fn stop(&self) {
        if let Some(task) = self.task.lock().unwrap_or_else(PoisonError::into_inner).take() {
            task.abort();
        }
    }
}

impl Drop for Feed {
    fn drop(&mut self) {
        self.stop();
    }
}

struct Listener {
    settings: tokio_postgres::Config,
    tls: Option<MakeRustlsConnect>,
    cluster: Option<Arc<Cluster>>,
    sender: broadcast::Sender<Change>,
}

impl Listener {
    /// Listens for ever; comes back with growing pauses when the connection breaks.
    async fn run(self) {
        let mut pause = Duration::from_millis(50);
        loop {
            let listened = self.listen(&mut pause).await;
            if let Err(error) = listened {
                tracing::warn!(%error, "the change feed was interrupted");
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(Duration::from_secs(5));
            self.revive().await;
        }
    }

    async fn listen(&self, pause: &mut Duration) -> Result<(), StoreError> {
        match self.tls.clone() {
            Some(tls) => {
                let (client, connection) = self.settings.connect(tls).await?;
                self.relay(client, connection, pause).await
            }
            None => {
                let (client, connection) = self.settings.connect(NoTls).await?;
                self.relay(client, connection, pause).await
            }
        }
    }

    async fn relay<S, T>(
        &self,
        client: Client,
        mut connection: Connection<S, T>,
        pause: &mut Duration,
    ) -> Result<(), StoreError>
    where
        S: AsyncRead + AsyncWrite + Unpin,
        T: AsyncRead + AsyncWrite + Unpin,
    {
        let (sender, mut ready) = (self.sender.clone(), Some(()));
        let messages = async move {
            while let Some(message) = poll_fn(|cx| connection.poll_message(cx)).await {
                if let AsyncMessage::Notification(note) = message? {
                    // Nobody listening is no failure.
                    let _ = sender.send(read(note.payload()));
                }
            }
            Ok::<(), tokio_postgres::Error>(())
        };
        let begin = client.batch_execute("listen datasud");
        tokio::pin!(messages, begin);
        loop {
            tokio::select! {
                done = &mut messages => return Ok(done?),
                begun = &mut begin, if ready.is_some() => {
                    begun?;
                    ready = None;
                    *pause = Duration::from_millis(50);
                    // Also at first: what happened between reading the database and listening.
                    let _ = self.sender.send(Change::Resync);
                }
            }
        }
    }

    /// Starts the embedded cluster again if it died.
    async fn revive(&self) {
        let Some(cluster) = self.cluster.clone() else { return };
        let outcome = tokio::task::spawn_blocking(move || cluster.ensure_running()).await;
        if let Ok(Err(error)) = outcome {
            tracing::error!(%error, "the embedded database is down");
        }
    }
}

fn read(payload: &str) -> Change {
    serde_json::from_str(payload).unwrap_or_else(|error| {
        // A newer node may know more kinds of changes: the safe answer is to look at everything.
        tracing::warn!(%error, "a notification can't be read");
        Change::Resync
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn payloads_are_read_and_unknown_ones_ask_to_look_at_everything() {
        assert_eq!(read(r#"{"kind":"catalogue","generation":12}"#), Change::Catalogue { generation: 12 });
        assert_eq!(
            read(r#"{"kind":"edited","layer":3,"generation":13,"bbox":[1.5,2,3,4]}"#),
            Change::Edited { layer_id: 3, generation: 13, bbox: Some([1.5, 2.0, 3.0, 4.0]) }
        );
        assert_eq!(
            read(r#"{"kind":"edited","layer":3,"generation":13,"bbox":null}"#),
            Change::Edited { layer_id: 3, generation: 13, bbox: None }
        );
        assert_eq!(read(r#"{"kind":"new"}"#), Change::Resync);
        assert_eq!(read("not json"), Change::Resync);
    }
}
