//! From key-value pairs and addresses to typed requests.

use super::error::{Code, WmtsError, excerpt};
use crate::access::Action;
use crate::config::Limits;
use crate::geo::grid::{Corner, Grids, Tile, TileMatrix, TileMatrixSet};
use crate::maps::{MapLayer, narrow};
use crate::model::{Caller, Dimension, Layer, Scope, StyleInfo};
use crate::publish::Snapshot;
use crate::render::ImageFormat;
use crate::services::edge::Kvp;
use crate::services::edge::feature_info::{InfoFormat, InfoRequest, Near};
use crate::tiles::{TILE_FORMATS, extent_in, is_offered, map_of, tiles_of};
use std::cmp::Ordering;
use std::sync::Arc;

type Parsed<T> = Result<T, WmtsError>;

/// Forms of GetFeatureInfo. The last that QGIS understands is the one it asks for.
pub(super) const INFO_FORMATS: [&str; 6] = [
    "text/plain",
    "text/html",
    "text/xml",
    "application/gml+xml; version=3.2",
    "application/json",
    "application/geo+json",
];

/// What is asked for, by the standard's names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(clippy::enum_variant_names)]
pub(super) enum Operation {
    GetCapabilities,
    GetTile,
    GetFeatureInfo,
}

impl Operation {
    /// `service` and `request`, which every request has (OGC 07-057r7 tables 18, 23 and 28).
    pub(super) fn of(kvp: &Kvp) -> Parsed<Self> {
        match kvp.filled("service") {
            Some(service) if service.eq_ignore_ascii_case("WMTS") => {}
            // What QGIS asks of an address that it takes for a WMS: it reads the capabilities of WMTS just as well.
            Some(service)
                if service.eq_ignore_ascii_case("WMS")
                    && kvp.filled("request").is_some_and(|r| r.eq_ignore_ascii_case("GetCapabilities")) =>
            {
                return Ok(Self::GetCapabilities);
            }
            Some(other) => return Err(WmtsError::invalid("service", other, "WMTS")),
            None => return Err(WmtsError::missing("service", "WMTS")),
        }
        let request =
            kvp.filled("request").ok_or_else(|| WmtsError::missing("request", "GetCapabilities"))?;
        match request.to_ascii_lowercase().as_str() {
            "getcapabilities" => Ok(Self::GetCapabilities),
            "gettile" => Ok(Self::GetTile),
            "getfeatureinfo" => Ok(Self::GetFeatureInfo),
            _ => Err(WmtsError::invalid("request", request, "GetCapabilities, GetTile or GetFeatureInfo")),
        }
    }

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::GetCapabilities => "GetCapabilities",
            Self::GetTile => "GetTile",
            Self::GetFeatureInfo => "GetFeatureInfo",
        }
    }
}

/// Which sections of the capabilities are written, in the order of [`SECTIONS`].
pub(super) type Shown = [bool; 5];

/// Their names.
pub(super) const SECTIONS: [&str; 5] =
    ["ServiceIdentification", "ServiceProvider", "OperationsMetadata", "Contents", "Themes"];

/// GetCapabilities (OGC 07-057r7 section 7.1.1, OGC 06-121r3 clause 7).
#[derive(Debug, PartialEq, Eq)]
pub(super) struct GetCapabilities {
    shown: Shown,
    update_sequence: Option<String>,
    /// Media type of the answer.
    pub(super) media_type: &'static str,
}

impl Default for GetCapabilities {
    fn default() -> Self {
        Self { shown: [true; 5], update_sequence: None, media_type: "application/xml" }
    }
}

impl GetCapabilities {
    pub(super) fn of(kvp: &Kvp) -> Parsed<Self> {
        if let Some(versions) = kvp.filled("AcceptVersions")
            && !versions.split(',').any(|v| v.trim() == "1.0.0")
        {
            let message = format!("none of the versions '{}' is spoken here; 1.0.0 is", excerpt(versions));
            return Err(WmtsError::new(Code::VersionNegotiationFailed, "", message));
        }
        let formats = kvp.filled("AcceptFormats").unwrap_or_default();
        let xml = |format: &str| match format.trim().to_ascii_lowercase().as_str() {
            "text/xml" => Some("text/xml"),
            "application/xml" => Some("application/xml"),
            _ => None,
        };
        Ok(Self {
            shown: sections(kvp.get("sections"))?,
            update_sequence: kvp.filled("updateSequence").map(str::to_owned),
            media_type: formats.split(',').find_map(xml).unwrap_or("application/xml"),
        })
    }

