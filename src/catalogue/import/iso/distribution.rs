//! Formats, links and sizes.

use super::Named;
use super::node::{all, code, term, value, walk};
use crate::catalogue::record::{Format, Link, Record};
use crate::filter::xml::child;
use roxmltree::Node;

pub(super) fn read(record: Node<'_, '_>, read: &mut Record) {
    for info in all(record, "distributionInfo") {
        for node in info.descendants().filter(Node::is_element) {
            match node.tag_name().name() {
                "MD_Format" => {
                    let found = format(node);
                    if !found.name.is_empty() && !read.formats.contains(&found) {
                        read.formats.push(found);
                    }
                }
                "MD_DigitalTransferOptions" => options(node, read),
                _ => {}
            }
        }
    }
    // Services of older records have their address there alone.
    if read.links.is_empty()
        && let Some(resource) = child(record, "identificationInfo")
    {
        let operations = resource.descendants().filter(|n| n.has_tag_name_in("connectPoint"));
        for found in operations.filter_map(|point| child(point, "CI_OnlineResource")).filter_map(link) {
            if !read.links.iter().any(|known| known.url == found.url) {
                read.links.push(found);
            }
        }
    }
}

fn format(node: Node<'_, '_>) -> Format {
    let cited = walk(node, &["formatSpecificationCitation", "CI_Citation"]);
    let name = child(node, "name").or_else(|| child(cited?, "title")).and_then(value);
    let version = child(node, "version").or_else(|| child(cited?, "edition")).and_then(value);
    Format { name: name.unwrap_or_default(), version, media_type: None }
}

/// A size is said of a whole block: of a link only where it is the only one.
fn options(node: Node<'_, '_>, read: &mut Record) {
    let mut links: Vec<Link> =
        all(node, "onLine").filter_map(|n| child(n, "CI_OnlineResource")).filter_map(link).collect();
    if let ([only], Some(bytes)) =
        (links.as_mut_slice(), child(node, "transferSize").and_then(value).and_then(|t| bytes(&t)))
    {
        only.bytes = Some(bytes);
    }
    read.links.append(&mut links);
}

/// Bytes of a number of megabytes.
fn bytes(megabytes: &str) -> Option<u64> {
    let bytes = (megabytes.trim().parse::<f64>().ok()? * 1e6).round();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "within the bounds just tested"
    )]
    (1.0..1e18).contains(&bytes).then_some(bytes as u64)
}

fn link(online: Node<'_, '_>) -> Option<Link> {
    let text = |name: &str| child(online, name).and_then(value);
    Some(Link {
        url: text("linkage")?,
        protocol: child(online, "protocol").and_then(term),
        profile: child(online, "applicationProfile").and_then(term),
        name: text("name"),
        description: text("description"),
        function: child(online, "function").and_then(code),
        ..Link::default()
    })
}
