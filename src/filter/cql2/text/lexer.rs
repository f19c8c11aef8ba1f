//! Words, names, literals and signs of CQL2 text (OGC 21-065r2 annex B) and of ECQL, read one at a time with
//! their places.

use crate::filter::cql2::Read;
use crate::filter::error::{FilterError, excerpt};

/// A piece of a filter text.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::filter) enum Token<'a> {
    /// A keyword, function or property.
    Word(&'a str),
    /// A property or function in double quotes, without them.
    Name(String),
    /// A character literal, without its quotes and escapes.
    Text(String),
    /// A number without sign.
    Number(&'a str),
    /// A day or an instant without quotes (ECQL).
    Moment(&'a str),
    /// Any other character with a meaning.
    Sign(char),
    /// Nothing more.
    End,
}

/// In what the two languages differ to the eye.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::filter) struct Spelling {
    /// The language's name, for messages.
    pub(in crate::filter) language: &'static str,
    /// Whether a backslash escapes in a literal.
    pub(in crate::filter) escapes: bool,
    /// Whether days and instants stand without quotes.
    pub(in crate::filter) moments: bool,
    /// Whether conditions may be grouped by square brackets.
    pub(in crate::filter) brackets: bool,
}

/// The text, at one token.
pub(in crate::filter) struct Cursor<'a> {
    text: &'a str,
    spelling: Spelling,
    token: Token<'a>,
    /// Bytes before the token.
    at: usize,
    /// Bytes up to the token's end.
    end: usize,
}

impl<'a> Cursor<'a> {
    pub(in crate::filter) fn new(text: &'a str, spelling: Spelling) -> Read<Self> {
        let mut cursor = Self { text, spelling, token: Token::End, at: 0, end: 0 };
        cursor.advance()?;
        Ok(cursor)
    }

