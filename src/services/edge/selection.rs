//! Which features and which of their attributes: the parameters that features and tiles share, in every service that
//! has them.

use crate::filter::{Filter, FilterError, FilterLimits, Reading, check, cql2};
use crate::formats::mvt::{BUFFER, EXTENT, Resolution, encodes};
use crate::geo::CrsRef;
use crate::geo::crs::CrsSpelling;
use crate::model::{Column, Layer};
use crate::tiles::{TileContent, TileLayer};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Parameters that choose what a vector tile holds.
pub const TILE_PARAMETERS: [&str; 6] =
    ["properties", "filter", "filter-lang", "filter-crs", "extent", "buffer"];

/// Names in `properties` at most.
const NAMES: usize = 1000;

/// A parameter whose value can't be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ParameterError {
    /// Its name.
    pub parameter: &'static str,
    /// What is wrong and how it should be.
    pub message: String,
}

impl ParameterError {
    fn new(parameter: &'static str, message: impl Into<String>) -> Self {
        Self { parameter, message: message.into() }
    }
}

/// The layers of a vector tile with what the parameters ([`TILE_PARAMETERS`]) choose of them. `value` looks one up.
///
/// # Errors
/// [`ParameterError`], for the client.
pub fn tile_layers<'a>(
    layers: &[Arc<Layer>],
    limits: FilterLimits,
    value: impl Fn(&str) -> Option<&'a str>,
) -> Result<Vec<TileLayer>, ParameterError> {
    let resolution = resolution(value("extent"), value("buffer"))?;
    let columns = match value("properties") {
        Some(text) => properties(layers, text, encodes)?.into_iter().map(Some).collect(),
        None => vec![None; layers.len()],
    };
    let filters = match filter(&value, limits)? {
        Some(filter) => of_each(layers, &filter)?,
        None => vec![None; layers.len()],
    };
    let chosen = layers.iter().zip(columns).zip(filters);
    Ok(chosen
        .map(|((layer, columns), filter)| TileLayer {
            layer: Arc::clone(layer),
            filter,
            content: TileContent { columns, resolution },
        })
        .collect())
}

/// `extent` and `buffer`.
fn resolution(extent: Option<&str>, buffer: Option<&str>) -> Result<Resolution, ParameterError> {
    let number = |text: &str| -> Option<u32> {
        let is_plain = (1..=6).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
        if is_plain { text.parse().ok() } else { None }
    };
    let shown = |text: &str| text.chars().take(40).collect::<String>();
    let (least, most) = (Resolution::LEAST_EXTENT, Resolution::MOST_EXTENT);
    let extent = match extent {
        None => EXTENT,
        Some(text) => number(text).filter(|n| Resolution::new(*n, 0).is_some()).ok_or_else(|| {
            let message = format!(
                "extent is the units of a tile's side: a power of two from {least} to {most}, not '{}'",
                shown(text)
            );
            ParameterError::new("extent", message)
        })?,
    };
    let buffer = match buffer {
        None => BUFFER,
        Some(text) => number(text).filter(|n| *n <= Resolution::MOST_BUFFER).ok_or_else(|| {
            let message = format!(
                "buffer is the margin around a tile in {EXTENT}ths of its side: a whole number from 0 to {}, not '{}'",
                Resolution::MOST_BUFFER,
                shown(text)
            );
            ParameterError::new("buffer", message)
        })?,
    };
    Ok(Resolution::new(extent, buffer).unwrap_or_default())
}

