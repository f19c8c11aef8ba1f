//! Layers within layers: the root, organisations in it, datasets of several layers in those. What layers share is
//! said on the group around them, once.

use super::{EARTH, EVERYWHERE, GMD, Leaf, keywords, record};
use crate::geo::BBox;
use crate::model::{Dataset, Layer, Organisation, Scope};
use crate::services::edge::Call;
use crate::services::wms::groups::GroupName;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What stands in a group.
pub(super) enum Node<'a> {
    Group(Group<'a>),
    Layer(Leaf<'a>),
}

/// A layer that has others in it.
pub(super) struct Group<'a> {
    /// What it is asked for by; `None` where it can't be drawn as one.
    pub(super) name: Option<String>,
    pub(super) title: String,
    pub(super) summary: String,
    pub(super) keywords: Vec<&'a str>,
    /// Systems of all layers in it that no group around it has.
    pub(super) systems: Vec<String>,
    /// Longitude and latitude of all layers in it.
    pub(super) bbox: Option<BBox>,
    /// Whose all its layers are, where no group around it says so.
    pub(super) organisation: Option<&'a Organisation>,
    /// The dataset that it is.
    pub(super) dataset: Option<&'a Dataset>,
    /// Address of its metadata.
    pub(super) record: Option<String>,
    pub(super) nodes: Vec<Node<'a>>,
}

impl<'a> Group<'a> {
    /// The root layer over the layers of datasets. Behind the address of an organisation or a dataset it is their group.
    pub(super) fn root(call: &'a Call, title: String, datasets: Vec<Vec<&'a Arc<Layer>>>) -> Self {
        let first = datasets.first().and_then(|layers| layers.first().copied());
        let mut root = match (&call.scope, first) {
            (Scope::Everything | Scope::Part(_), _) | (_, None) => {
                Self::new(None, title, of_organisations(call, datasets))
            }
            (Scope::Organisation(_), Some(first)) => {
                of_organisation(call, &first.dataset.organisation, datasets)
            }
            (Scope::Dataset(_), Some(_)) => {
                let mut group = of_dataset(call, &datasets.concat());
                group.organisation = first.map(|layer| &*layer.dataset.organisation);
                group
            }
        };
        if root.summary.is_empty() {
            root.summary = call.lang.pick("Toutes les couches", "All layers").to_owned();
        }
        root.systems = EVERYWHERE.iter().map(|srid| format!("EPSG:{srid}")).collect();
        root.settle_systems(&EVERYWHERE);
        root.settle_boxes();
        root.settle_names(call.app.config.limits.layers_per_request);
        root.bbox = root.bbox.or(Some(EARTH));
        root
    }

    fn new(name: Option<String>, title: String, nodes: Vec<Node<'a>>) -> Self {
        Self {
            name,
            title,
            summary: String::new(),
            keywords: Vec::new(),
            systems: Vec::new(),
            bbox: None,
            organisation: None,
            dataset: None,
            record: None,
            nodes,
        }
    }

    /// The system that all its layers have, if it is one.
    fn common_system(&self) -> Option<i32> {
        let mut systems = self.nodes.iter().map(|node| match node {
            Node::Group(group) => group.common_system(),
            Node::Layer(leaf) => Some(leaf.layer.crs.srid),
        });
        let first = systems.next()??;
        systems.all(|other| other == Some(first)).then_some(first)
    }

    /// Puts the layers' own systems on the outermost group that shares them (OGC 06-042 section 7.2.4.6.7).
    fn settle_systems(&mut self, around: &[i32]) {
        let common = self.common_system().filter(|common| !around.contains(common));
        let known: Vec<i32> = around.iter().copied().chain(common).collect();
        self.systems.extend(common.map(|srid| format!("EPSG:{srid}")));
        for node in &mut self.nodes {
            match node {
                Node::Group(group) => group.settle_systems(&known),
                Node::Layer(leaf) => leaf.tells_system = !known.contains(&leaf.layer.crs.srid),
            }
        }
    }

    fn settle_boxes(&mut self) {
        let boxes = self.nodes.iter_mut().filter_map(|node| match node {
            Node::Group(group) => {
                group.settle_boxes();
                group.bbox
            }
            Node::Layer(leaf) => leaf.lonlat,
        });
        self.bbox = boxes.reduce(|a, b| a.union(&b));
    }

    /// Takes the names of groups that have more layers than a request may; answers the number of layers.
    fn settle_names(&mut self, limit: usize) -> usize {
        let counts = self.nodes.iter_mut().map(|node| match node {
            Node::Group(group) => group.settle_names(limit),
            Node::Layer(_) => 1,
        });
        let count = counts.sum();
        if count > limit {
            self.name = None;
        }
        count
    }
}

fn of_organisations<'a>(call: &'a Call, datasets: Vec<Vec<&'a Arc<Layer>>>) -> Vec<Node<'a>> {
    let mut found: BTreeMap<&str, Vec<Vec<&'a Arc<Layer>>>> = BTreeMap::new();
    for layers in datasets {
        if let Some(first) = layers.first() {
            found.entry(&first.dataset.organisation.slug).or_default().push(layers);
        }
    }
    let group = |datasets: Vec<Vec<&'a Arc<Layer>>>| {
        let organisation = &datasets.first()?.first()?.dataset.organisation;
        Some(Node::Group(of_organisation(call, organisation, datasets)))
    };
    found.into_values().filter_map(group).collect()
}

fn of_organisation<'a>(
    call: &'a Call,
    organisation: &'a Organisation,
    datasets: Vec<Vec<&'a Arc<Layer>>>,
) -> Group<'a> {
    let name = GroupName::Organisation(&organisation.slug).to_string();
    let mut group = Group::new(Some(name), organisation.title.clone(), of_datasets(call, datasets));
    let all = call.lang.pick("Toutes les couches de", "All layers of");
    group.summary = format!("{all} {}", organisation.title);
    group.keywords.push(&organisation.title);
    group.organisation = Some(organisation);
    // The records of all its data.
    group.record = Some(format!(
        "{}/org/{}/csw?service=CSW&version=2.0.2&request=GetRecords&typeNames=csw:Record&resultType=results\
         &elementSetName=full&maxRecords=1000&outputSchema={}",
        call.app.config.public_url(),
        organisation.slug,
        GMD
    ));
    group
}

/// A dataset of one layer is that layer: a group around it would be one more click for nothing.
fn of_datasets<'a>(call: &'a Call, datasets: Vec<Vec<&'a Arc<Layer>>>) -> Vec<Node<'a>> {
    let node = |layers: Vec<&'a Arc<Layer>>| match layers.as_slice() {
        [layer] => Node::Layer(Leaf::new(layer)),
        _ => Node::Group(of_dataset(call, &layers)),
    };
    datasets.into_iter().map(node).collect()
}

fn of_dataset<'a>(call: &'a Call, layers: &[&'a Arc<Layer>]) -> Group<'a> {
    let nodes = layers.iter().map(|layer| Node::Layer(Leaf::new(layer))).collect();
    let Some(first) = layers.first() else { return Group::new(None, String::new(), nodes) };
    let dataset: &'a Dataset = &first.dataset;
    let name = GroupName::Dataset(&dataset.slug).to_string();
    let mut group = Group::new(Some(name), dataset.title.clone(), nodes);
    let described = Some(dataset.description.trim()).filter(|text| !text.is_empty());
    group.summary = described.unwrap_or(&dataset.title).to_owned();
    group.keywords = keywords(dataset);
    group.dataset = Some(dataset);
    group.record = Some(record(call, dataset));
    group
}
