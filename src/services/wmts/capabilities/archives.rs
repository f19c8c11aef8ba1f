//! Layers that are archives of tiles, in the capabilities.

use super::contents::write_range;
use super::{element, encoded, keywords};
use crate::geo::BBox;
use crate::model::ArchiveLayer;
use crate::services::edge::Call;
use crate::services::wmts::archives::{GRID, STYLE};
use crate::tiles::tiles_of_archive;
use quick_xml::escape::escape;
use std::fmt::Write as _;

/// A layer (OGC 07-057r7 table 6) in its own format, with its zooms.
pub(super) fn write_layer(out: &mut String, call: &Call, archive: &ArchiveLayer) {
    let dataset = &archive.dataset;
    out.push_str("\n<Layer>");
    element(out, "ows:Title", &archive.title);
    if !archive.text().is_empty() {
        element(out, "ows:Abstract", archive.text());
    }
    if !dataset.keywords.is_empty() {
        let words: Vec<&str> = dataset.keywords.iter().map(String::as_str).collect();
        keywords(out, &words);
    }
    if let Some(b) = archive.extent_lonlat.filter(BBox::is_valid) {
        let _ = write!(
            out,
            "<ows:WGS84BoundingBox><ows:LowerCorner>{} {}</ows:LowerCorner>\
             <ows:UpperCorner>{} {}</ows:UpperCorner></ows:WGS84BoundingBox>",
            b.min_x, b.min_y, b.max_x, b.max_y
        );
    }
    element(out, "ows:Identifier", &archive.slug);
    out.push_str("<Style isDefault=\"true\">");
    element(out, "ows:Identifier", STYLE);
    out.push_str("</Style>");
    let format = archive.facts.info.format;
    element(out, "Format", format.media_type());
    out.push_str("<TileMatrixSetLink>");
    element(out, "TileMatrixSet", GRID);
    out.push_str("<TileMatrixSetLimits>");
    for (matrix, range) in tiles_of_archive(archive) {
        write_range(out, &matrix.id, range);
    }
    out.push_str("</TileMatrixSetLimits></TileMatrixSetLink>");
    let template = format!(
        "{}/{{style}}/{{TileMatrixSet}}/{{TileMatrix}}/{{TileRow}}/{{TileCol}}.{}",
        call.url(&format!("/wmts/1.0.0/{}", encoded(&archive.slug))),
        format.extension()
    );
    let _ = write!(
        out,
        "<ResourceURL format=\"{}\" resourceType=\"tile\" template=\"{}\"/></Layer>",
        format.media_type(),
        escape(template.as_str())
    );
}
