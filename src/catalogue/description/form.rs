//! The form as people fill it in, in JSON or TOML (`schemas/description.schema.json`).

use super::check::{self, FieldError};
use super::{Described, Description};
use crate::catalogue::record::Contact;
use serde::{Deserialize, Deserializer, Serialize};
use std::path::Path;

/// A field that may be absent (stays as it is), `null` (is cleared) or given.
type Field<T> = Option<Option<T>>;

/// Why a form can't be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FormError {
    /// Not JSON or TOML, an unknown key, or a value of another type.
    #[error("the description can't be read: {0}")]
    Syntax(String),
    /// Values that no code list has, dates that are none; all of them.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Values(Vec<FieldError>),
}

/// A description that is filled in. What is absent stays as it is; `null`, an empty text or an empty list clears.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct DescriptionForm {
    /// Title.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Abstract.
    #[serde(rename = "abstract", deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    pub summary: Field<String>,
    /// Free keywords.
    #[serde(deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    pub keywords: Field<Vec<String>>,
    /// Licence: SPDX id, address or words.
    #[serde(deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    pub licence: Field<String>,
    /// Other titles.
    #[serde(deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    pub alternate_titles: Field<Vec<String>>,
    /// INSPIRE themes: codes, addresses or labels.
    #[serde(deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    pub inspire_themes: Field<Vec<String>>,
    /// Categories of high-value datasets.
    #[serde(deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    pub hvd_categories: Field<Vec<String>>,
    /// ISO topic categories.
    #[serde(deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    pub topics: Field<Vec<String>>,
    /// INSPIRE spatial scope.
    #[serde(deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    pub spatial_scope: Field<String>,
    /// Frequency of updates.
    #[serde(deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    pub frequency: Field<String>,
    /// Languages of the data: ISO 639-2/B.
    #[serde(deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    pub languages: Field<Vec<String>>,
    /// Who answers for the data.
    #[serde(deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    pub contacts: Field<Vec<ContactForm>>,
    /// Times that the data are about: `2019/2024`, `2019-01-01/..`.
    #[serde(deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    pub temporal: Field<Vec<String>>,
    /// Names of places.
    #[serde(deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    pub places: Field<Vec<String>>,
    /// How the data came to be.
    #[serde(deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    pub lineage: Field<String>,
    /// Laws: addresses, or words and an address apart by a space.
    #[serde(deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    pub legal_basis: Field<Vec<String>>,
    /// Limitations on public access.
    #[serde(deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    pub access: Field<Vec<String>>,
    /// Denominator of the scale that they are good for.
    #[serde(deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    pub scale: Field<u32>,
    /// Distance between samples on the ground, metres.
    #[serde(deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    pub resolution: Field<f64>,
    /// When the data were made.
    #[serde(deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    pub created: Field<String>,
}

/// A contact in the form.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ContactForm {
    /// Role; point of contact when it is not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// Organisation; the dataset's when neither it nor a person is given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organisation: Option<String>,
    /// Person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub person: Option<String>,
    /// What the person does there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub position: Option<String>,
    /// E-mail address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Telephone number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// Street and number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// Town.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub city: Option<String>,
    /// Postal code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub postcode: Option<String>,
    /// Country.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// Address on the web.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

/// Tells a field that is `null` from one that is absent.
fn given<'de, T: Deserialize<'de>, D: Deserializer<'de>>(reader: D) -> Result<Field<T>, D::Error> {
    Option::<T>::deserialize(reader).map(Some)
}

impl DescriptionForm {
    /// Reads a form: TOML when the file's name ends so, JSON otherwise.
    ///
    /// # Errors
    /// [`FormError::Syntax`], which names an unknown key.
    pub fn parse(text: &str, path: &Path) -> Result<Self, FormError> {
        let is_toml = path.extension().is_some_and(|e| e.eq_ignore_ascii_case("toml"));
        let form = if is_toml {
            toml::from_str(text).map_err(|e| e.to_string())
        } else {
            serde_json::from_str(text).map_err(|e| e.to_string())
        };
        form.map_err(FormError::Syntax)
    }

