//! The words of an expression.

/// A word, with the place of its first letter from 1.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) at: usize,
}

/// What a word is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kind {
    /// A number.
    Number(String),
    /// `'text'`
    Text(String),
    /// `"column"`
    Quoted(String),
    /// A name or a keyword; `$…` and `@…` with their sign.
    Word(String),
    /// An operator, a bracket or a comma.
    Sign(&'static str),
}

/// Signs, longer ones before their beginnings.
const SIGNS: [&str; 20] = [
    "||", "<=", ">=", "<>", "!=", "//", "=", "<", ">", "+", "-", "*", "/", "%", "^", "~", "(", ")", ",", "[",
];

/// Splits a text into words; comments (`-- …`, `/* … */`) are left out.
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let letters: Vec<char> = text.chars().collect();
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(&letter) = letters.get(at) {
        let next = letters.get(at + 1).copied();
        let begin = at;
        let kind = if letter.is_whitespace() {
            at += 1;
            continue;
        } else if letter == '-' && next == Some('-') {
            at = until(&letters, at, |rest| rest.first() == Some(&'\n')).unwrap_or(letters.len());
            continue;
        } else if letter == '/' && next == Some('*') {
            let end = until(&letters, at + 2, |rest| rest.starts_with(&['*', '/']));
            at = end.ok_or_else(|| format!("the comment at letter {} has no end", begin + 1))? + 2;
            continue;
        } else if letter == '\'' || letter == '"' {
            let (inner, end) = quoted(&letters, at, letter)
                .ok_or_else(|| format!("the quote at letter {} is not closed", begin + 1))?;
            at = end;
            if letter == '\'' { Kind::Text(inner) } else { Kind::Quoted(inner) }
        } else if letter.is_ascii_digit() || letter == '.' && next.is_some_and(|n| n.is_ascii_digit()) {
            let number = number(&letters, at);
            at += number.len();
            Kind::Number(number)
        } else if letter.is_alphabetic() || matches!(letter, '_' | '$' | '@') {
            let word: String = std::iter::once(letter)
                .chain(letters.iter().skip(at + 1).copied().take_while(|c| c.is_alphanumeric() || *c == '_'))
                .collect();
            at += word.chars().count();
            Kind::Word(word)
        } else {
            let rest: String = letters.iter().skip(at).take(2).collect();
            let sign = SIGNS.into_iter().find(|sign| rest.starts_with(sign));
            let sign =
                sign.ok_or_else(|| format!("'{letter}' at letter {} has no meaning here", begin + 1))?;
            at += sign.len();
            Kind::Sign(sign)
        };
        found.push(Token { kind, at: begin + 1 });
    }
    Ok(found)
}

fn until(letters: &[char], from: usize, is: impl Fn(&[char]) -> bool) -> Option<usize> {
    (from..letters.len()).find(|at| letters.get(*at..).is_some_and(&is))
}

/// The inside of quotes that begin at `at`, and where what follows begins.
fn quoted(letters: &[char], at: usize, quote: char) -> Option<(String, usize)> {
    let mut inner = String::new();
    let mut at = at + 1;
    loop {
        let letter = *letters.get(at)?;
        let next = letters.get(at + 1).copied();
        match (letter, next) {
            (l, Some(n)) if l == quote && n == quote => {
                inner.push(quote);
                at += 2;
            }
            (l, _) if l == quote => return Some((inner, at + 1)),
            ('\\', Some(escaped)) if quote == '\'' => {
                inner.push(match escaped {
                    'n' => '\n',
                    't' => '\t',
                    other => other,
                });
                at += 2;
            }
            (l, _) => {
                inner.push(l);
                at += 1;
            }
        }
    }
}

fn number(letters: &[char], at: usize) -> String {
    let mut number = String::new();
    for &letter in letters.iter().skip(at) {
        let after_exponent = number.ends_with(['e', 'E']);
        let fits = letter.is_ascii_digit()
            || letter == '.' && !number.contains(['.', 'e', 'E'])
            || matches!(letter, 'e' | 'E') && !number.contains(['e', 'E'])
            || matches!(letter, '+' | '-') && after_exponent;
        if !fits {
            break;
        }
        number.push(letter);
    }
    number
}
