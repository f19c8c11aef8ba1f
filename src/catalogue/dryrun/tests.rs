//! Records that each harvester keeps, changes and refuses.

use super::*;
use crate::catalogue::record::{Contact, Identifier, Keyword, Kind, Link, Moment, Period, Term};
use crate::geo::BBox;
use chrono::{TimeZone, Utc};

fn now() -> chrono::DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 11, 27, 12, 0, 0).single().expect("a moment")
}

fn record() -> Record {
    Record {
        resource: Some(Identifier::uri("https://example.org/datasets/8a4c")),
        title: "Zones d'activités".into(),
        summary: "Les zones d'activités de la région.".into(),
        language: "fre".into(),
        keywords: ["économie", "ZA"].map(Keyword::free).to_vec(),
        contacts: vec![Contact {
            role: "pointOfContact".into(),
            organisation: Some("Région".into()),
            email: Some("sig@example.org".into()),
            ..Contact::default()
        }],
        published: "2024-03-02".parse().ok(),
        revised: "2025-01-01".parse().ok(),
        frequency: Some("annually".into()),
        periods: vec!["2020-01-01/2024-12-31".parse().expect("a period")],
        boxes: vec![BBox::new(4.2, 42.9, 7.7, 45.1)],
        licences: vec![Term::with_uri("Licence Ouverte 2.0", "https://spdx.org/licenses/etalab-2.0")],
        lineage: Some("Relevé terrain.".into()),
        links: vec![
            Link {
                url: "https://example.org/wms?SERVICE=WMS&REQUEST=GetCapabilities".into(),
                name: Some("za".into()),
                ..Link::default()
            },
            Link {
                url: "https://example.org/za.gpkg".into(),
                name: Some("za.gpkg".into()),
                function: Some("download".into()),
                bytes: Some(7),
                ..Link::default()
            },
            Link {
                url: "https://example.org/za".into(),
                function: Some("information".into()),
                ..Link::default()
            },
        ],
        ..Record::default()
    }
}

fn of(record: &Record, target: Target, field: Field) -> Vec<Verdict> {
    dry_run(record, target, now())
        .outcomes
        .into_iter()
        .filter(|o| o.field == field)
        .map(|o| o.verdict)
        .collect()
}

#[test]
fn a_good_record_is_taken_by_all_and_its_essentials_arrive() {
    for target in Target::ALL {
        let run = dry_run(&record(), target, now());
        assert!(run.taken, "{target:?}");
        for field in [Field::Title, Field::Abstract, Field::Extent, Field::Period, Field::Frequency] {
            assert_eq!(of(&record(), target, field), [Verdict::Kept], "{target:?} {field:?}");
        }
    }
    assert_eq!(Target::parse("ckan"), Some(Target::Ckan));
    assert_eq!(Target::parse("else"), None);
}

#[test]
fn without_identifier_or_title_or_with_an_odd_type_nothing_is_made_of_it() {
    let unnamed = Record { resource: None, ..record() };
    assert!(!dry_run(&unnamed, Target::DataGouvCsw, now()).taken);
    assert!(dry_run(&unnamed, Target::Ckan, now()).taken, "CKAN goes by the record's own identifier");
    let untitled = Record { title: " ".into(), ..record() };
    let software = Record { kind: Kind::Other("software".into()), ..record() };
    for target in [Target::DataGouvCsw, Target::DataGouvDcat] {
        assert!(!dry_run(&untitled, target, now()).taken && !dry_run(&software, target, now()).taken);
    }
}

#[test]
fn data_gouv_fr_keeps_per_file_facts_by_dcat_only() {
    use Verdict::{Changed, Kept, Lost};
    assert_eq!(of(&record(), Target::DataGouvCsw, Field::Links), [Kept, Changed, Lost]);
    assert_eq!(of(&record(), Target::DataGouvDcat, Field::Links), [Kept, Kept, Kept]);
    // Two layers on one address need two names.
    let mut twins = record();
    twins.links.push(twins.links[0].clone());
    assert_eq!(of(&twins, Target::DataGouvCsw, Field::Links).last(), Some(&Lost));
}