    /// What is described once this form is filled in over what was.
    ///
    /// # Errors
    /// [`FormError::Values`] with every value that can't be; nothing is taken over then.
    pub fn apply(&self, before: &Described) -> Result<Described, FormError> {
        let mut errors = Vec::new();
        let described = self.taken_over(before, &mut errors);
        if errors.is_empty() { Ok(described) } else { Err(FormError::Values(errors)) }
    }

    fn taken_over(&self, before: &Described, errors: &mut Vec<FieldError>) -> Described {
        use crate::catalogue::vocabulary::{
            ACCESS_LIMITATIONS, FREQUENCIES, HVD_CATEGORIES, INSPIRE_THEMES, SPATIAL_SCOPES, TOPIC_CATEGORIES,
        };
        let was = &before.description;
        let mut c = check::Checker { errors };
        Described {
            title: c.title(self.title.as_deref(), &before.title),
            summary: text(&self.summary).unwrap_or_else(|| Some(before.summary.clone())).unwrap_or_default(),
            keywords: words(&self.keywords, &before.keywords),
            licence: text(&self.licence).unwrap_or_else(|| before.licence.clone()),
            description: Description {
                alternate_titles: words(&self.alternate_titles, &was.alternate_titles),
                inspire_themes: c.codes(
                    "inspire-themes",
                    &INSPIRE_THEMES,
                    &self.inspire_themes,
                    &was.inspire_themes,
                ),
                hvd_categories: c.codes(
                    "hvd-categories",
                    &HVD_CATEGORIES,
                    &self.hvd_categories,
                    &was.hvd_categories,
                ),
                topics: c.codes("topics", &TOPIC_CATEGORIES, &self.topics, &was.topics),
                spatial_scope: c.code(
                    "spatial-scope",
                    &SPATIAL_SCOPES,
                    &self.spatial_scope,
                    &was.spatial_scope,
                ),
                frequency: c.code("frequency", &FREQUENCIES, &self.frequency, &was.frequency),
                languages: c.languages(&self.languages, &was.languages),
                contacts: c.contacts(&self.contacts, &was.contacts),
                periods: c.parsed("temporal", &self.temporal, &was.periods),
                places: c.terms(&self.places, &was.places),
                lineage: text(&self.lineage).unwrap_or_else(|| was.lineage.clone()),
                legislation: c.terms(&self.legal_basis, &was.legislation),
                access: c.codes("access", &ACCESS_LIMITATIONS, &self.access, &was.access),
                scale: c.scale(self.scale, was.scale),
                resolution: c.resolution(self.resolution, was.resolution),
                created: c.created(&self.created, was.created),
            },
        }
    }

    /// The form that says what is described: filled in over nothing it gives the same.
    #[must_use]
    pub fn of(described: &Described) -> Self {
        let d = &described.description;
        let list = |values: &[String]| Some(values.to_vec()).filter(|v| !v.is_empty()).map(Some);
        let term = |term: &crate::catalogue::record::Term| match &term.uri {
            Some(uri) if *uri != term.text => format!("{} {uri}", term.text),
            Some(uri) => uri.clone(),
            None => term.text.clone(),
        };
        let some = |value: &Option<String>| value.clone().map(Some);
        Self {
            title: Some(described.title.clone()),
            summary: Some(described.summary.clone()).filter(|s| !s.is_empty()).map(Some),
            keywords: list(&described.keywords),
            licence: some(&described.licence),
            alternate_titles: list(&d.alternate_titles),
            inspire_themes: list(&d.inspire_themes),
            hvd_categories: list(&d.hvd_categories),
            topics: list(&d.topics),
            spatial_scope: some(&d.spatial_scope),
            frequency: some(&d.frequency),
            languages: list(&d.languages),
            contacts: Some(d.contacts.iter().map(ContactForm::of).collect::<Vec<_>>())
                .filter(|c| !c.is_empty())
                .map(Some),
            temporal: list(&d.periods.iter().map(ToString::to_string).collect::<Vec<_>>()),
            places: list(&d.places.iter().map(term).collect::<Vec<_>>()),
            lineage: some(&d.lineage),
            legal_basis: list(&d.legislation.iter().map(term).collect::<Vec<_>>()),
            access: list(&d.access),
            scale: d.scale.map(Some),
            resolution: d.resolution.map(Some),
            created: d.created.map(|moment| Some(moment.to_string())),
        }
    }
}