/// `properties=a,b` (OGC 24-019 clause 6): the attributes wanted of each layer, in the layer's order. A name is that of an
/// attribute of any of the layers, or `layer.attribute`; identifier and geometry, which have places of their own, may be
/// named, too. Empty for none.
///
/// # Errors
/// [`ParameterError`] for a name that none has, with those that there are.
pub fn properties(
    layers: &[Arc<Layer>],
    text: &str,
    is_offered: impl Fn(&Column) -> bool,
) -> Result<Vec<Vec<String>>, ParameterError> {
    const OWN: [&str; 4] = ["fid", "id", "geom", "geometry"];
    let names: BTreeSet<&str> = text.split(',').filter(|name| !name.is_empty()).collect();
    if names.len() > NAMES {
        return Err(ParameterError::new("properties", format!("more than {NAMES} properties are named")));
    }
    let has = |layer: &Layer, name: &str| layer.column(name).is_some_and(&is_offered);
    let qualified = |layer: &Layer, name: &str| {
        name.strip_prefix(layer.slug.as_str())
            .and_then(|rest| rest.strip_prefix('.'))
            .is_some_and(|name| has(layer, name) || OWN.contains(&name))
    };
    let is_known = |name: &&str| {
        OWN.contains(name) || layers.iter().any(|layer| has(layer, name) || qualified(layer, name))
    };
    if let Some(name) = names.iter().find(|name| !is_known(name)) {
        let known = |layer: &Arc<Layer>| {
            let names: Vec<&str> =
                layer.columns.iter().filter(|c| is_offered(c)).map(|c| c.name.as_str()).collect();
            names.join(", ")
        };
        let there = match layers {
            [layer] => format!("there are: {}", known(layer)),
            _ => {
                let each = layers.iter().map(|l| format!("layer '{}' has: {}", l.slug, known(l)));
                each.collect::<Vec<_>>().join("; ")
            }
        };
        let name: String = name.chars().take(100).collect();
        return Err(ParameterError::new("properties", format!("there is no property '{name}'; {there}")));
    }
    let wanted = |layer: &Arc<Layer>| {
        let is_wanted = |name: &String| {
            names.contains(name.as_str()) || names.contains(format!("{}.{name}", layer.slug).as_str())
        };
        layer.columns.iter().filter(|c| is_offered(c)).map(|c| c.name.clone()).filter(is_wanted).collect()
    };
    Ok(layers.iter().map(wanted).collect())
}

/// `filter` in the language of `filter-lang`, its coordinates in `filter-crs` (OGC 19-079r2 clause 7), not yet held against
/// a layer.
///
/// # Errors
/// [`ParameterError`].
pub fn filter<'a>(
    value: impl Fn(&str) -> Option<&'a str>,
    limits: FilterLimits,
) -> Result<Option<Filter>, ParameterError> {
    let crs = match value("filter-crs") {
        None => CrsRef::crs84().map_err(|error| ParameterError::new("filter-crs", error.to_string()))?,
        Some(text) => named_crs("filter-crs", text)?,
    };
    let language = match value("filter-lang") {
        None => None,
        Some(name @ ("cql2-text" | "cql2-json")) => Some(name),
        Some(_) => {
            let message = "the languages of filter are cql2-text and cql2-json";
            return Err(ParameterError::new("filter-lang", message));
        }
    };
    let Some(text) = value("filter") else { return Ok(None) };
    // No condition in text begins with a brace.
    let is_json = language.map_or_else(|| text.trim_start().starts_with('{'), |name| name == "cql2-json");
    let reading = Reading { limits, short_means_authority: true, default_crs: Some(crs) };
    let read = if is_json { cql2::parse_json(text, &reading) } else { cql2::parse_text(text, &reading) };
    read.map(Some).map_err(|error| ParameterError::new("filter", error.to_string()))
}

/// The filter for each layer: it holds for those that have all its properties. The others stay whole.
///
/// # Errors
/// [`ParameterError`] when no layer has them, or one has them and they don't fit.
pub fn of_each(layers: &[Arc<Layer>], filter: &Filter) -> Result<Vec<Option<Filter>>, ParameterError> {
    let mut missing = None;
    let mut filters = Vec::with_capacity(layers.len());
    for layer in layers {
        match check(filter, &**layer) {
            Ok(_) => filters.push(Some(filter.clone())),
            Err(error @ (FilterError::UnknownProperty { .. } | FilterError::NoGeometry)) => {
                filters.push(None);
                missing.get_or_insert((layer, error));
            }
            Err(error) => return Err(misfit(layers, layer, &error)),
        }
    }
    match missing {
        Some((layer, error)) if filters.iter().all(Option::is_none) => Err(misfit(layers, layer, &error)),
        _ => Ok(filters),
    }
}

/// Names the layer where there are several.
fn misfit(layers: &[Arc<Layer>], layer: &Layer, error: &FilterError) -> ParameterError {
    match layers {
        [_] => ParameterError::new("filter", error.to_string()),
        _ => ParameterError::new("filter", format!("layer '{}': {error}", layer.slug)),
    }
}

