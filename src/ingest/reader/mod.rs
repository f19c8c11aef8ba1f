//! The reading child: one file in, checked rows out.
//!
//! Runs as a process of its own, `datasud read-file`, with limits that it sets on itself before GDAL sees a
//! byte: address space, processor time, open files. Its request is on standard input and its answer on
//! standard output (see [`super::frame`]). A layer is read whole, sorted and checked before its header
//! is written, so that a broken file never begins a table.

mod codes;
mod columns;
mod crs;
mod edit;
mod encoding;
mod geojson;
mod geometry;
mod layer;
mod lonlat;
mod names;
mod ogr;
mod raster;
mod shapefile;
mod sort;
mod styles;
mod survey;
mod upright;

use super::frame::{self, Format, Request, Tag};
use super::{Finding, Level};
use encoding::Decoder;
use gdal::vector::LayerAccess;
use gdal::{Dataset, DatasetOptions, GdalOpenFlags};
use shapefile::DbfField;
use std::borrow::Cow;
use std::collections::HashMap;
use std::io::{self, BufWriter, Read, Write};
use std::path::Path;

/// Why reading stopped.
enum Stop {
    /// The file is refused.
    Refused(Vec<Finding>),
    /// The pipe to the parent broke or the disk is full.
    Io(io::Error),
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<Box<Finding>> for Stop {
    fn from(finding: Box<Finding>) -> Self {
        Self::Refused(vec![*finding])
    }
}

fn refuse<T>(code: &str, message: impl Into<String>) -> Result<T, Stop> {
    Err(Stop::Refused(vec![Finding::error(code, message)]))
}

/// Serves one request from `input` on `output`, under the limits that it names.
///
/// # Errors
/// When the request can't be read or the output can't be written; a bad file is no error, it is answered.
pub fn run(mut input: impl Read, output: impl Write) -> io::Result<()> {
    let mut text = Vec::new();
    input.read_to_end(&mut text)?;
    let request: Request = serde_json::from_slice(&text).map_err(io::Error::other)?;
    limit(&request)?;
    let mut output = BufWriter::with_capacity(frame::ROWS_PAYLOAD + 1024, output);
    match read(&request, &mut output) {
        Ok(()) => frame::write_json(&mut output, Tag::Done, &())?,
        Err(Stop::Refused(findings)) => frame::write_json(&mut output, Tag::Refused, &findings)?,
        Err(Stop::Io(error)) if error.kind() == io::ErrorKind::StorageFull => {
            let finding =
                Finding::error("disk-full", "the disk is full; free some space and load the file again");
            frame::write_json(&mut output, Tag::Refused, &[finding])?;
        }
        Err(Stop::Io(error)) => return Err(error),
    }
    output.flush()
}

/// Binds this process to what the request allows.
fn limit(request: &Request) -> io::Result<()> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let set = |resource, wanted: u64| {
        let now = getrlimit(resource);
        let most = now.maximum.map_or(wanted, |m| m.min(wanted));
        setrlimit(resource, Rlimit { current: Some(most), maximum: Some(most) })
    };
    set(Resource::As, request.megabytes.max(256) << 20)?;
    set(Resource::Cpu, request.seconds.max(1))?;
    set(Resource::Nofile, 64)?;
    set(Resource::Core, 0)?;
    Ok(())
}

/// A file as GDAL opened it, with what we know better.
struct Opened {
    dataset: Dataset,
    dbf: Option<Vec<DbfField>>,
    decoder: Option<Decoder>,
}

fn read(request: &Request, output: &mut impl Write) -> Result<(), Stop> {
    ogr::listen();
    if let (Format::Image, Some(target)) = (request.format, &request.rewritten) {
        settings(request);
        return raster::read(request, target, output);
    }
    let mut findings = Vec::new();
    let opened = open(request, &mut findings)?;
    let mut spatial = Vec::new();
    let mut own_styles = HashMap::new();
    for index in 0..opened.dataset.layer_count() {
        let Ok(mut layer) = opened.dataset.layer(index) else { continue };
        let name = if request.format == Format::GeoPackage { layer.name() } else { request.name.clone() };
        if request.format == Format::GeoPackage && name == styles::TABLE {
            own_styles = styles::read(&mut layer);
        } else if ogr::geometry_code(&layer).is_none() {
            let message =
                format!("table {name} has no geometry and was not loaded; only layers are published");
            findings.push(Finding::new(Level::Info, "table-without-geometry", message).in_layer(&name));
        } else if request.layers.is_empty() || request.layers.contains(&name) {
            spatial.push((index, name));
        }
    }
    if spatial.is_empty() && request.layers.is_empty() {
        return refuse(
            "no-layer",
            format!("{} holds no layer with geometries; nothing to publish", request.name),
        );
    }
    frame::write_json(output, Tag::Findings, &findings)?;
    for (index, name) in spatial {
        let Ok(layer) = opened.dataset.layer(index) else { continue };
        layer::read(layer, &name, own_styles.remove(&name), request, &opened, output)?;
    }
    Ok(())
}