impl ContactForm {
    fn of(contact: &Contact) -> Self {
        Self {
            role: Some(contact.role.clone()),
            organisation: contact.organisation.clone(),
            person: contact.person.clone(),
            position: contact.position.clone(),
            email: contact.email.clone(),
            phone: contact.phone.clone(),
            address: contact.address.clone(),
            city: contact.city.clone(),
            postcode: contact.postcode.clone(),
            country: contact.country.clone(),
            url: contact.url.clone(),
        }
    }
}

/// A text that is given, trimmed; empty is cleared. None when the field is absent.
fn text(field: &Field<String>) -> Option<Option<String>> {
    field.as_ref().map(|value| value.as_deref().map(str::trim).filter(|t| !t.is_empty()).map(str::to_owned))
}

/// Words that are given, each once and without empty ones.
fn words(field: &Field<Vec<String>>, before: &[String]) -> Vec<String> {
    let Some(given) = field else { return before.to_vec() };
    let mut words: Vec<String> = Vec::new();
    for word in given.iter().flatten().map(|word| word.trim()).filter(|word| !word.is_empty()) {
        if !words.iter().any(|known| known == word) {
            words.push(word.to_owned());
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(json: &str) -> DescriptionForm {
        DescriptionForm::parse(json, Path::new("form.json")).unwrap_or_else(|e| panic!("{e}"))
    }

    fn before() -> Described {
        Described { title: "Communes".into(), keywords: vec!["limites".into()], ..Described::default() }
    }

    #[test]
    fn values_are_taken_by_code_address_or_label_and_kept_as_codes() {
        let filled = form(
            r#"{"inspire-themes": ["unites administratives", "http://inspire.ec.europa.eu/theme/gn"],
                "hvd-categories": ["Géospatiales"], "frequency": "Annual", "spatial-scope": "régional",
                "topics": ["Limites administratives"], "temporal": ["2019/.."], "scale": 5000,
                "contacts": [{"email": "sig@sud.example"}, {"role": "propriétaire", "organisation": "Région"}],
                "legal-basis": ["Loi NOTRe https://www.legifrance.gouv.fr/loda/id/JORFTEXT000030985460"]}"#,
        );
        let described = filled.apply(&before()).unwrap_or_else(|e| panic!("{e}"));
        let d = &described.description;
        assert_eq!(d.inspire_themes, ["au", "gn"]);
        assert_eq!(d.hvd_categories, ["c_ac64a52d"]);
        assert_eq!(
            (d.frequency.as_deref(), d.spatial_scope.as_deref()),
            (Some("annually"), Some("regional"))
        );
        assert_eq!(d.topics, ["boundaries"]);
        assert_eq!(
            d.contacts.iter().map(|c| c.role.as_str()).collect::<Vec<_>>(),
            ["pointOfContact", "owner"]
        );
        assert_eq!(d.legislation.first().map(|l| l.text.as_str()), Some("Loi NOTRe"));
        assert_eq!(described.keywords, ["limites"], "what is absent stays");
        // What is shown can be filled in again.
        let shown = DescriptionForm::of(&described);
        let json = serde_json::to_string(&shown).expect("JSON");
        let again = form(&json).apply(&Described::default()).unwrap_or_else(|e| panic!("{e}"));
        assert_eq!(again, described);
    }

    #[test]
    fn null_and_empty_clear_a_field() {
        let full = form(r#"{"frequency": "monthly", "keywords": ["a", "a", " "], "lineage": "Relevé."}"#);
        let full = full.apply(&before()).unwrap_or_else(|e| panic!("{e}"));
        assert_eq!(full.keywords, ["a"]);
        let cleared = form(r#"{"frequency": null, "keywords": [], "lineage": " "}"#).apply(&full);
        let cleared = cleared.unwrap_or_else(|e| panic!("{e}"));
        assert_eq!((cleared.description.frequency, cleared.description.lineage), (None, None));
        assert!(cleared.keywords.is_empty());
    }

    #[test]
    fn unknown_keys_are_refused_by_name_in_both_notations() {
        for (text, path) in
            [("{\"frequence\": \"annually\"}", "a.json"), ("frequence = 'annually'", "a.toml")]
        {
            let refused = DescriptionForm::parse(text, Path::new(path)).expect_err("refused").to_string();
            assert!(refused.contains("frequence") && refused.contains("frequency"), "{refused}");
        }
        let toml = "frequency = 'annually'\n[[contacts]]\nemail = 'a@b.fr'\n";
        assert!(DescriptionForm::parse(toml, Path::new("a.TOML")).is_ok());
        let unknown = r#"{"contacts": [{"mail": "a@b.fr"}]}"#;
        assert!(
            DescriptionForm::parse(unknown, Path::new("a.json"))
                .expect_err("refused")
                .to_string()
                .contains("mail")
        );
    }

    #[test]
    fn every_wrong_value_is_told_with_what_may_have_been_meant() {
        let wrong = form(
            r#"{"title": " ", "frequency": "anuelle", "inspire-themes": ["unité administrative"], "temporal": ["2024/2019"],
                "scale": 0, "resolution": -1, "contacts": [{"role": "proprio", "email": "nowhere"}],
                "languages": ["français"], "created": "hier"}"#,
        );
        let refused = wrong.apply(&before()).expect_err("refused");
        let said = refused.to_string();
        for part in [
            "title",
            "'anuelle'",
            "annually",
            "'unité administrative'",
            "(au)",
            "'2024/2019'",
            "scale",
            "resolution",
            "'proprio'",
            "'nowhere'",
            "'français'",
            "'hier'",
        ] {
            assert!(said.contains(part), "{part} is not in {said}");
        }
    }

    #[test]
    fn the_published_schema_names_the_fields_of_the_form() {
        let schema: serde_json::Value =
            serde_json::from_str(include_str!("../../../schemas/description.schema.json")).expect("JSON");
        let keys = |value: &serde_json::Value| -> Vec<String> {
            let mut keys: Vec<String> =
                value.as_object().map(|o| o.keys().cloned().collect()).unwrap_or_default();
            keys.sort();
            keys
        };
        let filled = DescriptionForm {
            title: Some(String::new()),
            summary: Some(None),
            keywords: Some(None),
            licence: Some(None),
            alternate_titles: Some(None),
            inspire_themes: Some(None),
            hvd_categories: Some(None),
            topics: Some(None),
            spatial_scope: Some(None),
            frequency: Some(None),
            languages: Some(None),
            contacts: Some(None),
            temporal: Some(None),
            places: Some(None),
            lineage: Some(None),
            legal_basis: Some(None),
            access: Some(None),
            scale: Some(None),
            resolution: Some(None),
            created: Some(None),
        };
        assert_eq!(keys(&schema["properties"]), keys(&serde_json::json!(filled)));
        assert_eq!(schema["additionalProperties"], serde_json::json!(false));
        let contact = ContactForm::of(&Contact {
            role: "owner".into(),
            organisation: Some("a".into()),
            person: Some("a".into()),
            position: Some("a".into()),
            email: Some("a".into()),
            phone: Some("a".into()),
            address: Some("a".into()),
            city: Some("a".into()),
            postcode: Some("a".into()),
            country: Some("a".into()),
            url: Some("a".into()),
        });
        let of_contact = &schema["$defs"]["contact"];
        assert_eq!(keys(&of_contact["properties"]), keys(&serde_json::json!(contact)));
        assert_eq!(of_contact["additionalProperties"], serde_json::json!(false));
    }
}