    /// What to write when the service is at `generation`: nothing for a client that is up to date
    /// (OGC 06-121r3 section 7.3.4). A sequence that is no number is compared as text.
    pub(super) fn sections(&self, generation: i64) -> Parsed<Shown> {
        let Some(theirs) = &self.update_sequence else { return Ok(self.shown) };
        let order = match theirs.parse::<i64>() {
            Ok(number) => number.cmp(&generation),
            Err(_) => theirs.as_str().cmp(&generation.to_string()),
        };
        match order {
            Ordering::Less => Ok(self.shown),
            Ordering::Equal => Ok([false; 5]),
            Ordering::Greater => Err(WmtsError::new(
                Code::InvalidUpdateSequence,
                "",
                format!("the update sequence of this service is {generation}, lower than what was sent"),
            )),
        }
    }
}

fn sections(asked: Option<&str>) -> Parsed<Shown> {
    let Some(names) = asked else { return Ok([true; 5]) };
    if names.is_empty() {
        return Err(WmtsError::missing("sections", "Contents"));
    }
    let mut shown = [false; 5];
    for name in names.split(',').map(str::trim) {
        if name.eq_ignore_ascii_case("All") {
            return Ok([true; 5]);
        }
        let at = SECTIONS.iter().position(|s| s.eq_ignore_ascii_case(name));
        let slot = at.and_then(|i| shown.get_mut(i)).ok_or_else(|| {
            WmtsError::invalid("sections", name, &format!("{} or All", SECTIONS.join(", ")))
        })?;
        *slot = true;
    }
    Ok(shown)
}

/// What requests are read against.
pub(super) struct Context<'a> {
    pub(super) snapshot: &'a Snapshot,
    pub(super) caller: &'a Caller,
    pub(super) scope: &'a Scope,
    pub(super) limits: &'a Limits,
    pub(super) grids: &'a Grids,
}

/// What a tile is written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TileForm {
    /// A picture in the style.
    Picture(ImageFormat),
    /// Mapbox Vector Tile 2.1: features, whatever the style.
    Vector,
}

/// Media type of vector tiles.
pub(super) const MVT: &str = "application/vnd.mapbox-vector-tile";

impl TileForm {
    fn from_media_type(text: &str) -> Option<Self> {
        if text.trim().eq_ignore_ascii_case(MVT) {
            return Some(Self::Vector);
        }
        ImageFormat::from_media_type(text).filter(|format| TILE_FORMATS.contains(format)).map(Self::Picture)
    }
}

/// GetTile (OGC 07-057r7 section 7.2.1).
#[derive(Debug)]
pub(super) struct GetTile {
    /// The layer, its style, and its features along the dimensions.
    pub(super) shown: MapLayer,
    pub(super) tile: Tile,
    pub(super) form: TileForm,
    /// What the client is to be told: which values of dimensions were taken.
    pub(super) notes: Vec<String>,
}

impl GetTile {
    pub(super) fn of(kvp: &Kvp, context: &Context<'_>) -> Parsed<Self> {
        version(kvp)?;
        let (layer, style) = layer_and_style(kvp, context)?;
        let format = kvp.filled("format").ok_or_else(|| WmtsError::missing("format", "image/png"))?;
        let form = TileForm::from_media_type(format).ok_or_else(|| {
            WmtsError::invalid("format", format, &format!("image/png, image/jpeg, image/webp or {MVT}"))
        })?;
        let tile = tile(kvp, &layer, context.grids)?;
        let mut shown = MapLayer { layer, style: style.into(), filter: None };
        let asked = |parameter: &str| kvp.filled(parameter).filter(|v| !v.eq_ignore_ascii_case(BY_DEFAULT));
        let notes = narrow(&mut shown, asked)?;
        Ok(Self { shown, tile, form, notes })
    }
}

/// The dimensions that capabilities tell: those of a layer without features have no values.
pub(super) fn told_dimensions(layer: &Layer) -> impl Iterator<Item = &Dimension> {
    layer.dimensions.iter().filter(|dimension| dimension.extent_text().is_some())
}

/// What stands for no value of a dimension where the address must have one.
pub(super) const BY_DEFAULT: &str = "default";

fn version(kvp: &Kvp) -> Parsed<()> {
    match kvp.filled("version") {
        Some("1.0.0") => Ok(()),
        Some(other) => Err(WmtsError::invalid("version", other, "1.0.0")),
        None => Err(WmtsError::missing("version", "1.0.0")),
    }
}

fn layer_and_style(kvp: &Kvp, context: &Context<'_>) -> Parsed<(Arc<Layer>, StyleInfo)> {
    let name = kvp.filled("layer").ok_or_else(|| WmtsError::missing("layer", "communes"))?;
    let layer = context
        .snapshot
        .layer(context.caller, Action::Read, context.scope, name)
        .ok_or_else(|| WmtsError::invalid("layer", name, "a layer that GetCapabilities lists"))?;
    // An empty name is the default style, as in WMS.
    let name = kvp.get("style").ok_or_else(|| WmtsError::missing("style", "default"))?;
    let style = layer.style(name).ok_or_else(|| {
        let known: Vec<&str> = layer.styles.iter().map(|s| s.name.as_str()).collect();
        WmtsError::invalid("style", name, &format!("a style of layer '{}': {}", layer.slug, known.join(", ")))
    })?;
    Ok((Arc::clone(layer), style.clone()))
}

