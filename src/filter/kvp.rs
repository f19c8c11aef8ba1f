//! Filters in key-value form: `bbox`, `resourceId`, `datetime`, `property=value`.

use super::ast::{CompareOp, Expr, Filter, IntervalEnd, Literal};
use super::error::{FilterError, Reading, excerpt};
use super::literal;
use crate::geo::{BBox, CrsRef};
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};

/// Boxes of a `bbox` parameter in x, y order, with the system they are in; two when one was given across
/// the antimeridian.
#[derive(Clone, Debug, PartialEq)]
pub struct Boxes {
    /// One box, or its western and eastern part.
    pub boxes: Vec<BBox>,
    /// The system; `None` means the layer's own.
    pub crs: Option<CrsRef>,
}

/// Reads a box of four numbers, or six with heights (which are left out), with its system behind them or
/// in `reading.default_crs`; the spelling of the system decides the axis order.
///
/// # Errors
/// [`FilterError::Parameter`] under `name`, or [`FilterError::Crs`].
pub fn boxes(name: &'static str, value: &str, reading: &Reading) -> Result<Boxes, FilterError> {
    let refused = |message: String| FilterError::Parameter { name, message };
    let mut parts: Vec<&str> = value.split(',').map(str::trim).collect();
    let crs = match parts.len() {
        5 | 7 => parts.pop().filter(|text| !text.is_empty()).map(CrsRef::parse).transpose()?,
        _ => None,
    };
    let crs = crs.or_else(|| reading.default_crs.clone());
    let numbers = parts
        .iter()
        .map(|part| {
            let number = part.parse::<f64>().ok().filter(|v| v.is_finite());
            number.ok_or_else(|| refused(format!("'{}' is not a finite number", excerpt(part))))
        })
        .collect::<Result<Vec<_>, _>>()?;
    let swapped = crs.as_ref().is_some_and(|crs| crs.swapped(reading.short_means_authority));
    let boxes = place(&numbers, crs.as_ref(), swapped).map_err(refused)?;
    Ok(Boxes { boxes, crs })
}

/// Boxes in x, y order of four numbers, or six with heights; two when one was given across the antimeridian.
/// The error is a sentence for whoever wrote the numbers.
pub(super) fn place(numbers: &[f64], crs: Option<&CrsRef>, swapped: bool) -> Result<Vec<BBox>, String> {
    let (low, high) = match numbers {
        [a, b, c, d] | [a, b, _, c, d, _] => ([*a, *b], [*c, *d]),
        _ => {
            return Err(format!(
                "a box has four numbers (or six with heights) and perhaps a coordinate reference system; {} values were given",
                numbers.len()
            ));
        }
    };
    let mut bbox = BBox::new(low[0], low[1], high[0], high[1]);
    if swapped {
        bbox = bbox.swapped();
    }
    let reversed = |axis: &str| {
        format!(
            "the box is reversed: its first {axis} is greater than its second; write the lower corner first and check the order of the axes"
        )
    };
    if bbox.min_y > bbox.max_y {
        return Err(reversed("northing or latitude"));
    }
    if bbox.min_x <= bbox.max_x {
        return Ok(vec![bbox]);
    }
    if crs.is_some_and(|crs| crs.crs.geographic) && bbox.min_x <= 180.0 && bbox.max_x >= -180.0 {
        return Ok(vec![BBox { max_x: 180.0, ..bbox }, BBox { min_x: -180.0, ..bbox }]);
    }
    Err(reversed("easting or longitude"))
}

/// A `bbox` parameter as a condition on the layer's geometry.
///
/// # Errors
/// As [`boxes`].
pub fn bbox(name: &'static str, value: &str, reading: &Reading) -> Result<Filter, FilterError> {
    let Boxes { boxes, crs } = boxes(name, value, reading)?;
    let srid = crs.map(|crs| crs.crs.srid);
    let mut parts: Vec<Filter> =
        boxes.into_iter().map(|bbox| Filter::BBox { property: None, bbox, srid }).collect();
    Ok(match parts.pop() {
        Some(one) if parts.is_empty() => one,
        Some(last) => {
            parts.push(last);
            Filter::Or(parts)
        }
        None => Filter::Constant(true),
    })
}

