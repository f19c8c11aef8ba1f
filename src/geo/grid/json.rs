//! A tile matrix set in JSON (OGC 17-083r4 clause 9), written and read.

use super::known::axes;
use super::own::{MOST_MATRICES, TILE_SIDES};
use super::{Corner, GridError, PIXEL_METRES, TileMatrix, TileMatrixSet};
use crate::geo::CrsRef;
use crate::geo::crs::CrsSpelling;
use serde_json::{Map, Value, json};

/// How far `cellSize` may be from what `scaleDenominator` says, as a share: files round differently, and some reckon
/// degrees with another Earth.
const AGREEMENT: f64 = 2e-3;

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

impl TileMatrixSet {
    /// Reads a definition. Points are in the order of the CRS's own axes, as the standard has them. Members that the
    /// standard doesn't know are passed over.
    ///
    /// # Errors
    /// [`GridError`], naming the member that is missing or can't be used.
    pub fn from_json(text: &str) -> Result<Self, GridError> {
        let wrong = |message: String| GridError::Document { message };
        let document: Value = serde_json::from_str(text.trim_start_matches('\u{feff}'))
            .map_err(|e| wrong(format!("no JSON: {e}")))?;
        let words = |name: &str| document.get(name).and_then(Value::as_str).map(str::to_owned);
        let id = words("id").ok_or_else(|| wrong("member 'id' is a text".to_owned()))?;
        GridError::check_identifier(&id)?;
        let name = match document.get("crs") {
            Some(Value::String(name)) => name.clone(),
            Some(Value::Object(crs)) => crs.get("uri").and_then(Value::as_str).unwrap_or_default().to_owned(),
            _ => String::new(),
        };
        if name.is_empty() {
            let said =
                "member 'crs' is the address of a CRS, such as http://www.opengis.net/def/crs/EPSG/0/2154";
            return Err(wrong(said.to_owned()));
        }
        let mut crs = CrsRef::parse(&name).map_err(|e| wrong(format!("member 'crs': {e}")))?;
        if crs.spelling != CrsSpelling::Crs84 {
            crs.spelling = CrsSpelling::Uri;
        }
        let own = axes(&crs);
        if let Some(asked) = document.get("orderedAxes") {
            check_axes(asked, &crs).map_err(wrong)?;
        }
        let list =
            document.get("tileMatrices").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        if list.is_empty() || list.len() > MOST_MATRICES {
            return Err(wrong(format!("member 'tileMatrices' is a list of 1 to {MOST_MATRICES} matrices")));
        }
        let read = |(index, value): (usize, &Value)| {
            read_matrix(value, &crs)
                .map_err(|e| wrong(format!("member 'tileMatrices', number {}: {e}", index + 1)))
        };
        let mut matrices: Vec<TileMatrix> = list.iter().enumerate().map(read).collect::<Result<_, _>>()?;
        matrices.sort_by(|a, b| b.cell_size.total_cmp(&a.cell_size));
        for (one, next) in matrices.iter().zip(matrices.iter().skip(1)) {
            if one.cell_size <= next.cell_size || matrices.iter().filter(|m| m.id == one.id).count() > 1 {
                return Err(wrong(format!(
                    "member 'tileMatrices': each has an 'id' and a 'cellSize' of its own, unlike '{}' and '{}'",
                    one.id, next.id
                )));
            }
        }
        Ok(Self {
            title: words("title").filter(|t| !t.trim().is_empty()).unwrap_or_else(|| id.clone()),
            id,
            uri: words("uri"),
            axes: own,
            crs,
            well_known_scale_set: words("wellKnownScaleSet"),
            matrices,
        })
    }
}

/// A definition whose axes stand in another order than its CRS has them would be read with x and y exchanged.
fn check_axes(asked: &Value, crs: &CrsRef) -> Result<(), String> {
    let names: Vec<&str> = asked.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let is_north = |name: &str| {
        matches!(name.to_ascii_lowercase().as_str(), "lat" | "latitude" | "n" | "northing" | "y")
    };
    match names.as_slice() {
        [first, _] if is_north(first) == crs.swapped(true) => Ok(()),
        _ => Err(format!("member 'orderedAxes': those of {} are {}", crs.canonical(), axes(crs).join(", "))),
    }
}

