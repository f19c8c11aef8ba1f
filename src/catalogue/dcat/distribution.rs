//! Distributions: each file, and each service with the dcat:DataService that it is reached by (DCAT-AP 3.0.1 sections 8 and
//! 9; GeoDCAT-AP 3).

use super::graph::Graph;
use super::party::{agent, contact_point};
use super::place::date;
use super::resource::{Described, access_rights, licences};
use super::terms::{self, AUTHORITY, HVD_REGULATION, INSPIRE_CODES, Protocol, file_type};
use crate::catalogue::record::{Link, LinkKind};
use crate::catalogue::vocabulary::HVD_CATEGORIES;

/// The protocol of a service that a link leads to.
pub(super) fn protocol(link: &Link) -> Option<&'static Protocol> {
    match link.kind {
        Some(LinkKind::Wms | LinkKind::Wfs | LinkKind::Csw | LinkKind::OgcApiFeatures) | None => {
            let stated = link.protocol.as_ref().map(|p| p.uri.as_deref().unwrap_or(&p.text));
            terms::protocol(stated.unwrap_or_default(), &link.url)
        }
        Some(_) => None,
    }
}

/// Whether a link leads to the data and not to words about them.
pub(super) fn is_data(link: &Link) -> bool {
    match (link.kind, link.function.as_deref()) {
        (Some(LinkKind::Page), _) => false,
        (Some(_), _) => true,
        (None, Some("download" | "offlineAccess" | "order")) => true,
        (None, Some(_)) => protocol(link).is_some(),
        // What says nothing is taken for data when it names a service, a format or a file.
        (None, None) => protocol(link).is_some() || link.format.is_some() || link.bytes.is_some(),
    }
}

/// Says how the data can be had.
pub(super) fn describe(graph: &mut Graph, subject: &str, of: &Described<'_>) {
    for (n, link) in of.record.links.iter().enumerate().filter(|(_, link)| is_data(link)) {
        let node = format!("{}#{}", of.node, fragment(link, n));
        if super::graph::iri(&link.url).is_none() {
            continue;
        }
        graph.link(subject, "dcat:distribution", &node);
        distribution(graph, &node, link, of, subject);
    }
}

/// A name that stays as long as the link does.
fn fragment(link: &Link, n: usize) -> String {
    let kind = match link.kind {
        Some(LinkKind::Wms) => "wms",
        Some(LinkKind::Wfs) => "wfs",
        Some(LinkKind::Csw) => "csw",
        Some(LinkKind::OgcApiFeatures) => "ogc-api-features",
        Some(LinkKind::TileJson) => "tilejson",
        Some(LinkKind::MapLibreStyle) => "maplibre",
        Some(LinkKind::GeoJson) => "geojson",
        Some(LinkKind::Gml) => "gml",
        Some(LinkKind::GeoPackage) => "geopackage",
        _ => return format!("link-{}", n + 1),
    };
    match &link.layer {
        Some(layer) => format!("{layer}-{kind}"),
        None => kind.to_owned(),
    }
}

fn distribution(graph: &mut Graph, node: &str, link: &Link, of: &Described<'_>, subject: &str) {
    let record = of.record;
    graph.class(node, "dcat:Distribution");
    let title = [&link.description, &link.name].into_iter().flatten().find(|t| !t.trim().is_empty());
    graph.text(node, "dct:title", title.unwrap_or(&record.title), of.language);
    graph.link(node, "dcat:accessURL", &link.url);
    let protocol = protocol(link);
    if protocol.is_none()
        && link.kind.is_none_or(LinkKind::is_file)
        && link.function.as_deref() == Some("download")
    {
        graph.link(node, "dcat:downloadURL", &link.url);
    }
    format(graph, node, link, protocol);
    if let Some(bytes) = link.bytes {
        graph.value(node, "dcat:byteSize", bytes.to_string(), "xsd:nonNegativeInteger");
    }
    if let Some(sum) = &link.checksum {
        let sum_node = format!("{node}-checksum");
        graph.link(node, "spdx:checksum", &sum_node);
        graph.class(&sum_node, "spdx:Checksum");
        let algorithm =
            format!("http://spdx.org/rdf/terms#checksumAlgorithm_{}", sum.algorithm.to_lowercase());
        graph.link(&sum_node, "spdx:algorithm", &algorithm);
        graph.value(&sum_node, "spdx:checksumValue", sum.value.clone(), "xsd:hexBinary");
    }
    for (property, moment) in [("dct:issued", record.published), ("dct:modified", record.revised)] {
        if let Some(moment) = moment {
            date(graph, node, property, moment);
        }
    }
    licences(graph, node, of);
    access_rights(graph, node, of);
    if let Some(representation) = &record.representation {
        let address = format!("{INSPIRE_CODES}/SpatialRepresentationType/{representation}");
        graph.link(node, "adms:representationTechnique", &address);
    }
    if of.is_hvd() {
        graph.link_to(node, "dcatap:applicableLegislation", HVD_REGULATION, "eli:LegalResource");
    }
    if let Some(protocol) = protocol {
        service(graph, node, link, protocol, of, subject);
    }
}