/// Identifiers separated by commas, as `resourceId` and `featureId` list them.
///
/// # Errors
/// [`FilterError::Parameter`] when there is none, or too many.
pub fn resource_ids(name: &'static str, value: &str, reading: &Reading) -> Result<Filter, FilterError> {
    let ids: Vec<String> =
        value.split(',').map(str::trim).filter(|id| !id.is_empty()).map(str::to_owned).collect();
    if ids.is_empty() {
        let message = "name at least one feature, such as communes.12".to_owned();
        return Err(FilterError::Parameter { name, message });
    }
    if ids.len() > reading.limits.nodes {
        return Err(FilterError::TooLarge(reading.limits.nodes));
    }
    Ok(Filter::Ids(ids))
}

/// `property=value`.
#[must_use]
pub fn equals(property: &str, value: &str) -> Filter {
    compare(property, CompareOp::Equal, value)
}

/// A `datetime` parameter (OGC 17-069r4 clause 7.15.4) on a date or timestamp property: an instant, a
/// day, or an interval with ends included, `..` or nothing for an open end. A day beside a timestamp is
/// the whole day in UTC, an instant beside a date the day it lies in.
///
/// # Errors
/// [`FilterError::Parameter`] when it is neither, or the interval is reversed.
pub fn datetime(name: &'static str, value: &str, property: &str) -> Result<Filter, FilterError> {
    let at = |op, moment: &Moment| compare(property, op, &moment.text);
    Ok(match Asked::parse(name, value)? {
        Asked::At(moment) => at(CompareOp::Equal, &moment),
        Asked::Between(Some(begin), Some(end)) => {
            Filter::And(vec![at(CompareOp::GreaterOrEqual, &begin), at(CompareOp::LessOrEqual, &end)])
        }
        Asked::Between(Some(begin), None) => at(CompareOp::GreaterOrEqual, &begin),
        Asked::Between(None, Some(end)) => at(CompareOp::LessOrEqual, &end),
        Asked::Between(None, None) => Filter::Constant(true),
    })
}

/// The time of a `datetime` parameter as an operand of temporal operators; none when it is open on both sides.
pub(super) fn time(name: &'static str, value: &str) -> Result<Option<Expr>, FilterError> {
    let literal = |moment: Moment| Expr::Literal(Literal::Text(moment.text));
    let end = |moment: Option<Moment>| {
        Box::new(moment.map_or(IntervalEnd::Open, |moment| IntervalEnd::At(literal(moment))))
    };
    Ok(match Asked::parse(name, value)? {
        Asked::At(moment) => Some(literal(moment)),
        Asked::Between(None, None) => None,
        Asked::Between(begin, last) => Some(Expr::Interval(end(begin), end(last))),
    })
}

/// What a `datetime` parameter asks for.
enum Asked {
    At(Moment),
    Between(Option<Moment>, Option<Moment>),
}

impl Asked {
    fn parse(name: &'static str, value: &str) -> Result<Self, FilterError> {
        let refused = |message: String| FilterError::Parameter { name, message };
        let end = |text: &str| Moment::parse(text).map_err(refused);
        let Some((from, to)) = value.split_once('/') else {
            let needed = || refused("a day, an instant or an interval is needed".to_owned());
            return end(value)?.map(Self::At).ok_or_else(needed);
        };
        let (from, to) = (end(from)?, end(to)?);
        if let (Some(begin), Some(end)) = (&from, &to)
            && begin.first > end.first
            && end.day != Some(begin.first.date_naive())
        {
            return Err(refused("the interval is reversed: its begin lies after its end".to_owned()));
        }
        Ok(Self::Between(from, to))
    }
}

/// One end of an interval, as filters spell it.
struct Moment {
    text: String,
    first: DateTime<Utc>,
    /// The day, when a whole day was written.
    day: Option<NaiveDate>,
}

impl Moment {
    /// `None` is an open end.
    fn parse(text: &str) -> Result<Option<Self>, String> {
        let text = text.trim();
        if text.is_empty() || text == ".." {
            return Ok(None);
        }
        // The '+' of an offset that was not percent-encoded arrives as a space.
        let text = if text.get(10..11) == Some("T") { text.replace(' ', "+") } else { text.to_owned() };
        let day = literal::date(&text);
        let first =
            day.map(|day| day.and_time(NaiveTime::MIN).and_utc()).or_else(|| literal::timestamp(&text));
        match first {
            Some(first) => Ok(Some(Self { text, first, day })),
            None => Err(format!(
                "'{}' is neither a day (2021-08-02) nor an instant (2021-08-02T12:00:00Z), nor an interval of them \
                 (2021-08-02/2021-08-31, ../2021-08-31 or 2021-08-02/..)",
                excerpt(&text)
            )),
        }
    }
}

