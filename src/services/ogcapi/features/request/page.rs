//! How much of an answer, and from where.

use super::Start;
use super::cursor::{Cursor, Direction};
use crate::features::Page;
use crate::services::ogcapi::common::{Parameters, Problem};

/// More features than any layer has.
pub const MOST: u64 = i64::MAX as u64;

/// The number of features in a page.
pub(super) fn limit(text: Option<&str>, default: u64, most: u64) -> Result<u64, Problem> {
    let Some(text) = text else { return Ok(default.min(most)) };
    match text.parse::<u64>() {
        // More than the maximum means the maximum (permission /per/core/fc-limit-response-1).
        Ok(n) if n >= 1 => Ok(n.min(most)),
        _ if text.len() > 19 && text.bytes().all(|b| b.is_ascii_digit()) => Ok(most),
        _ => {
            let named: String = text.chars().take(40).collect();
            Err(Problem::invalid("limit", format!("limit is a whole number from 1 to {most}, not '{named}'")))
        }
    }
}

/// Where a page begins, by `cursor` or `offset`.
pub(super) fn start(parameters: &Parameters, seal: u64) -> Result<(Start, Page), Problem> {
    match (parameters.get("cursor"), parameters.get("offset")) {
        (Some(_), Some(_)) => Err(Problem::invalid("cursor", "cursor and offset exclude each other")),
        (Some(text), None) => {
            let cursor = Cursor::read(text).ok_or_else(|| {
                Problem::invalid("cursor", "the cursor is not one that a link of this server had")
            })?;
            if cursor.seal != seal {
                let detail = "the cursor belongs to another collection, filter or order; \
                              follow the links of a page, or leave the cursor out to begin anew";
                return Err(Problem::invalid("cursor", detail));
            }
            let mut page = Page::default();
            match cursor.direction {
                Direction::After => page.after = Some(cursor.key.clone()),
                Direction::Before => page.before = Some(cursor.key.clone()),
            }
            let own = Some(("cursor", text.to_owned()));
            let start = Start { position: cursor.position, own, cursor: Some(cursor), has_previous: true };
            Ok((start, page))
        }
        (None, Some(text)) => {
            let offset = text.parse::<u64>().ok().filter(|n| i64::try_from(*n).is_ok()).ok_or_else(|| {
                let named: String = text.chars().take(40).collect();
                Problem::invalid("offset", format!("offset is a whole number from 0, not '{named}'"))
            })?;
            let own = (offset > 0).then(|| ("offset", offset.to_string()));
            let start = Start { position: offset, own, cursor: None, has_previous: offset > 0 };
            Ok((start, Page { offset, ..Page::default() }))
        }
        (None, None) => Ok((Start::default(), Page::default())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_bounded_and_nonsense_is_refused() {
        assert_eq!(limit(None, 10, 1000).ok(), Some(10));
        assert_eq!(limit(Some("99999999999999999999999"), 10, 1000).ok(), Some(1000));
        for bad in ["0", "-1", "x", "", "1.5"] {
            assert_eq!(limit(Some(bad), 10, 1000).expect_err(bad).parameter.as_deref(), Some("limit"));
        }
    }
}