    pub(in crate::filter) const fn token(&self) -> &Token<'a> {
        &self.token
    }

    pub(in crate::filter) const fn at(&self) -> usize {
        self.at
    }

    /// Goes on to the next token; answers the one that was.
    pub(in crate::filter) fn advance(&mut self) -> Read<Token<'a>> {
        let text: &'a str = self.text;
        let rest = text.get(self.end..).unwrap_or_default();
        let trimmed = rest.trim_start();
        self.at = text.len() - trimmed.len();
        let (token, length) = self.read(trimmed)?;
        self.end = self.at + length;
        Ok(std::mem::replace(&mut self.token, token))
    }

    /// Whether the token is this word, in any case.
    pub(in crate::filter) fn is_word(&self, word: &str) -> bool {
        matches!(&self.token, Token::Word(found) if found.eq_ignore_ascii_case(word))
    }

    pub(in crate::filter) fn is_sign(&self, sign: char) -> bool {
        self.token == Token::Sign(sign)
    }

    /// Takes a word if it is there.
    pub(in crate::filter) fn take_word(&mut self, word: &str) -> Read<bool> {
        let found = self.is_word(word);
        if found {
            self.advance()?;
        }
        Ok(found)
    }

    /// Takes a sign if it is there.
    pub(in crate::filter) fn take(&mut self, sign: char) -> Read<bool> {
        let found = self.is_sign(sign);
        if found {
            self.advance()?;
        }
        Ok(found)
    }

    pub(in crate::filter) fn expect(&mut self, sign: char, expected: &str) -> Read<()> {
        if self.take(sign)? { Ok(()) } else { Err(self.refuse(expected)) }
    }

    pub(in crate::filter) fn expect_word(&mut self, word: &str, expected: &str) -> Read<()> {
        if self.take_word(word)? { Ok(()) } else { Err(self.refuse(expected)) }
    }

    /// A character literal.
    pub(in crate::filter) fn literal(&mut self, expected: &str) -> Read<String> {
        if !matches!(self.token, Token::Text(_)) {
            return Err(self.refuse(expected));
        }
        match self.advance()? {
            Token::Text(text) => Ok(text),
            _ => Ok(String::new()),
        }
    }

    /// A number with its sign, if any.
    pub(in crate::filter) fn number(&mut self) -> Read<f64> {
        let negative = self.is_sign('-');
        if negative || self.is_sign('+') {
            self.advance()?;
        }
        let number = match &self.token {
            Token::Number(digits) => digits.parse::<f64>().ok().filter(|v| v.is_finite()),
            _ => None,
        };
        let number = number.ok_or_else(|| self.refuse("write a number"))?;
        self.advance()?;
        Ok(if negative { -number } else { number })
    }

    /// The token is not what may stand here.
    pub(in crate::filter) fn refuse(&self, expected: &str) -> Box<FilterError> {
        let found = match &self.token {
            Token::End => "the end".to_owned(),
            _ => format!("'{}'", excerpt(self.text.get(self.at..self.end).unwrap_or_default())),
        };
        self.refuse_at(self.at, found, expected)
    }

    /// What was read from `at` on is not what may stand there.
    pub(in crate::filter) fn refuse_from(&self, at: usize, until: usize, expected: &str) -> Box<FilterError> {
        let found = self.text.get(at..until).unwrap_or_default().trim_end();
        self.refuse_at(at, format!("'{}'", excerpt(found)), expected)
    }

    fn refuse_at(&self, at: usize, mut found: String, expected: &str) -> Box<FilterError> {
        /// Characters repeated from before the place.
        const BEFORE: usize = 24;
        let before = self.text.get(..at).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let last_line = before.rsplit('\n').next().unwrap_or_default();
        let near = before.trim_end();
        let cut = near.char_indices().rev().nth(BEFORE - 1).map_or(0, |(start, _)| start);
        let near = near.get(cut..).unwrap_or_default();
        if !near.is_empty() {
            found.push_str(" after '");
            if cut > 0 {
                found.push('…');
            }
            found.push_str(near);
            found.push('\'');
        }
        Box::new(FilterError::Syntax {
            language: self.spelling.language,
            line: u32::try_from(line).unwrap_or(u32::MAX),
            column: u32::try_from(last_line.chars().count() + 1).unwrap_or(u32::MAX),
            found,
            expected: expected.to_owned(),
        })
    }

    /// The token at the beginning of `rest`, with its length in bytes.
    fn read(&self, rest: &'a str) -> Read<(Token<'a>, usize)> {
        let Some(first) = rest.chars().next() else { return Ok((Token::End, 0)) };
        match first {
            '\'' => self.read_quoted(rest, '\'').map(|(text, length)| (Token::Text(text), length)),
            '"' => self.read_quoted(rest, '"').map(|(name, length)| (Token::Name(name), length)),
            '0'..='9' | '.' => self.read_number(rest),
            '(' | ')' | '[' | ']' | ',' | '=' | '<' | '>' | '!' | '+' | '-' | '*' | '/' | '%' | '^' | ';' => {
                Ok((Token::Sign(first), 1))
            }
            _ if starts_name(first) => {
                let length = rest.find(|c| !continues_name(c)).unwrap_or(rest.len());
                Ok((Token::Word(rest.get(..length).unwrap_or_default()), length))
            }
            _ => Err(self.refuse_at(
                self.at,
                format!("'{first}'"),
                "put a property with such a character in double quotes, a text in single quotes",
            )),
        }
    }

    /// What stands between quotes. A quote inside is doubled; in a literal of CQL2 it may stand behind a
    /// backslash, like the control characters of requirement /req/cql2-text/escaping. Any other backslash stays:
    /// a pattern needs it.
    fn read_quoted(&self, rest: &str, quote: char) -> Read<(String, usize)> {
        let escapes = self.spelling.escapes && quote == '\'';
        let mut text = String::new();
        let mut characters = rest.char_indices().skip(1).peekable();
        while let Some((at, c)) = characters.next() {
            let next = characters.peek().map(|(_, next)| *next);
            if c == quote {
                if next != Some(quote) {
                    return Ok((text, at + quote.len_utf8()));
                }
                characters.next();
                text.push(quote);
            } else if let Some(escaped) = next.filter(|_| escapes && c == '\\').and_then(escape) {
                characters.next();
                text.push(escaped);
            } else {
                text.push(c);
            }
        }
        let expected = match (quote, escapes) {
            ('\'', true) => "close the text with a single quote; \\' and '' are quotes inside it",
            ('\'', false) => "close the text with a single quote; '' is a quote inside it",
            _ => "close the name with a double quote",
        };
        Err(self.refuse_at(self.at, format!("'{}'", excerpt(rest)), expected))
    }

    fn read_number(&self, rest: &'a str) -> Read<(Token<'a>, usize)> {
        if self.spelling.moments
            && let Some(length) = moment(rest)
        {
            return Ok((Token::Moment(rest.get(..length).unwrap_or_default()), length));
        }
        let bytes = rest.as_bytes();
        let digits = |from: usize| bytes.iter().skip(from).take_while(|b| b.is_ascii_digit()).count();
        let mut length = digits(0);
        let mut any = length;
        if bytes.get(length) == Some(&b'.') {
            let decimals = digits(length + 1);
            any += decimals;
            length += 1 + decimals;
        }
        if matches!(bytes.get(length), Some(b'e' | b'E')) {
            let sign = usize::from(matches!(bytes.get(length + 1), Some(b'+' | b'-')));
            let exponent = digits(length + 1 + sign);
            if exponent > 0 {
                length += 1 + sign + exponent;
            }
        }
        let glued = rest.get(length..).and_then(|r| r.chars().next()).is_some_and(starts_name);
        if any == 0 || glued {
            let length = rest.find(|c| !continues_name(c)).unwrap_or(rest.len());
            let found = format!("'{}'", excerpt(rest.get(..length).unwrap_or_default()));
            return Err(self.refuse_at(
                self.at,
                found,
                "write a number such as 12 or 1.5e3, and a name that begins with a digit in double quotes",
            ));
        }
        Ok((Token::Number(rest.get(..length).unwrap_or_default()), length))
    }
}

