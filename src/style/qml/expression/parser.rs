//! The grammar of QGIS expressions. From the loosest: OR, AND, NOT, comparisons, sums, products, powers, `||`, signs.

use super::lexer::{Kind, Token, tokens};
use super::{Node, Operator};

/// Longest expression that is read.
const LETTERS: usize = 20_000;
/// How deep brackets, calls and signs may stand in each other.
const DEPTH: usize = 40;
/// Operators in one expression: chains of them stand in each other as well.
const OPERATORS: usize = 500;

/// Reads an expression.
///
/// # Errors
/// What is wrong, and at which letter.
pub(in crate::style::qml) fn parse(text: &str) -> Result<Node, String> {
    if text.len() > LETTERS {
        return Err(format!("it has more than {LETTERS} letters"));
    }
    let tokens = tokens(text)?;
    let is_operator = |kind: &Kind| match kind {
        Kind::Sign(sign) => !matches!(*sign, "(" | ")" | ","),
        Kind::Word(word) => OPERATOR_WORDS.iter().any(|known| word.eq_ignore_ascii_case(known)),
        _ => false,
    };
    if tokens.iter().filter(|token| is_operator(&token.kind)).count() > OPERATORS {
        return Err(format!("it has more than {OPERATORS} operators"));
    }
    let mut parser = Parser { tokens, next: 0, depth: 0 };
    let node = parser.any()?;
    match parser.peek() {
        None => Ok(node),
        Some(_) => Err(parser.unexpected("the end, or an operator")),
    }
}

struct Parser {
    tokens: Vec<Token>,
    next: usize,
    depth: usize,
}

type Parsed = Result<Node, String>;

const OPERATOR_WORDS: [&str; 4] = ["and", "or", "is", "like"];

/// Left-associative operators by how tightly they bind; powers bind to the right.
const SUMS: &[(&str, Operator)] = &[("+", Operator::Add), ("-", Operator::Sub)];
const PRODUCTS: &[(&str, Operator)] =
    &[("*", Operator::Mul), ("//", Operator::IntDiv), ("/", Operator::Div), ("%", Operator::Mod)];
const COMPARISONS: &[(&str, Operator)] = &[
    ("=", Operator::Equal),
    ("<>", Operator::NotEqual),
    ("!=", Operator::NotEqual),
    ("<=", Operator::LessOrEqual),
    (">=", Operator::GreaterOrEqual),
    ("<", Operator::Less),
    (">", Operator::Greater),
];

impl Parser {
    fn peek(&self) -> Option<&Kind> {
        self.tokens.get(self.next).map(|token| &token.kind)
    }

    fn is_sign(&self, sign: &str) -> bool {
        matches!(self.peek(), Some(Kind::Sign(found)) if *found == sign)
    }

    fn is_word(&self, word: &str) -> bool {
        matches!(self.peek(), Some(Kind::Word(found)) if found.eq_ignore_ascii_case(word))
    }

    fn take_sign(&mut self, sign: &str) -> bool {
        let is = self.is_sign(sign);
        self.next += usize::from(is);
        is
    }

    fn take_word(&mut self, word: &str) -> bool {
        let is = self.is_word(word);
        self.next += usize::from(is);
        is
    }

    fn take_one(&mut self, of: &[(&str, Operator)]) -> Option<Operator> {
        of.iter().find(|(sign, _)| self.take_sign(sign)).map(|(_, operator)| *operator)
    }

    fn unexpected(&self, expected: &str) -> String {
        match self.tokens.get(self.next) {
            None => format!("it ends where {expected} was expected"),
            Some(token) => {
                let found = match &token.kind {
                    Kind::Number(text) | Kind::Text(text) | Kind::Quoted(text) | Kind::Word(text) => {
                        text.chars().take(40).collect()
                    }
                    Kind::Sign(sign) => (*sign).to_owned(),
                };
                format!("at letter {} is '{found}' where {expected} was expected", token.at)
            }
        }
    }

    fn expect_sign(&mut self, sign: &str) -> Result<(), String> {
        if self.take_sign(sign) { Ok(()) } else { Err(self.unexpected(&format!("'{sign}'"))) }
    }

    fn expect_word(&mut self, word: &str) -> Result<(), String> {
        if self.take_word(word) { Ok(()) } else { Err(self.unexpected(word)) }
    }

    /// One level deeper.
    fn nested(&mut self, read: impl FnOnce(&mut Self) -> Parsed) -> Parsed {
        if self.depth >= DEPTH {
            return Err(format!("brackets and calls stand in each other more than {DEPTH} deep"));
        }
        self.depth += 1;
        let read = read(self);
        self.depth -= 1;
        read
    }

    fn any(&mut self) -> Parsed {
        self.nested(|p| {
            let mut left = p.conjunction()?;
            while p.take_word("or") {
                left = binary(Operator::Or, left, p.conjunction()?);
            }
            Ok(left)
        })
    }

    fn conjunction(&mut self) -> Parsed {
        let mut left = self.negation()?;
        while self.take_word("and") {
            left = binary(Operator::And, left, self.negation()?);
        }
        Ok(left)
    }

