//! Conditions that are a box alone, which are most of those that maps send.

use super::spatial::{Place, Relation};
use super::sql::SqlBuilder;
use super::term::{Checked, Node, Subject, Term};
use crate::geo::{BBox, wkb};

/// To meet a box, or to meet it or to have no geometry at all.
#[derive(Clone, Debug)]
pub struct MeetsBox {
    property: String,
    relation: Relation,
    inner: BBox,
    outer: BBox,
    takes_null: bool,
}

impl MeetsBox {
    /// SQL of the geometry.
    #[must_use]
    pub fn property(&self) -> &str {
        &self.property
    }

    /// A box, in the geometry's system, within which everything meets the condition.
    #[must_use]
    pub const fn inner(&self) -> BBox {
        self.inner
    }

    /// A box, in the geometry's system, outside of which nothing meets the condition.
    #[must_use]
    pub const fn outer(&self) -> BBox {
        self.outer
    }

    /// Whether features without geometry meet the condition, too.
    #[must_use]
    pub const fn takes_null(&self) -> bool {
        self.takes_null
    }

    /// Appends the condition, for features that have a geometry.
    pub fn to_sql(&self, sql: &mut SqlBuilder) {
        self.relation.to_sql(sql);
    }
}

impl Checked {
    /// The condition as one to meet a box, if that is all it is.
    #[must_use]
    pub fn as_meets_box(&self) -> Option<MeetsBox> {
        let (relation, null) = match &self.0 {
            Node::Spatial(relation) => (relation, None),
            Node::Or(both) => match both.as_slice() {
                [Node::Spatial(relation), Node::IsNull(subject)] => (relation, Some(subject)),
                _ => return None,
            },
            _ => return None,
        };
        let Relation::Box { property: Place::Property { sql: property, .. }, outline, inner } = relation
        else {
            return None;
        };
        let is_same = match null {
            None => true,
            Some(Subject::Term(Term::Property { sql, .. }) | Subject::Place(Place::Property { sql, .. })) => {
                sql == property
            }
            Some(_) => false,
        };
        is_same.then_some(())?;
        Some(MeetsBox {
            property: property.clone(),
            relation: relation.clone(),
            inner: wkb::bbox(inner).ok()?,
            outer: wkb::bbox(outline).ok()?,
            takes_null: null.is_some(),
        })
    }
}
