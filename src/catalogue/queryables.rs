//! What records can be searched and sorted by: the queryables of CSW (OGC 07-006r1 table 10), of the ISO
//! profile (OGC 07-045 tables 8 to 10) and of INSPIRE that our records hold.
//!
//! Names match in any case and with any prefix: `apiso:type`, `dc:Type`, `Type`.

use super::vocabulary::fold;
use crate::filter::ast::{CompareOp, Expr, LikePart, Literal};
use crate::filter::{Checked, Filter, FilterError, Property, PropertyKind, Schema, check};
use crate::model::ColumnType;

/// A family of queryables, as capabilities list them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// Core, of csw:Record.
    Core,
    /// ISO profile.
    Iso,
    /// INSPIRE's additions.
    Inspire,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Holds {
    Text,
    /// Values between line feeds.
    List,
    Instant,
    Number,
    /// Folded text of the whole record.
    Anything,
    Place,
}

pub(super) struct Queryable {
    /// Names without prefix, the first for people.
    names: &'static [&'static str],
    pub(super) column: &'static str,
    pub(super) holds: Holds,
}

const fn q(names: &'static [&'static str], column: &'static str, holds: Holds) -> Queryable {
    Queryable { names, column, holds }
}

const ALL: [Queryable; 51] = [
    q(&["Identifier", "fileIdentifier", "id"], "identifier", Holds::Text),
    q(&["Title"], "title", Holds::Text),
    q(&["AlternateTitle"], "(r.extra ->> 'alternate')", Holds::List),
    q(&["Abstract", "Description"], "abstract", Holds::Text),
    q(&["AnyText", "any", "q"], "anytext", Holds::Anything),
    q(&["Type"], "type", Holds::Text),
    q(&["Subject", "Keyword", "Keywords"], "subjects", Holds::List),
    q(&["TopicCategory"], "topics", Holds::List),
    q(&["Format", "Formats"], "formats", Holds::List),
    q(&["CRS", "ReferenceSystem"], "crs", Holds::List),
    q(&["Language", "ResourceLanguage"], "language", Holds::Text),
    q(&["ParentIdentifier", "isPartOf"], "(r.extra ->> 'parent')", Holds::Text),
    q(&["KeywordType"], "(r.extra ->> 'keyword_types')", Holds::List),
    q(&["Contributor"], "(r.extra ->> 'contributors')", Holds::List),
    q(&["Source"], "(r.extra ->> 'source')", Holds::Text),
    q(&["HasSecurityConstraints"], "(r.extra ->> 'security')", Holds::Text),
    q(&["Denominator"], "((r.extra ->> 'denominator')::float8)", Holds::Number),
    q(&["DistanceValue"], "((r.extra ->> 'distance')::float8)", Holds::Number),
    q(&["DistanceUOM"], "(r.extra ->> 'uom')", Holds::Text),
    q(&["TempExtent_begin", "TemporalExtentBegin"], "((r.extra ->> 'begin')::timestamptz)", Holds::Instant),
    q(&["TempExtent_end", "TemporalExtentEnd"], "((r.extra ->> 'end')::timestamptz)", Holds::Instant),
    q(&["ServiceTypeVersion"], "(r.extra ->> 'service_versions')", Holds::List),
    q(&["Operation"], "(r.extra ->> 'operations')", Holds::List),
    q(&["OperatesOn", "OperatesOnIdentifier"], "(r.extra ->> 'operates_on')", Holds::List),
    q(&["OperatesOnName"], "(r.extra ->> 'operates_on_names')", Holds::List),
    q(&["CouplingType"], "(r.extra ->> 'coupling')", Holds::Text),
    q(&["Degree"], "(r.extra ->> 'degrees')", Holds::List),
    q(&["AccessConstraints"], "(r.extra ->> 'access')", Holds::List),
    q(&["OtherConstraints"], "(r.extra ->> 'other_constraints')", Holds::List),
    q(&["ConditionApplyingToAccessAndUse"], "(r.extra ->> 'conditions')", Holds::List),
    q(&["Classification"], "(r.extra ->> 'classification')", Holds::Text),
    q(&["ResponsiblePartyRole"], "(r.extra ->> 'roles')", Holds::List),
    q(&["SpecificationTitle"], "(r.extra ->> 'specifications')", Holds::List),
    q(&["SpecificationDate"], "((r.extra ->> 'specification_date')::timestamptz)", Holds::Instant),
    q(&["SpecificationDateType"], "(r.extra ->> 'specification_date_kinds')", Holds::List),
    q(&["OrganisationName", "OrganizationName"], "organisation", Holds::Text),
    q(&["Creator"], "organisation", Holds::Text),
    q(&["Publisher"], "organisation", Holds::Text),
    q(&["Modified", "DateStamp", "Updated"], "datestamp", Holds::Instant),
    q(&["RevisionDate", "Date", "Revised"], "revision", Holds::Instant),
    q(&["PublicationDate", "Issued"], "publication", Holds::Instant),
    q(&["CreationDate", "Created"], "creation", Holds::Instant),
    q(&["ResourceIdentifier", "Relation", "externalIds"], "resource_identifier", Holds::Text),
    q(&["Rights", "License"], "rights", Holds::Text),
    q(&["Lineage", "Provenance"], "lineage", Holds::Text),
    q(&["ServiceType", "Protocol"], "services", Holds::List),
    // dct:spatial is the name of a place, not a geometry.
    q(&["Spatial", "Coverage", "GeographicDescriptionCode"], "places", Holds::List),
    q(&["WestBoundLongitude", "West"], "west", Holds::Number),
    q(&["SouthBoundLatitude", "South"], "south", Holds::Number),
    q(&["EastBoundLongitude", "East"], "east", Holds::Number),
    q(&["NorthBoundLatitude", "North"], "north", Holds::Number),
];

