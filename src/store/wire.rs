//! Values as the bytes that PostgreSQL sends and takes, whatever their type.

use bytes::BytesMut;
use std::error::Error;
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};

/// The binary form of a value, borrowed from a row (`&[u8]`) or kept (`Vec<u8>`). What is bound must have been
/// read from a column of the same type, or have been checked: PostgreSQL refuses anything else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wire<B>(pub B);

impl<'a> FromSql<'a> for Wire<&'a [u8]> {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Self(raw))
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

impl ToSql for Wire<Vec<u8>> {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        out.extend_from_slice(&self.0);
        Ok(IsNull::No)
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}
