//! Agents and contact points (DCAT-AP 3.0.1 classes Agent and Kind; GeoDCAT-AP roles). A node is the same wherever the same
//! party is named, so that a catalogue has it once.

use super::graph::Graph;
use crate::catalogue::record::Contact;
use xxhash_rust::xxh3::xxh3_64;

/// Properties by role (CI_RoleCode).
pub(super) fn property(role: &str) -> Option<&'static str> {
    Some(match role {
        "publisher" => "dct:publisher",
        "author" => "dct:creator",
        "owner" => "dct:rightsHolder",
        "custodian" => "geodcat:custodian",
        "distributor" => "geodcat:distributor",
        "originator" => "geodcat:originator",
        "principalInvestigator" => "geodcat:principalInvestigator",
        "processor" => "geodcat:processor",
        "resourceProvider" => "geodcat:resourceProvider",
        "user" => "geodcat:user",
        _ => return None,
    })
}

/// Who a party is by name: the organisation, else the person.
fn name(contact: &Contact) -> Option<&str> {
    [&contact.organisation, &contact.person].into_iter().flatten().map(|n| n.trim()).find(|n| !n.is_empty())
}

/// A foaf:Agent; its address, where it has a name.
pub(super) fn agent(graph: &mut Graph, contact: &Contact, base: &str) -> Option<String> {
    let name = name(contact)?;
    let email = contact.email.as_deref().unwrap_or_default();
    let node = format!("{base}/dcat#agent-{:016x}", xxh3_64(format!("{name}\n{email}").as_bytes()));
    let class = if contact.organisation.is_some() { "foaf:Organization" } else { "foaf:Person" };
    graph.class(&node, "foaf:Agent");
    graph.class(&node, class);
    graph.text(&node, "foaf:name", name, None);
    if !email.is_empty() {
        graph.link(&node, "foaf:mbox", &format!("mailto:{email}"));
    }
    if let Some(url) = &contact.url {
        graph.link(&node, "foaf:homepage", url);
    }
    Some(node)
}

/// A vcard:Kind; its address, where it says anything.
pub(super) fn contact_point(graph: &mut Graph, contact: &Contact, base: &str) -> Option<String> {
    let name = name(contact)?;
    let said = serde_json::to_string(&Contact { role: String::new(), ..contact.clone() }).unwrap_or_default();
    let node = format!("{base}/dcat#contact-{:016x}", xxh3_64(said.as_bytes()));
    let person = contact.person.as_deref().map(str::trim).filter(|p| !p.is_empty());
    graph.class(&node, "vcard:Kind");
    graph
        .class(&node, if contact.organisation.is_some() { "vcard:Organization" } else { "vcard:Individual" });
    graph.text(&node, "vcard:fn", person.unwrap_or(name), None);
    if let Some(organisation) = &contact.organisation {
        graph.text(&node, "vcard:organization-name", organisation, None);
    }
    if let Some(email) = &contact.email {
        graph.link(&node, "vcard:hasEmail", &format!("mailto:{}", email.trim()));
    }
    if let Some(phone) = &contact.phone {
        let number: String = phone.chars().filter(|c| c.is_ascii_digit() || *c == '+').collect();
        graph.link(&node, "vcard:hasTelephone", &format!("tel:{number}"));
    }
    if let Some(url) = &contact.url {
        graph.link(&node, "vcard:hasURL", url);
    }
    if contact.address.is_some() || contact.city.is_some() {
        let address = format!("{node}-address");
        graph.link(&node, "vcard:hasAddress", &address);
        graph.class(&address, "vcard:Address");
        for (property, value) in [
            ("vcard:street-address", &contact.address),
            ("vcard:locality", &contact.city),
            ("vcard:postal-code", &contact.postcode),
            ("vcard:country-name", &contact.country),
        ] {
            graph.text(&address, property, value.as_deref().unwrap_or_default(), None);
        }
    }
    Some(node)
}
