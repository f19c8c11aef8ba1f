//! What a transaction did, in the form of each version.

use crate::features::edit::{Changed, Effect, Outcome, Written};
use crate::services::edge::printable;
use crate::services::wfs::error::WfsError;
use crate::services::wfs::version::Version;
use quick_xml::escape::escape;
use std::fmt::Write as _;

const XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";

/// Where the schema of WFS 1.0's answers to transactions and locks is.
pub const SCHEMA_100: &str = "http://schemas.opengis.net/wfs/1.0.0/WFS-transaction.xsd";

/// The answer to a transaction that was made.
pub fn success(version: Version, outcome: &Outcome) -> String {
    match version {
        Version::V200 => v200(outcome),
        Version::V110 => v110(outcome),
        Version::V100 => v100(outcome),
    }
}

/// The answer of WFS 1.0 to a transaction that was refused: it has a form for that beside its exceptions,
/// which QGIS shows to its user (OGC 02-058 clause 11.3).
pub fn failure_100(error: &WfsError) -> String {
    let mut out = open_100();
    out.push_str("<TransactionResult>\n<Status><FAILED/></Status>\n");
    if let Some(locator) = &error.locator {
        let _ = writeln!(out, "<Locator>{}</Locator>", escape(printable(locator)));
    }
    let _ = write!(
        out,
        "<Message>{}</Message>\n</TransactionResult>\n</WFS_TransactionResponse>\n",
        escape(printable(&error.message))
    );
    out
}

fn attribute(handle: Option<&str>) -> String {
    handle.map_or_else(String::new, |h| format!(" handle=\"{}\"", escape(printable(h))))
}

fn open_100() -> String {
    // QGIS knows the element by its bare name.
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <WFS_TransactionResponse version=\"1.0.0\" xmlns=\"http://www.opengis.net/wfs\" \
         xmlns:ogc=\"http://www.opengis.net/ogc\" xmlns:xsi=\"{XSI}\" \
         xsi:schemaLocation=\"http://www.opengis.net/wfs {SCHEMA_100}\">\n"
    )
}

fn v100(outcome: &Outcome) -> String {
    let mut out = open_100();
    for change in &outcome.changes {
        let Effect::Inserted(features) = &change.effect else { continue };
        let _ = write!(out, "<InsertResult{}>", attribute(change.handle.as_deref()));
        for feature in features {
            let _ = write!(out, "<ogc:FeatureId fid=\"{}.{}\"/>", change.layer, feature.fid);
        }
        out.push_str("</InsertResult>\n");
    }
    out.push_str(
        "<TransactionResult>\n<Status><SUCCESS/></Status>\n</TransactionResult>\n</WFS_TransactionResponse>\n",
    );
    out
}

fn v110(outcome: &Outcome) -> String {
    let mut out = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <wfs:TransactionResponse version=\"1.1.0\" xmlns:wfs=\"http://www.opengis.net/wfs\" \
         xmlns:ogc=\"http://www.opengis.net/ogc\" xmlns:xsi=\"{XSI}\" \
         xsi:schemaLocation=\"http://www.opengis.net/wfs {}\">\n\
         <wfs:TransactionSummary>\n<wfs:totalInserted>{}</wfs:totalInserted>\n\
         <wfs:totalUpdated>{}</wfs:totalUpdated>\n<wfs:totalDeleted>{}</wfs:totalDeleted>\n\
         </wfs:TransactionSummary>\n",
        Version::V110.schema(),
        outcome.inserted(),
        outcome.updated(),
        outcome.deleted(),
    );
    let mut written = String::new();
    for change in &outcome.changes {
        let Effect::Inserted(features) = &change.effect else { continue };
        let handle = attribute(change.handle.as_deref());
        for Written { fid, .. } in features {
            let layer = &change.layer;
            let _ = writeln!(
                written,
                "<wfs:Feature{handle}><ogc:FeatureId fid=\"{layer}.{fid}\"/></wfs:Feature>"
            );
        }
    }
    if !written.is_empty() {
        let _ = write!(out, "<wfs:InsertResults>\n{written}</wfs:InsertResults>\n");
    }
    out.push_str("</wfs:TransactionResponse>\n");
    out
}

fn v200(outcome: &Outcome) -> String {
    let mut out = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <wfs:TransactionResponse version=\"2.0.0\" xmlns:wfs=\"http://www.opengis.net/wfs/2.0\" \
         xmlns:fes=\"http://www.opengis.net/fes/2.0\" xmlns:xsi=\"{XSI}\" \
         xsi:schemaLocation=\"http://www.opengis.net/wfs/2.0 {}\">\n\
         <wfs:TransactionSummary>\n<wfs:totalInserted>{}</wfs:totalInserted>\n\
         <wfs:totalUpdated>{}</wfs:totalUpdated>\n<wfs:totalReplaced>{}</wfs:totalReplaced>\n\
         <wfs:totalDeleted>{}</wfs:totalDeleted>\n</wfs:TransactionSummary>\n",
        Version::V200.schema(),
        outcome.inserted(),
        outcome.updated(),
        outcome.replaced(),
        outcome.deleted(),
    );
    results(&mut out, "InsertResults", outcome, |effect| match effect {
        Effect::Inserted(features) => features,
        _ => &[],
    });
    results(&mut out, "UpdateResults", outcome, |effect| match effect {
        Effect::Updated(features) => features,
        _ => &[],
    });
    results(&mut out, "ReplaceResults", outcome, |effect| match effect {
        Effect::Replaced(features) => features,
        _ => &[],
    });
    out.push_str("</wfs:TransactionResponse>\n");
    out
}

/// The identifiers of features that were written, with the number of the version that each has now
/// (OGC 09-025r2 clauses 15.3.4 to 15.3.6).
fn results(out: &mut String, element: &str, outcome: &Outcome, of: impl Fn(&Effect) -> &[Written]) {
    let mut written = String::new();
    for Changed { layer, handle, effect } in &outcome.changes {
        let handle = attribute(handle.as_deref());
        for Written { fid, version } in of(effect) {
            // The state before has an identifier of its own.
            let previous = match version.checked_sub(1).filter(|before| *before > 0) {
                Some(before) => format!(" previousRid=\"{layer}.{fid}.v{before}\""),
                None => String::new(),
            };
            let _ = writeln!(
                written,
                "<wfs:Feature{handle}><fes:ResourceId rid=\"{layer}.{fid}\"{previous} version=\"{version}\"/></wfs:Feature>"
            );
        }
    }
    if !written.is_empty() {
        let _ = write!(out, "<wfs:{element}>\n{written}</wfs:{element}>\n");
    }
}
