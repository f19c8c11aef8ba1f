//! Groups: the layers of an organisation or of a dataset, which a request names as one (OGC 06-042 section 7.2.4.6.2).
//!
//! A group's name has a colon, which no slug has: a layer that is published later never takes it.

use crate::access::Action;
use crate::model::{Caller, Layer, Scope};
use crate::publish::Snapshot;
use std::sync::Arc;

const ORGANISATION: &str = "org:";
const DATASET: &str = "dataset:";

/// A group by what it is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum GroupName<'a> {
    /// `org:slug`
    Organisation(&'a str),
    /// `dataset:slug`
    Dataset(&'a str),
}

impl<'a> GroupName<'a> {
    /// The group that a name means; `None` for the name of a layer.
    pub(super) fn parse(name: &'a str) -> Option<Self> {
        let organisation = name.strip_prefix(ORGANISATION).map(Self::Organisation);
        organisation.or_else(|| name.strip_prefix(DATASET).map(Self::Dataset))
    }

    /// Its layers from the bottom to the top: areas, then lines, then points, so that none hides another;
    /// those of one kind in the order of their publication. Empty where there is no such group in `scope`.
    pub(super) fn layers(self, snapshot: &Snapshot, caller: &Caller, scope: &Scope) -> Vec<Arc<Layer>> {
        let mut layers: Vec<Arc<Layer>> = snapshot
            .visible_layers(caller, scope)
            .filter(|layer| match self {
                Self::Organisation(slug) => layer.dataset.organisation.slug == slug,
                Self::Dataset(slug) => layer.dataset.slug == slug,
            })
            .filter_map(|layer| snapshot.layer(caller, Action::Read, scope, &layer.slug).cloned())
            .collect();
        // Layers of any geometry may hold areas.
        let kind = |layer: &Layer| layer.geometry.dimension().unwrap_or(2);
        layers.sort_by_key(|layer| (std::cmp::Reverse(kind(layer)), layer.dataset.id, layer.id));
        layers
    }
}

impl std::fmt::Display for GroupName<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Organisation(slug) => write!(f, "{ORGANISATION}{slug}"),
            Self::Dataset(slug) => write!(f, "{DATASET}{slug}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Slug;

    #[test]
    fn a_groups_name_is_read_back_and_is_no_layers() {
        for group in [GroupName::Organisation("crige"), GroupName::Dataset("patrimoine")] {
            let name = group.to_string();
            assert_eq!(GroupName::parse(&name), Some(group));
            assert!(Slug::spelled(&name).is_err());
        }
        assert_eq!(GroupName::parse("communes"), None);
    }
}
