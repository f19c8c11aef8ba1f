//! Resumption tokens (section 3.5): all that the next page of a list needs, so that no node keeps anything of it. A check
//! sum tells tokens that were made here, for this address, from others; there is nothing in them that a request could
//! not ask for.

use super::error::OaiError;
use super::request::{Format, Selection};
use crate::catalogue::ChangeKey;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Duration, Utc};
use uuid::Uuid;
use xxhash_rust::xxh3::xxh3_64;

/// How long a harvester may take to ask for the next page.
const LIFE: Duration = Duration::hours(24);

/// Longest token that is looked at.
const LONGEST: usize = 2000;

/// Where a list goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) selection: Selection,
    /// The last record of the page before.
    pub(super) after: ChangeKey,
    /// Records in the pages before.
    pub(super) cursor: u64,
    /// Records in all, as counted when the list began.
    pub(super) size: u64,
    /// When it ends.
    pub(super) expires: DateTime<Utc>,
}

impl Token {
    /// A token from now.
    pub(super) fn new(
        selection: &Selection,
        after: ChangeKey,
        cursor: u64,
        size: u64,
        now: DateTime<Utc>,
    ) -> Self {
        Self { selection: selection.clone(), after, cursor, size, expires: now + LIFE }
    }

    /// As text, for a list at `base`.
    pub(super) fn write(&self, base: &str, only_headers: bool) -> String {
        let Selection { format, from, until, set } = &self.selection;
        let seconds =
            |moment: &Option<DateTime<Utc>>| moment.map(|m| m.timestamp().to_string()).unwrap_or_default();
        let fields = [
            format.prefix().to_owned(),
            seconds(from),
            seconds(until),
            set.clone().unwrap_or_default(),
            self.after.moment.timestamp_micros().to_string(),
            self.after.uuid.simple().to_string(),
            self.cursor.to_string(),
            self.size.to_string(),
            self.expires.timestamp().to_string(),
        ];
        let text = fields.join("|");
        let sum = sum(&text, base, only_headers);
        URL_SAFE_NO_PAD.encode(format!("{sum}|{text}"))
    }

    /// Reads a token that [`Token::write`] made for the same list.
    ///
    /// # Errors
    /// [`OaiError::token`].
    pub(super) fn parse(
        text: &str,
        base: &str,
        only_headers: bool,
        now: DateTime<Utc>,
    ) -> Result<Self, OaiError> {
        let foreign = || {
            OaiError::token(
                "this token was not made here for this list; begin the list again without resumptionToken",
            )
        };
        if text.len() > LONGEST {
            return Err(foreign());
        }
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| foreign())?;
        let text = String::from_utf8(bytes).map_err(|_| foreign())?;
        let (own, rest) = text.split_once('|').ok_or_else(foreign)?;
        if own != sum(rest, base, only_headers) {
            return Err(foreign());
        }
        let token = Self::fields(rest).ok_or_else(foreign)?;
        if token.expires < now {
            return Err(OaiError::token(format!(
                "this token ended at {}; begin the list again without resumptionToken",
                token.expires.format("%Y-%m-%dT%H:%M:%SZ")
            )));
        }
        Ok(token)
    }

    fn fields(text: &str) -> Option<Self> {
        let fields: [&str; 9] = text.split('|').collect::<Vec<_>>().try_into().ok()?;
        let [prefix, from, until, set, moment, uuid, cursor, size, expires] = fields;
        let instant = |text: &str| DateTime::from_timestamp(text.parse().ok()?, 0);
        let optional = |text: &str| if text.is_empty() { Some(None) } else { instant(text).map(Some) };
        Some(Self {
            selection: Selection {
                format: Format::parse(prefix)?,
                from: optional(from)?,
                until: optional(until)?,
                set: (!set.is_empty()).then(|| set.to_owned()),
            },
            after: ChangeKey {
                moment: DateTime::from_timestamp_micros(moment.parse().ok()?)?,
                uuid: Uuid::try_parse(uuid).ok()?,
            },
            cursor: cursor.parse().ok()?,
            size: size.parse().ok()?,
            expires: instant(expires)?,
        })
    }
}

fn sum(text: &str, base: &str, only_headers: bool) -> String {
    format!("{:016x}", xxh3_64(format!("{base} {only_headers} {text}").as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: &str = "https://h/org/a/oai";

    fn token() -> Token {
        let at = |seconds| DateTime::from_timestamp(seconds, 0).expect("a moment");
        let selection = Selection {
            format: Format::OaiDc,
            from: Some(at(1000)),
            until: None,
            set: Some("type:dataset".to_owned()),
        };
        Token::new(&selection, ChangeKey { moment: at(2000), uuid: Uuid::max() }, 100, 250, at(5000))
    }

    #[test]
    fn a_token_comes_back_as_it_went() {
        let now = DateTime::from_timestamp(6000, 0).expect("a moment");
        let text = token().write(BASE, false);
        assert_eq!(Token::parse(&text, BASE, false, now), Ok(token()));
    }

    #[test]
    fn forged_foreign_and_old_tokens_are_refused() {
        let now = DateTime::from_timestamp(6000, 0).expect("a moment");
        let text = token().write(BASE, false);
        let refused = |text: &str, base: &str, headers: bool, now| {
            Token::parse(text, base, headers, now).expect_err("refused").code
        };
        assert_eq!(refused(&text, "https://h/oai", false, now), "badResumptionToken");
        assert_eq!(refused(&text, BASE, true, now), "badResumptionToken");
        assert_eq!(refused(&text, BASE, false, now + Duration::hours(30)), "badResumptionToken");
        let inside = String::from_utf8(URL_SAFE_NO_PAD.decode(&text).expect("text")).expect("text");
        let forged = URL_SAFE_NO_PAD.encode(inside.replace("|100|", "|000|"));
        for bad in ["", "x", "é", "|", &forged, &text[1..], &"A".repeat(3000)] {
            assert_eq!(refused(bad, BASE, false, now), "badResumptionToken", "{bad:.40}");
        }
    }
}
