//! From what a client sends to what can be written: every name found, every value and geometry checked.
//! No database yet, so that a refusal costs none.

use super::values::{self, excerpt};
use super::{
    Change, EditError, Expected, NewFeature, NewValue, Place, Release, Transaction, Which, geometry,
};
use crate::features::LockId;
use crate::filter::ast::Geometry;
use crate::filter::{Checked, Filter, Schema, check};
use crate::model::Layer;
use std::collections::HashSet;
use std::sync::Arc;

/// Largest identifier that a client may choose: what a double, and so JSON, can hold.
const LARGEST_FID: i64 = (1 << 53) - 1;

/// A transaction that can be written, as far as can be told without the database.
pub(super) struct Prepared {
    pub(super) steps: Vec<Step>,
    pub(super) lock: Option<LockId>,
    pub(super) release: Release,
    pub(super) expected: Vec<Expected>,
}

/// A change that can be written.
pub(super) struct Step {
    pub(super) place: Place,
    pub(super) layer: Arc<Layer>,
    pub(super) action: Action,
}

pub(super) enum Action {
    Insert(Vec<Row>),
    Update(Target, Row),
    Replace(Target, Row),
    Delete(Target),
}

/// Which features; `None` means all.
pub(in crate::features) struct Target(pub(in crate::features) Option<Checked>);

/// Values on their way into a row.
#[derive(Default)]
pub(super) struct Row {
    pub(super) fid: Option<i64>,
    /// Place among the layer's columns, and the text of the value.
    pub(super) values: Vec<(usize, Option<String>)>,
    /// `Some` when it is to be written; the inner `None` is null.
    pub(super) geometry: Option<Option<Vec<u8>>>,
}

impl Row {
    /// Size of what is written for each feature.
    pub(super) fn bytes(&self) -> usize {
        let texts: usize = self.values.iter().map(|(_, text)| text.as_ref().map_or(0, String::len)).sum();
        texts + self.geometry.as_ref().and_then(Option::as_ref).map_or(0, Vec::len)
    }
}

/// Checks a transaction of at most `limit` new features.
pub(super) fn prepare(transaction: Transaction, limit: usize) -> Result<Prepared, EditError> {
    let Transaction { changes, lock, release, expected } = transaction;
    let inserted: usize = changes
        .iter()
        .map(|c| if let Change::Insert { features, .. } = c { features.len() } else { 1 })
        .sum();
    if inserted > limit {
        return Err(EditError::Limit(limit));
    }
    let mut steps = Vec::with_capacity(changes.len());
    let mut chosen = HashSet::new();
    for (index, change) in changes.into_iter().enumerate() {
        steps.push(step(index + 1, change, &mut chosen)?);
    }
    Ok(Prepared { steps, lock, release, expected })
}

fn step(number: usize, change: Change, chosen: &mut HashSet<(i64, i64)>) -> Result<Step, EditError> {
    let layer = Arc::clone(change.layer());
    let place = Place {
        change: number,
        action: change.action(),
        handle: change.handle().map(str::to_owned),
        layer: layer.slug.clone(),
        feature: None,
    };
    let reader = Reader { layer: &layer, place: &place };
    let action = match change {
        Change::Insert { features, .. } => {
            let mut rows = Vec::with_capacity(features.len());
            for (index, feature) in features.into_iter().enumerate() {
                let place = Place { feature: Some(Which::Position(index + 1)), ..place.clone() };
                let reader = Reader { layer: &layer, place: &place };
                let row = reader.feature(feature)?;
                reader.required(&row, true)?;
                if let Some(fid) = row.fid {
                    check_chosen(fid, layer.id, chosen, &place)?;
                }
                rows.push(row);
            }
            Action::Insert(rows)
        }
        Change::Update { filter, values, .. } => {
            let row = reader.row(values)?;
            reader.required(&row, false)?;
            Action::Update(reader.target(filter.as_ref())?, row)
        }
        Change::Replace { filter, feature, .. } => {
            let row = reader.feature(NewFeature { fid: None, ..feature })?;
            reader.required(&row, true)?;
            Action::Replace(reader.target(filter.as_ref())?, reader.whole(row))
        }
        Change::Delete { filter, .. } => Action::Delete(reader.target(filter.as_ref())?),
    };
    Ok(Step { place, layer, action })
}

/// An identifier that a client chose for a new feature.
fn check_chosen(
    fid: i64,
    layer: i64,
    chosen: &mut HashSet<(i64, i64)>,
    place: &Place,
) -> Result<(), EditError> {
    if !(1..=LARGEST_FID).contains(&fid) {
        return Err(EditError::Value {
            place: Box::new(place.clone()),
            property: "fid".to_owned(),
            value: fid.to_string(),
            expected: format!("an identifier is a whole number from 1 to {LARGEST_FID}"),
        });
    }
    if !chosen.insert((layer, fid)) {
        return Err(EditError::Duplicate { place: Box::new(place.clone()), fid });
    }
    Ok(())
}

