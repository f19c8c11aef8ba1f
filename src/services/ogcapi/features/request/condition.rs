//! Which features: `bbox`, `datetime`, `ids`, `q`, `filter`, and attributes by name. All of them must hold.

use super::PARAMETERS;
use super::selection::named_crs;
use crate::filter::ast::{Expr, LikePart};
use crate::filter::{Filter, FilterLimits, LayerTime, Reading, kvp};
use crate::geo::CrsRef;
use crate::model::{ColumnType, Layer};
use crate::services::edge::{Call, selection};
use crate::services::ogcapi::common::{Parameters, Problem};

/// What filters call a layer's geometry.
const GEOMETRY: &str = "geom";

/// What filters call a feature's identifier.
pub(super) const IDENTIFIER: &str = "fid";

/// Words in `q` at most.
const WORDS: usize = 32;

/// Whether an attribute can be a parameter: its values can be written in one.
pub const fn is_filterable(kind: ColumnType) -> bool {
    !matches!(kind, ColumnType::Json | ColumnType::Binary)
}

/// The condition of all parameters that choose features.
pub(super) fn read(call: &Call, layer: &Layer, parameters: &Parameters) -> Result<Option<Filter>, Problem> {
    let limits = FilterLimits::from(&call.app.config.limits);
    let mut all = None;
    match (parameters.get("bbox"), parameters.get("bbox-crs")) {
        (Some(text), system) => {
            let crs = match system {
                None => CrsRef::crs84()?,
                Some(system) => named_crs("bbox-crs", system)?,
            };
            all = Filter::and(all, Some(or_without(bbox(text, &crs)?, GEOMETRY)));
        }
        (None, Some(system)) => {
            named_crs("bbox-crs", system)?;
        }
        (None, None) => {}
    }
    if let Some(text) = parameters.get("datetime") {
        all = Filter::and(all, datetime(layer, text)?);
    }
    if let Some(text) = parameters.get("ids") {
        let reading = Reading { limits, ..Reading::default() };
        all = Filter::and(all, Some(kvp::resource_ids("ids", text, &reading)?));
    }
    if let Some(text) = parameters.get("q") {
        all = Filter::and(all, Some(words(layer, text, &limits)?));
    }
    all = Filter::and(all, expression(layer, parameters, limits)?);
    for (name, value) in parameters.iter().filter(|(n, _)| !PARAMETERS.contains(n)) {
        all = Filter::and(all, Some(equals(layer, name, value)?));
    }
    Ok(all)
}

/// `filter` with `filter-lang` and `filter-crs`. It is held against the layer here, so that the error names the parameter.
fn expression(
    layer: &Layer,
    parameters: &Parameters,
    limits: FilterLimits,
) -> Result<Option<Filter>, Problem> {
    let Some(filter) = selection::filter(|name| parameters.get(name), limits)? else { return Ok(None) };
    match crate::filter::check(&filter, layer) {
        Ok(_) => Ok(Some(filter)),
        Err(error) => Err(Problem::invalid("filter", error.to_string())),
    }
}

/// The condition on the layer's time; none when it has none, since a feature without time matches every time,
/// nor when both ends are open.
fn datetime(layer: &Layer, text: &str) -> Result<Option<Filter>, Problem> {
    match LayerTime::of(layer) {
        Some(time) => Ok(time.meets("datetime", text)?),
        // What can't be read is an error all the same.
        None => Ok(kvp::datetime("datetime", text, "").map(|_| None)?),
    }
}

/// A condition that features without the property meet as well: so the standard has it for place and time
/// (requirements `/req/core/fc-bbox-response` C and `/req/core/fc-time-response` C).
fn or_without(filter: Filter, property: &str) -> Filter {
    Filter::Or(vec![filter, Filter::IsNull(Expr::Property(property.to_owned()))])
}

/// `name=value`; the value is checked here, so that the error names the parameter.
fn equals(layer: &Layer, name: &str, value: &str) -> Result<Filter, Problem> {
    let filter = kvp::equals(name, value);
    match crate::filter::check(&filter, layer) {
        Ok(_) => Ok(filter),
        Err(error) => Err(Problem::invalid(name, error.to_string())),
    }
}

/// `q`: between commas are alternatives; of each all words must be found, each in any text of the feature,
/// whatever their case and accents.
fn words(layer: &Layer, text: &str, limits: &FilterLimits) -> Result<Filter, Problem> {
    let alternatives: Vec<Vec<&str>> = text
        .split(',')
        .map(|terms| terms.split_whitespace().collect::<Vec<_>>())
        .filter(|terms| !terms.is_empty())
        .collect();
    let count: usize = alternatives.iter().map(Vec::len).sum();
    if count == 0 {
        return Err(Problem::invalid("q", "q needs at least one word"));
    }
    let texts: Vec<&str> =
        layer.columns.iter().filter(|c| c.kind == ColumnType::Text).map(|c| c.name.as_str()).collect();
    if count > WORDS || count.saturating_mul(texts.len()) > limits.nodes {
        return Err(Problem::invalid(
            "q",
            format!("q has more than {WORDS} words, or too many for this collection"),
        ));
    }
    let holds = |word: &str| {
        let pattern = vec![LikePart::Any, LikePart::Text(word.to_owned()), LikePart::Any];
        let like = |name: &&str| {
            let folded = Expr::AccentI(Box::new(Expr::CaseI(Box::new(Expr::Property((*name).to_owned())))));
            Filter::Like { expr: folded, pattern: pattern.clone(), match_case: true }
        };
        Filter::Or(texts.iter().map(like).collect())
    };
    let all = alternatives.iter().map(|terms| Filter::And(terms.iter().map(|w| holds(w)).collect()));
    Ok(match texts.is_empty() {
        // Where there is no text, no word is found.
        true => Filter::Constant(false),
        false => Filter::Or(all.collect()),
    })
}

/// Four numbers, or six with heights, which layers are not searched by. A box whose west exceeds its
/// east crosses the antimeridian (clause 7.15.3).
fn bbox(text: &str, crs: &CrsRef) -> Result<Filter, Problem> {
    if !matches!(text.split(',').count(), 4 | 6) {
        let detail = "bbox is four or six numbers between commas, for example 4.2,42.9,7.8,45.2; its system goes into bbox-crs";
        return Err(Problem::invalid("bbox", detail));
    }
    let reading =
        Reading { default_crs: Some(crs.clone()), short_means_authority: true, ..Reading::default() };
    Ok(kvp::bbox("bbox", text, &reading)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boxes_across_the_antimeridian_are_two_and_reversed_ones_are_refused() {
        let crs84 = CrsRef::crs84().expect("known");
        assert!(matches!(bbox("170,-10,-170,10", &crs84), Ok(Filter::Or(both)) if both.len() == 2));
        let lambert = CrsRef::parse("EPSG:2154").expect("known");
        for (text, crs) in [
            ("1,2,3", &crs84),
            ("1,2,3,x", &crs84),
            ("NaN,2,3,4", &crs84),
            ("inf,2,3,4", &crs84),
            ("1,4,3,2", &crs84),
            ("3,2,1,4", &lambert),
            ("1,2,3,4,EPSG:2154", &crs84),
        ] {
            assert!(bbox(text, crs).is_err(), "{text}");
        }
    }
}
