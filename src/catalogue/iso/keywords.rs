//! gmd:descriptiveKeywords: each thesaurus in a block of its own (C.15, C.16).
//!
//! Anchors are what the law asks for, and harvesters of data portals read plain words only; so high-value
//! datasets are marked both ways.

use super::parts::{anchored, code, date, missing, string, term};
use crate::catalogue::record::{Kind, Moment, Record, Term, Thesaurus};
use crate::catalogue::vocabulary::{CodeEntry, HVD_CATEGORIES, INSPIRE_THEMES, SPATIAL_SCOPES};
use crate::catalogue::xml::Xml;

/// The regulation on high-value datasets.
pub(in crate::catalogue) const HVD_REGULATION: &str = "http://data.europa.eu/eli/reg_impl/2023/138/oj";
/// Title of the thesaurus of INSPIRE themes, exactly (requirement 1.4).
pub(in crate::catalogue) const GEMET: &str = "GEMET - INSPIRE themes, version 1.0";
/// Title of the block of laws.
pub(in crate::catalogue) const LEGISLATION: &str = "Législation applicable";

/// Keywords that stand together.
pub(in crate::catalogue) struct KeywordBlock {
    pub(in crate::catalogue) words: Vec<Term>,
    /// MD_KeywordTypeCode.
    pub(in crate::catalogue) kind: String,
    pub(in crate::catalogue) thesaurus: Option<Thesaurus>,
}

/// All keywords of a record in blocks: INSPIRE themes, spatial scope, high-value datasets, laws, the category of a
/// service, the record's own, and the plain words for portals. None is empty.
pub(in crate::catalogue) fn keyword_blocks(record: &Record) -> Vec<KeywordBlock> {
    let label = |entry: &'static CodeEntry| entry.label(&record.language);
    let theme = |words: Vec<Term>, thesaurus: Option<Thesaurus>| KeywordBlock {
        words,
        kind: "theme".to_owned(),
        thesaurus,
    };
    let themes = record.inspire_themes.iter().filter_map(|code| INSPIRE_THEMES.get(code));
    let scope = record.spatial_scope.as_deref().and_then(|code| SPATIAL_SCOPES.get(code));
    let (hvd, laws): (Vec<Term>, Vec<Term>) =
        record.legislation.iter().cloned().partition(|law| law.uri.as_deref() == Some(HVD_REGULATION));
    let categories = record.hvd_categories.iter().filter_map(|code| HVD_CATEGORIES.get(code));
    let categories: Vec<Term> = categories.map(|entry| Term::with_uri(label(entry), &entry.uri)).collect();
    let mut plain: Vec<Term> = categories.iter().map(|category| Term::plain(&category.text)).collect();
    if !plain.is_empty() {
        plain.insert(0, Term::plain("hvd"));
    }
    let legislation = Thesaurus { title: LEGISLATION.to_owned(), ..Thesaurus::default() };
    let mut blocks = vec![
        theme(themes.map(|entry| Term::plain(label(entry))).collect(), Some(gemet())),
        theme(
            scope.map(|entry| Term::with_uri(label(entry), &entry.uri)).into_iter().collect(),
            Some(spatial_scope()),
        ),
        theme(hvd, None),
        theme(categories, Some(hvd_thesaurus())),
        theme(laws, Some(legislation)),
        theme(service_category(record).into_iter().collect(), Some(service_categories())),
    ];
    blocks.extend(of_record(record));
    blocks.push(theme(plain, None));
    blocks.retain(|block| !block.words.is_empty());
    blocks
}

/// The record's own keywords, those of one thesaurus and kind together, in the order of their first.
fn of_record(record: &Record) -> Vec<KeywordBlock> {
    let mut groups: Vec<KeywordBlock> = Vec::new();
    for keyword in &record.keywords {
        let kind = keyword.kind.as_deref().unwrap_or("theme");
        let word = Term { text: keyword.text.clone(), uri: keyword.uri.clone() };
        match groups.iter_mut().find(|group| group.thesaurus == keyword.thesaurus && group.kind == kind) {
            Some(group) => group.words.push(word),
            None => groups.push(KeywordBlock {
                words: vec![word],
                kind: kind.to_owned(),
                thesaurus: keyword.thesaurus.clone(),
            }),
        }
    }
    groups
}

/// 3.4: the category of spatial data service, as the regulation spells it.
fn service_category(record: &Record) -> Option<Term> {
    let category = match (&record.kind, record.service_type.as_deref()?) {
        (Kind::Service, "view") => "infoMapAccessService",
        (Kind::Service, "download") => "infoFeatureAccessService",
        (Kind::Service, "discovery") => "infoCatalogueService",
        _ => return None,
    };
    Some(Term::with_uri(category, format!("{}/SpatialDataServiceCategory/{category}", super::INSPIRE)))
}

pub(super) fn write(x: &mut Xml, record: &Record) {
    for block in keyword_blocks(record) {
        x.within("gmd:descriptiveKeywords", |x| x.within("gmd:MD_Keywords", |x| one(x, &block)));
    }
}

fn one(x: &mut Xml, block: &KeywordBlock) {
    for word in &block.words {
        term(x, "gmd:keyword", word);
    }
    x.within("gmd:type", |x| code(x, "MD_KeywordTypeCode", &block.kind));
    let Some(thesaurus) = &block.thesaurus else { return };
    x.within("gmd:thesaurusName", |x| {
        x.within("gmd:CI_Citation", |x| {
            match &thesaurus.uri {
                Some(uri) => anchored(x, "gmd:title", uri, &thesaurus.title),
                None => string(x, "gmd:title", &thesaurus.title),
            }
            match thesaurus.date {
                Some(day) => date(x, day, thesaurus.date_kind.as_deref().unwrap_or("publication")),
                None => missing(x, "gmd:date"),
            }
        });
    });
}

fn dated(title: &str, uri: Option<&str>, day: &str) -> Thesaurus {
    Thesaurus {
        title: title.to_owned(),
        uri: uri.map(str::to_owned),
        date: day.parse::<Moment>().ok(),
        date_kind: Some("publication".to_owned()),
    }
}

fn gemet() -> Thesaurus {
    dated(GEMET, None, "2008-06-01")
}

fn spatial_scope() -> Thesaurus {
    dated("Champ géographique", Some(&SPATIAL_SCOPES.uri), "2019-05-22")
}

fn hvd_thesaurus() -> Thesaurus {
    dated("High-value dataset categories", Some(&HVD_CATEGORIES.uri), "2023-09-27")
}

fn service_categories() -> Thesaurus {
    let register = format!("{}/SpatialDataServiceCategory", super::INSPIRE);
    dated("Classification of spatial data services", Some(&register), "2008-12-03")
}