const PLACE: Queryable = q(&["BoundingBox", "Envelope", "Extent", "bbox", "geometry"], "bbox", Holds::Place);

/// Columns that a record may have no value in.
const NULLABLE: [&str; 10] =
    ["rights", "lineage", "publication", "revision", "creation", "west", "south", "east", "north", "bbox"];

/// Whether a record may have no value of it.
fn is_nullable(queryable: &Queryable) -> bool {
    NULLABLE.contains(&queryable.column) || queryable.column.contains("extra")
}

/// Names for capabilities.
#[must_use]
pub fn queryables(family: Family) -> &'static [&'static str] {
    match family {
        Family::Core => &[
            "dc:title",
            "dc:subject",
            "dc:description",
            "dct:abstract",
            "dc:format",
            "dc:identifier",
            "dc:date",
            "dct:modified",
            "dc:type",
            "dc:creator",
            "dc:publisher",
            "dc:contributor",
            "dc:source",
            "dc:language",
            "dc:rights",
            "dc:relation",
            "dct:spatial",
            "ows:BoundingBox",
            "csw:AnyText",
        ],
        Family::Iso => &[
            "apiso:Subject",
            "apiso:Title",
            "apiso:Abstract",
            "apiso:AnyText",
            "apiso:Format",
            "apiso:Identifier",
            "apiso:Modified",
            "apiso:Type",
            "apiso:BoundingBox",
            "apiso:CRS",
            "apiso:AlternateTitle",
            "apiso:RevisionDate",
            "apiso:CreationDate",
            "apiso:PublicationDate",
            "apiso:OrganisationName",
            "apiso:Language",
            "apiso:ResourceIdentifier",
            "apiso:ResourceLanguage",
            "apiso:TopicCategory",
            "apiso:HasSecurityConstraints",
            "apiso:ParentIdentifier",
            "apiso:KeywordType",
            "apiso:GeographicDescriptionCode",
            "apiso:Denominator",
            "apiso:DistanceValue",
            "apiso:DistanceUOM",
            "apiso:TempExtent_begin",
            "apiso:TempExtent_end",
            "apiso:ServiceType",
            "apiso:ServiceTypeVersion",
            "apiso:Operation",
            "apiso:OperatesOn",
            "apiso:OperatesOnIdentifier",
            "apiso:OperatesOnName",
            "apiso:CouplingType",
        ],
        Family::Inspire => &[
            "apiso:Degree",
            "apiso:AccessConstraints",
            "apiso:OtherConstraints",
            "apiso:Classification",
            "apiso:ConditionApplyingToAccessAndUse",
            "apiso:Lineage",
            "apiso:ResponsiblePartyRole",
            "apiso:SpecificationTitle",
            "apiso:SpecificationDate",
            "apiso:SpecificationDateType",
        ],
    }
}

