//! gmd:descriptiveKeywords: each thesaurus in a block of its own (C.15, C.16).
//!
//! Anchors are what the law asks for, and harvesters of data portals read plain words only; so high-value
//! datasets are marked both ways.

use super::parts::{anchored, code, date, missing, string, term};
use crate::catalogue::record::{Kind, Moment, Record, Term, Thesaurus};
use crate::catalogue::vocabulary::{HVD_CATEGORIES, INSPIRE_THEMES, SPATIAL_SCOPES};
use crate::catalogue::xml::Xml;

/// The regulation on high-value datasets.
pub(in crate::catalogue) const HVD_REGULATION: &str = "http://data.europa.eu/eli/reg_impl/2023/138/oj";
/// Title of the thesaurus of INSPIRE themes, exactly (requirement 1.4).
pub(in crate::catalogue) const GEMET: &str = "GEMET - INSPIRE themes, version 1.0";
/// Title of the block of laws.
pub(in crate::catalogue) const LEGISLATION: &str = "Législation applicable";

pub(super) fn write(x: &mut Xml, record: &Record) {
    let label = |entry: &'static crate::catalogue::CodeEntry| entry.label(&record.language);
    let themes: Vec<Term> = record
        .inspire_themes
        .iter()
        .filter_map(|code| INSPIRE_THEMES.get(code))
        .map(|entry| Term::plain(label(entry)))
        .collect();
    block(x, &themes, "theme", Some(&gemet()));
    if let Some(scope) = record.spatial_scope.as_deref().and_then(|code| SPATIAL_SCOPES.get(code)) {
        block(x, &[Term::with_uri(label(scope), &scope.uri)], "theme", Some(&spatial_scope()));
    }
    let (hvd, laws): (Vec<Term>, Vec<Term>) =
        record.legislation.iter().cloned().partition(|law| law.uri.as_deref() == Some(HVD_REGULATION));
    block(x, &hvd, "theme", None);
    let categories: Vec<Term> = record
        .hvd_categories
        .iter()
        .filter_map(|code| HVD_CATEGORIES.get(code))
        .map(|entry| Term::with_uri(label(entry), &entry.uri))
        .collect();
    block(x, &categories, "theme", Some(&hvd_thesaurus()));
    let legislation = Thesaurus { title: LEGISLATION.to_owned(), ..Thesaurus::default() };
    block(x, &laws, "theme", Some(&legislation));
    if record.kind == Kind::Service {
        service_category(x, record);
    }
    of_record(x, record);
    let mut plain = Vec::new();
    if !categories.is_empty() {
        plain.push(Term::plain("hvd"));
        plain.extend(categories.into_iter().map(|category| Term::plain(category.text)));
    }
    block(x, &plain, "theme", None);
}

/// The record's own keywords, those of one thesaurus and kind together, in the order of their first.
fn of_record(x: &mut Xml, record: &Record) {
    let mut groups: Vec<(Option<&Thesaurus>, &str, Vec<Term>)> = Vec::new();
    for keyword in &record.keywords {
        let (thesaurus, kind) = (keyword.thesaurus.as_ref(), keyword.kind.as_deref().unwrap_or("theme"));
        let word = Term { text: keyword.text.clone(), uri: keyword.uri.clone() };
        match groups.iter_mut().find(|(t, k, _)| *t == thesaurus && *k == kind) {
            Some((_, _, words)) => words.push(word),
            None => groups.push((thesaurus, kind, vec![word])),
        }
    }
    for (thesaurus, kind, words) in groups {
        block(x, &words, kind, thesaurus);
    }
}

fn block(x: &mut Xml, words: &[Term], kind: &str, thesaurus: Option<&Thesaurus>) {
    if words.is_empty() {
        return;
    }
    x.within("gmd:descriptiveKeywords", |x| {
        x.within("gmd:MD_Keywords", |x| {
            for word in words {
                term(x, "gmd:keyword", word);
            }
            x.within("gmd:type", |x| code(x, "MD_KeywordTypeCode", kind));
            if let Some(thesaurus) = thesaurus {
                x.within("gmd:thesaurusName", |x| {
                    x.within("gmd:CI_Citation", |x| {
                        match &thesaurus.uri {
                            Some(uri) => anchored(x, "gmd:title", uri, &thesaurus.title),
                            None => string(x, "gmd:title", &thesaurus.title),
                        }
                        match thesaurus.date {
                            Some(day) => {
                                date(x, day, thesaurus.date_kind.as_deref().unwrap_or("publication"))
                            }
                            None => missing(x, "gmd:date"),
                        }
                    });
                });
            }
        });
    });
}

/// 3.4: the category of spatial data service, as the regulation spells it.
fn service_category(x: &mut Xml, record: &Record) {
    let category = match record.service_type.as_deref() {
        Some("view") => "infoMapAccessService",
        Some("download") => "infoFeatureAccessService",
        Some("discovery") => "infoCatalogueService",
        _ => return,
    };
    let uri = format!("{}/SpatialDataServiceCategory/{category}", super::INSPIRE);
    block(x, &[Term::with_uri(category, uri)], "theme", Some(&service_categories()));
}

fn dated(title: &str, uri: Option<&str>, day: &str) -> Thesaurus {
    Thesaurus {
        title: title.to_owned(),
        uri: uri.map(str::to_owned),
        date: day.parse::<Moment>().ok(),
        date_kind: Some("publication".to_owned()),
    }
}

pub(in crate::catalogue) fn gemet() -> Thesaurus {
    dated(GEMET, None, "2008-06-01")
}

pub(in crate::catalogue) fn spatial_scope() -> Thesaurus {
    dated("Champ géographique", Some(&SPATIAL_SCOPES.uri), "2019-05-22")
}

pub(in crate::catalogue) fn hvd_thesaurus() -> Thesaurus {
    dated("High-value dataset categories", Some(&HVD_CATEGORIES.uri), "2023-09-27")
}

pub(in crate::catalogue) fn service_categories() -> Thesaurus {
    let register = format!("{}/SpatialDataServiceCategory", super::INSPIRE);
    dated("Classification of spatial data services", Some(&register), "2008-12-03")
}