/// What GDAL may do.
fn settings(request: &Request) {
    // Blocks of images are kept within the memory of this process.
    let cache = (request.megabytes / 4).to_string();
    for (key, value) in [
        // No plug-ins, no network, no helper files written beside the data.
        ("GDAL_DRIVER_PATH", "disable"),
        ("GDAL_HTTP_PROXY", "127.0.0.1:9"),
        ("GDAL_PAM_ENABLED", "NO"),
        // Sizes of features are bounded by the memory of this process.
        ("OGR_GEOJSON_MAX_OBJ_SIZE", "0"),
        ("CPL_TMPDIR", request.folder.to_str().unwrap_or("")),
        ("GDAL_CACHEMAX", &cache),
    ] {
        let _ = gdal::config::set_config_option(key, value);
    }
}

fn open(request: &Request, findings: &mut Vec<Finding>) -> Result<Opened, Stop> {
    let encoding = request.encoding.as_deref();
    settings(request);
    match request.format {
        Format::Shapefile => {
            let shape = shapefile::inspect(&request.path, &request.name, encoding)?;
            findings.extend(shape.findings);
            // An empty encoding makes GDAL hand out the bytes as they are.
            let dataset = open_with(&request.path, &["ESRI Shapefile"], &["ENCODING="], request)?;
            Ok(Opened { dataset, dbf: Some(shape.fields), decoder: Some(shape.decoder) })
        }
        Format::GeoJson => {
            let file = request
                .path
                .file_name()
                .map_or(Cow::Borrowed(request.name.as_str()), |f| f.to_string_lossy());
            let text = geojson::inspect(&request.path, &file, encoding, &request.folder)?;
            findings.extend(text.findings);
            let driver = if text.is_sequence { "GeoJSONSeq" } else { "GeoJSON" };
            let dataset = open_with(&text.path, &[driver], &[], request)?;
            Ok(Opened { dataset, dbf: None, decoder: None })
        }
        Format::GeoPackage => {
            let dataset = open_with(&request.path, &["GPKG"], &["LIST_ALL_TABLES=NO"], request)?;
            Ok(Opened { dataset, dbf: None, decoder: None })
        }
        Format::Image => {
            refuse("file-unreadable", format!("{} is an image, which has no features", request.name))
        }
    }
}

fn open_with(path: &Path, drivers: &[&str], options: &[&str], request: &Request) -> Result<Dataset, Stop> {
    // An absolute path of an existing file is never taken for a connection string or an address.
    if !path.is_absolute() || path.starts_with("/vsi") || !path.is_file() {
        return refuse("file-unreadable", format!("{} is not a file of this machine", request.name));
    }
    let opened = Dataset::open_ex(
        path,
        DatasetOptions {
            open_flags: if request.format == Format::Image {
                GdalOpenFlags::GDAL_OF_RASTER | GdalOpenFlags::GDAL_OF_READONLY
            } else {
                GdalOpenFlags::GDAL_OF_VECTOR | GdalOpenFlags::GDAL_OF_READONLY
            },
            allowed_drivers: Some(drivers),
            open_options: Some(options),
            sibling_files: None,
        },
    );
    let said = ogr::take_messages();
    match opened {
        Ok(dataset) if said.failures.is_empty() => Ok(dataset),
        // GDAL would go on with WGS84: only who knows better may.
        Ok(dataset) if said.failures.iter().all(|f| f.starts_with("PROJ: ")) => {
            if request.srid.is_some() {
                return Ok(dataset);
            }
            refuse(
                "crs-unknown",
                format!(
                    "{} names a coordinate reference system that is not known here; say which one it is with --crs, for example --crs EPSG:2154",
                    request.name
                ),
            )
        }
        _ => {
            let why = said.failures.into_iter().chain(said.warnings).next();
            let why = why.map_or_else(String::new, |w| format!(" ({})", plain(&w, request)));
            refuse(
                "file-unreadable",
                format!(
                    "{} can't be read as {}{why}; check the file or export it again",
                    request.name,
                    drivers.join(" or ")
                ),
            )
        }
    }
}

/// A message of GDAL without the paths of this machine.
fn plain(message: &str, request: &Request) -> String {
    let mut text = message.to_owned();
    for path in [&request.path, &request.folder] {
        if let Some(path) = path.to_str() {
            text = text.replace(path, &request.name);
        }
    }
    text.chars().take(300).collect()
}