fn compare(property: &str, op: CompareOp, value: &str) -> Filter {
    Filter::Compare {
        op,
        left: Expr::Property(property.to_owned()),
        right: Expr::Literal(Literal::Text(value.to_owned())),
        match_case: true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(value: &str, default_crs: &str) -> Result<Vec<BBox>, FilterError> {
        let default_crs = Some(CrsRef::parse(default_crs).expect("crs"));
        boxes("bbox", value, &Reading { default_crs, ..Reading::default() }).map(|b| b.boxes)
    }

    #[test]
    fn the_system_behind_a_box_decides_its_axes() {
        let expected = Ok(vec![BBox::new(3.86, 42.9, 8.13, 45.2)]);
        assert_eq!(read("42.9,3.86,45.2,8.13,urn:ogc:def:crs:EPSG::4326", "CRS:84"), expected);
        assert_eq!(read("3.86,42.9,8.13,45.2,EPSG:4326", "CRS:84"), expected);
        assert_eq!(read("3.86, 42.9, 0, 8.13, 45.2, 100", "CRS:84"), expected);
        assert_eq!(read("42.9,3.86,45.2,8.13", "urn:ogc:def:crs:EPSG::4326"), expected);
    }

    #[test]
    fn a_box_across_the_antimeridian_becomes_two() {
        assert_eq!(
            read("170,-20,-170,-10", "CRS:84"),
            Ok(vec![BBox::new(170.0, -20.0, 180.0, -10.0), BBox::new(-180.0, -20.0, -170.0, -10.0)])
        );
    }

    #[test]
    fn wrong_boxes_name_the_parameter_and_the_remedy() {
        for (value, said) in [
            ("1,2,3", "four numbers"),
            ("", "not a finite number"),
            ("1,2,3,NaN", "'NaN' is not a finite number"),
            ("1,2,inf,4", "'inf' is not a finite number"),
            ("1,2,x,4", "'x' is not a finite number"),
            ("5,5,6,4", "reversed"),
            ("1,2,3,4,5,6,7,8", "8 values"),
            ("1,2,3,4,EPSG:0", "EPSG:0"),
        ] {
            let error = read(value, "CRS:84").expect_err(value).to_string();
            assert!(error.contains(said), "{value}: {error}");
        }
        assert!(read("5,5,4,6", "EPSG:2154").expect_err("reversed").to_string().contains("reversed"));
    }

    #[test]
    fn intervals_may_be_open_but_not_reversed() {
        let at = |op, value: &str| compare("d", op, value);
        assert_eq!(datetime("datetime", "2021-08-02", "d"), Ok(at(CompareOp::Equal, "2021-08-02")));
        assert_eq!(datetime("datetime", "../2021-08-02", "d"), Ok(at(CompareOp::LessOrEqual, "2021-08-02")));
        assert_eq!(datetime("datetime", "2021-08-02/", "d"), Ok(at(CompareOp::GreaterOrEqual, "2021-08-02")));
        assert_eq!(datetime("datetime", "../..", "d"), Ok(Filter::Constant(true)));
        assert!(datetime("datetime", "2021-01-01/2022-01-01T00:00:00Z", "d").is_ok());
        assert!(datetime("datetime", "2021-01-01T10:00:00Z/2021-01-01", "d").is_ok());
        let offset = at(CompareOp::Equal, "2021-01-01T10:00:00+02:00");
        assert_eq!(datetime("datetime", "2021-01-01T10:00:00 02:00", "d"), Ok(offset));
        for bad in [
            "",
            "yesterday",
            "2021",
            "2021-13-01",
            "2022-01-01/2021-01-01",
            "2021-01-01/2020-12-31T23:59:59Z",
            "2021-01-01/x",
            "a/b",
            "1/2/3",
            "2021-02-30",
            "..",
        ] {
            assert!(matches!(datetime("datetime", bad, "d"), Err(FilterError::Parameter { .. })), "{bad}");
        }
    }

    #[test]
    fn identifiers_are_split_at_commas() {
        let reading = Reading::default();
        assert_eq!(
            resource_ids("resourceId", "a.1, a.2,", &reading),
            Ok(Filter::Ids(vec!["a.1".into(), "a.2".into()]))
        );
        assert!(resource_ids("resourceId", " ,", &reading).is_err());
    }

    proptest! {
        #[test]
        fn no_value_makes_reading_panic(value in any::<String>(), numbers in "[-0-9.,eE:NaPSG/]{0,40}") {
            for value in [value, numbers] {
                let _ = bbox("bbox", &value, &Reading::default());
                let _ = datetime("datetime", &value, "d");
            }
        }
    }
}