pub(super) fn find(name: &str) -> Option<&'static Queryable> {
    let local = name.trim().rsplit([':', '/']).next().unwrap_or(name);
    ALL.iter().chain([&PLACE]).find(|q| q.names.iter().any(|n| n.eq_ignore_ascii_case(local)))
}

/// The records as filters see them.
pub(super) struct Records;

impl Schema for Records {
    fn property(&self, name: &str) -> Option<Property> {
        find(name).map(property)
    }

    fn geometry(&self) -> Option<Property> {
        Some(property(&PLACE))
    }

    fn names(&self) -> Vec<String> {
        ALL.iter().chain([&PLACE]).filter_map(|q| q.names.first()).map(|n| (*n).to_owned()).collect()
    }

    fn identifier(&self) -> Property {
        Property { sql: "identifier".to_owned(), kind: PropertyKind::Column(ColumnType::Text) }
    }

    fn identifier_value(&self, id: &str) -> Option<String> {
        Some(id.to_owned())
    }
}

/// A filter held against the queryables, in terms of how records are stored.
///
/// # Errors
/// [`FilterError`] for one that doesn't fit records.
pub(super) fn checked(filter: &Filter) -> Result<Checked, FilterError> {
    check(&stored_form(filter.clone()), &Records)
}

fn property(queryable: &Queryable) -> Property {
    let kind = match queryable.holds {
        Holds::Text | Holds::List | Holds::Anything => PropertyKind::Column(ColumnType::Text),
        Holds::Instant => PropertyKind::Column(ColumnType::Timestamp),
        Holds::Number => PropertyKind::Column(ColumnType::Real),
        Holds::Place => PropertyKind::Geometry { srid: 4326 },
    };
    Property { sql: queryable.column.to_owned(), kind }
}

/// A queryable to sort by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SortKey {
    column: &'static str,
    descending: bool,
}

/// A name that is no queryable, or none to sort by.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("records have no queryable '{name}' for this; they have: {known}")]
pub struct UnknownQueryable {
    name: String,
    known: String,
}

impl UnknownQueryable {
    pub(super) fn of(name: &str) -> Self {
        Self {
            name: name.chars().take(80).collect(),
            known: ALL.iter().filter_map(|q| q.names.first()).copied().collect::<Vec<_>>().join(", "),
        }
    }
}

impl SortKey {
    /// Reads a property name.
    ///
    /// # Errors
    /// [`UnknownQueryable`], with the names there are.
    pub fn parse(name: &str, descending: bool) -> Result<Self, UnknownQueryable> {
        find(name)
            .filter(|q| q.holds != Holds::Place)
            .map(|q| Self { column: q.column, descending })
            .ok_or_else(|| UnknownQueryable::of(name))
    }

    /// The ORDER BY term.
    pub(super) fn sql(self) -> String {
        format!("{}{} nulls last", self.column, if self.descending { " desc" } else { "" })
    }
}

