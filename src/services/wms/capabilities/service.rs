//! What both versions say of the service itself: who runs it, and how its operations are called.

use super::{Contact, Facts, element, online};
use crate::render::ImageFormat;

/// Media type of legends as facts.
pub(super) const LEGEND_JSON: &str = "application/json";

/// An operation with its formats, reached by GET.
pub(super) fn operation(out: &mut String, name: &str, formats: &[&str], address: &str) {
    out.push_str(&format!("<{name}>\n"));
    for format in formats {
        element(out, "Format", format);
    }
    out.push_str("<DCPType><HTTP><Get>");
    online(out, address);
    out.push_str(&format!("</Get></HTTP></DCPType>\n</{name}>\n"));
}

/// An operation that is reached by POST alone.
pub(super) fn posted(out: &mut String, name: &str, format: &str, address: &str) {
    out.push_str(&format!("<{name}>\n"));
    element(out, "Format", format);
    out.push_str("<DCPType><HTTP><Post>");
    online(out, address);
    out.push_str(&format!("</Post></HTTP></DCPType>\n</{name}>\n"));
}

/// Formats of GetLegendGraphic.
pub(super) fn legend_formats() -> Vec<&'static str> {
    ImageFormat::ALL.into_iter().map(ImageFormat::media_type).chain([LEGEND_JSON]).collect()
}

/// `Service`, whose content both versions share up to the limits.
pub(super) fn service(out: &mut String, facts: &Facts<'_>, name: &str) {
    out.push_str("<Service>\n");
    element(out, "Name", name);
    element(out, "Title", &facts.title);
    element(out, "Abstract", facts.summary);
    out.push_str("<KeywordList>\n");
    element(out, "Keyword", "infoMapAccessService");
    out.push_str("</KeywordList>\n");
    online(out, &facts.address);
    contact(out, &facts.contact);
    element(out, "Fees", "none");
    element(out, "AccessConstraints", "none");
}

/// `ContactInformation`. The address that is known for certain is the one on the web; both versions want
/// the parts of a postal address beside it, empty where there is none.
fn contact(out: &mut String, contact: &Contact<'_>) {
    out.push_str("<ContactInformation>\n<ContactPersonPrimary>\n");
    element(out, "ContactPerson", contact.name);
    element(out, "ContactOrganization", contact.name);
    out.push_str("</ContactPersonPrimary>\n<ContactAddress>\n");
    element(out, "AddressType", "web");
    element(out, "Address", &contact.pages);
    for unknown in ["City", "StateOrProvince", "PostCode", "Country"] {
        element(out, unknown, "");
    }
    out.push_str("</ContactAddress>\n");
    if let Some(email) = contact.email {
        element(out, "ContactElectronicMailAddress", email);
    }
    out.push_str("</ContactInformation>\n");
}
