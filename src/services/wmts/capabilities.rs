//! What the service says of itself (OGC 07-057r7 section 7.1.2), from stored facts; written once a
//! scope, language and generation, and sent while it is written.

mod archives;
mod contents;

use super::error::WmtsError;
use super::request::{SECTIONS, Shown};
use crate::model::{ArchiveLayer, Dataset, Layer, Scope};
use crate::publish::Snapshot;
use crate::services::edge::{Call, DocumentWriter, written};
use actix_web::{HttpRequest, HttpResponse};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use quick_xml::escape::escape;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

const HEAD: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
    <Capabilities version=\"1.0.0\" xmlns=\"http://www.opengis.net/wmts/1.0\" \
    xmlns:ows=\"http://www.opengis.net/ows/1.1\" xmlns:xlink=\"http://www.w3.org/1999/xlink\" \
    xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" \
    xsi:schemaLocation=\"http://www.opengis.net/wmts/1.0 http://schemas.opengis.net/wmts/1.0/wmts.xsd\" \
    updateSequence=\"";

/// The document of this moment.
pub(super) async fn document(
    call: &Call,
    http: &HttpRequest,
    snapshot: &Arc<Snapshot>,
    shown: Shown,
    media_type: &str,
) -> Result<HttpResponse, WmtsError> {
    let name = format!("wmts {shown:?}");
    let answer = written(call, http, snapshot, (&name, media_type), move |call, snapshot, out| {
        write(out, call, snapshot, shown);
    });
    answer.await.map_err(|error| WmtsError::from(&error))
}

/// Datasets with their layers, those without layers left out.
type Groups<'a> = Vec<(&'a Arc<Dataset>, Vec<&'a Arc<Layer>>)>;

/// The datasets by their slugs, the layers of each in the producer's order.
fn groups<'a>(call: &'a Call, snapshot: &'a Snapshot) -> Groups<'a> {
    let mut found: BTreeMap<&str, Vec<&Arc<Layer>>> = BTreeMap::new();
    for layer in snapshot.visible_layers(&call.caller, &call.scope) {
        found.entry(&layer.dataset.slug).or_default().push(layer);
    }
    // Ids are given in the producer's order when a dataset is first published.
    found.values_mut().for_each(|layers| layers.sort_by_key(|layer| layer.id));
    found.into_values().filter_map(|layers| Some((&layers.first()?.dataset, layers))).collect()
}

fn write(out: &mut DocumentWriter, call: &Call, snapshot: &Snapshot, shown: Shown) {
    let groups = groups(call, snapshot);
    let archives: Vec<&Arc<ArchiveLayer>> = snapshot.visible_archives(&call.caller, &call.scope).collect();
    let [identification, provider, operations, with_contents, themes] = shown;
    let _ = write!(out, "{HEAD}{}\">", snapshot.generation);
    if identification {
        service_identification(out, call, &groups);
    }
    if provider {
        service_provider(out, call, &groups);
    }
    if operations {
        operations_metadata(out, call);
    }
    if with_contents {
        contents::write(out, call, &groups, &archives);
    }
    if themes {
        write_themes(out, &groups, &archives);
    }
    if shown == [true; SECTIONS.len()] {
        let address = call.url("/wmts/1.0.0/WMTSCapabilities.xml");
        let _ = write!(out, "\n<ServiceMetadataURL xlink:href=\"{}\"/>", escape(address.as_str()));
    }
    out.push_str("\n</Capabilities>\n");
}

fn service_identification(out: &mut String, call: &Call, groups: &Groups<'_>) {
    let title = match (&call.scope, groups.first()) {
        (Scope::Organisation(_), Some((dataset, _))) => dataset.organisation.title.as_str(),
        (Scope::Dataset(_), Some((dataset, _))) => dataset.title.as_str(),
        _ => call.app.config.title.as_str(),
    };
    out.push_str("\n<ows:ServiceIdentification>");
    element(out, "ows:Title", title);
    let summary = call.lang.pick(
        "Cartes tuilées des données publiées sur cette plateforme, toujours à jour.",
        "Tiled maps of the data published on this platform, always up to date.",
    );
    element(out, "ows:Abstract", summary);
    keywords(out, &["infoMapAccessService"]);
    element(out, "ows:ServiceType", "OGC WMTS");
    element(out, "ows:ServiceTypeVersion", "1.0.0");
    element(out, "ows:Fees", "none");
    element(out, "ows:AccessConstraints", "none");
    out.push_str("</ows:ServiceIdentification>");
}

