//! mrd:MD_Distribution: formats and links.

use super::parts::{code, optional, string, term, title};
use crate::catalogue::iso::megabytes;
use crate::catalogue::record::{Link, Record};
use crate::catalogue::xml::Xml;

pub(super) fn write(x: &mut Xml, record: &Record) {
    x.within("mrd:MD_Distribution", |x| {
        for format in &record.formats {
            x.within("mrd:distributionFormat", |x| {
                x.within("mrd:MD_Format", |x| {
                    x.within("mrd:formatSpecificationCitation", |x| {
                        x.within("cit:CI_Citation", |x| {
                            title(x, &format.name, None);
                            optional(x, "cit:edition", format.version.as_ref());
                        });
                    });
                });
            });
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

fn options(x: &mut Xml, bytes: Option<u64>, links: &[&Link]) {
    x.within("mrd:transferOptions", |x| {
        x.within("mrd:MD_DigitalTransferOptions", |x| {
            if let Some(bytes) = bytes {
                x.within("mrd:transferSize", |x| x.text("gco:Real", &[], &megabytes(bytes)));
            }
            links.iter().for_each(|link| x.within("mrd:onLine", |x| online(x, link)));
        });
    });
}

fn online(x: &mut Xml, link: &Link) {
    x.within("cit:CI_OnlineResource", |x| {
        string(x, "cit:linkage", &link.url);
        if let Some(protocol) = &link.protocol {
            term(x, "cit:protocol", protocol);
        }
        if let Some(profile) = &link.profile {
            term(x, "cit:applicationProfile", profile);
        }
        optional(x, "cit:name", link.name.as_ref());
        optional(x, "cit:description", link.description.as_ref());
        if let Some(function) = &link.function {
            x.within("cit:function", |x| code(x, "cit:CI_OnLineFunctionCode", function));
        }
    });
}