/// What a backslash before this character means, where it means anything.
const fn escape(c: char) -> Option<char> {
    Some(match c {
        '\'' | '\\' => c,
        'a' => '\u{7}',
        'b' => '\u{8}',
        't' => '\t',
        'n' => '\n',
        'v' => '\u{b}',
        'f' => '\u{c}',
        'r' => '\r',
        _ => return None,
    })
}

/// Bytes of a day, or an instant, that stands without quotes.
fn moment(rest: &str) -> Option<usize> {
    const DAY: usize = 10;
    let bytes = rest.as_bytes();
    let day = bytes.get(..DAY)?;
    let is_day = day
        .iter()
        .enumerate()
        .all(|(at, b)| if at == 4 || at == 7 { *b == b'-' } else { b.is_ascii_digit() });
    if !is_day || bytes.get(DAY).is_some_and(u8::is_ascii_digit) {
        return None;
    }
    if !matches!(bytes.get(DAY), Some(b'T' | b't')) {
        return Some(DAY);
    }
    let time =
        bytes.iter().skip(DAY + 1).take_while(|b| b.is_ascii_digit() || matches!(b, b':' | b'.')).count();
    let end = DAY + 1 + time;
    Some(match bytes.get(end) {
        Some(b'Z' | b'z') => end + 1,
        Some(b'+' | b'-') => {
            end + 1 + bytes.iter().skip(end + 1).take_while(|b| b.is_ascii_digit() || **b == b':').count()
        }
        _ => end,
    })
}

/// `identifierStart` of the grammar.
const fn starts_name(c: char) -> bool {
    matches!(c,
        ':' | '_' | 'A'..='Z' | 'a'..='z'
        | '\u{C0}'..='\u{D6}' | '\u{D8}'..='\u{F6}' | '\u{F8}'..='\u{2FF}'
        | '\u{370}'..='\u{37D}' | '\u{37F}'..='\u{1FFE}' | '\u{200C}'..='\u{200D}'
        | '\u{2070}'..='\u{218F}' | '\u{2C00}'..='\u{2FEF}' | '\u{3001}'..='\u{D7FF}'
        | '\u{F900}'..='\u{FDCF}' | '\u{FDF0}'..='\u{FFFD}' | '\u{10000}'..='\u{EFFFF}')
        && !is_blank(c)
}

/// The few blanks that lie in the ranges of names.
const fn is_blank(c: char) -> bool {
    matches!(c, '\u{1680}')
}

/// `identifierPart` of the grammar.
const fn continues_name(c: char) -> bool {
    starts_name(c) || matches!(c, '.' | '0'..='9' | '\u{300}'..='\u{36F}' | '\u{203F}'..='\u{2040}')
}

#[cfg(test)]
mod tests {
    use super::*;

