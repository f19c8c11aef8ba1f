//! What is published, as every node knows it: an immutable snapshot of stored facts, replaced whole
//! when the database says that something changed.

use crate::access::{Action, Subject, allows};
use crate::catalogue::vocabulary::{INSPIRE_THEMES, TOPIC_CATEGORIES};
use crate::catalogue::{Circle, CodeEntry, Reach};
use crate::features::edit::Witness;
use crate::model::{ArchiveLayer, Caller, Dataset, Layer, Part, Scope, slugify};
use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};
use tokio::sync::Notify;

/// Datasets and layers at one moment.
#[derive(Debug, Default)]
pub struct Snapshot {
    /// Datasets by slug.
    pub datasets: BTreeMap<String, Arc<Dataset>>,
    /// Layers by slug.
    pub layers: BTreeMap<String, Arc<Layer>>,
    /// Layers that are archives of tiles, by slug: no layer has the same. Apart, since they have no features, so that what
    /// reads or draws features can't meet them.
    pub archives: BTreeMap<String, Arc<ArchiveLayer>>,
    /// Organisations that records were imported for: slug and key.
    pub record_owners: BTreeMap<String, i64>,
    /// Largest generation of any change so far, removals included: the updateSequence of capabilities.
    pub generation: i64,
    /// Counts the snapshots of this process: what is made of stored facts is kept no longer than its
    /// snapshot, since facts that plain SQL changes raise no generation. Given by [`Registry::replace`].
    pub edition: u64,
    /// A dataset of each circle of records, found when first asked for.
    pub(super) circles: OnceLock<Vec<(Circle, Arc<Dataset>)>>,
}

impl Snapshot {
    fn in_scope(scope: &Scope, dataset: &Dataset) -> bool {
        match scope {
            // Which records are of a part, the records say.
            Scope::Everything | Scope::Part(_) => true,
            Scope::Organisation(slug) => dataset.organisation.slug == *slug,
            Scope::Dataset(slug) => dataset.slug == *slug,
        }
    }

