//! Functions: arguments are counted and take the types that the function wants.

use super::{Checker, Side, text_term};
use crate::filter::ast::{ArithmeticOp, Expr, Literal};
use crate::filter::error::{FilterError, excerpt};
use crate::filter::functions::{Function, ValueType};
use crate::filter::literal::{self, Bound, Kind};
use crate::filter::spatial::Place;
use crate::filter::term::{Fold, Subject, Term};
use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, Utc};

impl Checker<'_> {
    /// A function that gives a value.
    #[inline(never)]
    pub(super) fn call(&self, name: &str, args: &[Expr], depth: usize) -> Result<Side, FilterError> {
        let function = self.function(name, args)?;
        if function == Function::DateParse {
            return parsed_date(args).map(Side::Literal);
        }
        if function.signature().returns == ValueType::Geometry {
            return Err(FilterError::IsGeometry(excerpt(name)));
        }
        let mut args = self.arguments(function, args, depth)?;
        let only = |args: &mut Vec<Subject>| match args.pop() {
            Some(Subject::Term(term)) => Box::new(term),
            _ => Box::new(Term::Null(Kind::Text)),
        };
        let term = match function {
            Function::CaseI | Function::Lower => Term::Fold { fold: Fold::Case, term: only(&mut args) },
            Function::AccentI => Term::Fold { fold: Fold::Accent, term: only(&mut args) },
            Function::Sqrt => Term::Arithmetic {
                op: ArithmeticOp::Pow,
                left: only(&mut args),
                right: Box::new(Term::Bound(Bound::Real(0.5))),
                real: true,
            },
            _ => Term::Call { kind: result_kind(function, &args), function, args },
        };
        Ok(Side::Term(term))
    }

    /// A function that gives a geometry.
    #[inline(never)]
    pub(super) fn geometry_call(
        &self,
        name: &str,
        args: &[Expr],
        depth: usize,
    ) -> Result<Place, FilterError> {
        let function = self.function(name, args)?;
        if function.signature().returns != ValueType::Geometry {
            return Err(FilterError::NotGeometry(excerpt(name)));
        }
        let mut args = self.arguments(function, args, depth)?.into_iter();
        let (Some(Subject::Place(of)), metres) = (args.next(), args.next()) else {
            return Err(refused(function));
        };
        let metres = match metres {
            Some(Subject::Term(term)) => Some(Box::new(term)),
            _ => None,
        };
        Ok(Place::Call { function, of: Box::new(of), metres })
    }

    fn function(&self, name: &str, args: &[Expr]) -> Result<Function, FilterError> {
        match Function::of(name) {
            // Two functions share this name: what they are given tells them apart.
            Some(Function::Length) if matches!(args, [one] if self.is_geometric(one)) => {
                Ok(Function::GeomLength)
            }
            Some(function) => Ok(function),
            None => Err(FilterError::UnknownFunction { name: excerpt(name), known: Function::names() }),
        }
    }

    fn arguments(
        &self,
        function: Function,
        args: &[Expr],
        depth: usize,
    ) -> Result<Vec<Subject>, FilterError> {
        super::deeper(depth + 1)?;
        let signature = function.signature();
        let (least, variadic) = (signature.args.len(), signature.variadic);
        if args.len() < least || (args.len() > least && !variadic) {
            return Err(refused(function));
        }
        if let (Function::Distance | Function::Relate, [left, right, pattern @ ..]) = (function, args) {
            let (left, right) = self.places(left, right, depth + 1)?;
            let mut subjects = vec![Subject::Place(left), Subject::Place(right)];
            if let Some(pattern) = pattern.first() {
                subjects.push(Subject::Term(matrix_pattern(pattern)?));
            }
            return Ok(subjects);
        }
        let last = signature.args.last().map(|(_, kind)| *kind);
        args.iter()
            .enumerate()
            .filter_map(|(at, arg)| Some((signature.args.get(at).map(|(_, kind)| *kind).or(last)?, arg)))
            .map(|(kind, arg)| self.argument(function, kind, arg, depth + 1))
            .collect()
    }

    fn argument(
        &self,
        function: Function,
        wanted: ValueType,
        arg: &Expr,
        depth: usize,
    ) -> Result<Subject, FilterError> {
        match wanted {
            ValueType::Any => return self.subject(arg, depth),
            ValueType::Geometry => return self.place(arg, depth).map(Subject::Place),
            _ => {}
        }
        let term = match self.side(arg, depth)? {
            Side::Literal(Literal::Null) => Term::Null(wanted.kind()),
            // Text takes what is written as a number or a time for what it is.
            Side::Literal(literal) if wanted == ValueType::Text => text_term(&literal)?,
            Side::Literal(literal) => {
                let what = format!("function '{}'", function.name());
                Term::Bound(literal::bind(&literal, wanted.kind(), &what)?)
            }
            Side::Term(term) => term,
        };
        let kind = term.kind();
        let fits = match wanted {
            ValueType::Text => kind == Kind::Text,
            ValueType::Number | ValueType::Integer => kind.is_number(),
            ValueType::Boolean => kind == Kind::Boolean,
            ValueType::Time => kind.is_temporal(),
            ValueType::Geometry | ValueType::Any => true,
        };
        if fits {
            return Ok(Subject::Term(term));
        }
        // Texts are made of numbers where they are only put together.
        if function == Function::Concat && !matches!(kind, Kind::Binary | Kind::Set | Kind::Boolean) {
            return Ok(Subject::Term(Term::AsText(Box::new(term))));
        }
        Err(refused(function))
    }
}

fn refused(function: Function) -> FilterError {
    FilterError::Arguments { name: function.name().to_owned(), takes: function.takes() }
}