    const CQL2: Spelling = Spelling { language: "CQL2 text", escapes: true, moments: false, brackets: false };
    const ECQL: Spelling = Spelling { language: "ECQL", escapes: false, moments: true, brackets: true };

    fn tokens(text: &str, spelling: Spelling) -> Result<Vec<Token<'_>>, FilterError> {
        let mut cursor = Cursor::new(text, spelling).map_err(|e| *e)?;
        let mut all = Vec::new();
        while *cursor.token() != Token::End {
            all.push(cursor.advance().map_err(|e| *e)?);
        }
        Ok(all)
    }

    fn text(of: &str) -> Token<'_> {
        Token::Text(of.to_owned())
    }

    #[test]
    fn names_may_have_dots_colons_accents_and_in_quotes_anything() {
        let found = tokens("eo:cloud_cover a.b Étendue \"a \"\" b\" 東京 :x", CQL2).expect("tokens");
        assert_eq!(
            found,
            [
                Token::Word("eo:cloud_cover"),
                Token::Word("a.b"),
                Token::Word("Étendue"),
                Token::Name("a \" b".to_owned()),
                Token::Word("東京"),
                Token::Word(":x"),
            ]
        );
    }

    #[test]
    fn quotes_and_control_characters_are_escaped_in_literals() {
        assert_eq!(tokens(r"'l''eau' 'l\'eau'", CQL2), Ok(vec![text("l'eau"), text("l'eau")]));
        assert_eq!(tokens(r"'\a\b\t\n\v\f\r'", CQL2), Ok(vec![text("\u{7}\u{8}\t\n\u{b}\u{c}\r")]));
        // A pattern's own escapes stay for the pattern.
        assert_eq!(tokens(r"'100\%' 'C:\\x' ''", CQL2), Ok(vec![text(r"100\%"), text(r"C:\x"), text("")]));
        assert_eq!(tokens(r"'C:\new'", ECQL), Ok(vec![text(r"C:\new")]));
    }

    #[test]
    fn numbers_end_where_they_end() {
        for (written, found) in [
            (
                "1038290-2*2",
                vec![
                    Token::Number("1038290"),
                    Token::Sign('-'),
                    Token::Number("2"),
                    Token::Sign('*'),
                    Token::Number("2"),
                ],
            ),
            (
                ".5 1. 1.5e-3 2E+5",
                vec![
                    Token::Number(".5"),
                    Token::Number("1."),
                    Token::Number("1.5e-3"),
                    Token::Number("2E+5"),
                ],
            ),
            (
                "2021-08-02",
                vec![
                    Token::Number("2021"),
                    Token::Sign('-'),
                    Token::Number("08"),
                    Token::Sign('-'),
                    Token::Number("02"),
                ],
            ),
        ] {
            assert_eq!(tokens(written, CQL2), Ok(found), "{written}");
        }
        for bad in ["5abc", ".", "1e", "1.2.3a", "0x1F"] {
            assert!(matches!(tokens(bad, CQL2), Err(FilterError::Syntax { .. })), "{bad}");
        }
    }

    #[test]
    fn moments_of_ecql_stand_without_quotes() {
        let found = tokens("2021-08-02 2021-08-02T10:00:00Z/P1D 2021-08-02T10:00:00.5+02:00", ECQL);
        assert_eq!(
            found,
            Ok(vec![
                Token::Moment("2021-08-02"),
                Token::Moment("2021-08-02T10:00:00Z"),
                Token::Sign('/'),
                Token::Word("P1D"),
                Token::Moment("2021-08-02T10:00:00.5+02:00"),
            ])
        );
    }

    #[test]
    fn a_fault_is_told_with_line_column_and_what_stands_before() {
        let error = tokens("a = 1 AND\n  b = 'x", CQL2).expect_err("open literal");
        assert!(matches!(error, FilterError::Syntax { line: 2, column: 7, .. }), "{error:?}");
        let said = error.to_string();
        assert!(said.contains("''x' after 'a = 1 AND\n  b ='") && said.contains("close the text"), "{said}");
        for (bad, said) in [("a # b", "'#' after 'a'"), ("\"a", "double quote"), ("é = ~", "column 5")] {
            let error = tokens(bad, CQL2).expect_err(bad).to_string();
            assert!(error.contains(said), "{error}");
        }
    }
}