fn read_matrix(value: &Value, crs: &CrsRef) -> Result<TileMatrix, String> {
    let number = |name: &str| {
        let found = value.get(name).and_then(Value::as_f64).filter(|n| n.is_finite() && *n > 0.0);
        found.ok_or_else(|| format!("'{name}' is a number greater than 0"))
    };
    let count = |name: &str, least: u32, most: u32| {
        let found = value.get(name).and_then(Value::as_u64).and_then(|n| u32::try_from(n).ok());
        found
            .filter(|n| (least..=most).contains(n))
            .ok_or_else(|| format!("'{name}' is a whole number from {least} to {most}"))
    };
    let id = value.get("id").and_then(Value::as_str).unwrap_or_default();
    GridError::check_identifier(id)
        .map_err(|_| "'id' has 1 to 64 letters, digits, '-', '_' and '.'".to_owned())?;
    let (cell_size, scale_denominator) = (number("cellSize")?, number("scaleDenominator")?);
    let told = cell_size * crs.crs.metres_per_unit / PIXEL_METRES;
    if (told / scale_denominator - 1.0).abs() > AGREEMENT {
        return Err(format!(
            "a 'cellSize' of {cell_size} is a 'scaleDenominator' of {told}, not {scale_denominator}"
        ));
    }
    if value.get("variableMatrixWidths").is_some_and(|v| !v.is_null()) {
        return Err("'variableMatrixWidths' are not supported: each row has as many tiles".to_owned());
    }
    let corner = match value.get("cornerOfOrigin").map(Value::as_str) {
        None | Some(Some("topLeft")) => Corner::TopLeft,
        Some(Some("bottomLeft")) => Corner::BottomLeft,
        Some(_) => return Err("'cornerOfOrigin' is topLeft or bottomLeft".to_owned()),
    };
    let point: Vec<f64> = value
        .get("pointOfOrigin")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_f64)
        .collect();
    let origin = match point.as_slice() {
        [a, b] if crs.swapped(true) => [*b, *a],
        [a, b] => [*a, *b],
        _ => return Err("'pointOfOrigin' is two numbers".to_owned()),
    };
    let most = u32::MAX >> 1;
    Ok(TileMatrix {
        id: id.to_owned(),
        scale_denominator,
        cell_size,
        origin,
        corner,
        tile_width: count("tileWidth", *TILE_SIDES.start(), *TILE_SIDES.end())?,
        tile_height: count("tileHeight", *TILE_SIDES.start(), *TILE_SIDES.end())?,
        matrix_width: count("matrixWidth", 1, most)?,
        matrix_height: count("matrixHeight", 1, most)?,
    })
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geo::grid::standard;

    #[test]
    fn what_is_written_is_read_as_the_same_grid() {
        for grid in standard() {
            let read = TileMatrixSet::from_json(&grid.to_json().to_string()).expect("read");
            assert_eq!((&read.id, &read.title, &read.uri), (&grid.id, &grid.title, &grid.uri));
            assert_eq!(
                (&read.crs, read.axes, &read.well_known_scale_set),
                (&grid.crs, grid.axes, &grid.well_known_scale_set)
            );
            assert_eq!(read.matrices.len(), grid.matrices.len());
            for (one, other) in read.matrices.iter().zip(&grid.matrices) {
                // Numbers of JSON are read to their last digit but one.
                assert!((one.scale_denominator / other.scale_denominator - 1.0).abs() < 1e-14);
                let scale_denominator = other.scale_denominator;
                assert_eq!(
                    &TileMatrix { scale_denominator, cell_size: other.cell_size, ..one.clone() },
                    other
                );
                assert!((one.cell_size / other.cell_size - 1.0).abs() < 1e-14);
            }
        }
    }

    #[test]
    fn what_is_wrong_is_named_with_its_member() {
        let good = standard().iter().find(|g| g.id == "LAMB93_10cm").expect("there").to_json();
        let with = |pointer: &str, value: Value| {
            let mut document = good.clone();
            *document.pointer_mut(pointer).expect("a member") = value;
            TileMatrixSet::from_json(&document.to_string()).expect_err(pointer).to_string()
        };
        for (pointer, value, said) in [
            ("/id", json!("a b"), "'a b'"),
            ("/id", json!(7), "'id'"),
            ("/crs", json!("EPSG:1"), "'crs'"),
            ("/crs", json!({"wkt": {}}), "'crs'"),
            ("/orderedAxes", json!(["N", "E"]), "'orderedAxes'"),
            ("/tileMatrices", json!([]), "'tileMatrices'"),
            ("/tileMatrices/2/id", json!("1"), "'id'"),
            ("/tileMatrices/2/cellSize", json!(-1), "number 3: 'cellSize'"),
            ("/tileMatrices/2/cellSize", json!(12.0), "number 3: a 'cellSize' of 12"),
            ("/tileMatrices/2/tileWidth", json!(1), "number 3: 'tileWidth'"),
            ("/tileMatrices/2/matrixWidth", json!(0), "number 3: 'matrixWidth'"),
            ("/tileMatrices/2/pointOfOrigin", json!([1]), "number 3: 'pointOfOrigin'"),
            ("/tileMatrices/2/cornerOfOrigin", json!("middle"), "number 3: 'cornerOfOrigin'"),
        ] {
            let error = with(pointer, value);
            assert!(error.contains(said), "{pointer}: {error}");
        }
        assert!(TileMatrixSet::from_json("{").is_err_and(|e| e.to_string().contains("line 1")));
        let mut variable = good.clone();
        variable["tileMatrices"][0]["variableMatrixWidths"] = json!([{"coalesce": 2}]);
        let error = TileMatrixSet::from_json(&variable.to_string()).expect_err("variable");
        assert!(error.to_string().contains("variableMatrixWidths"), "{error}");
    }
}
