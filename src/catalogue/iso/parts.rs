//! Strings, anchors, codes, dates and people: what every part of a record is made of.

use crate::catalogue::record::{Contact, Moment, Precision, Term};
use crate::catalogue::xml::Xml;
use chrono::{DateTime, SecondsFormat, Utc};

const CODES: &str = "http://standards.iso.org/iso/19139/resources/gmxCodelists.xml";

pub(super) fn string(x: &mut Xml, name: &str, text: &str) {
    x.within(name, |x| x.text("gco:CharacterString", &[], text));
}

/// A text that may be absent, for elements that may be as well.
pub(super) fn optional(x: &mut Xml, name: &str, text: Option<&String>) {
    if let Some(text) = text {
        string(x, name, text);
    }
}

/// C.4: what the schema wants and nobody has said is marked, not empty.
pub(super) fn missing(x: &mut Xml, name: &str) {
    x.empty(name, &[("gco:nilReason", "missing")]);
}

pub(super) fn string_or_missing(x: &mut Xml, name: &str, text: &str) {
    if text.is_empty() { missing(x, name) } else { string(x, name, text) }
}

pub(super) fn anchored(x: &mut Xml, name: &str, href: &str, text: &str) {
    x.within(name, |x| x.text("gmx:Anchor", &[("xlink:href", href)], text));
}

/// An anchor where there is an address, words otherwise.
pub(super) fn term(x: &mut Xml, name: &str, term: &Term) {
    match &term.uri {
        Some(uri) => anchored(x, name, uri, if term.text.is_empty() { uri } else { &term.text }),
        None => string_or_missing(x, name, &term.text),
    }
}

/// An anchor to itself for an address, words otherwise.
pub(super) fn linked(x: &mut Xml, name: &str, text: &str) {
    if text.starts_with("http://") || text.starts_with("https://") {
        anchored(x, name, text, text);
    } else {
        string(x, name, text);
    }
}

/// C.3: a code of a list of ISO.
pub(super) fn code(x: &mut Xml, list: &str, value: &str) {
    code_of(x, list, &format!("{CODES}#{list}"), value);
}

/// A code of another register under the name of a list of ISO.
pub(super) fn code_of(x: &mut Xml, list: &str, register: &str, value: &str) {
    x.text(&format!("gmd:{list}"), &[("codeList", register), ("codeListValue", value)], value);
}

/// C.5: the code of ISO 639-2/B, which for French is `fre`. Records from elsewhere may write anything.
pub(super) fn language(x: &mut Xml, language: &str) {
    if language.is_empty() {
        missing(x, "gmd:language");
    } else if language.len() == 3 {
        x.within("gmd:language", |x| {
            code_of(x, "LanguageCode", "http://www.loc.gov/standards/iso639-2/", language);
        });
    } else {
        string(x, "gmd:language", language);
    }
}

pub(super) fn instant(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// A CI_Date in the element that holds one.
pub(super) fn date(x: &mut Xml, moment: Moment, kind: &str) {
    x.within("gmd:date", |x| {
        x.within("gmd:CI_Date", |x| {
            x.within("gmd:date", |x| match moment.precision {
                // gco:Date is a union of year, month and day.
                Precision::Year | Precision::Month | Precision::Day => {
                    x.text("gco:Date", &[], &moment.to_string());
                }
                Precision::Instant => x.text("gco:DateTime", &[], &moment.to_string()),
            });
            x.within("gmd:dateType", |x| code(x, "CI_DateTypeCode", kind));
        });
    });
}

/// C.6, C.10: organisation, address, role.
pub(super) fn party(x: &mut Xml, contact: &Contact) {
    x.within("gmd:CI_ResponsibleParty", |x| {
        optional(x, "gmd:individualName", contact.person.as_ref());
        optional(x, "gmd:organisationName", contact.organisation.as_ref());
        optional(x, "gmd:positionName", contact.position.as_ref());
        if contact.is_reachable() {
            x.within("gmd:contactInfo", |x| x.within("gmd:CI_Contact", |x| reach(x, contact)));
        }
        x.within("gmd:role", |x| code(x, "CI_RoleCode", &contact.role));
    });
}

fn reach(x: &mut Xml, contact: &Contact) {
    if let Some(phone) = &contact.phone {
        x.within("gmd:phone", |x| x.within("gmd:CI_Telephone", |x| string(x, "gmd:voice", phone)));
    }
    let fields = [
        ("gmd:deliveryPoint", &contact.address),
        ("gmd:city", &contact.city),
        ("gmd:postalCode", &contact.postcode),
        ("gmd:country", &contact.country),
        ("gmd:electronicMailAddress", &contact.email),
    ];
    if fields.iter().any(|(_, value)| value.is_some()) {
        x.within("gmd:address", |x| {
            x.within("gmd:CI_Address", |x| {
                for (name, value) in fields {
                    optional(x, name, value.as_ref());
                }
            });
        });
    }
    if let Some(url) = &contact.url {
        x.within("gmd:onlineResource", |x| {
            x.within("gmd:CI_OnlineResource", |x| {
                x.within("gmd:linkage", |x| x.text("gmd:URL", &[], url));
            });
        });
    }
}