#[test]
fn a_licence_in_free_words_or_without_a_resource_is_lost() {
    let words = Record { licences: vec![Term::plain("Libre, en citant la source")], ..record() };
    assert_eq!(of(&words, Target::DataGouvCsw, Field::Licence), [Verdict::Lost]);
    let bare = Record { links: Vec::new(), ..record() };
    assert_eq!(of(&bare, Target::DataGouvCsw, Field::Licence), [Verdict::Lost]);
    assert_eq!(of(&bare, Target::DataGouvDcat, Field::Licence), [Verdict::Kept]);
    assert_eq!(of(&bare, Target::DataGouvCsw, Field::Links), [Verdict::Lost], "it arrives without data");
}

#[test]
fn what_data_gouv_fr_can_not_read_is_said_with_its_remedy() {
    let odd = Record {
        frequency: Some("quand on peut".into()),
        periods: vec![Period { begin: "2020".parse().ok(), end: "2024-12-31".parse().ok() }],
        revised: "2031-01-01".parse::<Moment>().ok(),
        contacts: vec![Contact {
            role: "owner".into(),
            organisation: Some("Mairie".into()),
            ..Contact::default()
        }],
        ..record()
    };
    for (field, verdict) in [
        (Field::Frequency, Verdict::Lost),
        (Field::Period, Verdict::Lost),
        (Field::Dates, Verdict::Lost),
        (Field::Contacts, Verdict::Changed),
    ] {
        let run = dry_run(&odd, Target::DataGouvDcat, now());
        let outcome = run.outcomes.iter().find(|o| o.field == field).expect("an outcome");
        assert_eq!(outcome.verdict, verdict, "{field:?}");
        assert!(outcome.why.is_some() && outcome.remedy.is_some(), "{field:?}");
    }
    // The short keyword; the long one arrives.
    assert_eq!(of(&record(), Target::DataGouvCsw, Field::Keywords), [Verdict::Kept, Verdict::Lost]);
}

#[test]
fn what_a_record_lacks_comes_with_the_command_that_fills_it_in() {
    let empty = Record {
        title: "T".into(),
        resource: Some(Identifier::uri("https://example.org/x")),
        ..Record::default()
    };
    let run = dry_run(&empty, Target::DataGouvDcat, now());
    for field in [Field::Abstract, Field::Licence, Field::Frequency, Field::Contacts] {
        let outcome = run.outcomes.iter().find(|o| o.field == field).expect("an outcome");
        assert_eq!(outcome.verdict, Verdict::Absent, "{field:?}");
        let remedy = outcome.remedy.as_ref().expect("a remedy");
        assert!(remedy.fr.contains("datasud describe") && remedy.en.contains("datasud describe"));
    }
    assert_eq!(run.count(Verdict::Refused), 0);
}

#[test]
fn ckan_tells_points_from_areas_and_guesses_formats() {
    use Verdict::{Changed, Kept, Lost};
    let point = Record { boxes: vec![BBox::new(5.0, 43.0, 5.0, 43.0)], ..record() };
    assert_eq!(of(&point, Target::Ckan, Field::Extent), [Changed]);
    assert_eq!(of(&record(), Target::Ckan, Field::Links), [Kept, Changed, Changed]);
    assert_eq!(of(&record(), Target::Ckan, Field::Lineage), [Lost]);
}

#[test]
fn what_gets_lost_of_many_records_is_counted_by_reason_and_once_a_record() {
    let mut twice = record();
    twice.links.push(Link {
        url: "https://example.org/b".into(),
        function: Some("search".into()),
        ..Link::default()
    });
    let all = dropped(&[record(), twice, Record { resource: None, ..record() }], Target::DataGouvCsw, now());
    let first = all.first().expect("something");
    assert_eq!((first.field, first.verdict, first.records), (Field::Identifier, Verdict::Refused, 1));
    let links = all.iter().find(|d| d.field == Field::Links && d.verdict == Verdict::Lost).expect("links");
    assert_eq!(links.records, 3);
    assert!(all.iter().all(|d| !matches!(d.verdict, Verdict::Kept | Verdict::Absent)));
}
