//! Column names: safe in XML, SQL and addresses, and still readable.

use crate::model::Column;
use std::collections::HashSet;

/// PostgreSQL's longest identifier in bytes.
const MAX: usize = 63;

/// Ours, and those of PostgreSQL's system columns.
const RESERVED: [&str; 9] = ["fid", "geom", "oid", "ctid", "xmin", "xmax", "cmin", "cmax", "tableoid"];

/// Makes names one after the other, so that none repeats whatever its case.
#[derive(Default)]
pub(super) struct Names {
    used: HashSet<String>,
}

impl Names {
    /// The safe form of a source's name: an XML NCName of at most 63 bytes. Case and accents stay, anything
    /// else becomes `_`, a leading digit gets `_` before it, a reserved name gets `_1`, repetitions are
    /// numbered.
    pub(super) fn make(&mut self, source: &str) -> String {
        // What GML calls its own properties stays so, see `Column::GML`.
        if Column::GML.contains(&source) && self.used.insert(source.to_owned()) {
            return source.to_owned();
        }
        let mut name = String::new();
        for c in source.trim().chars() {
            if name.is_empty() && !starts_a_name(c) && continues_a_name(c) {
                name.push('_');
            }
            if continues_a_name(c) {
                name.push(c);
            } else if !name.ends_with('_') {
                name.push('_');
            }
        }
        if source.trim().chars().last().is_some_and(|c| !continues_a_name(c)) {
            name = name.trim_end_matches('_').to_owned();
        }
        if name.is_empty() {
            "column".clone_into(&mut name);
        }
        let is_reserved = RESERVED.contains(&name.to_lowercase().as_str());
        let mut candidate = shortened(&name, if is_reserved { "_1" } else { "" });
        let mut number = 2;
        while !self.used.insert(candidate.to_lowercase()) {
            candidate = shortened(&name, &format!("_{number}"));
            number += 1;
        }
        candidate
    }
}

fn shortened(name: &str, suffix: &str) -> String {
    let mut end = name.len().min(MAX - suffix.len());
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}{suffix}", name.get(..end).unwrap_or_default())
}

/// NameStartChar of XML 1.0 (fifth edition) without the colon, as far as it is a letter.
fn starts_a_name(c: char) -> bool {
    c == '_' || (c.is_alphabetic() && in_names(c))
}

/// NameChar without `-` and `.`, which CQL2 and CSS read as operators.
fn continues_a_name(c: char) -> bool {
    c == '_' || (c.is_alphanumeric() && (c.is_ascii() || in_names(c))) || ('\u{300}'..='\u{36f}').contains(&c)
}

const fn in_names(c: char) -> bool {
    matches!(c,
        'A'..='Z' | 'a'..='z' | '\u{c0}'..='\u{d6}' | '\u{d8}'..='\u{f6}' | '\u{f8}'..='\u{2ff}'
        | '\u{370}'..='\u{37d}' | '\u{37f}'..='\u{1fff}' | '\u{2c00}'..='\u{2fef}'
        | '\u{3001}'..='\u{d7ff}' | '\u{f900}'..='\u{fdcf}' | '\u{fdf0}'..='\u{fffd}'
        | '\u{10000}'..='\u{effff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_readable() {
        let mut names = Names::default();
        for (source, name) in [
            ("Nom Commune", "Nom_Commune"),
            ("code_insee", "code_insee"),
            ("Évènement", "Évènement"),
            ("2024", "_2024"),
            ("addr:street", "addr_street"),
            ("taux (%)", "taux"),
            ("a--b", "a_b"),
            ("", "column"),
            ("%", "column_2"),
            ("fid", "fid_1"),
            ("GEOM", "GEOM_1"),
            ("xmin", "xmin_1"),
            ("nom", "nom"),
            ("NOM", "NOM_2"),
            ("Nom", "Nom_3"),
            ("x\"; drop table y; --", "x_drop_table_y"),
        ] {
            assert_eq!(names.make(source), name, "{source}");
        }
    }

    #[test]
    fn long_names_are_cut_between_characters_and_stay_apart() {
        let mut names = Names::default();
        let long = "é".repeat(60);
        let (one, two) = (names.make(&long), names.make(&long));
        assert!(one.len() <= 63 && two.len() <= 63 && one != two && two.ends_with("_2"));
    }
}
