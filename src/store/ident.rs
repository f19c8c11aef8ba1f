//! The one type that writes identifiers into SQL.

use std::fmt;

/// An identifier, quoted when displayed: `"a""b"`. Optionally in a schema.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Ident {
    schema: Option<&'static str>,
    name: String,
}

impl Ident {
    /// A column, alias or index name.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self { schema: None, name: name.to_owned() }
    }

    /// A table of schema `overview`: what stands for a layer at small scales.
    #[must_use]
    pub fn overview(name: &str) -> Self {
        Self { schema: Some("overview"), name: name.to_owned() }
    }

    /// A table or view of schema `data`: the layers.
    #[must_use]
    pub fn data(name: &str) -> Self {
        Self { schema: Some("data"), name: name.to_owned() }
    }
}

impl fmt::Display for Ident {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(schema) = self.schema {
            write!(f, "\"{schema}\".")?;
        }
        // PostgreSQL can't hold NUL in an identifier; dropping it can't turn one name into SQL.
        write!(f, "\"{}\"", self.name.replace('\0', "").replace('"', "\"\""))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_inside_a_name_cannot_end_it() {
        assert_eq!(Ident::new("a\"; drop table x; --").to_string(), "\"a\"\"; drop table x; --\"");
        assert_eq!(Ident::data("t").to_string(), "\"data\".\"t\"");
    }
}
