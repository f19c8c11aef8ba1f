//! Parts of an ordered answer: counted from its beginning, or next to a feature that is known by its key.

use super::decode;
use crate::model::ColumnType;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// Which features of the ordered answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// At most this many; all when absent.
    pub limit: Option<u64>,
    /// Leave out this many first; counted backwards from [`Page::before`] where there is one.
    pub offset: u64,
    /// Only those that follow this place. Paging by key costs the same at any depth and neither repeats nor
    /// misses a feature when others come or go meanwhile.
    pub after: Option<PageKey>,
    /// Only those that precede this place: with a limit the last of them, in the order of the query all
    /// the same.
    pub before: Option<PageKey>,
}

impl Page {
    /// Whether the features next to the end are wanted, so that rows have to be read backwards.
    pub(super) const fn is_backwards(&self) -> bool {
        self.before.is_some() && self.limit.is_some()
    }
}

/// The place of a feature in the order of a query: its values of the columns that are sorted by, and its
/// identifier. The feature itself may be gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageKey {
    /// One a sort column, in PostgreSQL's binary form: exact for every type.
    pub(super) values: Vec<Option<Vec<u8>>>,
    pub(super) fid: i64,
}

/// Layout of the text form, to know later ones apart.
const FORM: u8 = 1;

/// Columns that are sorted by at most, in a key that is read.
const MOST_VALUES: usize = 64;

impl PageKey {
    /// The place of an identifier in an answer that is sorted by nothing else.
    #[must_use]
    pub const fn of_fid(fid: i64) -> Self {
        Self { values: Vec::new(), fid }
    }

    /// The feature's identifier.
    #[must_use]
    pub const fn fid(&self) -> i64 {
        self.fid
    }

    /// The key as a text of letters, digits, `-` and `_`, for addresses. As long as its values.
    #[must_use]
    pub fn encode(&self) -> String {
        let mut bytes = vec![FORM];
        // Identifiers are mostly small and positive: the sign goes to the lowest bit.
        push_number(((self.fid << 1) ^ (self.fid >> 63)).cast_unsigned(), &mut bytes);
        for value in &self.values {
            match value {
                None => bytes.push(0),
                Some(value) => {
                    push_number(value.len() as u64 + 1, &mut bytes);
                    bytes.extend_from_slice(value);
                }
            }
        }
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// The key of a text that [`PageKey::encode`] made; `None` for any other text.
    #[must_use]
    pub fn decode(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let mut rest = bytes.strip_prefix(&[FORM])?;
        let folded = take_number(&mut rest)?;
        let fid = (folded >> 1).cast_signed() ^ -(folded & 1).cast_signed();
        let mut values = Vec::new();
        while !rest.is_empty() {
            if values.len() == MOST_VALUES {
                return None;
            }
            values.push(match take_number(&mut rest)?.checked_sub(1) {
                None => None,
                Some(length) => {
                    let (value, after) = rest.split_at_checked(usize::try_from(length).ok()?)?;
                    rest = after;
                    Some(value.to_vec())
                }
            });
        }
        Some(Self { values, fid })
    }

    /// Whether each value can be one of its column. Keys come back from clients, who may have made them up.
    pub(super) fn fits(&self, kinds: &[ColumnType]) -> bool {
        self.values.len() == kinds.len()
            && self.values.iter().zip(kinds).all(|(value, kind)| match value {
                None => true,
                Some(value) => decode::is_value(value, *kind),
            })
    }
}

/// Seven bits a byte, the lowest first.
fn push_number(mut number: u64, out: &mut Vec<u8>) {
    while number > 0x7f {
        out.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

fn take_number(rest: &mut &[u8]) -> Option<u64> {
    let mut number = 0_u64;
    for place in 0..10 {
        let (byte, after) = rest.split_first()?;
        *rest = after;
        let bits = u64::from(byte & 0x7f);
        let shifted = bits << (7 * place);
        if shifted >> (7 * place) != bits {
            return None;
        }
        number |= shifted;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_key_comes_back_from_its_text(
            fid in any::<i64>(),
            values in prop::collection::vec(prop::option::of(prop::collection::vec(any::<u8>(), 0..300)), 0..5),
        ) {
            let key = PageKey { values, fid };
            prop_assert_eq!(PageKey::decode(&key.encode()), Some(key));
        }

        #[test]
        fn any_text_is_a_key_or_none(text in "[A-Za-z0-9_=+/-]{0,60}") {
            if let Some(key) = PageKey::decode(&text) {
                prop_assert_eq!(PageKey::decode(&key.encode()), Some(key));
            }
        }
    }

    #[test]
    fn a_key_cut_short_or_of_another_form_is_none() {
        let key = PageKey { values: vec![Some(b"Aix".to_vec()), None], fid: 300 };
        let bytes = URL_SAFE_NO_PAD.decode(key.encode()).expect("base64");
        for cut in [0, 1, 2, 4, 5, 6] {
            assert_eq!(PageKey::decode(&URL_SAFE_NO_PAD.encode(&bytes[..cut])), None, "cut at {cut}");
        }
        let mut other = bytes;
        other[0] = 2;
        assert_eq!(PageKey::decode(&URL_SAFE_NO_PAD.encode(other)), None);
        assert_eq!(PageKey::decode("é"), None);
        let endless = [vec![FORM], vec![0xff; 12]].concat();
        assert_eq!(PageKey::decode(&URL_SAFE_NO_PAD.encode(endless)), None);
        let many = [vec![FORM, 2], vec![0; MOST_VALUES + 1]].concat();
        assert_eq!(PageKey::decode(&URL_SAFE_NO_PAD.encode(many)), None);
    }

    #[test]
    fn a_key_fits_only_the_columns_it_was_made_of() {
        use ColumnType::{Boolean, Date, Decimal, Integer, Json, Text, Timestamp};
        let key = |values: &[Option<&[u8]>]| PageKey {
            values: values.iter().map(|v| v.map(<[u8]>::to_vec)).collect(),
            fid: 1,
        };
        assert!(key(&[Some(b"Aix"), None]).fits(&[Text, Integer]));
        assert!(!key(&[Some(b"Aix")]).fits(&[Text, Integer]));
        assert!(!key(&[Some(b"Aix"), None]).fits(&[Text]));
        for (bytes, kind) in [
            (&b"\xff"[..], Text),
            (b"a\0b", Text),
            (b"abc", Integer),
            (b"", Boolean),
            (b"abc", Date),
            (b"1234567", Timestamp),
            (b"\x00\x01", Decimal),
            (b"{}", Json),
            (b"\x01{", Json),
        ] {
            assert!(!key(&[Some(bytes)]).fits(&[kind]), "{bytes:?} as {kind:?}");
        }
    }
}
