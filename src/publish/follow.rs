//! Keeps a registry true while the database changes.

use super::load::{load, reload_layer};
use super::{PublishError, Registry};
use crate::store::{Change, Store};
use std::collections::BTreeSet;
use std::time::Duration;
use tokio::sync::broadcast::{Receiver, error::RecvError, error::TryRecvError};

/// Pause before the database is asked again after it failed.
const RETRY: Duration = Duration::from_millis(500);

/// What has to be read again.
#[derive(Debug, Default, PartialEq, Eq)]
struct Stale {
    everything: bool,
    layers: BTreeSet<i64>,
}

impl Stale {
    fn note(&mut self, change: &Change) {
        match change {
            Change::Edited { layer_id, .. } => {
                self.layers.insert(*layer_id);
            }
            // Also what a newer program may tell.
            _ => self.everything = true,
        }
    }

    /// Takes in all that has been told since, so that a thousand edits are read once.
    fn drain(&mut self, changes: &mut Receiver<Change>) {
        loop {
            match changes.try_recv() {
                Ok(change) => self.note(&change),
                Err(TryRecvError::Lagged(_)) => self.everything = true,
                Err(TryRecvError::Empty | TryRecvError::Closed) => return,
            }
        }
    }
}

/// Reads again what changes tell, for as long as the store lives. The first thing heard is that all is to
/// be checked, so nothing is missed between loading a registry and following it.
pub fn follow(registry: Registry, store: Store) -> tokio::task::JoinHandle<()> {
    let mut changes = store.changes();
    tokio::spawn(async move {
        let mut stale = Stale::default();
        loop {
            match changes.recv().await {
                Ok(change) => stale.note(&change),
                Err(RecvError::Lagged(_)) => stale.everything = true,
                Err(RecvError::Closed) => return,
            }
            stale.drain(&mut changes);
            while let Err(error) = refresh(&registry, &store, &stale).await {
                tracing::warn!(%error, "what is published could not be read; it is tried again");
                tokio::time::sleep(RETRY).await;
                stale.drain(&mut changes);
            }
            stale = Stale::default();
        }
    })
}

async fn refresh(registry: &Registry, store: &Store, stale: &Stale) -> Result<(), PublishError> {
    if stale.everything {
        registry.replace(load(store).await?);
        return Ok(());
    }
    for layer in &stale.layers {
        registry.replace(reload_layer(store, &registry.snapshot(), *layer).await?);
    }
    Ok(())
}