/// Grids that WMTS can describe and the layer is offered in: those with rows that go down, where it has something.
pub(super) fn grids<'a>(
    grids: &'a Grids,
    layer: &'a Arc<Layer>,
) -> impl Iterator<Item = &'static TileMatrixSet> + 'a {
    let goes_down = |g: &&TileMatrixSet| g.matrices.iter().all(|m| m.corner == Corner::TopLeft);
    grids.iter().filter(goes_down).filter(|g| is_offered(std::slice::from_ref(layer), g))
}

fn tile(kvp: &Kvp, layer: &Arc<Layer>, all: &Grids) -> Parsed<Tile> {
    let name =
        kvp.filled("TileMatrixSet").ok_or_else(|| WmtsError::missing("TileMatrixSet", "WebMercatorQuad"))?;
    // Looked for by name before by place: a tile that is kept costs no more than it must.
    let grid = all.find(name).filter(|g| is_offered(std::slice::from_ref(layer), g)).ok_or_else(|| {
        let known: Vec<&str> = grids(all, layer).map(|g| g.id.as_str()).collect();
        WmtsError::invalid("TileMatrixSet", name, &known.join(" or "))
    })?;
    let name = kvp.filled("TileMatrix").ok_or_else(|| WmtsError::missing("TileMatrix", "12"))?;
    let index = grid.matrix_index(name).ok_or_else(|| {
        WmtsError::invalid("TileMatrix", name, &format!("a matrix of {} that GetCapabilities lists", grid.id))
    })?;
    let row = kvp.filled("TileRow").ok_or_else(|| WmtsError::missing("TileRow", "0"))?;
    let col = kvp.filled("TileCol").ok_or_else(|| WmtsError::missing("TileCol", "0"))?;
    let (row, col) = (number("TileRow", row)?, number("TileCol", col)?);
    let matrix =
        grid.matrices.get(index).ok_or_else(|| WmtsError::invalid("TileMatrix", name, "a matrix"))?;
    let (rows, cols) = limits(layer, grid, matrix);
    let (row, col) = (within("TileRow", row, rows)?, within("TileCol", col, cols)?);
    grid.tile(index, row, col)
        .ok_or_else(|| WmtsError::new(Code::TileOutOfRange, "TileRow", "there is no such tile"))
}

/// The rows and columns, first and last, that capabilities tell: where the layer has something, or all
/// of the matrix for a layer without features.
fn limits(layer: &Arc<Layer>, grid: &TileMatrixSet, matrix: &TileMatrix) -> ((u32, u32), (u32, u32)) {
    let extent = extent_in(std::slice::from_ref(layer), grid);
    match extent.and_then(|extent| tiles_of(matrix, &extent)) {
        Some(range) => ((range.min_row, range.max_row), (range.min_col, range.max_col)),
        None => ((0, matrix.matrix_height.saturating_sub(1)), (0, matrix.matrix_width.saturating_sub(1))),
    }
}

/// A whole number that may be larger than any row there is.
fn number(parameter: &'static str, text: &str) -> Parsed<u64> {
    let digits = text.len() <= 18 && text.bytes().all(|b| b.is_ascii_digit());
    let read = if digits { text.parse().ok() } else { None };
    read.ok_or_else(|| WmtsError::invalid(parameter, text, "a whole number from 0 on"))
}

fn within(parameter: &'static str, value: u64, (first, last): (u32, u32)) -> Parsed<u32> {
    u32::try_from(value).ok().filter(|v| (first..=last).contains(v)).ok_or_else(|| {
        WmtsError::new(
            Code::TileOutOfRange,
            parameter,
            format!("the layer has no tile with {parameter} {value} in this matrix; they go from {first} to {last}"),
        )
    })
}

