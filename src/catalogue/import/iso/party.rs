//! People and organisations: CI_ResponsibleParty (ISO 19139), CI_Responsibility (ISO 19115-3).

use super::node::{code, value, walk};
use crate::catalogue::record::Contact;
use crate::filter::xml::{child, elements};
use roxmltree::Node;

/// The contact of a property that holds one.
pub(super) fn read(property: Node<'_, '_>) -> Option<Contact> {
    let party = elements(property).next()?;
    let mut contact =
        Contact { role: child(party, "role").and_then(code).unwrap_or_default(), ..Contact::default() };
    match child(party, "party").and_then(|node| elements(node).next()) {
        Some(whole) => of_responsibility(whole, &mut contact),
        None => {
            contact.person = child(party, "individualName").and_then(value);
            contact.organisation = child(party, "organisationName").and_then(value);
            contact.position = child(party, "positionName").and_then(value);
            reach(party, &mut contact);
        }
    }
    let empty = contact.organisation.is_none() && contact.person.is_none() && !contact.is_reachable();
    (!empty).then_some(contact)
}

fn of_responsibility(whole: Node<'_, '_>, contact: &mut Contact) {
    let person = if whole.tag_name().name() == "CI_Individual" {
        Some(whole)
    } else {
        contact.organisation = child(whole, "name").and_then(value);
        reach(whole, contact);
        walk(whole, &["individual", "CI_Individual"])
    };
    if let Some(person) = person {
        contact.person = child(person, "name").and_then(value);
        contact.position = child(person, "positionName").and_then(value);
        reach(person, contact);
    }
}

/// Addresses and numbers; what is known already stays.
fn reach(party: Node<'_, '_>, contact: &mut Contact) {
    let Some(info) = walk(party, &["contactInfo", "CI_Contact"]) else { return };
    let fill = |slot: &mut Option<String>, found: Option<String>| {
        if slot.is_none() {
            *slot = found;
        }
    };
    let phone = child(info, "phone").and_then(|phone| {
        phone.descendants().find(|n| matches!(n.tag_name().name(), "voice" | "number")).and_then(value)
    });
    fill(&mut contact.phone, phone);
    if let Some(address) = walk(info, &["address", "CI_Address"]) {
        let field = |name: &str| child(address, name).and_then(value);
        fill(&mut contact.address, field("deliveryPoint"));
        fill(&mut contact.city, field("city"));
        fill(&mut contact.postcode, field("postalCode"));
        fill(&mut contact.country, field("country"));
        fill(&mut contact.email, field("electronicMailAddress"));
    }
    fill(&mut contact.url, walk(info, &["onlineResource", "CI_OnlineResource", "linkage"]).and_then(value));
}