/// Reads one change of one layer.
struct Reader<'a> {
    layer: &'a Layer,
    place: &'a Place,
}

impl Reader<'_> {
    fn target(&self, filter: Option<&Filter>) -> Result<Target, EditError> {
        let checked = filter.map(|f| check(f, self.layer)).transpose();
        let checked = checked.map_err(|cause| EditError::Filter { place: self.place(), cause })?;
        Ok(Target(checked))
    }

    fn feature(&self, feature: NewFeature) -> Result<Row, EditError> {
        let mut row = self.row(feature.values)?;
        row.fid = feature.fid;
        if let Some(geometry) = &feature.geometry {
            if row.geometry.is_some() {
                return Err(self.property("geom", "is given twice"));
            }
            row.geometry = Some(Some(self.geometry(geometry)?));
        }
        Ok(row)
    }

    /// Whether the properties that an agreed schema demands have values: all of them in a whole feature, else
    /// those that are given.
    fn required(&self, row: &Row, whole: bool) -> Result<(), EditError> {
        for name in &self.layer.gml.required {
            // Data that replaced others may lack the column.
            let Some(index) = self.layer.columns.iter().position(|c| c.name == *name) else { continue };
            let given = row.values.iter().find(|(at, _)| *at == index).map(|(_, value)| value);
            if matches!(given, Some(None)) || (whole && given.is_none()) {
                return Err(self.property(name, "must have a value"));
            }
        }
        Ok(())
    }

    /// All columns and the geometry; what is not given is null.
    fn whole(&self, mut row: Row) -> Row {
        let given: HashSet<usize> = row.values.iter().map(|(index, _)| *index).collect();
        let left_out = (0..self.layer.columns.len()).filter(|index| !given.contains(index));
        row.values.extend(left_out.map(|index| (index, None)));
        row.values.sort_by_key(|(index, _)| *index);
        row.geometry = Some(row.geometry.flatten());
        row
    }

    fn row(&self, values: Vec<(String, NewValue)>) -> Result<Row, EditError> {
        let mut row = Row::default();
        let mut seen = HashSet::new();
        for (name, value) in values {
            match self.find(&name)? {
                Some(index) => {
                    if !seen.insert(index) {
                        return Err(self.property(&name, "is given twice"));
                    }
                    row.values.push((index, self.value(index, &value)?));
                }
                None => {
                    if row.geometry.is_some() {
                        return Err(self.property(&name, "is given twice"));
                    }
                    row.geometry = Some(match value {
                        NewValue::Null | NewValue::Json(serde_json::Value::Null) => None,
                        NewValue::Geometry(geometry) => Some(self.geometry(&geometry)?),
                        NewValue::Text(text) => return Err(self.no_geometry(&name, &text)),
                        NewValue::Json(json) => return Err(self.no_geometry(&name, &json.to_string())),
                    });
                }
            }
        }
        // One order of columns for all features, whatever order clients choose.
        row.values.sort_by_key(|(index, _)| *index);
        Ok(row)
    }

    /// The place of a column; `None` is the geometry. A prefix or path before the name is passed over
    /// where the whole is no column's name.
    fn find(&self, name: &str) -> Result<Option<usize>, EditError> {
        let position = |name: &str| self.layer.columns.iter().position(|c| c.name == name);
        let tail = name.rsplit(['/', ':']).next().unwrap_or(name);
        if let Some(index) = position(name).or_else(|| position(tail)) {
            return Ok(Some(index));
        }
        match tail {
            tail if tail == "geometry" || self.layer.is_geometry(tail) => Ok(None),
            "fid" | "id" | "@id" | "@gml:id" => {
                Err(self.property(name, "is the identifier, which can't be written"))
            }
            _ => Err(EditError::UnknownProperty {
                place: self.place(),
                property: excerpt(name),
                known: self.layer.names().join(", "),
            }),
        }
    }

    fn value(&self, index: usize, value: &NewValue) -> Result<Option<String>, EditError> {
        let Some(column) = self.layer.columns.get(index) else { return Ok(None) };
        values::text_of(value, column).map_err(|misfit| EditError::Value {
            place: self.place(),
            property: column.name.clone(),
            value: misfit.value,
            expected: misfit.expected.into_owned(),
        })
    }

    fn geometry(&self, sent: &Geometry) -> Result<Vec<u8>, EditError> {
        geometry::fit(sent, self.layer).map_err(|reason| EditError::Geometry { place: self.place(), reason })
    }

    fn place(&self) -> Box<Place> {
        Box::new(self.place.clone())
    }

    fn no_geometry(&self, name: &str, value: &str) -> EditError {
        EditError::Value {
            place: self.place(),
            property: excerpt(name),
            value: excerpt(value),
            expected: format!("it must be a geometry of type {}", self.layer.geometry.name()),
        }
    }

    fn property(&self, name: &str, reason: &'static str) -> EditError {
        EditError::Property { place: self.place(), property: excerpt(name), reason }
    }
}