fn result_kind(function: Function, args: &[Subject]) -> Kind {
    let numbers = || {
        args.iter().filter_map(|arg| match arg {
            Subject::Term(term) => Some(term.kind()),
            Subject::Place(_) => None,
        })
    };
    match function.signature().returns {
        ValueType::Integer => Kind::Integer,
        ValueType::Boolean => Kind::Boolean,
        ValueType::Text | ValueType::Any | ValueType::Geometry => Kind::Text,
        ValueType::Time => Kind::Timestamp,
        ValueType::Number if numbers().next().is_none() || numbers().any(|k| k == Kind::Real) => Kind::Real,
        ValueType::Number if numbers().all(|k| k == Kind::Integer) => Kind::Integer,
        ValueType::Number => Kind::Decimal,
    }
}

/// The pattern of a DE-9IM matrix (OGC 06-103r4 clause 6.1.14.2).
fn matrix_pattern(expr: &Expr) -> Result<Term, FilterError> {
    let text = match expr {
        Expr::Literal(literal @ (Literal::Text(_) | Literal::Integer(_))) => literal::text_of(literal),
        _ => String::new(),
    };
    let pattern = text.trim().to_ascii_uppercase();
    if pattern.len() == 9 && pattern.bytes().all(|b| matches!(b, b'T' | b'F' | b'*' | b'0' | b'1' | b'2')) {
        return Ok(Term::Bound(Bound::Text(pattern)));
    }
    Err(FilterError::Literal {
        value: excerpt(&text),
        expected: "literal pattern of nine characters T, F, *, 0, 1 or 2",
        what: "function 'relate'".to_owned(),
    })
}

/// `dateParse(format, text)` of two literals.
fn parsed_date(args: &[Expr]) -> Result<Literal, FilterError> {
    let [Expr::Literal(Literal::Text(format)), Expr::Literal(Literal::Text(text))] = args else {
        return Err(FilterError::Arguments {
            name: "dateParse".to_owned(),
            takes: "two literal texts: a format such as yyyy-MM-dd, and a text".to_owned(),
        });
    };
    let unfit = |value: &str, expected| FilterError::Literal {
        value: excerpt(value),
        expected,
        what: "function 'dateParse'".to_owned(),
    };
    let pattern = strftime(format)
        .ok_or_else(|| unfit(format, "pattern of yyyy, MM, dd, HH, mm, ss, SSS, Z and quoted text"))?;
    let text = text.trim();
    let instant = DateTime::parse_from_str(text, &pattern)
        .map(|instant| instant.with_timezone(&Utc))
        .or_else(|_| NaiveDateTime::parse_from_str(text, &pattern).map(|local| local.and_utc()));
    let literal = match instant {
        Ok(instant) => Some(Literal::Timestamp(instant)).filter(|_| (1..=9999).contains(&instant.year())),
        Err(_) => NaiveDate::parse_from_str(text, &pattern)
            .ok()
            .filter(|day| (1..=9999).contains(&day.year()))
            .map(Literal::Date),
    };
    literal.ok_or_else(|| unfit(text, "date in the format given"))
}

/// A date pattern as Java writes it, in the notation of strftime.
fn strftime(format: &str) -> Option<String> {
    let mut out = String::new();
    let mut rest = format;
    const FIELDS: [(&str, &str); 12] = [
        ("yyyy", "%Y"),
        ("yy", "%y"),
        ("MM", "%m"),
        ("dd", "%d"),
        ("HH", "%H"),
        ("mm", "%M"),
        ("SSS", "%3f"),
        ("ss", "%S"),
        ("XXX", "%:z"),
        ("Z", "%z"),
        ("''", "'"),
        ("%", "%%"),
    ];
    while !rest.is_empty() {
        if let Some((field, written)) = FIELDS.iter().find(|(field, _)| rest.starts_with(field)) {
            out.push_str(written);
            rest = rest.strip_prefix(field)?;
        } else if let Some(quoted) = rest.strip_prefix('\'') {
            let (text, after) = quoted.split_once('\'')?;
            out.push_str(&text.replace('%', "%%"));
            rest = after;
        } else {
            let first = rest.chars().next().filter(|c| !c.is_ascii_alphabetic())?;
            out.push(first);
            rest = rest.strip_prefix(first)?;
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(format: &str, text: &str) -> Result<Literal, FilterError> {
        let literal = |t: &str| Expr::Literal(Literal::Text(t.to_owned()));
        parsed_date(&[literal(format), literal(text)])
    }

    #[test]
    fn dates_are_read_by_patterns_of_java() {
        let day = NaiveDate::from_ymd_opt(2021, 8, 2).expect("day");
        assert_eq!(read("yyyy-MM-dd", "2021-08-02"), Ok(Literal::Date(day)));
        assert_eq!(read("dd/MM/yyyy", "02/08/2021"), Ok(Literal::Date(day)));
        let noon = day.and_hms_opt(10, 0, 0).expect("time").and_utc();
        assert_eq!(read("yyyy-MM-dd'T'HH:mm:ss", "2021-08-02T10:00:00"), Ok(Literal::Timestamp(noon)));
        assert_eq!(read("yyyy-MM-dd HH:mm:ssZ", "2021-08-02 12:00:00+0200"), Ok(Literal::Timestamp(noon)));
        for (format, text) in [
            ("yyyy-MM-dd", "02/08/2021"),
            ("EEE", "Mon"),
            ("'T", "T"),
            ("", ""),
            ("yyyy-MM-dd", "99999-01-01"),
            ("%Y", "2021"),
        ] {
            assert!(read(format, text).is_err(), "{format} {text}");
        }
    }
}
