//! Strings, anchors, codes, dates and people.

use crate::catalogue::record::{Contact, Moment, Precision, Term};
use crate::catalogue::xml::Xml;

const CODES: &str = "http://standards.iso.org/iso/19115/resources/Codelists/cat/codelists.xml";

pub(super) fn string(x: &mut Xml, name: &str, text: &str) {
    x.within(name, |x| x.text("gco:CharacterString", &[], text));
}

pub(super) fn optional(x: &mut Xml, name: &str, text: Option<&String>) {
    if let Some(text) = text {
        string(x, name, text);
    }
}

pub(super) fn missing(x: &mut Xml, name: &str) {
    x.empty(name, &[("gco:nilReason", "missing")]);
}

pub(super) fn string_or_missing(x: &mut Xml, name: &str, text: &str) {
    if text.is_empty() { missing(x, name) } else { string(x, name, text) }
}

/// An anchor where there is an address, words otherwise.
pub(super) fn term(x: &mut Xml, name: &str, term: &Term) {
    match &term.uri {
        Some(uri) => {
            let text = if term.text.is_empty() { uri } else { &term.text };
            x.within(name, |x| x.text("gcx:Anchor", &[("xlink:href", uri)], text));
        }
        None => string_or_missing(x, name, &term.text),
    }
}

/// A title of something cited, which may have an address.
pub(super) fn title(x: &mut Xml, text: &str, uri: Option<&String>) {
    term(x, "cit:title", &Term { text: text.to_owned(), uri: uri.cloned() });
}

/// A code of a list of ISO; the name has its prefix.
pub(super) fn code(x: &mut Xml, name: &str, value: &str) {
    let list = name.split_once(':').map_or(name, |(_, list)| list);
    code_of(x, name, &format!("{CODES}#{list}"), value);
}

/// A code of another register.
pub(super) fn code_of(x: &mut Xml, name: &str, register: &str, value: &str) {
    x.text(name, &[("codeList", register), ("codeListValue", value)], value);
}

/// A language with its encoding, in the element that holds one.
pub(super) fn locale(x: &mut Xml, name: &str, language: &str) {
    if language.is_empty() {
        return;
    }
    x.within(name, |x| {
        x.within("lan:PT_Locale", |x| {
            x.within("lan:language", |x| {
                code_of(x, "lan:LanguageCode", "http://www.loc.gov/standards/iso639-2/", language);
            });
            x.within("lan:characterEncoding", |x| code(x, "lan:MD_CharacterSetCode", "utf8"));
        });
    });
}

pub(super) fn identifier(x: &mut Xml, code: &str, space: Option<&String>) {
    x.within("mcc:MD_Identifier", |x| {
        string(x, "mcc:code", code);
        optional(x, "mcc:codeSpace", space);
    });
}

/// A date in the element that holds one.
pub(super) fn date(x: &mut Xml, name: &str, moment: Moment, kind: &str) {
    x.within(name, |x| {
        x.within("cit:CI_Date", |x| {
            let element = if moment.precision == Precision::Instant { "gco:DateTime" } else { "gco:Date" };
            x.within("cit:date", |x| x.text(element, &[], &moment.to_string()));
            x.within("cit:dateType", |x| code(x, "cit:CI_DateTypeCode", kind));
        });
    });
}

/// A role and who has it: an organisation, with a person in it, or a person alone.
pub(super) fn party(x: &mut Xml, contact: &Contact) {
    x.within("cit:CI_Responsibility", |x| {
        x.within("cit:role", |x| code(x, "cit:CI_RoleCode", &contact.role));
        x.within("cit:party", |x| match &contact.organisation {
            None => person(x, contact, true),
            Some(organisation) => x.within("cit:CI_Organisation", |x| {
                string(x, "cit:name", organisation);
                reach(x, contact);
                if contact.person.is_some() || contact.position.is_some() {
                    x.within("cit:individual", |x| person(x, contact, false));
                }
            }),
        });
    });
}

fn person(x: &mut Xml, contact: &Contact, alone: bool) {
    x.within("cit:CI_Individual", |x| {
        optional(x, "cit:name", contact.person.as_ref());
        if alone {
            reach(x, contact);
        }
        optional(x, "cit:positionName", contact.position.as_ref());
    });
}

fn reach(x: &mut Xml, contact: &Contact) {
    if !contact.is_reachable() {
        return;
    }
    x.within("cit:contactInfo", |x| {
        x.within("cit:CI_Contact", |x| {
            if let Some(phone) = &contact.phone {
                x.within("cit:phone", |x| x.within("cit:CI_Telephone", |x| string(x, "cit:number", phone)));
            }
            let fields = [
                ("cit:deliveryPoint", &contact.address),
                ("cit:city", &contact.city),
                ("cit:postalCode", &contact.postcode),
                ("cit:country", &contact.country),
                ("cit:electronicMailAddress", &contact.email),
            ];
            if fields.iter().any(|(_, value)| value.is_some()) {
                x.within("cit:address", |x| {
                    x.within("cit:CI_Address", |x| {
                        fields.into_iter().for_each(|(name, value)| optional(x, name, value.as_ref()));
                    });
                });
            }
            if let Some(url) = &contact.url {
                x.within("cit:onlineResource", |x| {
                    x.within("cit:CI_OnlineResource", |x| string(x, "cit:linkage", url));
                });
            }
        });
    });
}
