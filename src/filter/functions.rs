//! Functions that filters may call: one list for checking, SQL, capabilities and documentation.
//!
//! Names are ours where SQL or CQL2's examples have one; the names that GeoServer's users write in ECQL are
//! understood as well.

use super::literal::Kind;

/// What goes into a function or comes out of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ValueType {
    /// Text.
    Text,
    /// A number.
    Number,
    /// A whole number.
    Integer,
    /// A truth value.
    Boolean,
    /// A date or a timestamp.
    Time,
    /// A geometry.
    Geometry,
    /// Anything.
    Any,
}

/// A function that filters may call, as capabilities and queryables tell of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signature {
    /// Name, read in any case.
    pub name: &'static str,
    /// Other names for it, read in any case.
    pub aliases: &'static [&'static str],
    /// Names and types of the arguments.
    pub args: &'static [(&'static str, ValueType)],
    /// Whether the last argument may be there several times.
    pub variadic: bool,
    /// Type of the result.
    pub returns: ValueType,
    /// What it gives, in a few words.
    pub about: &'static str,
}

macro_rules! functions {
    ($($variant:ident $name:literal [$($alias:literal),*] ($($arg:literal: $type:ident),*) $(variadic $variadic:literal)? -> $returns:ident, $about:literal;)*) => {
        /// A function by its meaning.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum Function { $($variant),* }

        impl Function {
            pub(super) const ALL: &[Self] = &[$(Self::$variant),*];

            /// What it takes and gives.
            pub(super) const fn signature(self) -> Signature {
                match self {
                    $(Self::$variant => Signature {
                        name: $name,
                        aliases: &[$($alias),*],
                        args: &[$(($arg, ValueType::$type)),*],
                        variadic: false $(|| $variadic)?,
                        returns: ValueType::$returns,
                        about: $about,
                    }),*
                }
            }
        }
    };
}

functions! {
    Lower "lower" ["strToLowerCase"] ("text": Text) -> Text, "the text in small letters";
    Upper "upper" ["strToUpperCase"] ("text": Text) -> Text, "the text in capital letters";
    CaseI "casei" [] ("text": Text) -> Text, "the text without difference of case";
    AccentI "accenti" [] ("text": Text) -> Text, "the text without accents";
    Trim "trim" ["strTrim"] ("text": Text) -> Text, "the text without blanks around it";
    Length "length" ["strLength"] ("text": Text) -> Integer, "number of characters; of a geometry the same as geomLength";
    Concat "concat" ["strConcat", "Concatenate"] ("text": Text, "more": Text) variadic true -> Text, "the texts one after another";
    Substring "substring" ["strSubstring"] ("text": Text, "begin": Number, "end": Number) -> Text, "the characters from begin (the first is 0) to before end";
    SubstringStart "substringStart" ["strSubstringStart"] ("text": Text, "begin": Number) -> Text, "the characters from begin (the first is 0)";
    IndexOf "indexOf" ["strIndexOf"] ("text": Text, "part": Text) -> Integer, "where the part begins (the first character is 0), -1 when it isn't there";
    StartsWith "startsWith" ["strStartsWith"] ("text": Text, "part": Text) -> Boolean, "whether the text begins with the part";
    EndsWith "endsWith" ["strEndsWith"] ("text": Text, "part": Text) -> Boolean, "whether the text ends with the part";
    EqualsIgnoreCase "equalsIgnoreCase" ["strEqualsIgnoreCase"] ("text": Text, "other": Text) -> Boolean, "whether both are the same without difference of case";
    Abs "abs" ["abs_2", "abs_3", "abs_4"] ("value": Number) -> Number, "the value without its sign";
    Ceil "ceil" ["ceiling"] ("value": Number) -> Number, "the next whole number above";
    Floor "floor" [] ("value": Number) -> Number, "the next whole number below";
    Round "round" ["rint", "roundDouble"] ("value": Number) -> Number, "the nearest whole number";
    Sqrt "sqrt" [] ("value": Number) -> Number, "the square root; no value below zero";
    Min "min" ["least", "min_2", "min_3", "min_4"] ("value": Number, "more": Number) variadic true -> Number, "the smallest of those that have a value";
    Max "max" ["greatest", "max_2", "max_3", "max_4"] ("value": Number, "more": Number) variadic true -> Number, "the largest of those that have a value";
    Year "year" [] ("time": Time) -> Integer, "the year, in UTC";
    Month "month" [] ("time": Time) -> Integer, "the month from 1, in UTC";
    Day "day" ["dayOfMonth"] ("time": Time) -> Integer, "the day of the month, in UTC";
    Hour "hour" ["hourOfDay"] ("time": Time) -> Integer, "the hour from 0, in UTC";
    DateParse "dateParse" [] ("format": Text, "text": Text) -> Time, "a literal text read by a pattern such as yyyy-MM-dd";
    IsNull "isNull" [] ("value": Any) -> Boolean, "whether there is no value";
    Area "area" [] ("geometry": Geometry) -> Number, "the area in square metres";
    GeomLength "geomLength" ["perimeter"] ("geometry": Geometry) -> Number, "the length of lines and borders in metres";
    Distance "distance" [] ("geometry": Geometry, "other": Geometry) -> Number, "the shortest distance in metres";
    NumPoints "numPoints" [] ("geometry": Geometry) -> Integer, "number of positions";
    NumGeometries "numGeometries" ["geometryCount"] ("geometry": Geometry) -> Integer, "number of parts";
    Dimension "dimension" [] ("geometry": Geometry) -> Integer, "0 for points, 1 for lines, 2 for polygons";
    GeometryType "geometryType" [] ("geometry": Geometry) -> Text, "the type, such as MultiPolygon";
    GetX "getX" ["x"] ("point": Geometry) -> Number, "easting or longitude of a point";
    GetY "getY" ["y"] ("point": Geometry) -> Number, "northing or latitude of a point";
    IsEmpty "isEmpty" [] ("geometry": Geometry) -> Boolean, "whether it has no positions";
    IsValid "isValid" [] ("geometry": Geometry) -> Boolean, "whether it is valid";
    IsSimple "isSimple" [] ("geometry": Geometry) -> Boolean, "whether it doesn't cross itself";
    IsClosed "isClosed" [] ("geometry": Geometry) -> Boolean, "whether lines end where they begin";
    Relate "relate" [] ("geometry": Geometry, "other": Geometry, "pattern": Text) -> Boolean, "whether the DE-9IM matrix fits a pattern such as T*F**F***";
    Centroid "centroid" [] ("geometry": Geometry) -> Geometry, "the centre of gravity";
    InteriorPoint "interiorPoint" ["pointOnSurface"] ("geometry": Geometry) -> Geometry, "a point inside";
    Envelope "envelope" [] ("geometry": Geometry) -> Geometry, "the smallest box around";
    ConvexHull "convexHull" [] ("geometry": Geometry) -> Geometry, "the smallest convex shape around";
    Boundary "boundary" [] ("geometry": Geometry) -> Geometry, "the border";
    StartPoint "startPoint" [] ("line": Geometry) -> Geometry, "the first point of a line";
    EndPoint "endPoint" [] ("line": Geometry) -> Geometry, "the last point of a line";
    Buffer "buffer" [] ("geometry": Geometry, "metres": Number) -> Geometry, "what lies within a distance in metres";
}

