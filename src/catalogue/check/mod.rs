//! Checks of records: every requirement of the INSPIRE technical guidance for metadata 2.0 by its number, the
//! minimum of DCAT-AP 3 and of its profile for high-value datasets. They judge the model, from which all forms are
//! written; that the forms are valid against their schemas is the writers' business (tests hold it).
//!
//! A finding says in plain French and English what to fill in. One of level error holds the record back: it is in
//! no catalogue and in no count until it is mended. What is missing but can be lived with is a warning.
//!
//! | file | what |
//! |---|---|
//! | `rule.rs` | a requirement, and how it is judged |
//! | `common.rs` | C.1 to C.22 |
//! | `dataset.rs` | 1.1 to 1.11 (data), 2.1 to 2.6 (interoperability) |
//! | `service.rs` | 3.1 to 3.9 (services) |
//! | `dcat.rs` | DCAT-AP, high-value datasets |
//! | `stored.rs` | the report that is kept with the record |

mod common;
mod dataset;
mod dcat;
mod rule;
mod service;
mod stored;

pub use rule::{Finding, Judgement, Level, Verdict};
pub use stored::{Checked, checked, stored};

use super::record::Record;

/// Judges a record by every requirement, in the order of the guidance.
#[must_use]
pub fn judge(record: &Record) -> Vec<Judgement> {
    let rules = common::RULES.iter().chain(&dataset::RULES).chain(&service::RULES).chain(&dcat::RULES);
    rules.map(|rule| rule.judge(record)).collect()
}

/// What should be mended, the worst first.
#[must_use]
pub fn findings(record: &Record) -> Vec<Finding> {
    let mut findings: Vec<Finding> =
        judge(record).into_iter().filter_map(|judgement| judgement.finding).collect();
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.level));
    findings
}

