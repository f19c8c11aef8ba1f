//! People and organisations with their roles.

use serde::{Deserialize, Serialize};

/// Who answers for something, in one role (CI_ResponsibleParty).
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct Contact {
    /// CI_RoleCode: code of `roles` (`pointOfContact`).
    pub role: String,
    /// Name of the organisation.
    pub organisation: Option<String>,
    /// Name of a person.
    pub person: Option<String>,
    /// What the person does there.
    pub position: Option<String>,
    /// E-mail address.
    pub email: Option<String>,
    /// Telephone number as it is dialled.
    pub phone: Option<String>,
    /// Street and number.
    pub address: Option<String>,
    /// Town.
    pub city: Option<String>,
    /// Postal code.
    pub postcode: Option<String>,
    /// Country.
    pub country: Option<String>,
    /// Address on the web.
    pub url: Option<String>,
}

impl Contact {
    /// Whether it has an address or number, apart from names.
    #[must_use]
    pub const fn is_reachable(&self) -> bool {
        self.email.is_some()
            || self.phone.is_some()
            || self.address.is_some()
            || self.city.is_some()
            || self.postcode.is_some()
            || self.country.is_some()
            || self.url.is_some()
    }
}
