//! Text encodings: named by a person, by a side file, by a byte of the table, or guessed.

use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};
use std::borrow::Cow;

/// How the bytes of texts become characters.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Decoder {
    /// An encoding of the WHATWG standard.
    Web(&'static Encoding),
    /// An MS-DOS code page: its name and the characters of bytes 128 to 255.
    Dos(&'static str, &'static str),
}

const CP850: Decoder = Decoder::Dos(
    "CP850",
    "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜø£Ø×ƒáíóúñÑªº¿®¬½¼¡«»░▒▓│┤ÁÂÀ©╣║╗╝¢¥┐└┴┬├─┼ãÃ╚╔╩╦╠═╬¤ðÐÊËÈıÍÎÏ┘┌█▄¦Ì▀ÓßÔÒõÕµþÞÚÛÙýÝ¯´\u{ad}±‗¾¶§÷¸°¨·¹³²■\u{a0}",
);
const CP437: Decoder = Decoder::Dos(
    "CP437",
    "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u{a0}",
);

impl Decoder {
    /// The encoding of a label: `UTF-8`, `ISO-8859-1`, `1252`, `ANSI 1252`, `CP850`, `OEM 437`, `88591`…
    pub(super) fn from_label(label: &str) -> Option<Self> {
        let lower = label.trim().trim_start_matches('\u{feff}').to_ascii_lowercase();
        let bare = lower.trim_start_matches(|c: char| !c.is_ascii_digit());
        match bare {
            "850" => return Some(CP850),
            "437" => return Some(CP437),
            "65001" => return Some(Self::Web(UTF_8)),
            "1250" | "1251" | "1252" | "1253" | "1254" | "1255" | "1256" | "1257" | "1258" => {
                return Encoding::for_label(format!("windows-{bare}").as_bytes()).map(Self::Web);
            }
            _ => {}
        }
        if let Some(part) = bare.strip_prefix("8859").map(|p| p.trim_start_matches(['-', '_', ' ']))
            && !part.is_empty()
        {
            return Encoding::for_label(format!("iso-8859-{part}").as_bytes()).map(Self::Web);
        }
        Encoding::for_label(lower.as_bytes()).map(Self::Web)
    }

    /// The encoding of a DBF's language byte, `None` when it says nothing certain.
    pub(super) fn from_language_byte(byte: u8) -> Option<Self> {
        let web = |label: &str| Encoding::for_label(label.as_bytes()).map(Self::Web);
        match byte {
            0x01 | 0x09 | 0x0b | 0x0d | 0x0f | 0x11 | 0x15 | 0x18 | 0x19 | 0x1b => Some(CP437),
            0x02 | 0x0a | 0x0e | 0x10 | 0x12 | 0x14 | 0x16 | 0x1a | 0x1d | 0x25 | 0x37 => Some(CP850),
            0x03 | 0x57 | 0x58 | 0x59 => web("windows-1252"),
            0xc8 => web("windows-1250"),
            0xc9 => web("windows-1251"),
            0xca => web("windows-1254"),
            0xcb => web("windows-1253"),
            _ => None,
        }
    }

    /// UTF-8.
    pub(super) const fn utf_8() -> Self {
        Self::Web(UTF_8)
    }

    /// Guesses from a sample of texts.
    pub(super) fn guess(sample: &[u8]) -> Self {
        if std::str::from_utf8(sample).is_ok() {
            return Self::utf_8();
        }
        let mut detector = chardetng::EncodingDetector::new(chardetng::Iso2022JpDetection::Deny);
        detector.feed(sample, true);
        let guess = detector.guess(Some(b"fr"), chardetng::Utf8Detection::Allow);
        // Short texts mislead the detector to the ends of the world; western Europe is the safe choice.
        let plausible = ["windows-1252", "windows-1250", "windows-1254", "ISO-8859-15", "UTF-8"];
        Self::Web(if plausible.contains(&guess.name()) { guess } else { WINDOWS_1252 })
    }

    /// Its name.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Web(encoding) => encoding.name(),
            Self::Dos(name, _) => name,
        }
    }

    /// The characters of `bytes`, and whether all of them made sense.
    pub(super) fn decode<'a>(&self, bytes: &'a [u8]) -> (Cow<'a, str>, bool) {
        if bytes.is_ascii() {
            return (String::from_utf8_lossy(bytes), true);
        }
        match self {
            Self::Web(encoding) => {
                let (text, had_errors) = encoding.decode_without_bom_handling(bytes);
                (text, !had_errors)
            }
            Self::Dos(_, upper) => {
                let character = |byte: u8| match byte.checked_sub(128) {
                    None => char::from(byte),
                    Some(place) => upper.chars().nth(usize::from(place)).unwrap_or('\u{fffd}'),
                };
                (bytes.iter().copied().map(character).collect::<String>().into(), true)
            }
        }
    }
}

/// The characters of a text that should be UTF-8; else it is read as windows-1252, and `false`.
pub(super) fn decode_utf_8(bytes: &[u8]) -> (Cow<'_, str>, bool) {
    match std::str::from_utf8(bytes) {
        Ok(text) => (text.into(), true),
        Err(_) => (WINDOWS_1252.decode_without_bom_handling(bytes).0, false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_labels_of_side_files_are_understood() {
        for (label, name) in [
            ("UTF-8", "UTF-8"),
            ("utf8", "UTF-8"),
            ("65001", "UTF-8"),
            ("ISO-8859-1", "windows-1252"),
            ("88591", "windows-1252"),
            ("ISO 8859-15", "ISO-8859-15"),
            ("ANSI 1252", "windows-1252"),
            ("CP1252", "windows-1252"),
            ("Windows-1252", "windows-1252"),
            ("OEM 850", "CP850"),
            ("cp437", "CP437"),
            ("LATIN1", "windows-1252"),
        ] {
            assert_eq!(Decoder::from_label(label).map(Decoder::name), Some(name), "{label}");
        }
        assert!(Decoder::from_label("klingon").is_none());
    }

    #[test]
    fn code_pages_have_all_128_characters() {
        for page in [CP850, CP437] {
            let Decoder::Dos(_, upper) = page else { unreachable!() };
            assert_eq!(upper.chars().count(), 128);
        }
        assert_eq!(CP850.decode(b"Gr\x82oux").0, "Gréoux");
    }

    #[test]
    fn french_bytes_are_guessed_right() {
        assert_eq!(Decoder::guess("Forêt d'Été à Gréoux".as_bytes()).name(), "UTF-8");
        assert_eq!(Decoder::guess(b"For\xeat de Gr\xe9oux, c\x9cur de ville").name(), "windows-1252");
        assert_eq!(Decoder::guess(b"\xe9").name(), "windows-1252");
    }
}
