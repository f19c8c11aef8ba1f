//! Names of tables, columns and titles that SQLite tells apart, whatever their case.

use std::collections::HashSet;

/// Names in use, in lower case.
#[derive(Debug, Default)]
pub(super) struct Names(HashSet<String>);

impl Names {
    /// Names of which some are taken from the start.
    pub(super) fn with(taken: &[&str]) -> Self {
        Self(taken.iter().map(|n| n.to_lowercase()).collect())
    }

    /// The name itself, or with a number behind it when it is taken.
    pub(super) fn unique(&mut self, wanted: &str) -> String {
        let numbered = (2_u64..).map(|n| format!("{wanted}_{n}"));
        let free =
            std::iter::once(wanted.to_owned()).chain(numbered).find(|n| !self.0.contains(&n.to_lowercase()));
        let name = free.unwrap_or_else(|| wanted.to_owned());
        self.0.insert(name.to_lowercase());
        name
    }
}

/// A table's name: the slug, unless it begins with what GeoPackage or SQLite keep for themselves.
pub(super) fn table(slug: &str) -> String {
    let lower = slug.to_lowercase();
    let reserved = ["gpkg", "sqlite_", "rtree_"].iter().any(|prefix| lower.starts_with(prefix));
    if reserved { format!("layer_{slug}") } else { slug.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_differ_in_case_only_get_a_number() {
        let mut names = Names::with(&["fid", "geom"]);
        assert_eq!(names.unique("nom"), "nom");
        assert_eq!(names.unique("NOM"), "NOM_2");
        assert_eq!(names.unique("Nom"), "Nom_3");
        assert_eq!(names.unique("FID"), "FID_2");
        assert_eq!(names.unique("nom_2"), "nom_2_2");
        assert_eq!(names.unique("Étang"), "Étang");
    }

    #[test]
    fn reserved_names_are_not_used_for_tables() {
        assert_eq!(table("communes"), "communes");
        assert_eq!(table("gpkg-extra"), "layer_gpkg-extra");
        assert_eq!(table("SQLITE_x"), "layer_SQLITE_x");
    }
}
