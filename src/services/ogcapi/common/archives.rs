//! Collections that are archives of tiles (OGC 20-057 clause 10): no features, but tilesets.

use super::collections::licence_url;
use super::landing::link;
use crate::access::Action;
use crate::geo::crs::CRS84_URI;
use crate::model::{ArchiveLayer, TileFormat};
use crate::services::edge::Call;
use serde_json::{Map, Value, json as js};
use std::sync::Arc;

/// An archive of tiles that the caller may read.
pub fn find_archive(call: &Call, id: &str) -> Option<Arc<ArchiveLayer>> {
    let snapshot = call.app.registry.snapshot();
    snapshot.archive(&call.caller, Action::Read, &call.scope, id).cloned()
}

/// The description of all archives that the caller may know of.
pub(super) fn describe_all(call: &Call) -> Vec<Value> {
    let snapshot = call.app.registry.snapshot();
    snapshot.visible_archives(&call.caller, &call.scope).map(|archive| describe(call, archive)).collect()
}

/// The description of one, as a collection.
pub(super) fn describe(call: &Call, archive: &ArchiveLayer) -> Value {
    let base = format!("{}/{}", call.url("/ogc/collections"), archive.slug);
    let say = |fr, en| call.lang.pick(fr, en);
    let (relation, end, title) = match archive.facts.info.format {
        TileFormat::Mvt => ("tilesets-vector", "tiles", say("Tuiles vectorielles", "Vector tiles")),
        _ => ("tilesets-map", "map/tiles", say("Tuiles de cartes", "Map tiles")),
    };
    let record = format!(
        "{}?service=CSW&version=2.0.2&request=GetRecordById&elementSetName=full&outputSchema=http://www.isotc211.org/2005/gmd&id={}",
        call.url("/csw"),
        archive.dataset.record
    );
    let mut links = vec![
        link("self", &base, "application/json", &archive.title),
        link("alternate", &format!("{base}?f=xml"), "application/xml", &archive.title),
        link("alternate", &page(call, archive), "text/html", &archive.title),
        link(
            &format!("http://www.opengis.net/def/rel/ogc/1.0/{relation}"),
            &format!("{base}/{end}?f=json"),
            "application/json",
            title,
        ),
        link(
            "describedby",
            &record,
            "application/xml",
            say("Fiche de métadonnées ISO 19139", "Metadata record, ISO 19139"),
        ),
        link(
            "describedby",
            &call.url(&format!("/tiles/{}.json", archive.slug)),
            "application/json",
            "TileJSON",
        ),
    ];
    if let Some(licence) = &archive.dataset.licence {
        links.push(link("license", &licence_url(licence), "text/html", licence));
    }
    let mut document = Map::new();
    document.insert("id".to_owned(), js!(archive.slug));
    document.insert("title".to_owned(), js!(archive.title));
    if !archive.text().is_empty() {
        document.insert("description".to_owned(), js!(archive.text()));
    }
    if !archive.dataset.keywords.is_empty() {
        document.insert("keywords".to_owned(), js!(archive.dataset.keywords));
    }
    if let Some(b) = archive.extent_lonlat {
        let bbox = [[b.min_x, b.min_y, b.max_x, b.max_y]];
        document.insert("extent".to_owned(), js!({"spatial": {"bbox": bbox, "crs": CRS84_URI}}));
    }
    document.insert("links".to_owned(), Value::Array(links));
    Value::Object(document)
}

/// The page for people: that of the dataset.
pub(super) fn page(call: &Call, archive: &ArchiveLayer) -> String {
    format!("{}/datasets/{}", call.app.config.public_url(), archive.dataset.slug)
}
