//! Geometry properties under the names that an agreed schema prescribes, see [`GmlProfile`].

use crate::geo::wkb::{self, GeometryType, WkbError};
use crate::model::{GeometryName, GmlProfile};
use std::borrow::Cow;

/// A name and the geometry that has it.
type Named<'a> = (&'a GeometryName, Cow<'a, [u8]>);

/// The properties that a stored geometry is, in the schema's order: one, or several where the schema has a name
/// each for what a collection holds.
///
/// # Errors
/// [`WkbError`] when the geometry can't be read.
pub(super) fn properties<'a>(profile: &'a GmlProfile, ewkb: &'a [u8]) -> Result<Vec<Named<'a>>, WkbError> {
    let header = wkb::header(ewkb)?;
    if let Some(name) = profile.name_of(header.kind) {
        return Ok(vec![(name, Cow::Borrowed(ewkb))]);
    }
    let first = |ewkb| profile.geometry.first().map(|name| (name, ewkb)).into_iter().collect();
    if header.kind != GeometryType::GeometryCollection {
        return Ok(first(Cow::Borrowed(ewkb)));
    }
    let geo_types::Geometry::GeometryCollection(members) = wkb::to_geo(ewkb)? else {
        return Ok(first(Cow::Borrowed(ewkb)));
    };
    let mut found = Vec::new();
    for member in &members.0 {
        let part = wkb::from_geo(member, header.srid.unwrap_or(0))?;
        let kind = wkb::header(&part)?.kind;
        let place = profile.geometry.iter().position(|name| name.kind == Some(kind));
        match place.and_then(|at| Some((at, profile.geometry.get(at)?))) {
            Some((at, name)) => found.push((at, name, Cow::Owned(part))),
            None => return Ok(first(Cow::Borrowed(ewkb))),
        }
    }
    found.sort_by_key(|(at, ..)| *at);
    Ok(found.into_iter().map(|(_, name, part)| (name, part)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use geo_types::{Geometry, GeometryCollection, line_string, point, polygon};

    #[test]
    fn a_collection_is_the_properties_that_its_members_are() {
        let name = |name: &str, kind| GeometryName { name: name.into(), kind: Some(kind) };
        let profile = GmlProfile {
            geometry: vec![name("area", GeometryType::Polygon), name("place", GeometryType::Point)],
            ..GmlProfile::default()
        };
        let names = |shape: Geometry<f64>| -> Vec<String> {
            let ewkb = wkb::from_geo(&shape, 4326).expect("ewkb");
            let found = properties(&profile, &ewkb).expect("read");
            found.iter().map(|(name, _)| name.name.clone()).collect()
        };
        let area = polygon![(x: 0.0, y: 0.0), (x: 1.0, y: 0.0), (x: 1.0, y: 1.0), (x: 0.0, y: 0.0)];
        let both = vec![point!(x: 1.0, y: 2.0).into(), area.clone().into()];
        assert_eq!(names(Geometry::GeometryCollection(GeometryCollection(both))), ["area", "place"]);
        assert_eq!(names(point!(x: 1.0, y: 2.0).into()), ["place"]);
        // What no name is for is still told, under the first.
        assert_eq!(names(line_string![(x: 0.0, y: 0.0), (x: 1.0, y: 0.0)].into()), ["area"]);
    }
}
