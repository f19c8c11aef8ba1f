//! Key-value pairs of OGC web services: names in any case, values percent-decoded (OGC 06-121r9
//! section 11.5).

use percent_encoding::percent_decode;

/// Parameters of a query string or of a form body. Names are compared without regard to case; of a name
/// given twice the first wins.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Kvp {
    pairs: Vec<(String, String)>,
}

/// A query string that can't be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KvpError {
    /// `%` without two hexadecimal digits.
    #[error(
        "the value of parameter '{0}' has a '%' that is not followed by two hexadecimal digits; write a literal '%' as %25"
    )]
    PercentEncoding(String),
    /// Bytes that are not UTF-8.
    #[error("the value of parameter '{0}' is not UTF-8 text")]
    Utf8(String),
}

impl Kvp {
    /// Reads `a=b&c=d`. `+` is a space, as forms write it.
    ///
    /// # Errors
    /// [`KvpError`], naming the parameter.
    pub fn parse(query: &str) -> Result<Self, KvpError> {
        let mut pairs = Vec::new();
        for part in query.split('&').filter(|p| !p.is_empty()) {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            let name = decode(name, "?")?;
            let value = decode(value, &name)?;
            pairs.push((name, value));
        }
        Ok(Self { pairs })
    }

    /// The value of a parameter, trimmed; `None` when it is absent. An empty value is `Some("")`.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.pairs.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.trim())
    }

    /// The value of a parameter that is there and not empty.
    #[must_use]
    pub fn filled(&self, name: &str) -> Option<&str> {
        self.get(name).filter(|v| !v.is_empty())
    }

    /// All pairs as sent, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.pairs.iter().map(|(n, v)| (n.as_str(), v.as_str()))
    }

    /// Adds or replaces a parameter.
    pub fn set(&mut self, name: &str, value: &str) {
        self.pairs.retain(|(n, _)| !n.eq_ignore_ascii_case(name));
        self.pairs.push((name.to_owned(), value.to_owned()));
    }
}

fn decode(raw: &str, parameter: &str) -> Result<String, KvpError> {
    let bytes = raw.as_bytes();
    for (at, _) in bytes.iter().enumerate().filter(|(_, b)| **b == b'%') {
        let hex = |i: usize| bytes.get(at + i).is_some_and(u8::is_ascii_hexdigit);
        if !hex(1) || !hex(2) {
            return Err(KvpError::PercentEncoding(parameter.chars().take(60).collect()));
        }
    }
    let spaced = raw.replace('+', " ");
    percent_decode(spaced.as_bytes())
        .decode_utf8()
        .map(std::borrow::Cow::into_owned)
        .map_err(|_| KvpError::Utf8(parameter.chars().take(60).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_match_in_any_case_and_the_first_wins() {
        let kvp = Kvp::parse("ReQuEsT=GetMap&request=x&LAYERS=a%2Cb&c=%2B+1").expect("read");
        assert_eq!(kvp.get("REQUEST"), Some("GetMap"));
        assert_eq!(kvp.get("layers"), Some("a,b"));
        assert_eq!(kvp.get("C"), Some("+ 1"));
        assert_eq!(kvp.get("none"), None);
    }

    #[test]
    fn broken_percent_encoding_names_the_parameter() {
        assert_eq!(Kvp::parse("bbox=1%2"), Err(KvpError::PercentEncoding("bbox".into())));
        assert_eq!(Kvp::parse("bbox=1%"), Err(KvpError::PercentEncoding("bbox".into())));
        assert_eq!(Kvp::parse("q=%ff"), Err(KvpError::Utf8("q".into())));
    }
}
