//! Where the data can be had: distributions, the address of a service, pages.

use super::super::terms::{self, AUTHORITY, INSPIRE_CODES, format_name};
use super::resource::Reading;
use super::statements::address;
use crate::catalogue::record::{Checksum, Format, Link, Record, Term};
use oxrdf::NamedOrBlankNode;

/// Media types as IANA's addresses name them.
const MEDIA_TYPES: [&str; 4] = [
    "https://www.iana.org/assignments/media-types/",
    "http://www.iana.org/assignments/media-types/",
    "https://iana.org/assignments/media-types/",
    "http://iana.org/assignments/media-types/",
];

/// Reads all links, and the formats that they name.
pub(super) fn read(of: &Reading<'_>, record: &mut Record) {
    for node in of.nodes("dcat:distribution") {
        let file = Reading { subject: &node, ..*of };
        if let Some(link) = distribution(&file, record) {
            record.links.push(link);
        }
        let techniques = of.said.addresses(&node, "adms:representationTechnique");
        let code = techniques
            .iter()
            .find_map(|t| t.strip_prefix(&format!("{INSPIRE_CODES}/SpatialRepresentationType/")));
        record.representation = record.representation.take().or(code.map(str::to_owned));
    }
    for url in of.said.addresses(of.subject, "dcat:endpointURL") {
        let described = of.said.addresses(of.subject, "dcat:endpointDescription").into_iter().next();
        let url = described.unwrap_or(url);
        let protocol = protocol(of, &url);
        record.links.push(Link { protocol, function: Some("download".to_owned()), url, ..Link::default() });
    }
    for property in ["dcat:landingPage", "foaf:page"] {
        for url in of.said.addresses(of.subject, property) {
            if !record.links.iter().any(|link| link.url == url) {
                let function = Some("information".to_owned());
                record.links.push(Link { url, function, ..Link::default() });
            }
        }
    }
    for link in &record.links {
        let name = link.format.clone().filter(|name| record.formats.iter().all(|f| f.name != *name));
        if let Some(name) = name {
            record.formats.push(Format { name, version: None, media_type: link.media_type.clone() });
        }
    }
}

/// A dcat:Distribution; none without an address.
fn distribution(of: &Reading<'_>, record: &Record) -> Option<Link> {
    let said = of.said;
    let first = |property: &str| said.addresses(of.subject, property).into_iter().next();
    let file = first("dcat:downloadURL");
    let url = file.clone().or_else(|| first("dcat:accessURL"))?;
    let protocol = protocol(of, &url);
    let media_type = of.terms("dcat:mediaType").into_iter().next().map(|term| {
        let text = term.uri.unwrap_or(term.text);
        MEDIA_TYPES.iter().find_map(|prefix| text.strip_prefix(prefix)).unwrap_or(&text).to_owned()
    });
    let format = of.terms("dct:format").into_iter().chain(of.terms("dcat:mediaType")).next().map(|term| {
        let code = term.uri.as_deref().and_then(|uri| uri.strip_prefix(&format!("{AUTHORITY}/file-type/")));
        match code {
            Some(code) => format_name(code).to_owned(),
            None => term.text.rsplit('/').next().unwrap_or(&term.text).to_owned(),
        }
    });
    let title = of.words("dct:title").filter(|title| *title != record.title);
    let described = of.words("dct:description");
    Some(Link {
        // A service is no format of a file.
        format: format.filter(|_| protocol.is_none()),
        protocol,
        name: title.clone().filter(|_| described.is_some()),
        description: described.or(title),
        function: Some("download".to_owned()),
        media_type,
        bytes: of.words("dcat:byteSize").and_then(|text| bytes(&text)),
        checksum: of.nodes("spdx:checksum").iter().find_map(|node| checksum(of, node)),
        url,
        ..Link::default()
    })
}

/// The protocol of a service, by the service behind the distribution, by its standard, by its format or by its address.
fn protocol(of: &Reading<'_>, url: &str) -> Option<Term> {
    let services = of.nodes("dcat:accessService");
    let nodes = services.iter().chain(std::iter::once(of.subject));
    let stated = nodes.flat_map(|node| {
        ["geodcat:serviceProtocol", "dct:conformsTo", "dct:format"]
            .into_iter()
            .flat_map(|property| of.said.addresses(node, property))
            .collect::<Vec<_>>()
    });
    let known =
        stated.into_iter().find_map(|uri| terms::protocol_of(&uri)).or_else(|| terms::protocol("", url))?;
    Some(Term::with_uri(known.link, known.register))
}

/// Bytes as whole or decimal numbers.
fn bytes(text: &str) -> Option<u64> {
    let whole = text.split('.').next().unwrap_or(text);
    whole.trim().parse().ok()
}

fn checksum(of: &Reading<'_>, node: &NamedOrBlankNode) -> Option<Checksum> {
    let value = of.said.words(node, "spdx:checksumValue", "")?.to_ascii_lowercase();
    let algorithm = of.said.nodes(node, "spdx:algorithm");
    let algorithm = algorithm.first().and_then(address)?.rsplit('_').next()?.to_ascii_lowercase();
    value.chars().all(|c| c.is_ascii_hexdigit()).then_some(Checksum { algorithm, value })
}