/// GetFeatureInfo (OGC 07-057r7 section 7.3.1).
pub(super) fn info(kvp: &Kvp, context: &Context<'_>) -> Parsed<InfoRequest> {
    let GetTile { shown, tile, form, .. } = GetTile::of(kvp, context)?;
    // What lies under a pixel is asked of the picture.
    let format = match form {
        TileForm::Picture(format) => format,
        TileForm::Vector => ImageFormat::Png,
    };
    let matrix = tile.matrix();
    let pixel = |parameter: &'static str, size: u32| -> Parsed<f64> {
        let text = kvp.filled(parameter).ok_or_else(|| WmtsError::missing(parameter, "128"))?;
        let value = number(parameter, text)?;
        let inside = u32::try_from(value).ok().filter(|v| *v < size);
        inside.map(|v| f64::from(v) + 0.5).ok_or_else(|| {
            let message =
                format!("{parameter}={value} is not a pixel of the tile; expected 0 to {}", size - 1);
            WmtsError::new(Code::PointIJOutOfRange, parameter, message)
        })
    };
    // J counts rows, I columns.
    let at = [pixel("I", matrix.tile_width)?, pixel("J", matrix.tile_height)?];
    let asked =
        kvp.filled("InfoFormat").ok_or_else(|| WmtsError::missing("InfoFormat", "application/json"))?;
    let (info_format, media_type) = InfoFormat::from_media_type(asked)
        .filter(|(form, _)| *form != InfoFormat::Gml2)
        .ok_or_else(|| WmtsError::invalid("InfoFormat", asked, &INFO_FORMATS.join(", ")))?;
    let count = kvp.get("FEATURE_COUNT").and_then(|v| v.parse::<u64>().ok()).unwrap_or(10).max(1);
    let layers = vec![shown];
    Ok(InfoRequest {
        map: map_of(tile, layers.clone(), format),
        layers,
        at,
        format: info_format,
        media_type,
        count: count.min(u64::try_from(context.limits.max_page).unwrap_or(u64::MAX)),
        near: Near::default(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kvp(query: &str) -> Kvp {
        Kvp::parse(query).expect("readable")
    }

    fn code(error: WmtsError) -> (Code, &'static str) {
        (error.code, error.locator)
    }

    #[test]
    fn service_and_request_are_needed_in_this_order() {
        for (query, expected) in [
            ("", (Code::MissingParameterValue, "service")),
            ("request=GetCapabilities", (Code::MissingParameterValue, "service")),
            ("service=WMS&request=GetTile", (Code::InvalidParameterValue, "service")),
            ("service=WFS&request=GetCapabilities", (Code::InvalidParameterValue, "service")),
            ("service=WMTS", (Code::MissingParameterValue, "request")),
            ("service=WMTS&request=GetMap", (Code::InvalidParameterValue, "request")),
        ] {
            assert_eq!(code(Operation::of(&kvp(query)).expect_err("refused")), expected, "{query}");
        }
        let read = Operation::of(&kvp("SERVICE=wmts&REQUEST=gettile")).expect("read");
        assert_eq!(read, Operation::GetTile);
    }

    #[test]
    fn sections_are_checked_and_a_client_that_is_up_to_date_gets_none() {
        let read = |query: &str| GetCapabilities::of(&kvp(query));
        let contents = read("sections=contents").expect("read");
        assert_eq!(contents.sections(7).expect("all"), [false, false, false, true, false]);
        assert_eq!(read("sections=Themes,All").expect("read").sections(7).expect("all"), [true; 5]);
        for (query, expected) in [
            ("sections=", (Code::MissingParameterValue, "sections")),
            ("sections=Bogus", (Code::InvalidParameterValue, "sections")),
            ("AcceptVersions=2.0.0,0.9.0", (Code::VersionNegotiationFailed, "")),
        ] {
            assert_eq!(code(read(query).expect_err("refused")), expected, "{query}");
        }
        let at = |sequence: &str| read(&format!("updateSequence={sequence}")).expect("read").sections(17);
        assert_eq!(at("17").expect("told"), [false; 5]);
        assert_eq!(at("9").expect("told"), [true; 5]);
        assert_eq!(at("07").expect("told"), [true; 5]);
        for greater in ["18", "zz"] {
            assert_eq!(code(at(greater).expect_err("refused")), (Code::InvalidUpdateSequence, ""));
        }
    }

    #[test]
    fn formats_of_capabilities_are_taken_in_the_clients_order() {
        let media = |formats: &str| {
            GetCapabilities::of(&kvp(&format!("AcceptFormats={formats}"))).expect("read").media_type
        };
        assert_eq!(media("text/xml"), "text/xml");
        assert_eq!(media("image/png,text/xml,application/xml"), "text/xml");
        assert_eq!(media("bogus/xml"), "application/xml");
    }

    #[test]
    fn numbers_that_are_none_are_told_from_those_out_of_range() {
        for text in ["-1", "1.5", "a", "", "+1", "99999999999999999999"] {
            let error = number("TileRow", text).expect_err("refused");
            assert_eq!(code(error), (Code::InvalidParameterValue, "TileRow"), "{text}");
        }
        let far = number("TileRow", "99999999999").and_then(|n| within("TileRow", n, (0, 3)));
        assert_eq!(code(far.expect_err("refused")), (Code::TileOutOfRange, "TileRow"));
    }
}