/// The organisation where the service shows one alone, else the platform.
fn service_provider(out: &mut String, call: &Call, groups: &Groups<'_>) {
    let config = &call.app.config;
    let organisation = match (&call.scope, groups.first()) {
        (Scope::Everything | Scope::Part(_), _) | (_, None) => None,
        (_, Some((dataset, _))) => Some(&dataset.organisation),
    };
    let email = organisation.and_then(|o| o.email.as_deref()).or(config.contact_email.as_deref());
    let pages = format!("{}/", config.public_url());
    out.push_str("\n<ows:ServiceProvider>");
    element(out, "ows:ProviderName", organisation.map_or(&config.title, |o| &o.title));
    let _ = write!(out, "<ows:ProviderSite xlink:href=\"{}\"/>", escape(pages.as_str()));
    out.push_str("<ows:ServiceContact><ows:ContactInfo>");
    if let Some(email) = email {
        out.push_str("<ows:Address>");
        element(out, "ows:ElectronicMailAddress", email);
        out.push_str("</ows:Address>");
    }
    let _ = write!(out, "<ows:OnlineResource xlink:href=\"{}\"/></ows:ContactInfo>", escape(pages.as_str()));
    element(out, "ows:Role", "pointOfContact");
    out.push_str("</ows:ServiceContact></ows:ServiceProvider>");
}

fn operations_metadata(out: &mut String, call: &Call) {
    out.push_str("\n<ows:OperationsMetadata>");
    let posts = call.url("/wmts");
    let address = format!("{posts}?");
    for name in ["GetCapabilities", "GetTile", "GetFeatureInfo"] {
        let _ = write!(
            out,
            "<ows:Operation name=\"{name}\"><ows:DCP><ows:HTTP><ows:Get xlink:href=\"{}\">\
             <ows:Constraint name=\"GetEncoding\"><ows:AllowedValues><ows:Value>KVP</ows:Value>\
             </ows:AllowedValues></ows:Constraint></ows:Get><ows:Post xlink:href=\"{}\">\
             <ows:Constraint name=\"PostEncoding\"><ows:AllowedValues><ows:Value>SOAP</ows:Value>\
             </ows:AllowedValues></ows:Constraint></ows:Post></ows:HTTP></ows:DCP>",
            escape(address.as_str()),
            escape(posts.as_str())
        );
        if name == "GetCapabilities" {
            parameter(out, "AcceptVersions", &["1.0.0"]);
            parameter(out, "Sections", &SECTIONS);
            parameter(out, "AcceptFormats", &["application/xml", "text/xml"]);
        }
        out.push_str("</ows:Operation>");
    }
    out.push_str("</ows:OperationsMetadata>");
}

fn parameter(out: &mut String, name: &str, values: &[&str]) {
    let _ = write!(out, "<ows:Parameter name=\"{name}\"><ows:AllowedValues>");
    for value in values {
        element(out, "ows:Value", value);
    }
    out.push_str("</ows:AllowedValues></ows:Parameter>");
}

/// A theme a dataset; archives of tiles come after its layers, and those of datasets without layers at the end.
fn write_themes(out: &mut DocumentWriter, groups: &Groups<'_>, archives: &[&Arc<ArchiveLayer>]) {
    out.push_str("\n<Themes>");
    let mut themes: Vec<(&Dataset, Vec<&str>)> = groups
        .iter()
        .map(|(dataset, layers)| (&***dataset, layers.iter().map(|layer| layer.slug.as_str()).collect()))
        .collect();
    for archive in archives {
        match themes.iter_mut().find(|(dataset, _)| dataset.id == archive.dataset.id) {
            Some((_, names)) => names.push(&archive.slug),
            None => themes.push((&archive.dataset, vec![&archive.slug])),
        }
    }
    for (dataset, names) in themes {
        out.push_str("<Theme>");
        element(out, "ows:Title", &dataset.title);
        if !dataset.description.trim().is_empty() {
            element(out, "ows:Abstract", dataset.description.trim());
        }
        element(out, "ows:Identifier", &dataset.slug);
        for name in names {
            element(out, "LayerRef", name);
        }
        out.push_str("</Theme>");
        out.pass_on();
    }
    out.push_str("</Themes>");
}

/// An element with text.
fn element(out: &mut String, name: &str, text: &str) {
    let _ = write!(out, "<{name}>{}</{name}>", escape(text));
}

fn keywords(out: &mut String, words: &[&str]) {
    out.push_str("<ows:Keywords>");
    for word in words {
        element(out, "ows:Keyword", word);
    }
    out.push_str("</ows:Keywords>");
}

/// All but what RFC 3986 leaves as it is (section 2.3).
const RESERVED: AsciiSet = NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A part of an address.
fn encoded(text: &str) -> String {
    utf8_percent_encode(text, &RESERVED).to_string()
}