fn format(graph: &mut Graph, node: &str, link: &Link, protocol: Option<&Protocol>) {
    if let Some(protocol) = protocol {
        match protocol.file_type {
            Some(code) => {
                let address = format!("{AUTHORITY}/file-type/{code}");
                graph.link_to(node, "dct:format", &address, "dct:MediaTypeOrExtent");
            }
            None => named_format(graph, node, protocol.label),
        }
        return;
    }
    let names = [link.format.as_deref(), link.media_type.as_deref()];
    match names.into_iter().flatten().find_map(file_type) {
        Some(address) => graph.link_to(node, "dct:format", &address, "dct:MediaTypeOrExtent"),
        None => {
            if let Some(name) =
                link.format.as_deref().or_else(|| link.protocol.as_ref().map(|p| p.text.as_str()))
            {
                named_format(graph, node, name);
            }
        }
    }
    if let Some(media) = link.media_type.as_deref().and_then(|m| m.split(';').next()) {
        let address = format!("https://www.iana.org/assignments/media-types/{}", media.trim());
        graph.link_to(node, "dcat:mediaType", &address, "dct:MediaType");
    }
}

/// A format that no list has.
fn named_format(graph: &mut Graph, node: &str, name: &str) {
    let format = format!("{node}-format");
    graph.link(node, "dct:format", &format);
    graph.class(&format, "dct:MediaTypeOrExtent");
    graph.text(&format, "rdfs:label", name, None);
}

/// The service behind a distribution.
fn service(
    graph: &mut Graph,
    distribution: &str,
    link: &Link,
    protocol: &Protocol,
    of: &Described<'_>,
    subject: &str,
) {
    let endpoint = endpoint(&link.url, protocol);
    let node = format!("{endpoint}#service");
    if super::graph::iri(&node).is_none() {
        return;
    }
    graph.link(distribution, "dcat:accessService", &node);
    graph.class(&node, "dcat:DataService");
    let title = format!("{} ({})", of.record.title, protocol.label);
    graph.text(&node, "dct:title", &title, of.language);
    graph.link(&node, "dcat:endpointURL", &endpoint);
    graph.link(&node, "dcat:endpointDescription", &link.url);
    graph.link(&node, "dcat:servesDataset", subject);
    kinds(graph, &node, protocol);
    if let Some(profile) = link.profile.as_ref().and_then(|p| p.uri.as_deref()) {
        graph.link(&node, "geodcat:serviceType", profile);
    }
    common(graph, &node, of);
}

/// What kind of service it is.
pub(super) fn kinds(graph: &mut Graph, node: &str, protocol: &Protocol) {
    graph.link(node, "geodcat:serviceProtocol", protocol.register);
    for standard in [protocol.register, protocol.standard] {
        graph.link_to(node, "dct:conformsTo", standard, "dct:Standard");
    }
}

/// What a service takes over from its data.
fn common(graph: &mut Graph, node: &str, of: &Described<'_>) {
    licences(graph, node, of);
    access_rights(graph, node, of);
    if let Some(publisher) = of.publisher().and_then(|c| agent(graph, c, of.base)) {
        graph.link(node, "dct:publisher", &publisher);
    }
    for contact in of.contact_points() {
        if let Some(contact) = contact_point(graph, contact, of.base) {
            graph.link(node, "dcat:contactPoint", &contact);
        }
    }
    if let Some(page) = of.landing_page() {
        graph.link(node, "foaf:page", page);
    }
    if of.is_hvd() {
        graph.link_to(node, "dcatap:applicableLegislation", HVD_REGULATION, "eli:LegalResource");
        for category in of.record.hvd_categories.iter().filter_map(|code| HVD_CATEGORIES.get(code)) {
            graph.link(node, "dcatap:hvdCategory", &category.uri);
        }
    }
}

/// The address that requests go to.
fn endpoint(address: &str, protocol: &Protocol) -> String {
    let bare = address.split(['?', '#']).next().unwrap_or(address);
    if protocol.name == "ogcapi"
        && let Some((root, _)) = bare.split_once("/collections/")
    {
        return root.to_owned();
    }
    bare.to_owned()
}
