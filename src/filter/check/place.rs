//! Geometries in spatial conditions: properties, literals and what functions make of them, in one system.

use super::Checker;
use crate::filter::ast::{Expr, Geometry, Literal};
use crate::filter::error::{FilterError, excerpt};
use crate::filter::functions::{Function, ValueType};
use crate::filter::schema::PropertyKind;
use crate::filter::spatial::{self, Place};

/// A geometry before it is known in which system it is compared.
enum Operand {
    Literal(Geometry),
    Place(Place),
}

impl Checker<'_> {
    /// A geometry property.
    pub(super) fn geometry(&self, name: Option<&str>) -> Result<Place, FilterError> {
        let property = match name {
            Some(name) => self.find(name)?,
            None => self.schema.geometry().ok_or(FilterError::NoGeometry)?,
        };
        match property.kind {
            PropertyKind::Geometry { srid } => Ok(Place::Property { sql: property.sql, srid }),
            PropertyKind::Column(_) => Err(FilterError::NotGeometry(excerpt(name.unwrap_or_default()))),
        }
    }

    /// Whether an expression yields a geometry.
    pub(super) fn is_geometric(&self, expr: &Expr) -> bool {
        match expr {
            Expr::DefaultGeometry | Expr::Literal(Literal::Geometry(_)) => true,
            Expr::Property(name) => self
                .schema
                .property(name)
                .is_some_and(|property| matches!(property.kind, PropertyKind::Geometry { .. })),
            Expr::Function { name, .. } => {
                Function::of(name).is_some_and(|f| f.signature().returns == ValueType::Geometry)
            }
            _ => false,
        }
    }

    /// Two geometries in the system of the first that has one: a property's goes before a literal's.
    pub(super) fn places(
        &self,
        left: &Expr,
        right: &Expr,
        depth: usize,
    ) -> Result<(Place, Place), FilterError> {
        Ok(match (self.operand(left, depth)?, self.operand(right, depth)?) {
            (Operand::Place(left), Operand::Place(right)) => {
                let srid = left.srid();
                (left, right.moved(srid))
            }
            (Operand::Place(left), Operand::Literal(right)) => {
                let right = spatial::placed(&right, left.srid())?;
                (left, right)
            }
            (Operand::Literal(left), Operand::Place(right)) => (spatial::placed(&left, right.srid())?, right),
            (Operand::Literal(left), Operand::Literal(right)) => {
                let srid = left.srid.or(right.srid).unwrap_or_else(|| self.own_srid());
                (spatial::placed(&left, srid)?, spatial::placed(&right, srid)?)
            }
        })
    }

    /// A geometry by itself; a literal stays in its own system.
    pub(super) fn place(&self, expr: &Expr, depth: usize) -> Result<Place, FilterError> {
        match self.operand(expr, depth)? {
            Operand::Place(place) => Ok(place),
            Operand::Literal(literal) => {
                spatial::placed(&literal, literal.srid.unwrap_or_else(|| self.own_srid()))
            }
        }
    }

    fn operand(&self, expr: &Expr, depth: usize) -> Result<Operand, FilterError> {
        super::deeper(depth)?;
        match expr {
            Expr::DefaultGeometry => self.geometry(None).map(Operand::Place),
            Expr::Property(name) => self.geometry(Some(name)).map(Operand::Place),
            Expr::Literal(Literal::Geometry(literal)) => Ok(Operand::Literal(literal.clone())),
            Expr::Function { name, args } => self.geometry_call(name, args, depth).map(Operand::Place),
            _ => Err(FilterError::Unexpected {
                found: described(expr).to_owned(),
                expected: "a spatial operator compares geometry properties, literal geometries and functions that give a geometry".to_owned(),
            }),
        }
    }

    /// The system of what is filtered; longitude and latitude where it has none.
    fn own_srid(&self) -> i32 {
        const LONGITUDE_LATITUDE: i32 = 4326;
        match self.schema.geometry().map(|property| property.kind) {
            Some(PropertyKind::Geometry { srid }) => srid,
            _ => LONGITUDE_LATITUDE,
        }
    }
}

const fn described(expr: &Expr) -> &'static str {
    match expr {
        Expr::Literal(_) => "a literal that is no geometry",
        Expr::Arithmetic { .. } => "a computed number",
        Expr::Interval(..) => "an interval",
        Expr::Array(_) => "an array",
        Expr::Condition(_) => "a condition",
        _ => "a text",
    }
}
