//! Files made byte by byte: shapefiles, zips, GeoJSON.

use std::io::{Cursor, Write};

/// Lambert-93 as ESRI software writes it: no code anywhere.
pub const ESRI_LAMBERT_93: &str = r#"PROJCS["RGF_1993_Lambert_93",GEOGCS["GCS_RGF_1993",DATUM["D_RGF_1993",SPHEROID["GRS_1980",6378137.0,298.257222101]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],PROJECTION["Lambert_Conformal_Conic"],PARAMETER["False_Easting",700000.0],PARAMETER["False_Northing",6600000.0],PARAMETER["Central_Meridian",3.0],PARAMETER["Standard_Parallel_1",44.0],PARAMETER["Standard_Parallel_2",49.0],PARAMETER["Latitude_Of_Origin",46.5],UNIT["Meter",1.0]]"#;

/// A shapefile in the making.
pub struct Shapefile {
    shape_type: i32,
    shapes: Vec<Vec<u8>>,
    fields: Vec<(Vec<u8>, u8, u8, u8)>,
    rows: Vec<Vec<u8>>,
    pub language: u8,
    pub prj: Option<String>,
    pub cpg: Option<String>,
}

impl Shapefile {
    /// `shape_type`: 1 point, 3 line, 5 polygon, 11 point with Z, 13 line with Z.
    pub fn new(shape_type: i32) -> Self {
        Self {
            shape_type,
            shapes: Vec::new(),
            fields: Vec::new(),
            rows: Vec::new(),
            language: 0,
            prj: Some(ESRI_LAMBERT_93.to_owned()),
            cpg: None,
        }
    }

    /// A DBF column: name bytes, type letter, width, decimals.
    pub fn field(mut self, name: impl AsRef<[u8]>, kind: u8, width: u8, decimals: u8) -> Self {
        self.fields.push((name.as_ref().to_vec(), kind, width, decimals));
        self
    }

    pub fn point(self, x: f64, y: f64, values: &[&[u8]]) -> Self {
        let mut shape = self.shape_type.to_le_bytes().to_vec();
        for value in [x, y] {
            shape.extend(value.to_le_bytes());
        }
        if self.shape_type == 11 {
            shape.extend(7.5_f64.to_le_bytes());
            // No measure.
            shape.extend((-1e39_f64).to_le_bytes());
        }
        self.row(shape, values)
    }

    /// A shape without geometry.
    pub fn null(self, values: &[&[u8]]) -> Self {
        self.row(0_i32.to_le_bytes().to_vec(), values)
    }

    /// A line or polygon of several parts.
    pub fn parts(self, parts: &[&[[f64; 2]]], values: &[&[u8]]) -> Self {
        let all: Vec<[f64; 2]> = parts.concat();
        let mut shape = self.shape_type.to_le_bytes().to_vec();
        for (axis, pick) in
            [(0, f64::min as fn(f64, f64) -> f64), (1, f64::min), (0, f64::max), (1, f64::max)]
        {
            let value = all.iter().map(|p| p[axis]).reduce(pick).unwrap_or(0.0);
            shape.extend(value.to_le_bytes());
        }
        shape.extend((parts.len() as i32).to_le_bytes());
        shape.extend((all.len() as i32).to_le_bytes());
        let mut start = 0_i32;
        for part in parts {
            shape.extend(start.to_le_bytes());
            start += part.len() as i32;
        }
        for [x, y] in all {
            shape.extend(x.to_le_bytes());
            shape.extend(y.to_le_bytes());
        }
        self.row(shape, values)
    }

    fn row(mut self, shape: Vec<u8>, values: &[&[u8]]) -> Self {
        assert_eq!(values.len(), self.fields.len());
        let mut row = vec![b' '];
        for (value, (_, _, width, _)) in values.iter().zip(&self.fields) {
            let mut padded = value.to_vec();
            padded.resize(usize::from(*width), b' ');
            row.extend(padded);
        }
        self.shapes.push(shape);
        self.rows.push(row);
        self
    }

    pub fn shp(&self) -> Vec<u8> {
        let mut body = Vec::new();
        for (index, shape) in self.shapes.iter().enumerate() {
            body.extend((index as i32 + 1).to_be_bytes());
            body.extend((shape.len() as i32 / 2).to_be_bytes());
            body.extend(shape);
        }
        self.with_header(&body)
    }

