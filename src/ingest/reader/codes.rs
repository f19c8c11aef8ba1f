//! Code lists: which values a source says that a column may have.
//!
//! A list is published only where every value of the source is in it: what is called an enumeration must hold.

use super::geometry::{Tally, Whence};
use crate::ingest::{Finding, Level};
use crate::model::{Code, ColumnType};
use std::collections::HashSet;

/// Longest list. Lists are held in memory and sent whole with each schema.
const MOST: usize = 1000;

/// The code list of a column.
#[derive(Default)]
pub(super) struct Codes {
    list: Vec<Code>,
    /// The values in PostgreSQL's binary form.
    known: HashSet<Vec<u8>>,
    is_numeric: bool,
    strangers: Tally,
    /// The source has a list that is no use here.
    unusable: bool,
}

impl Codes {
    /// The list of a column from what the source has: values, and what they mean.
    pub(super) fn new(found: &[(String, Option<String>)], kind: ColumnType) -> Self {
        if found.is_empty() {
            return Self::default();
        }
        let mut codes = Self { is_numeric: kind.is_numeric(), ..Self::default() };
        for (value, title) in found {
            let Some((value, binary)) = value_of(value, kind) else {
                return Self { unusable: true, ..Self::default() };
            };
            if codes.known.insert(binary) {
                codes.list.push(Code { value, title: title.clone().filter(|t| t.chars().count() <= 300) });
            }
        }
        if codes.is_numeric {
            codes.list.sort_by_key(|code| code.value.parse::<i64>().unwrap_or(i64::MAX));
        }
        if codes.list.len() > MOST { Self { unusable: true, ..Self::default() } } else { codes }
    }

    /// Looks whether a value, in PostgreSQL's binary form, is in the list.
    pub(super) fn look_at(&mut self, value: &[u8], examples: usize, whence: Whence) {
        if !self.list.is_empty() && !self.known.contains(value) {
            let number = match (self.is_numeric, value) {
                (true, [a, b, c, d]) => Some(i64::from(i32::from_be_bytes([*a, *b, *c, *d]))),
                (true, long) => long.try_into().ok().map(i64::from_be_bytes),
                (false, _) => None,
            };
            let text = || String::from_utf8_lossy(value).chars().take(60).collect();
            self.strangers.add(examples, whence, None, &number.map_or_else(text, |n| n.to_string()));
        }
    }

    /// The list as it is published.
    pub(super) fn kept(&self) -> Vec<Code> {
        if self.strangers.count > 0 { Vec::new() } else { self.list.clone() }
    }

    /// What there is to say about it.
    pub(super) fn finding(self, column: &str, fid: impl Fn(Whence) -> i64) -> Option<Finding> {
        if self.unusable {
            let message = format!(
                "the code list of column {column} is left out: it has more than {MOST} values, or some that are not of the column's type"
            );
            return Some(Finding::new(Level::Info, "codes-left-out", message));
        }
        self.strangers.finding(Level::Warning, "codes-left-out", fid, |n| {
            format!(
                "{n} values of column {column} are not in its code list, which is left out; correct them in the source, or add them to the list"
            )
        })
    }
}

/// A code as the text of a value of a type, and in PostgreSQL's binary form; nothing for types without lists.
fn value_of(text: &str, kind: ColumnType) -> Option<(String, Vec<u8>)> {
    match kind {
        ColumnType::Text => Some((text.to_owned(), text.as_bytes().to_vec())),
        ColumnType::Integer => {
            let number: i32 = text.trim().parse().ok()?;
            Some((number.to_string(), number.to_be_bytes().to_vec()))
        }
        ColumnType::BigInteger => {
            let number: i64 = text.trim().parse().ok()?;
            Some((number.to_string(), number.to_be_bytes().to_vec()))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_in_a_list_is_shown_as_it_is_written() {
        let list = [("1".to_owned(), None), ("20".to_owned(), Some("vingt".to_owned()))];
        for (kind, known, stranger, shown) in [
            (ColumnType::Integer, 20_i32.to_be_bytes().to_vec(), 7_i32.to_be_bytes().to_vec(), "7"),
            (ColumnType::BigInteger, 1_i64.to_be_bytes().to_vec(), (-9_i64).to_be_bytes().to_vec(), "-9"),
            (ColumnType::Text, b"20".to_vec(), b"abcd".to_vec(), "abcd"),
        ] {
            let whence = Whence { sequence: 0, fid: 3 };
            let mut codes = Codes::new(&list, kind);
            codes.look_at(&known, 5, whence);
            assert_eq!(codes.kept().len(), 2, "{kind:?}");
            codes.look_at(&stranger, 5, whence);
            assert!(codes.kept().is_empty(), "{kind:?}");
            let finding = codes.finding("c", |w| w.fid).expect("a finding");
            assert_eq!(
                (finding.level, finding.examples[0].reason.as_str()),
                (Level::Warning, shown),
                "{kind:?}"
            );
        }
        assert!(Codes::new(&[("x".to_owned(), None)], ColumnType::Integer).unusable);
        assert!(Codes::new(&list, ColumnType::Real).unusable);
    }
}
