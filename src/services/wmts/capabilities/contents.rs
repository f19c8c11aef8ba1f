//! `Contents`: layers and grids.

use super::{Groups, element, encoded, keywords};
use crate::geo::BBox;
use crate::geo::crs::CrsSpelling;
use crate::geo::grid::TileMatrixSet;
use crate::maps::StyleFacts;
use crate::model::{Dataset, Dimension, DimensionKind, Layer, StyleInfo};
use crate::render::ImageFormat;
use crate::services::edge::{Call, DocumentWriter};
use crate::services::wmts::request::{BY_DEFAULT, INFO_FORMATS, grids, told_dimensions};
use crate::services::wmts::resource::INFO_EXTENSIONS;
use crate::tiles::{TILE_FORMATS, extent_in, tiles_of};
use quick_xml::escape::escape;
use std::fmt::Write as _;
use std::sync::Arc;

pub(super) fn write(out: &mut DocumentWriter, call: &Call, groups: &Groups<'_>) {
    out.push_str("\n<Contents>");
    for (dataset, layers) in groups {
        for layer in layers {
            write_layer(out, call, dataset, layer);
            out.pass_on();
        }
    }
    let shown = || groups.iter().flat_map(|(_, layers)| layers);
    for grid in call.app.grids.iter() {
        if shown().any(|layer| grids(&call.app.grids, layer).any(|g| g.id == grid.id)) {
            write_grid(out, grid);
        }
    }
    out.push_str("\n</Contents>");
}

fn write_layer(out: &mut String, call: &Call, dataset: &Dataset, layer: &Arc<Layer>) {
    out.push_str("\n<Layer>");
    element(out, "ows:Title", &layer.title);
    let texts = [&layer.description, &dataset.description];
    if let Some(text) = texts.into_iter().map(|t| t.trim()).find(|t| !t.is_empty()) {
        element(out, "ows:Abstract", text);
    }
    if !dataset.keywords.is_empty() {
        let words: Vec<&str> = dataset.keywords.iter().map(String::as_str).collect();
        keywords(out, &words);
    }
    if let Some(b) = layer.extent_lonlat.filter(BBox::is_valid) {
        let _ = write!(
            out,
            "<ows:WGS84BoundingBox><ows:LowerCorner>{} {}</ows:LowerCorner>\
             <ows:UpperCorner>{} {}</ows:UpperCorner></ows:WGS84BoundingBox>",
            b.min_x, b.min_y, b.max_x, b.max_y
        );
    }
    element(out, "ows:Identifier", &layer.slug);
    let record = format!(
        "{}?service=CSW&version=2.0.2&request=GetRecordById&id={}&elementSetName=full&outputSchema={}",
        call.url("/csw"),
        dataset.record,
        encoded("http://www.isotc211.org/2005/gmd")
    );
    let _ = write!(out, "<ows:Metadata xlink:href=\"{}\"/>", escape(record.as_str()));
    // The default comes first: clients that don't ask take it.
    let mut styles: Vec<&StyleInfo> = layer.styles.iter().collect();
    styles.sort_by_key(|s| !s.is_default);
    for style in styles {
        write_style(out, call, layer, style);
    }
    // WebP and vector tiles are answered, too, but not named: the official suite reads each format that is as a picture that
    // it knows.
    for format in TILE_FORMATS.into_iter().filter(|format| *format != ImageFormat::WebP) {
        element(out, "Format", format.media_type());
    }
    for format in INFO_FORMATS {
        element(out, "InfoFormat", format);
    }
    for dimension in told_dimensions(layer) {
        write_dimension(out, dimension);
    }
    for grid in grids(&call.app.grids, layer) {
        write_link(out, layer, grid);
    }
    resources(out, call, layer);
    out.push_str("</Layer>");
}

fn write_style(out: &mut String, call: &Call, layer: &Arc<Layer>, style: &StyleInfo) {
    let _ = write!(out, "<Style isDefault=\"{}\">", style.is_default);
    element(out, "ows:Title", if style.title.is_empty() { &style.name } else { &style.title });
    element(out, "ows:Identifier", &style.name);
    // A style that can't be read any more has no legend; drawing it says why.
    if let Ok(StyleFacts { legend: (width, height), .. }) = call.app.maps.style_facts(layer, style) {
        let address = format!(
            "{}?SERVICE=WMS&VERSION=1.3.0&REQUEST=GetLegendGraphic&FORMAT=image/png&LAYER={}&STYLE={}",
            call.url("/wms"),
            encoded(&layer.slug),
            encoded(&style.name)
        );
        let _ = write!(
            out,
            "<LegendURL format=\"image/png\" xlink:href=\"{}\" width=\"{width}\" height=\"{height}\"/>",
            escape(address.as_str())
        );
    }
    out.push_str("</Style>");
}

/// A dimension with its values (OGC 07-057r7 table 9).
fn write_dimension(out: &mut String, dimension: &Dimension) {
    let Some(extent) = dimension.extent_text() else { return };
    out.push_str("<Dimension>");
    element(out, "ows:Identifier", &dimension.info.parameter());
    if !dimension.info.units().is_empty() {
        element(out, "ows:UOM", dimension.info.units());
    }
    if let Some(symbol) = dimension.info.unit_symbol() {
        element(out, "UnitSymbol", symbol);
    }
    element(out, "Default", &default_value(dimension));
    if dimension.kind != DimensionKind::Text {
        element(out, "Current", "true");
    }
    for value in extent.split(',').map(str::trim).filter(|value| !value.is_empty()) {
        element(out, "Value", value);
    }
    out.push_str("</Dimension>");
}

