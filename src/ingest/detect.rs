//! What a path holds: which files, of which format, read under which name.

use super::archive::{self, Found};
use super::frame::Format;
use super::{Finding, IngestError, Level};
use crate::config::Limits;
use crate::model::ArchiveKind;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// The files of a shapefile that are read.
const SHAPEFILE_PARTS: [&str; 5] = ["shp", "shx", "dbf", "prj", "cpg"];
/// Names of GeoJSON files.
const GEOJSON: [&str; 6] = ["geojson", "json", "geojsonl", "geojsons", "ndjson", "jsonl"];
/// Names of images on the ground.
const IMAGES: [&str; 4] = ["tif", "tiff", "jp2", "asc"];
/// Folders inside folders that are looked into.
const MAX_DEPTH: usize = 8;

/// Something to read.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Source {
    pub path: PathBuf,
    pub format: Format,
    /// Name without folder and extension.
    pub name: String,
    /// The file that was given.
    pub file: String,
}

/// What a path holds.
pub(super) struct Detected {
    pub sources: Vec<Source>,
    pub findings: Vec<Finding>,
}

/// Looks at a path, unpacking an archive into `folder`, which must be private and empty.
///
/// # Errors
/// A refusal when there is nothing to read, or something that must not be.
pub(super) fn detect(path: &Path, folder: &Path, limits: &Limits) -> Result<Detected, IngestError> {
    let file = shown(path);
    let refuse = |code: &str, message: String| Err(IngestError::refused(code, message));
    let metadata = match path.metadata() {
        Ok(metadata) => metadata,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
            return refuse("file-missing", format!("there is no file {}; check the path", path.display()));
        }
        Err(e) => return refuse("file-unreadable", format!("{file} can't be read ({e})")),
    };
    if metadata.is_dir() {
        let found = files_below(path, limits)
            .map_err(|e| IngestError::refused("file-unreadable", format!("{file} can't be read ({e})")))?;
        let most = limits.archive_entries;
        if found.len() > most {
            let message = format!("{file} holds more than {most} files, as many are allowed; leave some out");
            return refuse("archive-too-many", message);
        }
        return gather(found, &file, folder);
    }
    if !metadata.is_file() {
        return refuse("file-unreadable", format!("{file} is neither a file nor a folder"));
    }
    let start = match head(path) {
        Ok(start) => start,
        Err(e) => {
            return refuse("file-unreadable", format!("{file} can't be read ({e}); check its permissions"));
        }
    };
    let extension = extension(&file);
    if start.starts_with(b"PK\x03\x04") || start.starts_with(b"PK\x05\x06") || extension == "zip" {
        let found =
            archive::unpack(path, &file, folder, limits, wanted).map_err(|f| IngestError::from(*f))?;
        return gather(found, &file, folder);
    }
    if extension == "shp" || start.starts_with(&[0, 0, 0x27, 0x0a]) && extension != "shx" {
        return one_shapefile(path, &file, folder);
    }
    let format = if let Some(kind) = tiles(&file, &start) {
        Format::Tiles(kind)
    } else if start.starts_with(b"SQLite format 3\0") {
        Format::GeoPackage
    } else if GEOJSON.contains(&extension.as_str()) || looks_like_json(&start) {
        Format::GeoJson
    } else if IMAGES.contains(&extension.as_str()) || is_tiff(&start) {
        Format::Image
    } else {
        return refuse("format-unknown", unknown_format(&file, &extension));
    };
    let path = path.canonicalize().map_err(|e| IngestError::system("the path can't be resolved", e))?;
    Ok(Detected { sources: vec![Source { path, format, name: stem(&file), file }], findings: Vec::new() })
}

/// The files that [`detect`] reads of a path, each with the name that tells it from the others: of a folder
/// those at any depth that may be geodata, of a shapefile its parts, otherwise the path itself.
///
/// # Errors
/// The operating system's.
pub(super) fn files_of(path: &Path, limits: &Limits) -> std::io::Result<Vec<(String, PathBuf)>> {
    if path.is_dir() {
        let mut found = files_below(path, limits)?;
        found.retain(|f| wanted(&f.name));
        found.sort_by(|a, b| a.name.cmp(&b.name));
        return Ok(found.into_iter().map(|f| (f.name, f.path)).collect());
    }
    let file = shown(path);
    let is_shapefile = extension(&file) == "shp" || head(path)?.starts_with(&[0, 0, 0x27, 0x0a]);
    let mut files = vec![(file.clone(), path.to_owned())];
    if is_shapefile && extension(&file) != "shx" {
        let parts = shapefile_parts(&path.canonicalize()?, &file)?.into_iter();
        files.extend(parts.filter(|(part, _)| part != "shp").map(|(part, path)| (format!(".{part}"), path)));
    }
    Ok(files)
}