    fn negation(&mut self) -> Parsed {
        if self.take_word("not") {
            return self.nested(|p| Ok(Node::Not(Box::new(p.negation()?))));
        }
        self.comparison()
    }

    fn comparison(&mut self) -> Parsed {
        let mut left = self.sum()?;
        loop {
            if let Some(operator) = self.take_one(COMPARISONS) {
                left = binary(operator, left, self.sum()?);
                continue;
            }
            if self.take_word("is") {
                let negated = self.take_word("not");
                let is = binary(Operator::Is, left, self.sum()?);
                left = if negated { Node::Not(Box::new(is)) } else { is };
                continue;
            }
            let before = self.next;
            let negated = self.take_word("not");
            let predicate = if self.take_word("like") {
                binary(Operator::Like, left, self.sum()?)
            } else if self.take_word("ilike") {
                binary(Operator::ILike, left, self.sum()?)
            } else if self.take_word("in") {
                Node::In(Box::new(left), self.list()?)
            } else if self.take_word("between") {
                let lower = self.sum()?;
                self.expect_word("and")?;
                Node::Between(Box::new(left), Box::new(lower), Box::new(self.sum()?))
            } else if self.is_sign("~") {
                return Err("it uses the regular expression '~'".to_owned());
            } else {
                self.next = before;
                return Ok(left);
            };
            left = if negated { Node::Not(Box::new(predicate)) } else { predicate };
        }
    }

    fn sum(&mut self) -> Parsed {
        let mut left = self.product()?;
        while let Some(operator) = self.take_one(SUMS) {
            left = binary(operator, left, self.product()?);
        }
        Ok(left)
    }

    fn product(&mut self) -> Parsed {
        let mut left = self.power()?;
        while let Some(operator) = self.take_one(PRODUCTS) {
            left = binary(operator, left, self.power()?);
        }
        Ok(left)
    }

    fn power(&mut self) -> Parsed {
        let left = self.joined()?;
        if self.take_sign("^") {
            let right = self.nested(Self::power)?;
            return Ok(binary(Operator::Pow, left, right));
        }
        Ok(left)
    }

    fn joined(&mut self) -> Parsed {
        let mut left = self.signed()?;
        while self.take_sign("||") {
            left = binary(Operator::Concat, left, self.signed()?);
        }
        Ok(left)
    }

    fn signed(&mut self) -> Parsed {
        if self.take_sign("-") {
            return self.nested(|p| Ok(Node::Negative(Box::new(p.signed()?))));
        }
        if self.take_sign("+") {
            return self.nested(Self::signed);
        }
        self.single()
    }

    fn single(&mut self) -> Parsed {
        if self.take_sign("(") {
            let inner = self.any()?;
            self.expect_sign(")")?;
            return Ok(inner);
        }
        let kind = self.peek().cloned();
        let at = self.next;
        self.next += 1;
        match kind {
            Some(Kind::Number(number)) if number.parse::<f64>().is_ok_and(f64::is_finite) => {
                Ok(Node::Number(number))
            }
            Some(Kind::Text(text)) => Ok(Node::Text(text)),
            Some(Kind::Quoted(name)) if !name.is_empty() => Ok(Node::Column(name)),
            Some(Kind::Word(word)) => self.word(&word),
            _ => {
                self.next = at;
                Err(self.unexpected("a value"))
            }
        }
    }

    fn word(&mut self, word: &str) -> Parsed {
        let small = word.to_lowercase();
        if self.take_sign("(") {
            let mut arguments = Vec::new();
            while !self.take_sign(")") {
                if !arguments.is_empty() {
                    self.expect_sign(",")?;
                }
                arguments.push(self.any()?);
            }
            return Ok(Node::Call(small, arguments));
        }
        match small.as_str() {
            "null" => Ok(Node::Null),
            "true" => Ok(Node::Truth(true)),
            "false" => Ok(Node::Truth(false)),
            "case" => self.case(),
            // Features are told apart by their number.
            "$id" | "@id" => Ok(Node::Column("fid".to_owned())),
            _ if word.starts_with(['$', '@']) => Ok(Node::Call(small, Vec::new())),
            _ => Ok(Node::Column(word.to_owned())),
        }
    }

    fn case(&mut self) -> Parsed {
        let mut branches = Vec::new();
        while self.take_word("when") {
            let condition = self.any()?;
            self.expect_word("then")?;
            branches.push((condition, self.any()?));
        }
        if branches.is_empty() {
            return Err(self.unexpected("WHEN"));
        }
        let otherwise = if self.take_word("else") { Some(Box::new(self.any()?)) } else { None };
        self.expect_word("end")?;
        Ok(Node::Case(branches, otherwise))
    }

    fn list(&mut self) -> Result<Vec<Node>, String> {
        self.expect_sign("(")?;
        let mut all = vec![self.any()?];
        while self.take_sign(",") {
            all.push(self.any()?);
        }
        self.expect_sign(")")?;
        Ok(all)
    }
}

fn binary(operator: Operator, left: Node, right: Node) -> Node {
    Node::Binary(operator, Box::new(left), Box::new(right))
}