/// The default, which the schema requires, in a form that fits into an address: the word for a list or an interval, and
/// the newest where a request has to choose.
fn default_value(dimension: &Dimension) -> String {
    let text = dimension.default_text().or_else(|| dimension.domain.last().map(|last| last.text.clone()));
    text.filter(|text| !text.contains(['/', ','])).unwrap_or_else(|| BY_DEFAULT.to_owned())
}

/// A grid with the tiles that the layer has in it.
fn write_link(out: &mut String, layer: &Arc<Layer>, grid: &TileMatrixSet) {
    out.push_str("<TileMatrixSetLink>");
    element(out, "TileMatrixSet", &grid.id);
    let extent = extent_in(std::slice::from_ref(layer), grid);
    let ranges: Vec<_> =
        grid.matrices.iter().filter_map(|m| Some((m, tiles_of(m, extent.as_ref()?)?))).collect();
    if !ranges.is_empty() {
        out.push_str("<TileMatrixSetLimits>");
        for (matrix, range) in ranges {
            let _ = write!(
                out,
                "<TileMatrixLimits><TileMatrix>{}</TileMatrix><MinTileRow>{}</MinTileRow>\
                 <MaxTileRow>{}</MaxTileRow><MinTileCol>{}</MinTileCol><MaxTileCol>{}</MaxTileCol>\
                 </TileMatrixLimits>",
                escape(matrix.id.as_str()),
                range.min_row,
                range.max_row,
                range.min_col,
                range.max_col
            );
        }
        out.push_str("</TileMatrixSetLimits>");
    }
    out.push_str("</TileMatrixSetLink>");
}

/// Templates of the resource addresses (OGC 07-057r7 section 10.2.1).
fn resources(out: &mut String, call: &Call, layer: &Layer) {
    let base = call.url(&format!("/wmts/1.0.0/{}", encoded(&layer.slug)));
    let dimensions: String = told_dimensions(layer).map(|d| format!("{{{}}}/", d.info.parameter())).collect();
    let tile =
        format!("{base}/{{style}}/{dimensions}{{TileMatrixSet}}/{{TileMatrix}}/{{TileRow}}/{{TileCol}}");
    let mut one = |format: &str, kind: &str, template: &str| {
        let _ = write!(
            out,
            "<ResourceURL format=\"{format}\" resourceType=\"{kind}\" template=\"{}\"/>",
            escape(template)
        );
    };
    one("image/png", "tile", &format!("{tile}.png"));
    one("image/jpeg", "tile", &format!("{tile}.jpg"));
    for (end, format) in INFO_EXTENSIONS {
        one(format, "FeatureInfo", &format!("{tile}/{{J}}/{{I}}.{end}"));
    }
}

fn write_grid(out: &mut String, grid: &TileMatrixSet) {
    out.push_str("\n<TileMatrixSet>");
    element(out, "ows:Title", &grid.title);
    element(out, "ows:Identifier", &grid.id);
    let scale_set = scale_set(grid);
    element(out, "ows:SupportedCRS", &crs_urn(grid, scale_set));
    if let Some(urn) = scale_set {
        element(out, "WellKnownScaleSet", urn);
    }
    for matrix in &grid.matrices {
        let [x, y] = matrix.origin;
        let [first, second] = if grid.swapped() { [y, x] } else { [x, y] };
        let _ = write!(
            out,
            "<TileMatrix><ows:Identifier>{}</ows:Identifier><ScaleDenominator>{}</ScaleDenominator>\
             <TopLeftCorner>{first} {second}</TopLeftCorner><TileWidth>{}</TileWidth>\
             <TileHeight>{}</TileHeight><MatrixWidth>{}</MatrixWidth><MatrixHeight>{}</MatrixHeight>\
             </TileMatrix>",
            escape(matrix.id.as_str()),
            matrix.scale_denominator,
            matrix.tile_width,
            matrix.tile_height,
            matrix.matrix_width,
            matrix.matrix_height
        );
    }
    out.push_str("</TileMatrixSet>");
}

const GOOGLE_MAPS: &str = "urn:ogc:def:wkss:OGC:1.0:GoogleMapsCompatible";

/// The well-known scale set as WMTS names it. `GoogleCRS84Quad` begins with a scale that `WorldCRS84Quad`
/// leaves out, and WMTS wants a set from its largest scale on (OGC 07-057r7 section 6.2).
fn scale_set(grid: &TileMatrixSet) -> Option<&'static str> {
    let named = grid.well_known_scale_set.as_deref()?;
    named.ends_with("/GoogleMapsCompatible").then_some(GOOGLE_MAPS)
}

/// The CRS as a URN; the one of a scale set in the spelling of OGC 07-057r7 annex E.
fn crs_urn(grid: &TileMatrixSet, scale_set: Option<&str>) -> String {
    let crs = &grid.crs;
    match (scale_set, crs.spelling) {
        (Some(GOOGLE_MAPS), _) => "urn:ogc:def:crs:EPSG:6.18:3:3857".to_owned(),
        (_, CrsSpelling::Crs84) => "urn:ogc:def:crs:OGC:1.3:CRS84".to_owned(),
        _ => crs.crs.urn(),
    }
}