/// A system that a parameter names: any of the EPSG registry. What is none is refused.
///
/// # Errors
/// [`ParameterError`].
pub fn named_crs(parameter: &'static str, text: &str) -> Result<CrsRef, ParameterError> {
    let mut crs = CrsRef::parse(text).map_err(|error| ParameterError::new(parameter, error.to_string()))?;
    // Systems are URIs here, whatever the client wrote: their axis order is the authority's.
    if crs.spelling != CrsSpelling::Crs84 {
        crs.spelling = CrsSpelling::Uri;
    }
    Ok(crs)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ColumnType, GeometryType, sample};

    fn layers() -> Vec<Arc<Layer>> {
        let one = [("code", ColumnType::Text), ("nom", ColumnType::Text), ("photo", ColumnType::Binary)];
        let two = [("nom", ColumnType::Text), ("voies", ColumnType::Integer)];
        [("communes", &one[..]), ("routes", &two[..])]
            .map(|(slug, columns)| {
                let columns =
                    columns.iter().map(|(name, kind)| Column::new((*name).to_owned(), *kind)).collect();
                let plain = sample::layer(slug, GeometryType::Point, 2154, &[]);
                Arc::new(Layer { columns, ..plain })
            })
            .to_vec()
    }

    fn chosen(text: &str) -> Result<Vec<Vec<String>>, String> {
        properties(&layers(), text, encodes).map_err(|error| error.message)
    }

    #[test]
    fn a_name_chooses_in_every_layer_that_has_it_and_one_with_a_layer_only_there() {
        let names = |a: &[&str], b: &[&str]| {
            Ok(vec![a.iter().map(|s| (*s).to_owned()).collect(), b.iter().map(|s| (*s).to_owned()).collect()])
        };
        assert_eq!(chosen("nom"), names(&["nom"], &["nom"]));
        assert_eq!(chosen("voies,code"), names(&["code"], &["voies"]));
        assert_eq!(chosen("routes.nom,communes.code"), names(&["code"], &["nom"]));
        assert_eq!(chosen(""), names(&[], &[]));
        assert_eq!(chosen("fid,geom,,routes.id"), names(&[], &[]));
        for unknown in ["rue", "communes.voies", "photo", "autre.nom", "nom ", "communes."] {
            let error = chosen(unknown).expect_err(unknown);
            assert!(error.contains(&format!("'{unknown}'")), "{error}");
            assert!(error.contains("'communes' has: code, nom; layer 'routes' has: nom, voies"), "{error}");
        }
        let many: String = (0..1001).map(|n| format!("p{n},")).collect();
        assert!(chosen(&many).is_err_and(|error| error.contains("more than 1000")));
    }

    #[test]
    fn a_filter_holds_for_the_layers_that_have_its_properties_and_one_must() {
        let limits = FilterLimits::default();
        let read = |text: &'static str| {
            let filter = filter(|name| (name == "filter").then_some(text), limits)?;
            of_each(&layers(), &filter.expect("there is one"))
        };
        let which = |text| read(text).map(|f| f.iter().map(Option::is_some).collect::<Vec<_>>());
        assert_eq!(which("voies > 2"), Ok(vec![false, true]));
        assert_eq!(which("nom = 'x'"), Ok(vec![true, true]));
        let unknown = which("rue = 'x' AND voies = 2").expect_err("refused");
        assert_eq!(unknown.parameter, "filter");
        assert!(
            unknown.message.contains("layer 'communes'") && unknown.message.contains("'rue'"),
            "{unknown}"
        );
        let misfit = which("voies = 'beaucoup'").expect_err("refused");
        assert!(misfit.message.contains("layer 'routes'"), "{misfit}");
    }

    #[test]
    fn extents_and_buffers_out_of_bounds_are_refused_by_name() {
        let units = |extent, buffer| resolution(extent, buffer).map(|r| (r.extent(), r.buffer()));
        assert_eq!(units(None, None), Ok((4096, 64)));
        assert_eq!(units(Some("512"), Some("256")), Ok((512, 32)));
        for text in ["", "0", "1000", "-512", "4096.0", "32768", "99999999999", "x", "+512"] {
            assert_eq!(units(Some(text), None).expect_err(text).parameter, "extent");
        }
        for text in ["", "-1", "257", "1e2", "9999999999999999999"] {
            assert_eq!(units(None, Some(text)).expect_err(text).parameter, "buffer");
        }
    }
}