/// The filter in terms of how records are stored: a value of a list stands between line feeds, and all
/// words of a record are folded into one text, in which what people type is looked for anywhere.
pub(super) fn stored_form(filter: Filter) -> Filter {
    match filter {
        Filter::And(all) => Filter::And(all.into_iter().map(stored_form).collect()),
        Filter::Or(all) => Filter::Or(all.into_iter().map(stored_form).collect()),
        Filter::Not(inner) => negated(stored_form(*inner)),
        Filter::Like { expr, pattern, match_case } => like(expr, pattern, match_case),
        Filter::Compare { op, left, right, match_case } => compare(op, left, right, match_case),
        Filter::In { expr, list } if matches!(holds(&expr), Some(Holds::List | Holds::Anything)) => {
            let equal = |value: Expr| compare(CompareOp::Equal, expr.clone(), value, true);
            Filter::Or(list.into_iter().map(equal).collect())
        }
        other => other,
    }
}

/// The opposite of a filter in two-valued logic: a record without a box doesn't meet the box that is asked
/// for, so it is among those that don't (OGC 04-095 clause 11 knows no third value).
fn negated(filter: Filter) -> Filter {
    match filter {
        Filter::And(all) => Filter::Or(all.into_iter().map(negated).collect()),
        Filter::Or(all) => Filter::And(all.into_iter().map(negated).collect()),
        Filter::Not(inner) => *inner,
        Filter::Constant(truth) => Filter::Constant(!truth),
        condition => {
            let mut all: Vec<Filter> = properties(&condition)
                .into_iter()
                .filter(|name| find(name).is_some_and(is_nullable))
                .map(|name| Filter::IsNull(Expr::Property(name)))
                .collect();
            let opposite = Filter::Not(Box::new(condition));
            if all.is_empty() {
                return opposite;
            }
            all.insert(0, opposite);
            Filter::Or(all)
        }
    }
}

/// Properties that a single condition compares; none for a test for null, which is never in doubt.
fn properties(condition: &Filter) -> Vec<String> {
    let place = |name: &Option<String>| name.clone().unwrap_or_else(|| "BoundingBox".to_owned());
    let named = |all: &[&Expr]| {
        all.iter()
            .filter_map(|expr| match expr {
                Expr::Property(name) => Some(name.clone()),
                _ => None,
            })
            .collect()
    };
    match condition {
        Filter::Compare { left, right, .. } => named(&[left, right]),
        Filter::Between { expr, lower, upper } => named(&[expr, lower, upper]),
        Filter::Like { expr, .. } => named(&[expr]),
        Filter::Spatial { left, right, .. } | Filter::Distance { left, right, .. } => [left, right]
            .into_iter()
            .filter_map(|side| match side {
                Expr::DefaultGeometry => Some(place(&None)),
                Expr::Property(name) => Some(name.clone()),
                _ => None,
            })
            .collect(),
        Filter::BBox { property, .. } => vec![place(property)],
        _ => Vec::new(),
    }
}

fn holds(expr: &Expr) -> Option<Holds> {
    match expr {
        Expr::Property(name) => find(name).map(|q| q.holds),
        _ => None,
    }
}

fn like(expr: Expr, pattern: Vec<LikePart>, match_case: bool) -> Filter {
    match holds(&expr) {
        Some(Holds::Anything) => anywhere(expr, pattern),
        Some(Holds::List) => Filter::Like { expr, pattern: one_of_list(pattern), match_case },
        _ => Filter::Like { expr, pattern, match_case },
    }
}

fn compare(op: CompareOp, left: Expr, right: Expr, match_case: bool) -> Filter {
    // `literal = property` means the same.
    let (left, right) = match (&left, &right) {
        (Expr::Literal(_), Expr::Property(_)) if matches!(op, CompareOp::Equal | CompareOp::NotEqual) => {
            (right, left)
        }
        _ => (left, right),
    };
    let text = match &right {
        Expr::Literal(Literal::Text(text)) => Some(text.clone()),
        Expr::Literal(Literal::Number(number)) => Some(number.to_string()),
        Expr::Literal(Literal::Integer(number)) => Some(number.to_string()),
        _ => None,
    };
    let equal = match (holds(&left), text) {
        (Some(Holds::Anything), Some(text)) => anywhere(left, vec![LikePart::Text(text)]),
        (Some(Holds::List), Some(text)) => {
            Filter::Like { expr: left, pattern: one_of_list(vec![LikePart::Text(text)]), match_case }
        }
        _ => return Filter::Compare { op, left, right, match_case },
    };
    match op {
        CompareOp::NotEqual => Filter::Not(Box::new(equal)),
        // Lists and whole texts have no order: only their values can be asked for.
        _ => equal,
    }
}