impl Function {
    pub(super) const fn name(self) -> &'static str {
        self.signature().name
    }

    /// The function of a name, in any case. Of the two that are called `length` this is the one of texts.
    pub(super) fn of(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|function| {
            let Signature { name: own, aliases, .. } = function.signature();
            own.eq_ignore_ascii_case(name) || aliases.iter().any(|alias| alias.eq_ignore_ascii_case(name))
        })
    }

    /// Names of all, for people.
    pub(super) fn names() -> String {
        Self::ALL.iter().map(|f| f.name()).collect::<Vec<_>>().join(", ")
    }

    /// What it takes, for people: `one text`, `text and number`.
    pub(super) fn takes(self) -> String {
        let Signature { args, variadic, .. } = self.signature();
        let word = |kind: ValueType| match kind {
            ValueType::Text => "text",
            ValueType::Number | ValueType::Integer => "number",
            ValueType::Boolean => "truth value",
            ValueType::Time => "date or timestamp",
            ValueType::Geometry => "geometry",
            ValueType::Any => "value",
        };
        match args {
            [(_, one)] => format!("one {}", word(*one)),
            several => {
                let all: Vec<_> =
                    several.iter().map(|(name, kind)| format!("{name} ({})", word(*kind))).collect();
                format!("{}{}", all.join(", "), if variadic { " …" } else { "" })
            }
        }
    }
}

impl ValueType {
    /// The type that a literal argument takes.
    pub(super) const fn kind(self) -> Kind {
        match self {
            Self::Text | Self::Any | Self::Geometry => Kind::Text,
            Self::Number => Kind::Decimal,
            Self::Integer => Kind::Integer,
            Self::Boolean => Kind::Boolean,
            Self::Time => Kind::Timestamp,
        }
    }
}

/// Every function that [`super::check()`] knows.
pub fn functions() -> impl Iterator<Item = Signature> {
    Function::ALL.iter().map(|f| f.signature())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn no_two_functions_share_a_name() {
        let mut seen = BTreeSet::new();
        for signature in functions() {
            for name in std::iter::once(&signature.name).chain(signature.aliases) {
                assert!(seen.insert(name.to_ascii_lowercase()), "{name}");
            }
        }
        assert_eq!(Function::of("STRTOLOWERCASE"), Some(Function::Lower));
        assert_eq!(Function::of("wibble"), None);
    }
}