    /// The layers that `caller` may know of in `scope`, in slug order.
    pub fn visible_layers<'a>(
        &'a self,
        caller: &'a Caller,
        scope: &'a Scope,
    ) -> impl Iterator<Item = &'a Arc<Layer>> + 'a {
        self.layers.values().filter(move |l| {
            Self::in_scope(scope, &l.dataset) && allows(caller, Action::Discover, &*l.dataset)
        })
    }

    /// The datasets that `caller` may know of in `scope`, in slug order.
    pub fn visible_datasets<'a>(
        &'a self,
        caller: &'a Caller,
        scope: &'a Scope,
    ) -> impl Iterator<Item = &'a Arc<Dataset>> + 'a {
        self.datasets
            .values()
            .filter(move |d| Self::in_scope(scope, d) && allows(caller, Action::Discover, &***d))
    }

    /// A layer by slug, if `caller` may do `action` to it in `scope`. A layer that may not be read is not
    /// told apart from one that doesn't exist.
    #[must_use]
    pub fn layer(&self, caller: &Caller, action: Action, scope: &Scope, slug: &str) -> Option<&Arc<Layer>> {
        self.layers
            .get(slug)
            .filter(|l| Self::in_scope(scope, &l.dataset) && allows(caller, action, &*l.dataset))
    }

    /// The archives of tiles that `caller` may know of in `scope`, in slug order.
    pub fn visible_archives<'a>(
        &'a self,
        caller: &'a Caller,
        scope: &'a Scope,
    ) -> impl Iterator<Item = &'a Arc<ArchiveLayer>> + 'a {
        self.archives.values().filter(move |a| {
            Self::in_scope(scope, &a.dataset) && allows(caller, Action::Discover, &*a.dataset)
        })
    }

    /// An archive of tiles by slug, as [`Snapshot::layer`] finds layers.
    #[must_use]
    pub fn archive(
        &self,
        caller: &Caller,
        action: Action,
        scope: &Scope,
        slug: &str,
    ) -> Option<&Arc<ArchiveLayer>> {
        self.archives
            .get(slug)
            .filter(|a| Self::in_scope(scope, &a.dataset) && allows(caller, action, &*a.dataset))
    }

    /// Whether `scope` names something that exists and that `caller` may know of.
    #[must_use]
    pub fn has_scope(&self, caller: &Caller, scope: &Scope) -> bool {
        match scope {
            Scope::Everything => return true,
            Scope::Part(part) => return is_part(part),
            Scope::Organisation(_) | Scope::Dataset(_) => {}
        }
        self.visible_datasets(caller, scope).next().is_some()
            || !self.visible_records(caller, scope).is_empty()
    }

    /// Keys of the organisations whose imported records `caller` may know of in `scope`.
    #[must_use]
    pub fn visible_records(&self, caller: &Caller, scope: &Scope) -> Vec<i64> {
        if !allows(caller, Action::Discover, Subject::ImportedRecords) {
            return Vec::new();
        }
        match scope {
            Scope::Everything | Scope::Part(_) => self.record_owners.values().copied().collect(),
            Scope::Organisation(slug) => self.record_owners.get(slug).copied().into_iter().collect(),
            // A record from elsewhere is of no dataset here.
            Scope::Dataset(_) => Vec::new(),
        }
    }

    /// The records that `caller` may know of in `scope`: what a search may find. `access` is asked about each circle once.
    #[must_use]
    pub fn reach(&self, caller: &Caller, scope: &Scope) -> Reach {
        if let Scope::Dataset(slug) = scope {
            let seen = self.datasets.get(slug).filter(|d| allows(caller, Action::Discover, &***d));
            return seen.map_or_else(Reach::default, |d| Reach::of([Circle::of(d)]).within_dataset(d.id));
        }
        let of_datasets = self
            .circles()
            .iter()
            .filter(|(_, d)| Self::in_scope(scope, d) && allows(caller, Action::Discover, &**d))
            .map(|(circle, _)| *circle);
        let imported = self.visible_records(caller, scope).into_iter().map(Circle::imported);
        let reach = Reach::of(of_datasets.chain(imported));
        match scope {
            Scope::Part(part) => reach.within_part(part.clone()),
            _ => reach,
        }
    }

    fn circles(&self) -> &[(Circle, Arc<Dataset>)] {
        self.circles.get_or_init(|| {
            let all: BTreeMap<Circle, Arc<Dataset>> =
                self.datasets.values().map(|d| (Circle::of(d), Arc::clone(d))).collect();
            all.into_iter().collect()
        })
    }

    /// Layers of a dataset in the producer's order.
    pub fn layers_of<'a>(&'a self, dataset: &'a Dataset) -> impl Iterator<Item = &'a Arc<Layer>> + 'a {
        // Ids are given in the producer's order when a dataset is first published.
        let mut layers: Vec<_> = self.layers.values().filter(|l| l.dataset.id == dataset.id).collect();
        layers.sort_by_key(|l| l.id);
        layers.into_iter()
    }

    /// Archives of tiles of a dataset in the producer's order.
    pub fn archives_of<'a>(
        &'a self,
        dataset: &'a Dataset,
    ) -> impl Iterator<Item = &'a Arc<ArchiveLayer>> + 'a {
        let mut archives: Vec<_> = self.archives.values().filter(|a| a.dataset.id == dataset.id).collect();
        archives.sort_by_key(|a| a.id);
        archives.into_iter()
    }
}

/// Whether a part of the catalogue can have records: a theme must be one that a code list has.
fn is_part(part: &Part) -> bool {
    match part {
        Part::Inspire | Part::Hvd => true,
        Part::Theme(theme) => {
            let theme = theme.to_lowercase();
            let is_inspire =
                |entry: &CodeEntry| entry.code == theme || *slugify(&entry.fr).as_str() == *theme;
            INSPIRE_THEMES.entries.iter().any(is_inspire)
                || TOPIC_CATEGORIES.entries.iter().any(|entry| entry.code.to_lowercase() == theme)
        }
    }
}

/// Holds the current [`Snapshot`]. Cloning shares it.
#[derive(Clone, Debug, Default)]
pub struct Registry {
    current: Arc<RwLock<Arc<Snapshot>>>,
    replaced: Arc<Notify>,
}

impl Registry {
    /// The snapshot of this moment; a request takes it once and answers from it throughout.
    #[must_use]
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Puts a new snapshot in place.
    pub fn replace(&self, snapshot: Snapshot) {
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        *current = Arc::new(Snapshot { edition: current.edition.wrapping_add(1), ..snapshot });
        drop(current);
        self.replaced.notify_waiters();
    }
}

impl Witness for Registry {
    fn seen<'a>(&'a self, layer: i64, generation: i64) -> Pin<Box<dyn Future<Output = ()> + Send + 'a>> {
        Box::pin(async move {
            loop {
                // Asked for before looking: a snapshot that comes in between is not missed.
                let replaced = self.replaced.notified();
                let snapshot = self.snapshot();
                // A layer that is gone has no later generation to wait for.
                let known = snapshot.layers.values().find(|l| l.id == layer);
                if known.is_none_or(|l| l.generation >= generation) {
                    return;
                }
                replaced.await;
            }
        })
    }
}