fn one_of_list(pattern: Vec<LikePart>) -> Vec<LikePart> {
    let fence = || LikePart::Text("\n".to_owned());
    let mut all = vec![LikePart::Any, fence()];
    all.extend(pattern);
    all.extend([fence(), LikePart::Any]);
    all
}

fn anywhere(expr: Expr, pattern: Vec<LikePart>) -> Filter {
    let mut all = vec![LikePart::Any];
    all.extend(pattern.into_iter().map(|part| match part {
        LikePart::Text(text) => LikePart::Text(fold(&text)),
        other => other,
    }));
    all.push(LikePart::Any);
    Filter::Like { expr, pattern: all, match_case: true }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_match_in_any_case_and_with_any_prefix() {
        for name in ["apiso:type", "apiso:Type", "TYPE", "dc:type", "csw:Record/dc:type"] {
            assert_eq!(Records.property(name).map(|p| p.sql).as_deref(), Some("type"), "{name}");
        }
        assert_eq!(Records.property("apiso:Nope"), None);
    }

    #[test]
    fn every_advertised_queryable_is_one() {
        for family in [Family::Core, Family::Iso, Family::Inspire] {
            for name in queryables(family) {
                assert!(find(name).is_some(), "{name}");
            }
        }
    }

    #[test]
    fn places_are_not_sorted_by() {
        assert!(SortKey::parse("apiso:identifier", false).is_ok());
        assert!(SortKey::parse("ows:BoundingBox", false).is_err());
        assert!(SortKey::parse("wibble", false).is_err_and(|e| e.to_string().contains("Title")));
    }

    #[test]
    fn what_has_no_box_does_not_meet_one() {
        let outside = |bbox: crate::geo::BBox| {
            let meets = Filter::BBox { property: None, bbox, srid: Some(4326) };
            let title = Filter::IsNull(Expr::Property("Title".to_owned()));
            (meets.clone(), title.clone(), Filter::Not(Box::new(Filter::And(vec![meets, title]))))
        };
        let (meets, title, filter) = outside(crate::geo::BBox::new(0.0, 0.0, 1.0, 1.0));
        assert_eq!(
            stored_form(filter),
            Filter::Or(vec![
                Filter::Or(vec![
                    Filter::Not(Box::new(meets)),
                    Filter::IsNull(Expr::Property("BoundingBox".to_owned()))
                ]),
                Filter::Not(Box::new(title)),
            ])
        );
        let spatial = Records.property("dct:spatial").map(|p| p.sql);
        assert_eq!(spatial.as_deref(), Some("places"), "the name of a place is no geometry");
    }

    #[test]
    fn words_are_looked_for_anywhere_and_list_values_whole() {
        let property = |name: &str| Expr::Property(name.to_owned());
        let text = |text: &str| Expr::Literal(Literal::Text(text.to_owned()));
        let part = |text: &str| LikePart::Text(text.to_owned());
        assert_eq!(
            stored_form(Filter::Like {
                expr: property("csw:AnyText"),
                pattern: vec![part("Forêt")],
                match_case: true
            }),
            Filter::Like {
                expr: property("csw:AnyText"),
                pattern: vec![LikePart::Any, part("foret"), LikePart::Any],
                match_case: true
            }
        );
        assert_eq!(
            stored_form(Filter::Compare {
                op: CompareOp::NotEqual,
                left: text("eau"),
                right: property("Subject"),
                match_case: true
            }),
            Filter::Not(Box::new(Filter::Like {
                expr: property("Subject"),
                pattern: vec![LikePart::Any, part("\n"), part("eau"), part("\n"), LikePart::Any],
                match_case: true
            }))
        );
    }
}
