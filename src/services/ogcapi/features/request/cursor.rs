//! Cursors: places in an ordered answer, as `next` and `prev` links have them.

use crate::features::PageKey;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use xxhash_rust::xxh3::Xxh3;

/// Which side of a place is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// What follows it.
    After,
    /// What precedes it.
    Before,
}

/// A place in an answer. What it holds is no secret and gives no rights: whoever makes one up only chooses
/// where to read on.
#[derive(Clone, Debug, PartialEq)]
pub struct Cursor {
    /// Which side.
    pub direction: Direction,
    /// The place.
    pub key: PageKey,
    /// Features before the page, as far as is known.
    pub position: u64,
    /// How many features match in all, and the generation of the layer when they were counted: pages that
    /// follow need not count again.
    pub matched: Option<(u64, i64)>,
    /// What the answer was chosen and ordered by, see [`Cursor::seal`].
    pub seal: u64,
}

impl Cursor {
    /// A sum over what chooses and orders an answer: the collection and those parameters. A cursor serves
    /// only where it is the same.
    pub fn seal<'a>(collection: &str, parameters: impl Iterator<Item = (&'a str, &'a str)>) -> u64 {
        let mut all: Vec<(&str, &str)> = parameters.collect();
        all.sort_unstable();
        let mut sum = Xxh3::new();
        let mut add = |text: &str| {
            sum.update(&(text.len() as u64).to_le_bytes());
            sum.update(text.as_bytes());
        };
        add(collection);
        for (name, value) in all {
            add(name);
            add(value);
        }
        sum.digest()
    }

    /// The text of letters, digits, `-` and `_`.
    pub fn write(&self) -> String {
        let side = match self.direction {
            Direction::After => 'a',
            Direction::Before => 'b',
        };
        let matched = self.matched.map(|(n, generation)| format!("{n}.{generation}")).unwrap_or_default();
        let head = format!("{side}~{}~{matched}~{:x}~", self.position, self.seal);
        URL_SAFE_NO_PAD.encode(head + &self.key.encode())
    }

    /// The cursor of a text; `None` for any that is none.
    pub fn read(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let mut fields = std::str::from_utf8(&bytes).ok()?.splitn(5, '~');
        let direction = match fields.next()? {
            "a" => Direction::After,
            "b" => Direction::Before,
            _ => return None,
        };
        let count = |text: &str| text.parse::<u64>().ok().filter(|n| i64::try_from(*n).is_ok());
        let position = count(fields.next()?)?;
        let matched = match fields.next()? {
            "" => None,
            text => {
                let (matched, generation) = text.split_once('.')?;
                Some((count(matched)?, generation.parse().ok()?))
            }
        };
        let seal = u64::from_str_radix(fields.next()?, 16).ok()?;
        Some(Self { direction, key: PageKey::decode(fields.next()?)?, position, matched, seal })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_cursor_comes_back_from_its_text(
            fid in any::<i64>(),
            position in 0..i64::MAX as u64,
            matched in prop::option::of((0..i64::MAX as u64, any::<i64>())),
            seal in any::<u64>(),
            after in any::<bool>(),
        ) {
            let direction = if after { Direction::After } else { Direction::Before };
            let cursor = Cursor { direction, key: PageKey::of_fid(fid), position, matched, seal };
            prop_assert_eq!(Cursor::read(&cursor.write()), Some(cursor));
        }

        #[test]
        fn no_text_makes_reading_panic(text in any::<String>(), base64 in "[A-Za-z0-9_-]{0,80}") {
            let _ = (Cursor::read(&text), Cursor::read(&base64));
            let _ = Cursor::read(&URL_SAFE_NO_PAD.encode(text));
        }
    }

    #[test]
    fn the_order_of_parameters_is_the_same_and_their_values_are_not() {
        let seal = |pairs: &[(&str, &str)]| Cursor::seal("c", pairs.iter().copied());
        assert_eq!(seal(&[("a", "1"), ("b", "2")]), seal(&[("b", "2"), ("a", "1")]));
        assert_ne!(seal(&[("a", "1")]), seal(&[("a", "2")]));
        assert_ne!(seal(&[("a", "1b")]), seal(&[("a1", "b")]));
        assert_ne!(seal(&[]), Cursor::seal("d", std::iter::empty()));
    }
}
