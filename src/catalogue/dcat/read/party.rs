//! Agents and contact points.

use super::super::party::property;
use super::resource::Reading;
use super::statements::address;
use crate::catalogue::record::{Contact, Record};
use oxrdf::NamedOrBlankNode;

/// Roles (CI_RoleCode) that agents may have; the property of each is the writer's.
const ROLES: [&str; 10] = [
    "publisher",
    "author",
    "owner",
    "custodian",
    "distributor",
    "originator",
    "principalInvestigator",
    "processor",
    "resourceProvider",
    "user",
];

/// Reads who answers for a resource, and for its record.
pub(super) fn read(of: &Reading<'_>, entry: Option<&NamedOrBlankNode>, record: &mut Record) {
    record.contacts = points(of);
    for role in ROLES {
        let Some(property) = property(role) else { continue };
        for node in of.nodes(property) {
            record.contacts.extend(agent(of, &node, role));
        }
        // Some write a name instead of an agent.
        for name in of.said.all_words(of.subject, property, of.language) {
            let organisation = Some(name);
            record.contacts.push(Contact { role: role.to_owned(), organisation, ..Contact::default() });
        }
    }
    if let Some(entry) = entry {
        record.metadata_contacts = points(&Reading { subject: entry, ..*of });
    }
}

fn points(of: &Reading<'_>) -> Vec<Contact> {
    of.nodes("dcat:contactPoint").iter().filter_map(|node| contact_point(of, node)).collect()
}

/// A foaf:Agent.
fn agent(of: &Reading<'_>, node: &NamedOrBlankNode, role: &str) -> Option<Contact> {
    let said = of.said;
    let name = said.label(node, of.language);
    let is_person = said.addresses(node, "rdf:type").iter().any(|class| class.ends_with("/Person"));
    let contact = Contact {
        role: role.to_owned(),
        organisation: name.clone().filter(|_| !is_person),
        person: name.filter(|_| is_person),
        email: scheme(said.addresses(node, "foaf:mbox"), "mailto:"),
        url: ["foaf:homepage", "foaf:page"]
            .into_iter()
            .find_map(|p| said.addresses(node, p).into_iter().next()),
        ..Contact::default()
    };
    let has_name = contact.organisation.is_some() || contact.person.is_some();
    // An agent of a list that is not in the document is known by its address alone.
    let listed = || Contact { organisation: address(node).map(str::to_owned), ..contact.clone() };
    if has_name || contact.is_reachable() {
        Some(contact)
    } else {
        Some(listed()).filter(|c| c.organisation.is_some())
    }
}

/// A vcard:Kind.
fn contact_point(of: &Reading<'_>, node: &NamedOrBlankNode) -> Option<Contact> {
    let said = of.said;
    let words = |property: &str| said.words(node, property, of.language);
    let name = words("vcard:fn");
    let organisation = words("vcard:organization-name");
    let types = said.addresses(node, "rdf:type");
    let is_person = types.iter().any(|class| class.ends_with("#Individual"));
    // Of what has one name only, that is the organisation's unless it is a person.
    let (organisation, person) = match (organisation, name) {
        (Some(organisation), name) => {
            let person = name.filter(|name| *name != organisation);
            (Some(organisation), person)
        }
        (None, name) if is_person => (None, name),
        (None, name) => (name, None),
    };
    let place = said.nodes(node, "vcard:hasAddress").into_iter().next();
    let at = |property: &str| place.as_ref().and_then(|place| said.words(place, property, of.language));
    let mail = |property: &str| {
        let all = said.nodes(node, property).into_iter().flat_map(|n| said.addresses(&n, "vcard:hasValue"));
        scheme(said.addresses(node, property).into_iter().chain(all).collect(), "mailto:")
            .or_else(|| words(property))
    };
    let phones = said.nodes(node, "vcard:hasTelephone");
    let phones = phones.iter().flat_map(|n| said.addresses(n, "vcard:hasValue"));
    let phones = said.addresses(node, "vcard:hasTelephone").into_iter().chain(phones).collect();
    let contact = Contact {
        role: "pointOfContact".to_owned(),
        organisation,
        person,
        email: mail("vcard:hasEmail").or_else(|| mail("vcard:email")),
        phone: scheme(phones, "tel:").or_else(|| words("vcard:hasTelephone")),
        address: at("vcard:street-address"),
        city: at("vcard:locality"),
        postcode: at("vcard:postal-code"),
        country: at("vcard:country-name"),
        url: said.addresses(node, "vcard:hasURL").into_iter().next(),
        ..Contact::default()
    };
    let says = contact.organisation.is_some() || contact.person.is_some() || contact.is_reachable();
    says.then_some(contact)
}

/// The first address of a scheme, without it.
fn scheme(addresses: Vec<String>, scheme: &str) -> Option<String> {
    addresses.iter().find_map(|address| address.strip_prefix(scheme)).map(str::to_owned)
}
