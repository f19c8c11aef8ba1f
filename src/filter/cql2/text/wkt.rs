//! Geometries in well-known text (OGC 06-103r4 clause 7), with the tolerance that CQL2 asks for: the number of
//! ordinates says whether there are heights, not the letter behind the type.

use super::lexer::{Cursor, Token};
use crate::filter::cql2::Read;
use crate::filter::cql2::shape::{self, DEEPEST, Placement, refused};
use crate::filter::error::FilterError;
use crate::geo::wkb::GeometryType;
use geo_types::{
    Coord, Geometry as Shape, GeometryCollection, MultiLineString, MultiPoint, MultiPolygon, Point,
};

/// The geometry type that a word names, with or without the letters for height and measure.
pub(in crate::filter) fn tag(word: &str) -> Option<GeometryType> {
    let upper = word.to_ascii_uppercase();
    let bare = ["ZM", "Z", "M"].iter().find_map(|suffix| upper.strip_suffix(suffix)).unwrap_or(&upper);
    GeometryType::from_name(bare).filter(|found| *found != GeometryType::Geometry)
}

/// Whether what follows a geometry type begins a geometry, rather than the word being a property.
pub(in crate::filter) fn begins(cursor: &Cursor<'_>) -> bool {
    cursor.is_sign('(') || ["Z", "M", "ZM", "EMPTY"].iter().any(|word| cursor.is_word(word))
}

/// Reads what stands behind the geometry type.
pub(in crate::filter) fn read(
    cursor: &mut Cursor<'_>,
    kind: GeometryType,
    placement: &Placement,
) -> Read<Shape<f64>> {
    Reader { cursor, placement, positions: 0 }.shape(kind, 0)
}

struct Reader<'c, 'a> {
    cursor: &'c mut Cursor<'a>,
    placement: &'c Placement,
    positions: usize,
}

impl Reader<'_, '_> {
    fn shape(&mut self, kind: GeometryType, depth: usize) -> Read<Shape<f64>> {
        if depth > DEEPEST {
            return Err(FilterError::TooDeep(DEEPEST).into());
        }
        for dimension in ["ZM", "Z", "M"] {
            if self.cursor.take_word(dimension)? {
                break;
            }
        }
        if self.cursor.is_word("EMPTY") {
            return Err(refused("it is empty, and an empty geometry has no relation to any other").into());
        }
        Ok(match kind {
            GeometryType::Point => Point(self.in_parentheses(Self::position)?).into(),
            GeometryType::LineString => shape::line(self.positions()?)?.into(),
            GeometryType::Polygon => shape::polygon(self.rings()?)?.into(),
            GeometryType::MultiPoint => MultiPoint(self.list(Self::point_of_many)?).into(),
            GeometryType::MultiLineString => {
                let lines = self.list(Self::positions)?;
                MultiLineString(lines.into_iter().map(shape::line).collect::<Result<_, _>>()?).into()
            }
            GeometryType::MultiPolygon => {
                let polygons = self.list(Self::rings)?;
                MultiPolygon(polygons.into_iter().map(shape::polygon).collect::<Result<_, _>>()?).into()
            }
            GeometryType::GeometryCollection | GeometryType::Geometry => {
                Shape::GeometryCollection(GeometryCollection(self.list(|reader| reader.member(depth))?))
            }
        })
    }

    fn member(&mut self, depth: usize) -> Read<Shape<f64>> {
        let kind = match self.cursor.token() {
            Token::Word(word) => tag(word),
            _ => None,
        };
        let kind = kind.ok_or_else(|| self.cursor.refuse("write a geometry such as POINT(7 51)"))?;
        self.cursor.advance()?;
        self.shape(kind, depth + 1)
    }

    fn in_parentheses<T>(&mut self, read: impl FnOnce(&mut Self) -> Read<T>) -> Read<T> {
        self.cursor.expect('(', "write the geometry's positions in parentheses")?;
        let inner = read(self)?;
        self.cursor.expect(')', "close the parenthesis of the geometry")?;
        Ok(inner)
    }

    fn list<T>(&mut self, read: impl Fn(&mut Self) -> Read<T>) -> Read<Vec<T>> {
        self.in_parentheses(|reader| {
            let mut all = vec![read(reader)?];
            while reader.cursor.take(',')? {
                all.push(read(reader)?);
            }
            Ok(all)
        })
    }

    fn rings(&mut self) -> Read<Vec<Vec<Coord>>> {
        self.list(Self::positions)
    }

    fn positions(&mut self) -> Read<Vec<Coord>> {
        self.list(Self::position)
    }

    /// A point of a MULTIPOINT, for which the parentheses of the standard are often left out.
    fn point_of_many(&mut self) -> Read<Point<f64>> {
        let bare = !self.cursor.is_sign('(');
        Ok(Point(if bare { self.position()? } else { self.in_parentheses(Self::position)? }))
    }

    fn position(&mut self) -> Read<Coord> {
        let mut numbers = [0.0; 4];
        let mut count = 0;
        for number in &mut numbers {
            if count >= 2 && !matches!(self.cursor.token(), Token::Number(_) | Token::Sign('-' | '+')) {
                break;
            }
            *number = self.cursor.number()?;
            count += 1;
        }
        Ok(self.placement.position(numbers.get(..count).unwrap_or_default(), &mut self.positions)?)
    }
}
