//! A tile matrix set in JSON (OGC 17-083r4 clause 9).

use super::{Corner, TileMatrix, TileMatrixSet};
use serde_json::{Map, Value, json};

impl TileMatrixSet {
    /// The definition. Points are in the order of the CRS's own axes, as `orderedAxes` says.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let mut document = Map::new();
        document.insert("id".into(), json!(self.id));
        document.insert("title".into(), json!(self.title));
        if let Some(uri) = &self.uri {
            document.insert("uri".into(), json!(uri));
        }
        document.insert("crs".into(), json!(self.crs.canonical()));
        document.insert("orderedAxes".into(), json!(self.axes));
        if let Some(scale_set) = &self.well_known_scale_set {
            document.insert("wellKnownScaleSet".into(), json!(scale_set));
        }
        if let Some(bbox) = self.matrices.iter().map(TileMatrix::bbox).reduce(|a, b| a.union(&b)) {
            let bbox = if self.swapped() { bbox.swapped() } else { bbox };
            document.insert(
                "boundingBox".into(),
                json!({
                    "lowerLeft": [bbox.min_x, bbox.min_y],
                    "upperRight": [bbox.max_x, bbox.max_y],
                    "crs": self.crs.canonical(),
                }),
            );
        }
        let matrices: Vec<Value> = self.matrices.iter().map(|m| matrix(m, self.swapped())).collect();
        document.insert("tileMatrices".into(), Value::Array(matrices));
        Value::Object(document)
    }
}

fn matrix(matrix: &TileMatrix, swapped: bool) -> Value {
    let [x, y] = matrix.origin;
    json!({
        "id": matrix.id,
        "scaleDenominator": matrix.scale_denominator,
        "cellSize": matrix.cell_size,
        "cornerOfOrigin": match matrix.corner {
            Corner::TopLeft => "topLeft",
            Corner::BottomLeft => "bottomLeft",
        },
        "pointOfOrigin": if swapped { [y, x] } else { [x, y] },
        "tileWidth": matrix.tile_width,
        "tileHeight": matrix.tile_height,
        "matrixWidth": matrix.matrix_width,
        "matrixHeight": matrix.matrix_height,
    })
}
