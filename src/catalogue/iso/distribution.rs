//! gmd:MD_Distribution: formats and links.

use super::parts::{code, optional, string, term};
use crate::catalogue::record::{Format, Link, Record};
use crate::catalogue::xml::Xml;

pub(super) fn write(x: &mut Xml, record: &Record) {
    x.within("gmd:MD_Distribution", |x| {
        for format in &record.formats {
            x.within("gmd:distributionFormat", |x| x.within("gmd:MD_Format", |x| named(x, format)));
        }
        // A size is said of a whole block, so that a file of known size has one of its own.
        let (sized, others): (Vec<&Link>, Vec<&Link>) =
            record.links.iter().partition(|link| link.bytes.is_some());
        if !others.is_empty() {
            options(x, None, &others);
        }
        for link in sized {
            options(x, link.bytes, &[link]);
        }
    });
}

/// 2.6: a version, or that none is known.
fn named(x: &mut Xml, format: &Format) {
    string(x, "gmd:name", &format.name);
    match &format.version {
        Some(version) => string(x, "gmd:version", version),
        None => x.empty("gmd:version", &[("gco:nilReason", "unknown")]),
    }
}

fn options(x: &mut Xml, bytes: Option<u64>, links: &[&Link]) {
    x.within("gmd:transferOptions", |x| {
        x.within("gmd:MD_DigitalTransferOptions", |x| {
            if let Some(bytes) = bytes {
                x.within("gmd:transferSize", |x| x.text("gco:Real", &[], &megabytes(bytes)));
            }
            for link in links {
                x.within("gmd:onLine", |x| online(x, link));
            }
        });
    });
}

/// Megabytes of a million bytes, exact to the byte.
pub(in crate::catalogue) fn megabytes(bytes: u64) -> String {
    format!("{}.{:06}", bytes / 1_000_000, bytes % 1_000_000)
}

/// 1.8 and class 8.1: services carry their protocol and INSPIRE type as anchors, other links must not.
fn online(x: &mut Xml, link: &Link) {
    x.within("gmd:CI_OnlineResource", |x| {
        x.within("gmd:linkage", |x| x.text("gmd:URL", &[], &link.url));
        if let Some(protocol) = &link.protocol {
            term(x, "gmd:protocol", protocol);
        }
        if let Some(profile) = &link.profile {
            term(x, "gmd:applicationProfile", profile);
        }
        optional(x, "gmd:name", link.name.as_ref());
        optional(x, "gmd:description", link.description.as_ref());
        if let Some(function) = &link.function {
            x.within("gmd:function", |x| code(x, "CI_OnLineFunctionCode", function));
        }
    });
}
