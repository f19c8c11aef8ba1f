//! Text of clients on its way back to them.

/// Text with the characters that XML 1.0 has no way to write (section 2.2) replaced by U+FFFD: a client
/// may have sent some, and its error report must stay well-formed. Markup is still to be escaped.
#[must_use]
pub fn printable(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\t' | '\n' | '\r' => c,
            '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => '\u{fffd}',
            _ => c,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_xml_cannot_write_is_replaced() {
        assert_eq!(printable("a\0b\u{1b}\u{ffff}"), "a\u{fffd}b\u{fffd}\u{fffd}");
        assert_eq!(printable("é\t\n<😀>"), "é\t\n<😀>");
    }
}
