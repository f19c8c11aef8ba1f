//! A number for what documents say, without writing them: ETags are known beforehand, and every node gives the same.

use super::Call;
use crate::model::{Dataset, Layer, Organisation, StyleInfo};
use crate::publish::Snapshot;
use std::hash::{Hash, Hasher};
use xxhash_rust::xxh3::Xxh3;

/// A number that changes with anything that the document `name` says: the facts of all layers that the caller may
/// know of, and the configuration.
pub(super) fn digest(call: &Call, snapshot: &Snapshot, name: &str) -> u128 {
    let mut sum = Xxh3::new();
    let config = &call.app.config;
    (name, env!("CARGO_PKG_VERSION"), call.lang.code(), call.url("/"), snapshot.generation).hash(&mut sum);
    (&config.title, &config.contact_email, format!("{:?}", config.limits)).hash(&mut sum);
    format!("{:?} {:?} {:?}", config.editing, config.inspire_view, call.scope).hash(&mut sum);
    for grid in call.app.grids.iter() {
        format!("{grid:?}").hash(&mut sum);
    }
    for layer in snapshot.visible_layers(&call.caller, &call.scope) {
        add_layer(&mut sum, layer);
    }
    sum.digest128()
}

/// Names every fact, so that a new one is not forgotten here.
fn add_layer(sum: &mut Xxh3, layer: &Layer) {
    let Layer {
        id,
        slug,
        title,
        description,
        dataset,
        // Documents on the service as a whole say nothing of tables and attributes.
        table: _,
        has_z: _,
        has_m: _,
        columns: _,
        geometry,
        crs,
        extent,
        extent_lonlat,
        // Follows from the extent.
        extents: _,
        features: _,
        overviews: _,
        generation,
        gml,
        coverage,
        dimensions,
        styles,
        updated: _,
    } = layer;
    (id, slug, title, description, crs.srid, generation).hash(sum);
    for bbox in [extent, extent_lonlat] {
        let numbers = bbox.map(|b| [b.min_x, b.min_y, b.max_x, b.max_y].map(f64::to_bits));
        numbers.hash(sum);
    }
    geometry.name().hash(sum);
    gml.type_name.hash(sum);
    if coverage.is_some() || !dimensions.is_empty() {
        format!("{coverage:?} {dimensions:?}").hash(sum);
    }
    styles.len().hash(sum);
    for StyleInfo { id, name, title, sld, is_default } in styles {
        (id, name, title, sld, is_default).hash(sum);
    }
    add_dataset(sum, dataset);
}

fn add_dataset(sum: &mut impl Hasher, dataset: &Dataset) {
    let Dataset {
        id,
        slug,
        title,
        description,
        organisation,
        licence,
        keywords,
        visibility,
        version,
        record,
        created,
        updated,
    } = dataset;
    (id, slug, title, description, licence, keywords).hash(sum);
    (visibility, version, record, created, updated).hash(sum);
    let Organisation { id, slug, title, prefix, namespace, email } = &**organisation;
    (id, slug, title, prefix, namespace, email).hash(sum);
}