/// Whether a file in a folder or archive may be geodata, by its name.
fn wanted(name: &str) -> bool {
    let extension = extension(name);
    SHAPEFILE_PARTS.contains(&extension.as_str())
        || GEOJSON.contains(&extension.as_str())
        || IMAGES.contains(&extension.as_str())
        || extension == "gpkg"
        || ArchiveKind::of_file(Path::new(name)).is_some()
}

fn files_below(folder: &Path, limits: &Limits) -> std::io::Result<Vec<Found>> {
    let mut found = Vec::new();
    walk(folder, "", 0, limits.archive_entries, &mut found)?;
    Ok(found)
}

fn shown(path: &Path) -> String {
    let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    path.file_name().map_or_else(|| "the folder".to_owned(), |n| n.to_string_lossy().into_owned())
}

fn extension(name: &str) -> String {
    name.rsplit_once('.').map_or_else(String::new, |(_, e)| e.to_lowercase())
}

fn stem(name: &str) -> String {
    let last = name.rsplit('/').next().unwrap_or(name);
    last.rsplit_once('.').map_or(last, |(stem, _)| stem).to_owned()
}

fn head(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut start = Vec::new();
    File::open(path)?.take(512).read_to_end(&mut start)?;
    Ok(start)
}

fn looks_like_json(start: &[u8]) -> bool {
    let start = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start);
    start.iter().find(|b| !b.is_ascii_whitespace() && **b != 0x1e) == Some(&b'{')
}

/// An archive of tiles, by its name or by how it begins (MBTiles 1.3, "Database": the `application_id`).
fn tiles(file: &str, start: &[u8]) -> Option<ArchiveKind> {
    let marked = || {
        let is_mbtiles = start.starts_with(b"SQLite format 3\0") && start.get(68..72) == Some(b"MPBX");
        let is_pmtiles = start.starts_with(b"PMTiles");
        is_mbtiles.then_some(ArchiveKind::MbTiles).or(is_pmtiles.then_some(ArchiveKind::PmTiles))
    };
    ArchiveKind::of_file(Path::new(file)).or_else(marked)
}

/// TIFF and BigTIFF, in either order of bytes.
fn is_tiff(start: &[u8]) -> bool {
    [*b"II*\0", *b"MM\0*", *b"II+\0", *b"MM\0+"].iter().any(|magic| start.starts_with(magic))
}

fn unknown_format(file: &str, extension: &str) -> String {
    match extension {
        "shx" | "dbf" | "prj" | "cpg" => {
            format!("{file} is one part of a shapefile; give the .shp, or a zip with all parts")
        }
        "7z" | "rar" | "tar" | "gz" | "tgz" => {
            format!("{file}: archives of this kind are not read; make a zip")
        }
        _ => format!(
            "{file} is of no format that is read here; give a shapefile (zipped or not), GeoJSON, a GeoPackage, a GeoTIFF, or tiles as PMTiles or MBTiles"
        ),
    }
}

fn walk(
    folder: &Path,
    prefix: &str,
    depth: usize,
    most: usize,
    found: &mut Vec<Found>,
) -> std::io::Result<()> {
    for entry in folder.read_dir()? {
        let entry = entry?;
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        // A link to a file is followed, one to a folder is not: it could go round in circles.
        let kind = entry.file_type()?;
        if archive::is_hidden(&name) || found.len() > most {
            continue;
        }
        if kind.is_dir() {
            if depth < MAX_DEPTH {
                walk(&entry.path(), &format!("{name}/"), depth + 1, most, found)?;
            }
        } else if entry.path().is_file() {
            found.push(Found { name, path: entry.path().canonicalize()? });
        }
    }
    Ok(())
}

fn one_shapefile(path: &Path, file: &str, folder: &Path) -> Result<Detected, IngestError> {
    let path = path.canonicalize().map_err(|e| IngestError::system("the path can't be resolved", e))?;
    let parts = shapefile_parts(&path, file).map_err(|e| {
        IngestError::refused("file-unreadable", format!("the folder of {file} can't be read ({e})"))
    })?;
    let source = shapefile(&parts, &stem(file), file, folder, 0)?;
    Ok(Detected { sources: vec![source], findings: Vec::new() })
}

