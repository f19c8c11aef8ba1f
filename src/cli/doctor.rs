//! `datasud doctor`: is everything here that the server needs?

use super::output;
use crate::config::Config;
use crate::geo::{Crs, Transform};
use crate::ingest;
use crate::server;
use crate::store::{Cluster, Store};
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

/// Check the installation and say what to do
///
/// Looks at PostgreSQL and PostGIS, GDAL, PROJ, fonts, the data directory, the disk and the port. Changes
/// nothing. Exit code 1 when something is wrong.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// Write a JSON array of checks
    #[arg(long)]
    pub json: bool,
}

/// One thing looked at.
#[derive(Debug, Serialize)]
struct Check {
    name: &'static str,
    ok: bool,
    /// What was found, or what is wrong and what to do.
    message: String,
}

/// Free space below which a load may fail in the middle.
const ENOUGH_DISK: u64 = 1 << 30;
const FONT_FOLDERS: [&str; 3] = ["/usr/share/fonts", "/usr/local/share/fonts", "/opt/local/share/fonts"];

/// Runs the command.
pub async fn run(config: Arc<Config>, args: Args) -> ExitCode {
    let mut checks = vec![database(&config).await];
    let local = tokio::task::spawn_blocking(move || {
        vec![formats(), projections(), fonts(), data(&config.data), disk(&config.data), port(&config.listen)]
    });
    checks.extend(local.await.unwrap_or_default());
    let well = checks.iter().all(|check| check.ok);
    if args.json {
        output::json(&checks);
    } else {
        let mut lines: Vec<String> = checks
            .iter()
            .map(|c| format!("{:8} {:12} {}", if c.ok { "ok" } else { "PROBLEM" }, c.name, c.message))
            .collect();
        lines.push(if well { "all is well".into() } else { "see the problems above".into() });
        output::lines(&lines);
    }
    if well { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn check(name: &'static str, outcome: Result<String, String>) -> Check {
    let ok = outcome.is_ok();
    Check { name, ok, message: outcome.unwrap_or_else(|problem| problem) }
}

async fn database(config: &Config) -> Check {
    let outcome = if config.database_url.is_some() {
        match Store::open(config).await {
            Ok(store) => {
                store.close().await;
                Ok("the server of --database-url answers and has PostGIS".to_owned())
            }
            Err(error) => Err(error.to_string()),
        }
    } else {
        let data = config.data.clone();
        match tokio::task::spawn_blocking(move || Cluster::check(&data)).await {
            Ok(Ok(programs)) => {
                Ok(format!("PostgreSQL {} with PostGIS in {}", programs.major, programs.folder.display()))
            }
            Ok(Err(error)) => Err(error.to_string()),
            Err(error) => Err(error.to_string()),
        }
    };
    check("database", outcome)
}

fn formats() -> Check {
    let lacking = ingest::lacking_formats();
    check(
        "gdal",
        if lacking.is_empty() {
            Ok("reads shapefiles, GeoJSON, GeoPackage, GeoTIFF, JPEG 2000 and ASCII grids".to_owned())
        } else {
            Err(format!(
                "GDAL can't read {}; install a complete GDAL (Debian: libgdal32)",
                lacking.join(", ")
            ))
        },
    )
}

/// PROJ without its database answers every question about a CRS wrongly or not at all.
fn projections() -> Check {
    let tried = Crs::from_epsg(2154).map_err(|e| e.to_string()).and_then(|lambert| {
        let lonlat = Crs::from_epsg(4326).map_err(|e| e.to_string())?;
        let transform = Transform::new(&lambert, &lonlat).map_err(|e| e.to_string())?;
        transform.point(700_000.0, 6_600_000.0).ok_or_else(|| "a point could not be transformed".to_owned())
    });
    check(
        "proj",
        match tried {
            // The origin of Lambert-93 is at 3° east and 46.5° north.
            Ok([x, y]) if (x - 3.0).abs() < 1e-6 && (y - 46.5).abs() < 1e-6 => {
                Ok("knows EPSG:2154 and transforms it".to_owned())
            }
            Ok(_) => {
                Err("PROJ transforms EPSG:2154 wrongly; install proj-data and look at PROJ_LIB".to_owned())
            }
            Err(e) => {
                Err(format!("PROJ's database can't be used ({e}); install proj-data and look at PROJ_LIB"))
            }
        },
    )
}

fn fonts() -> Check {
    let home = std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".local/share/fonts"));
    let folders = FONT_FOLDERS.iter().map(PathBuf::from).chain(home);
    let found = folders.into_iter().find_map(|folder| first_font(&folder, 6));
    check(
        "fonts",
        match found {
            Some(font) => Ok(format!("{} and others", font.display())),
            None => {
                Err("no font is installed: maps will have no labels (Debian: fonts-dejavu-core)".to_owned())
            }
        },
    )
}

fn first_font(folder: &Path, depth: usize) -> Option<PathBuf> {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(folder).ok()?.flatten().map(|e| e.path()).collect();
    entries.sort();
    entries.into_iter().find_map(|path| {
        let ending = path.extension().and_then(|e| e.to_str()).unwrap_or_default();
        if ["ttf", "otf", "ttc"].contains(&ending) {
            return Some(path);
        }
        if depth > 0 && path.is_dir() { first_font(&path, depth - 1) } else { None }
    })
}

/// The data directory, or the folder that it would be made in.
fn nearest(data: &Path) -> PathBuf {
    let absolute = std::path::absolute(data).unwrap_or_else(|_| data.to_owned());
    absolute.ancestors().find(|p| p.exists()).map_or_else(|| PathBuf::from("/"), Path::to_path_buf)
}

fn data(data: &Path) -> Check {
    let folder = nearest(data);
    let writable = rustix::fs::access(&folder, rustix::fs::Access::WRITE_OK | rustix::fs::Access::EXEC_OK);
    check(
        "data",
        match writable {
            Ok(()) if folder.is_dir() => Ok(format!("{} can be written", data.display())),
            _ => Err(format!(
                "{} can't be written by this user; change its owner or choose another with --data",
                folder.display()
            )),
        },
    )
}

fn disk(data: &Path) -> Check {
    let outcome = match rustix::fs::statvfs(nearest(data)) {
        Ok(stat) => {
            let free = stat.f_bavail.saturating_mul(stat.f_frsize);
            let gigabytes = format!("{}.{} GB free", free >> 30, ((free & ((1 << 30) - 1)) * 10) >> 30);
            if free >= ENOUGH_DISK {
                Ok(gigabytes)
            } else {
                Err(format!("only {gigabytes}; make room or choose another disk with --data"))
            }
        }
        Err(error) => Err(format!("the disk can't be measured: {error}")),
    };
    check("disk", outcome)
}

fn port(listen: &str) -> Check {
    let outcome = server::bind(listen).map(|_| format!("{listen} is free")).map_err(|e| e.to_string());
    check("port", outcome)
}