    pub fn shx(&self) -> Vec<u8> {
        let mut body = Vec::new();
        let mut at = 50_i32;
        for shape in &self.shapes {
            body.extend(at.to_be_bytes());
            body.extend((shape.len() as i32 / 2).to_be_bytes());
            at += 4 + shape.len() as i32 / 2;
        }
        self.with_header(&body)
    }

    fn with_header(&self, body: &[u8]) -> Vec<u8> {
        let mut file = vec![0; 100];
        file[..4].copy_from_slice(&9994_i32.to_be_bytes());
        file[24..28].copy_from_slice(&((100 + body.len()) as i32 / 2).to_be_bytes());
        file[28..32].copy_from_slice(&1000_i32.to_le_bytes());
        file[32..36].copy_from_slice(&self.shape_type.to_le_bytes());
        let points = [(36, 0.0_f64), (44, 0.0), (52, 2_000_000.0), (60, 9_000_000.0)];
        for (at, value) in points {
            file[at..at + 8].copy_from_slice(&value.to_le_bytes());
        }
        file.extend(body);
        file
    }

    pub fn dbf(&self) -> Vec<u8> {
        let width: usize = 1 + self.fields.iter().map(|f| usize::from(f.2)).sum::<usize>();
        let mut file = vec![3, 124, 1, 1];
        file.extend((self.rows.len() as u32).to_le_bytes());
        file.extend(((32 + 32 * self.fields.len() + 1) as u16).to_le_bytes());
        file.extend((width as u16).to_le_bytes());
        file.resize(32, 0);
        file[29] = self.language;
        for (name, kind, width, decimals) in &self.fields {
            let mut field = name.clone();
            field.resize(11, 0);
            field.push(*kind);
            field.extend([0; 4]);
            field.extend([*width, *decimals]);
            field.resize(32, 0);
            file.extend(field);
        }
        file.push(0x0d);
        for row in &self.rows {
            file.extend(row);
        }
        file.push(0x1a);
        file
    }

    /// All parts with their extensions.
    pub fn files(&self) -> Vec<(&'static str, Vec<u8>)> {
        let mut files = vec![("shp", self.shp()), ("shx", self.shx()), ("dbf", self.dbf())];
        files.extend(self.prj.iter().map(|p| ("prj", p.clone().into_bytes())));
        files.extend(self.cpg.iter().map(|c| ("cpg", c.clone().into_bytes())));
        files
    }

    /// All parts in a zip, under one stem.
    pub fn zip(&self, stem: &str) -> Vec<u8> {
        let files = self.files();
        let named: Vec<(String, &[u8])> =
            files.iter().map(|(e, bytes)| (format!("{stem}.{e}"), bytes.as_slice())).collect();
        zip(&named.iter().map(|(n, b)| (n.as_str(), *b)).collect::<Vec<_>>())
    }

    /// All parts beside `path`, which ends with `.shp`.
    pub fn save(&self, path: &std::path::Path) {
        for (extension, bytes) in self.files() {
            std::fs::write(path.with_extension(extension), bytes).expect("written");
        }
    }
}

/// A polygon shapefile of two squares near Marseille, with a name and a number.
pub fn squares() -> Shapefile {
    Shapefile::new(5)
        .field("nom", b'C', 20, 0)
        .field("pop", b'N', 9, 0)
        .parts(&[&square(890_000.0, 6_245_000.0, 1000.0)], &[b"Aubagne", b"47000"])
        .parts(&[&square(893_000.0, 6_245_000.0, 1000.0)], &[b"Cassis", b"7000"])
}

/// A closed square, clockwise as shapefiles want outer rings.
pub fn square(x: f64, y: f64, side: f64) -> [[f64; 2]; 5] {
    [[x, y], [x, y + side], [x + side, y + side], [x + side, y], [x, y]]
}

/// A zip of named entries, whatever the names.
pub fn zip(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default();
    for (name, bytes) in entries {
        writer.start_file(*name, options).expect("entry");
        writer.write_all(bytes).expect("bytes");
    }
    writer.finish().expect("zip").into_inner()
}

/// A FeatureCollection of features given as `(properties, geometry)`.
pub fn collection(features: &[(&str, &str)]) -> String {
    let features: Vec<String> = features
        .iter()
        .map(|(properties, geometry)| {
            format!(r#"{{"type":"Feature","properties":{properties},"geometry":{geometry}}}"#)
        })
        .collect();
    format!(r#"{{"type":"FeatureCollection","features":[{}]}}"#, features.join(",\n"))
}

/// A GeoJSON point.
pub fn point(x: f64, y: f64) -> String {
    format!(r#"{{"type":"Point","coordinates":[{x},{y}]}}"#)
}