/// The parts of a shapefile by their extensions; they lie beside it under its name, in any case.
fn shapefile_parts(path: &Path, file: &str) -> std::io::Result<BTreeMap<String, PathBuf>> {
    let beside = path.parent().unwrap_or(Path::new("/"));
    let wanted = stem(file).to_lowercase();
    let mut parts = BTreeMap::new();
    for entry in beside.read_dir()?.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let exact = stem(&name) == stem(file);
        if SHAPEFILE_PARTS.contains(&extension(&name).as_str())
            && stem(&name).to_lowercase() == wanted
            && (exact || !parts.contains_key(&extension(&name)))
        {
            parts.insert(extension(&name), entry.path());
        }
    }
    parts.insert("shp".to_owned(), path.to_owned());
    Ok(parts)
}

/// Sorts what an archive or a folder holds into things to read.
fn gather(mut found: Vec<Found>, file: &str, folder: &Path) -> Result<Detected, IngestError> {
    found.sort_by(|a, b| a.name.cmp(&b.name));
    let mut sources = Vec::new();
    let mut shapefiles: BTreeMap<String, (String, BTreeMap<String, PathBuf>)> = BTreeMap::new();
    let mut ignored = Vec::new();
    for one in &found {
        let extension = extension(&one.name);
        if SHAPEFILE_PARTS.contains(&extension.as_str()) {
            let key = one.name.get(..one.name.len() - 4).unwrap_or(&one.name).to_lowercase();
            let (name, parts) = shapefiles.entry(key).or_insert_with(|| (stem(&one.name), BTreeMap::new()));
            if extension == "shp" {
                *name = stem(&one.name);
            }
            parts.insert(extension, one.path.clone());
            continue;
        }
        let format = if let Some(kind) = ArchiveKind::of_file(Path::new(&one.name)) {
            Format::Tiles(kind)
        } else if extension == "gpkg" {
            Format::GeoPackage
        } else if extension == "geojson"
            || GEOJSON.contains(&extension.as_str()) && head(&one.path).is_ok_and(|h| looks_like_json(&h))
        {
            Format::GeoJson
        } else if IMAGES.contains(&extension.as_str()) {
            Format::Image
        } else {
            ignored.push(one.name.as_str());
            continue;
        };
        let source = Source { path: one.path.clone(), format, name: stem(&one.name), file: file.to_owned() };
        sources.push(source);
    }
    let mut lone = Vec::new();
    for (index, (name, parts)) in shapefiles.into_values().enumerate() {
        if parts.contains_key("shp") {
            sources.push(shapefile(&parts, &name, file, folder, index)?);
        } else if parts.contains_key("dbf") || parts.contains_key("shx") {
            lone.push(name);
        }
    }
    if sources.is_empty() {
        let message = match lone.first() {
            Some(name) => format!("{file} holds parts of shapefile {name} but not {name}.shp; add it"),
            None => format!(
                "{file} holds no data that is read here; put a shapefile, GeoJSON, a GeoPackage or GeoTIFFs in it"
            ),
        };
        return Err(IngestError::refused("no-data", message));
    }
    sources.sort_by(|a, b| a.name.cmp(&b.name));
    let mut findings = Vec::new();
    if let Some(first) = lone.first() {
        let message = format!("{file} holds a table {first} without shapes; it was not loaded");
        findings.push(Finding::new(Level::Info, "file-ignored", message).times(lone.len() as u64));
    }
    if let Some(first) = ignored.first() {
        let message = format!("{file} also holds {first}; files that are not geodata were not loaded");
        findings.push(Finding::new(Level::Info, "file-ignored", message).times(ignored.len() as u64));
    }
    Ok(Detected { sources, findings })
}

/// Gives the parts of a shapefile one stem and lower-case extensions, whatever they are called.
fn shapefile(
    parts: &BTreeMap<String, PathBuf>,
    name: &str,
    file: &str,
    folder: &Path,
    index: usize,
) -> Result<Source, IngestError> {
    for (part, holds) in [("shx", "the index of shapes"), ("dbf", "the attributes")] {
        if !parts.contains_key(part) {
            return Err(IngestError::refused(
                "shapefile-incomplete",
                format!("shapefile {name} has no .{part} ({holds}); add {name}.{part} and load it again"),
            ));
        }
    }
    let folder = folder.join(format!("shapefile-{index}"));
    let failed = |e| IngestError::system("the temporary folder can't be written", e);
    std::fs::create_dir_all(&folder).map_err(failed)?;
    for (part, path) in parts {
        std::os::unix::fs::symlink(path, folder.join(format!("layer.{part}"))).map_err(failed)?;
    }
    Ok(Source {
        path: folder.join("layer.shp"),
        format: Format::Shapefile,
        name: name.to_owned(),
        file: file.to_owned(),
    })
}
