//! Values of a form against the code lists. All that is wrong is told at once.

use super::form::ContactForm;
use crate::catalogue::record::{Contact, Moment, Term};
use crate::catalogue::vocabulary::{CodeList, ROLES};
use std::fmt;
use std::str::FromStr;

/// A value that a field can't have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// The field, as the form names it.
    pub field: String,
    /// What was given.
    pub value: String,
    /// What is wrong, and what may have been meant.
    pub problem: String,
}

impl fmt::Display for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: '{}' {}", self.field, self.value, self.problem)
    }
}

/// Takes values over and collects what is wrong. A field that is absent (`None`) keeps what it had.
pub(super) struct Checker<'e> {
    pub(super) errors: &'e mut Vec<FieldError>,
}

impl Checker<'_> {
    fn wrong(&mut self, field: &str, value: impl fmt::Display, problem: impl Into<String>) {
        let value = value.to_string().chars().take(120).collect();
        self.errors.push(FieldError { field: field.to_owned(), value, problem: problem.into() });
    }

    /// A title is never cleared: records and pages have none without it.
    pub(super) fn title(&mut self, given: Option<&str>, before: &str) -> String {
        match given.map(str::trim) {
            None => before.to_owned(),
            Some("") => {
                self.wrong("title", "", "is empty; a dataset has a title");
                before.to_owned()
            }
            Some(title) => title.to_owned(),
        }
    }

    fn coded(&mut self, field: &str, list: &CodeList, text: &str) -> Option<String> {
        if let Some(entry) = list.find(text) {
            return Some(entry.code.clone());
        }
        let nearest: Vec<String> =
            list.nearest(text).iter().map(|entry| format!("'{}' ({})", entry.fr, entry.code)).collect();
        let problem = if nearest.is_empty() {
            let codes: Vec<&str> = list.entries.iter().map(|entry| entry.code.as_str()).collect();
            format!("is not in the list '{}'; there are {}", list.id, codes.join(", "))
        } else {
            format!("is not in the list '{}'; perhaps {}", list.id, nearest.join(" or "))
        };
        self.wrong(field, text, problem);
        None
    }

    pub(super) fn code(
        &mut self,
        field: &str,
        list: &CodeList,
        given: &Option<Option<String>>,
        before: &Option<String>,
    ) -> Option<String> {
        match given {
            None => before.clone(),
            Some(value) => {
                let text = value.as_deref().map(str::trim).filter(|text| !text.is_empty())?;
                self.coded(field, list, text)
            }
        }
    }

    pub(super) fn codes(
        &mut self,
        field: &str,
        list: &CodeList,
        given: &Option<Option<Vec<String>>>,
        before: &[String],
    ) -> Vec<String> {
        let Some(given) = given else { return before.to_vec() };
        let mut codes = Vec::new();
        for text in given.iter().flatten().filter(|text| !text.trim().is_empty()) {
            if let Some(code) = self.coded(field, list, text)
                && !codes.contains(&code)
            {
                codes.push(code);
            }
        }
        codes
    }

    /// C.5 and 1.6: three letters of ISO 639-2.
    pub(super) fn languages(
        &mut self,
        given: &Option<Option<Vec<String>>>,
        before: &[String],
    ) -> Vec<String> {
        let Some(given) = given else { return before.to_vec() };
        let mut languages = Vec::new();
        for text in given.iter().flatten().map(|text| text.trim()).filter(|text| !text.is_empty()) {
            if text.len() == 3 && text.bytes().all(|b| b.is_ascii_lowercase()) {
                languages.push(text.to_owned());
            } else {
                self.wrong("languages", text, "is no code of ISO 639-2/B, such as fre, eng or zxx for none");
            }
        }
        languages
    }

    pub(super) fn parsed<T: FromStr + Clone>(
        &mut self,
        field: &str,
        given: &Option<Option<Vec<String>>>,
        before: &[T],
    ) -> Vec<T> {
        let Some(given) = given else { return before.to_vec() };
        let mut values = Vec::new();
        for text in given.iter().flatten().filter(|text| !text.trim().is_empty()) {
            match text.parse() {
                Ok(value) => values.push(value),
                Err(_) => {
                    self.wrong(
                        field,
                        text,
                        "is no period; write begin/end as 2019/2024, 2019-01-01/.. or 2024",
                    );
                }
            }
        }
        values
    }

    /// Words with an address at their end, an address alone, or words alone.
    pub(super) fn terms(&mut self, given: &Option<Option<Vec<String>>>, before: &[Term]) -> Vec<Term> {
        let Some(given) = given else { return before.to_vec() };
        let is_address = |text: &str| text.starts_with("http://") || text.starts_with("https://");
        let term = |text: &str| match text.rsplit_once(char::is_whitespace) {
            _ if is_address(text) => Term::with_uri(text, text),
            Some((words, address)) if is_address(address) => Term::with_uri(words.trim(), address),
            _ => Term::plain(text),
        };
        given.iter().flatten().map(|text| text.trim()).filter(|text| !text.is_empty()).map(term).collect()
    }

    pub(super) fn scale(&mut self, given: Option<Option<u32>>, before: Option<u32>) -> Option<u32> {
        match given {
            None => before,
            Some(Some(0)) => {
                self.wrong("scale", 0, "is no denominator; write 5000 for 1:5000");
                None
            }
            Some(scale) => scale,
        }
    }

    pub(super) fn resolution(&mut self, given: Option<Option<f64>>, before: Option<f64>) -> Option<f64> {
        match given {
            None => before,
            Some(Some(metres)) if !(metres.is_finite() && metres > 0.0) => {
                self.wrong("resolution", metres, "is no distance in metres");
                None
            }
            Some(metres) => metres,
        }
    }

    pub(super) fn created(
        &mut self,
        given: &Option<Option<String>>,
        before: Option<Moment>,
    ) -> Option<Moment> {
        let Some(given) = given else { return before };
        let text = given.as_deref().map(str::trim).filter(|text| !text.is_empty())?;
        match text.parse::<Moment>() {
            Ok(moment) => Some(moment),
            Err(error) => {
                let said = error.to_string();
                let problem = said.split_once("' ").map_or(said.as_str(), |(_, problem)| problem);
                self.wrong("created", text, problem);
                None
            }
        }
    }

    /// C.10: an organisation or a person; an e-mail address that is one.
    pub(super) fn contacts(
        &mut self,
        given: &Option<Option<Vec<ContactForm>>>,
        before: &[Contact],
    ) -> Vec<Contact> {
        let Some(given) = given else { return before.to_vec() };
        given.iter().flatten().map(|form| self.contact(form)).collect()
    }

    fn contact(&mut self, form: &ContactForm) -> Contact {
        let trimmed = |text: &Option<String>| {
            text.as_deref().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
        };
        let role = match trimmed(&form.role) {
            Some(role) => self.coded("contacts.role", &ROLES, &role),
            None => None,
        };
        let email = trimmed(&form.email);
        if let Some(email) = email.as_deref().filter(|email| !is_email(email)) {
            self.wrong("contacts.email", email, "is no e-mail address");
        }
        let url = trimmed(&form.url);
        if let Some(url) =
            url.as_deref().filter(|url| !url.starts_with("http://") && !url.starts_with("https://"))
        {
            self.wrong("contacts.url", url, "is no address that begins with https:// or http://");
        }
        Contact {
            role: role.unwrap_or_else(|| "pointOfContact".to_owned()),
            organisation: trimmed(&form.organisation),
            person: trimmed(&form.person),
            position: trimmed(&form.position),
            email,
            phone: trimmed(&form.phone),
            address: trimmed(&form.address),
            city: trimmed(&form.city),
            postcode: trimmed(&form.postcode),
            country: trimmed(&form.country),
            url,
        }
    }
}

/// One `@` between texts without spaces, a dot after it: what an address at least has.
fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else { return false };
    let clean = |part: &str| !part.is_empty() && !part.contains(char::is_whitespace) && !part.contains('@');
    clean(local)
        && clean(domain)
        && domain.split('.').count() >= 2
        && domain.split('.').all(|label| !label.is_empty())
}
