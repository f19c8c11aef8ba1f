//! Writing XML: elements pushed into a string, everything escaped on the way.

use quick_xml::escape::escape;

/// An XML text under construction.
pub(super) struct Xml {
    out: String,
}

impl Xml {
    /// An empty text.
    pub(super) fn new() -> Self {
        Self { out: String::with_capacity(8 << 10) }
    }

    /// An element with what `content` writes into it.
    pub(super) fn element(
        &mut self,
        name: &str,
        attributes: &[(&str, &str)],
        content: impl FnOnce(&mut Self),
    ) {
        self.open(name, attributes);
        self.out.push('>');
        content(self);
        self.out.push_str("</");
        self.out.push_str(name);
        self.out.push('>');
    }

    /// An element without attributes.
    pub(super) fn within(&mut self, name: &str, content: impl FnOnce(&mut Self)) {
        self.element(name, &[], content);
    }

    /// An element that holds text.
    pub(super) fn text(&mut self, name: &str, attributes: &[(&str, &str)], text: &str) {
        self.element(name, attributes, |x| x.push(text));
    }

    /// An element that holds nothing.
    pub(super) fn empty(&mut self, name: &str, attributes: &[(&str, &str)]) {
        self.open(name, attributes);
        self.out.push_str("/>");
    }

    /// The bytes.
    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.out.into_bytes()
    }

    fn open(&mut self, name: &str, attributes: &[(&str, &str)]) {
        self.out.push('<');
        self.out.push_str(name);
        for (attribute, value) in attributes {
            self.out.push(' ');
            self.out.push_str(attribute);
            self.out.push_str("=\"");
            self.push(value);
            self.out.push('"');
        }
    }

    /// Text without the characters that XML 1.0 can't hold in any spelling (section 2.2).
    fn push(&mut self, text: &str) {
        let allowed = |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..);
        if text.chars().all(allowed) {
            self.out.push_str(&escape(text));
        } else {
            let clean: String = text.chars().filter(|c| allowed(*c)).collect();
            self.out.push_str(&escape(clean.as_str()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_is_escaped_and_impossible_characters_are_left_out() {
        let mut xml = Xml::new();
        xml.text("a", &[("b", "\"<&")], "1 < 2 & \u{0}\u{8}\u{ffff}é]]>");
        assert_eq!(
            String::from_utf8(xml.into_bytes()).expect("text"),
            "<a b=\"&quot;&lt;&amp;\">1 &lt; 2 &amp; é]]&gt;</a>"
        );
    }
}
