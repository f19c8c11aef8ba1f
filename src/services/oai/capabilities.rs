//! What the repository says of itself: Identify, ListMetadataFormats, ListSets (sections 4.2, 4.4, 4.6).

use super::request::Format;
use super::response::{Host, text};
use crate::catalogue::RecordSet;
use crate::catalogue::vocabulary::{CodeList, HVD_CATEGORIES, INSPIRE_THEMES, TOPIC_CATEGORIES};
use crate::model::Scope;
use crate::publish::Snapshot;
use crate::services::edge::Call;
use chrono::{DateTime, SecondsFormat, Utc};
use std::fmt::Write as _;

/// `Identify`.
pub(super) fn identify(call: &Call, snapshot: &Snapshot, first: DateTime<Utc>) -> String {
    let host = Host::of(call);
    let mut out = String::from("<Identify>");
    let name = name(call, snapshot);
    // The protocol wants an address; RFC 2142 has one for every domain.
    let email = call.app.config.contact_email.clone().unwrap_or_else(|| {
        let domain = if host.is_domain() { host.0.as_str() } else { "localhost.localdomain" };
        format!("postmaster@{domain}")
    });
    let first = first.to_rfc3339_opts(SecondsFormat::Secs, true);
    for (element, value) in [
        ("repositoryName", name.as_str()),
        ("baseURL", &call.url("/oai")),
        ("protocolVersion", "2.0"),
        ("adminEmail", &email),
        ("earliestDatestamp", &first),
        ("deletedRecord", "persistent"),
        ("granularity", "YYYY-MM-DDThh:mm:ssZ"),
        ("compression", "gzip"),
    ] {
        text(&mut out, element, value);
    }
    if host.is_domain() {
        // <http://www.openarchives.org/OAI/2.0/guidelines-oai-identifier.htm>
        let _ = write!(
            out,
            "<description><oai-identifier xmlns=\"http://www.openarchives.org/OAI/2.0/oai-identifier\" \
             xsi:schemaLocation=\"http://www.openarchives.org/OAI/2.0/oai-identifier \
             http://www.openarchives.org/OAI/2.0/oai-identifier.xsd\"><scheme>oai</scheme>\
             <repositoryIdentifier>{host}</repositoryIdentifier><delimiter>:</delimiter>\
             <sampleIdentifier>{}</sampleIdentifier></oai-identifier></description>",
            host.identifier("94bc9c83-97f6-4b40-9eb8-a8e8787a5c63"),
            host = host.0,
        );
    }
    out.push_str("</Identify>");
    out
}

fn name(call: &Call, snapshot: &Snapshot) -> String {
    let part = snapshot.visible_datasets(&call.caller, &call.scope).next().and_then(|d| match &call.scope {
        Scope::Organisation(_) => Some(d.organisation.title.clone()),
        Scope::Dataset(_) => Some(d.title.clone()),
        _ => None,
    });
    let platform = &call.app.config.title;
    part.map_or_else(|| platform.clone(), |part| format!("{platform} : {part}"))
}

/// `ListMetadataFormats`: every record is written in every form.
pub(super) fn formats() -> String {
    let mut out = String::from("<ListMetadataFormats>");
    for format in Format::ALL {
        let (namespace, schema) = format.schema();
        out.push_str("<metadataFormat>");
        text(&mut out, "metadataPrefix", format.prefix());
        text(&mut out, "schema", schema);
        text(&mut out, "metadataNamespace", namespace);
        out.push_str("</metadataFormat>");
    }
    out.push_str("</ListMetadataFormats>");
    out
}

/// `ListSets`.
pub(super) fn sets(sets: &[RecordSet]) -> String {
    let mut out = String::from("<ListSets>");
    for set in sets {
        out.push_str("<set>");
        text(&mut out, "setSpec", &set.name);
        text(&mut out, "setName", &title(set));
        out.push_str("</set>");
    }
    out.push_str("</ListSets>");
    out
}

fn title(set: &RecordSet) -> String {
    let kind = |kind: &str| match kind {
        "organisation" => "Organisations",
        "type" => "Types de ressources",
        "topic" => "Catégories thématiques (ISO 19115)",
        "inspire" => "Thèmes INSPIRE",
        "hvd" => "Données de forte valeur",
        _ => "",
    };
    match (&set.title, set.name.split_once(':')) {
        (Some(title), _) => title.clone(),
        (None, Some((kind, value))) => label(kind, value).unwrap_or(value).to_owned(),
        (None, None) => Some(kind(&set.name)).filter(|k| !k.is_empty()).unwrap_or(&set.name).to_owned(),
    }
}

/// What a code means, in French.
fn label(kind: &str, code: &str) -> Option<&'static str> {
    let list: &'static CodeList = match kind {
        "topic" => &TOPIC_CATEGORIES,
        "inspire" => &INSPIRE_THEMES,
        "hvd" => &HVD_CATEGORIES,
        _ => return None,
    };
    list.get(code).map(|entry| entry.fr.as_str())
}
