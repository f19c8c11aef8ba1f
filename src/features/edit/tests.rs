//! What the tests of this room share, and those of what is checked before the database.

use super::prepare::prepare;
use super::{Change, EditError, NewFeature, NewValue, Transaction};
use crate::filter::ast::{Expr, Filter};
use crate::model::{ColumnType, GeometryType, Layer, sample};
use std::sync::Arc;

/// A layer that is in no database.
pub(super) fn layer(geometry: GeometryType, srid: i32, columns: &[(&str, ColumnType)]) -> Layer {
    sample::layer("places", geometry, srid, columns)
}

fn places() -> Arc<Layer> {
    let columns = [("nom", ColumnType::Text), ("rang", ColumnType::Integer)];
    Arc::new(layer(GeometryType::Point, 2154, &columns))
}

fn new(values: &[(&str, &str)]) -> NewFeature {
    let values = values.iter().map(|(n, v)| ((*n).to_owned(), NewValue::Text((*v).to_owned()))).collect();
    NewFeature { values, ..NewFeature::default() }
}

fn refusal(change: Change, limit: usize) -> EditError {
    let transaction = Transaction { changes: vec![change], ..Transaction::default() };
    prepare(transaction, limit).err().expect("refused")
}

fn insert(features: Vec<NewFeature>) -> Change {
    Change::Insert { layer: places(), features, handle: Some("h1".into()) }
}

#[test]
fn a_wrong_value_is_told_with_its_feature_property_and_rule() {
    let error = refusal(insert(vec![new(&[("rang", "1")]), new(&[("rang", "premier")])]), 10);
    assert_eq!(
        error.to_string(),
        "feature 2 of Insert 1 ('h1') on layer 'places': 'premier' can't be the value of property 'rang': it \
         must be a whole number from -2147483648 to 2147483647"
    );
    assert_eq!(error.handle(), Some("h1"));
}

#[test]
fn unknown_identifying_and_repeated_properties_are_refused() {
    let error = refusal(insert(vec![new(&[("couleur", "bleu")])]), 10);
    assert!(error.to_string().contains("no property 'couleur'; there are:"), "{error}");
    assert!(error.to_string().contains("nom"), "{error}");
    for name in ["fid", "@gml:id", "x:fid"] {
        let error = refusal(insert(vec![new(&[(name, "7")])]), 10);
        assert!(error.to_string().contains("can't be written"), "{error}");
    }
    let error = refusal(insert(vec![new(&[("nom", "a"), ("crige:nom", "b")])]), 10);
    assert!(error.to_string().contains("'crige:nom' is given twice"), "{error}");
    let error = refusal(insert(vec![new(&[("geom", "POINT (1 1)")])]), 10);
    assert!(error.to_string().contains("it must be a geometry of type Point"), "{error}");
}

#[test]
fn names_are_not_taken_for_markup_or_sql_and_are_cut() {
    let long = "x\u{7}".repeat(3000);
    for name in ["nom\" = 'x'; drop table data.places; --", "<b>nom</b>", "", long.as_str()] {
        let error = refusal(insert(vec![new(&[(name, "a")])]), 10);
        let EditError::UnknownProperty { property, .. } = error else { panic!("{name}: {error}") };
        assert!(property.chars().count() <= 101 && !property.contains('\u{7}'));
    }
}

#[test]
fn a_filter_that_does_not_fit_the_layer_is_refused_before_the_database() {
    let filter = Some(Filter::IsNull(Expr::Property("couleur".into())));
    let error = refusal(Change::Delete { layer: places(), filter, handle: None }, 10);
    assert!(matches!(error, EditError::Filter { .. }), "{error}");
    assert!(error.to_string().starts_with("Delete 1 on layer 'places': "), "{error}");
}

#[test]
fn identifiers_that_clients_choose_are_sound_and_single() {
    let chosen = |fid| NewFeature { fid: Some(fid), ..NewFeature::default() };
    for fid in [0, -1, i64::MAX, 1 << 53] {
        let error = refusal(insert(vec![chosen(fid)]), 10);
        assert!(error.to_string().contains("an identifier is a whole number"), "{error}");
    }
    let error = refusal(insert(vec![chosen(5), chosen(6), chosen(5)]), 10);
    assert!(error.to_string().starts_with("feature 3 of Insert 1"), "{error}");
    assert!(matches!(error, EditError::Duplicate { fid: 5, .. }), "{error}");
}

#[test]
fn more_features_than_the_limit_are_refused() {
    let error = refusal(insert(vec![NewFeature::default(); 3]), 2);
    assert!(matches!(error, EditError::Limit(2)), "{error}");
}