/// Whether a record with these findings may be in catalogues.
#[must_use]
pub fn is_held(findings: &[Finding]) -> bool {
    findings.iter().any(|finding| finding.level == Level::Error)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::record::{Contact, Identifier, Kind, Link, Term};
    use crate::geo::BBox;
    use std::collections::HashSet;

    type Change = fn(&mut Record);

    /// A record of a published dataset that people have described.
    fn whole() -> Record {
        let contact = Contact {
            role: "pointOfContact".into(),
            organisation: Some("Région Sud".into()),
            email: Some("sig@sud.example".into()),
            ..Contact::default()
        };
        Record {
            identifier: "a".into(),
            resource: Some(Identifier::uri("https://sud.example/datasets/a")),
            title: "Communes".into(),
            summary: "Limites des communes de la région.".into(),
            language: "fre".into(),
            resource_languages: vec!["fre".into()],
            inspire_themes: vec!["au".into()],
            spatial_scope: Some("regional".into()),
            topics: vec!["boundaries".into()],
            contacts: vec![contact.clone()],
            metadata_contacts: vec![contact],
            published: "2024-03-02".parse().ok(),
            frequency: Some("annually".into()),
            boxes: vec![BBox::new(4.2, 43.0, 7.7, 45.1)],
            crs: vec![crate::catalogue::record::ReferenceSystem {
                code: "EPSG:2154".into(),
                uri: Some("http://www.opengis.net/def/crs/EPSG/0/2154".into()),
                name: None,
            }],
            representation: Some("vector".into()),
            scales: vec![5000],
            formats: vec![crate::catalogue::record::Format {
                name: "GeoPackage".into(),
                version: Some("1.2".into()),
                media_type: None,
            }],
            links: vec![Link {
                url: "https://sud.example/download/a.gpkg".into(),
                function: Some("download".into()),
                ..Link::default()
            }],
            licences: vec![Term::with_uri("Licence Ouverte 2.0", "https://spdx.org/licenses/etalab-2.0")],
            access: vec![Term::with_uri(
                "Pas de restriction d'accès public",
                "http://inspire.ec.europa.eu/metadata-codelist/LimitationsOnPublicAccess/noLimitations",
            )],
            lineage: Some("Relevé de terrain.".into()),
            conformity: vec![crate::catalogue::record::Conformance {
                title: "RÈGLEMENT (UE) N° 1089/2010".into(),
                date: "2010-12-08".parse().ok(),
                ..Default::default()
            }],
            ..Record::default()
        }
    }

    fn ids(record: &Record) -> Vec<String> {
        findings(record).into_iter().map(|finding| finding.requirement).collect()
    }

    #[test]
    fn a_whole_record_meets_every_requirement_that_applies() {
        assert_eq!(findings(&whole()), []);
        let judged = judge(&whole());
        let seen: HashSet<&str> = judged.iter().map(|j| j.requirement).collect();
        assert_eq!(seen.len(), judged.len(), "a requirement is judged once");
        let expected = (1..=22).map(|n| format!("C.{n}")).chain((1..=11).map(|n| format!("1.{n}")));
        for id in expected.chain((1..=6).map(|n| format!("2.{n}"))).chain((1..=9).map(|n| format!("3.{n}"))) {
            assert!(seen.contains(id.as_str()), "{id} is not judged");
        }
    }

    #[test]
    fn each_gap_is_found_by_its_requirement() {
        let gaps: [(&str, Change); 24] = [
            ("C.5", |r| r.language = "français".into()),
            ("C.6", |r| r.metadata_contacts[0].email = None),
            ("C.8", |r| r.title = String::new()),
            ("C.9", |r| r.summary = "Communes".into()),
            ("C.10", |r| r.contacts.clear()),
            ("C.11", |r| r.published = None),
            ("C.15", |r| r.inspire_themes.clear()),
            ("C.17", |r| r.access.clear()),
            ("C.18", |r| r.licences.clear()),
            ("C.19", |r| r.boxes.clear()),
            ("C.20", |r| r.conformity.clear()),
            ("C.21", |r| r.conformity[0].title.clear()),
            ("1.1", |r| r.kind = Kind::Other("tile".into())),
            ("1.3", |r| r.resource = None),
            ("1.4", |r| {
                r.inspire_themes.clear();
                r.keywords.push(crate::catalogue::record::Keyword::free("limites"));
            }),
            ("1.5", |r| r.scales.clear()),
            ("1.6", |r| r.resource_languages.clear()),
            ("1.7", |r| r.topics = vec!["communes".into()]),
            ("1.8", |r| r.links[0].url = "http://localhost:8080/a".into()),
            ("1.11", |r| r.lineage = None),
            ("2.1", |r| r.crs.clear()),
            ("2.2", |r| r.crs[0].uri = None),
            ("2.4", |r| r.representation = None),
            ("2.6", |r| r.formats.clear()),
        ];
        for (id, gap) in gaps {
            let mut record = whole();
            gap(&mut record);
            let found = ids(&record);
            assert!(found.contains(&id.to_owned()), "{id} is not among {found:?}");
            for finding in findings(&record) {
                assert!(!finding.fr.is_empty() && !finding.en.is_empty());
            }
        }
    }

    #[test]
    fn a_record_without_a_word_is_held_back_and_one_without_a_title_is_not() {
        let untitled = Record { title: String::new(), ..whole() };
        assert!(!is_held(&findings(&untitled)));
        let empty = Record { summary: " ".into(), ..untitled };
        assert!(is_held(&findings(&empty)));
    }

    #[test]
    fn a_high_value_dataset_has_the_law_a_contact_files_and_an_open_licence() {
        let hvd = Record {
            hvd_categories: vec!["c_ac64a52d".into()],
            legislation: vec![Term::with_uri("x", crate::catalogue::iso::HVD_REGULATION)],
            ..whole()
        };
        // Bulk download is there, an interface is not.
        assert_eq!(ids(&hvd), ["HVD-api"]);
        let closed = Record {
            licences: vec![Term::with_uri("x", "https://spdx.org/licenses/CC-BY-NC-4.0")],
            ..hvd.clone()
        };
        assert!(is_held(&findings(&closed)), "the claim is against the regulation");
        let without = Record { licences: Vec::new(), legislation: Vec::new(), ..hvd };
        let found = ids(&without);
        assert!(found.contains(&"HVD-licence".to_owned()) && found.contains(&"HVD-legislation".to_owned()));
        assert!(!is_held(&findings(&without)));
    }

    #[test]
    fn requirements_of_services_are_no_business_of_data() {
        let verdict = |record: &Record, id: &str| {
            judge(record).into_iter().find(|j| j.requirement == id).map(|j| j.verdict)
        };
        assert_eq!(verdict(&whole(), "3.5"), Some(Verdict::NotApplicable));
        let service = Record { kind: Kind::Service, ..whole() };
        assert_eq!(verdict(&service, "3.5"), Some(Verdict::Unmet));
        assert_eq!(verdict(&service, "1.5"), Some(Verdict::NotApplicable));
    }
}
