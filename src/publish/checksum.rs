//! Whether the same files come again: a checksum of their contents and of the options that shape what is
//! made of them.

use super::Request;
use crate::config::Config;
use crate::ingest;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use xxhash_rust::xxh3::Xxh3;

/// Checksum of a request, as hexadecimal text. Reads every file once; blocking.
///
/// # Errors
/// The path that can't be read, and why.
pub(super) fn of(request: &Request, config: &Config) -> Result<String, (PathBuf, io::Error)> {
    let mut sum = Xxh3::new();
    let mut text = |part: Option<&str>| {
        sum.update(&[u8::from(part.is_some())]);
        sum.update(part.unwrap_or_default().as_bytes());
        sum.update(&[0]);
    };
    text(request.title.as_deref());
    text(request.description.as_deref());
    text(request.licence.as_deref());
    text(request.layer.as_deref());
    text(request.crs.as_deref());
    text(request.encoding.as_deref());
    text(request.style.as_deref());
    text(request.keywords.as_ref().map(|k| k.join("\n")).as_deref());
    // What came later counts only where it is given: the sums of all others stay.
    if let Some(gml) = &request.gml {
        text(Some(&format!("{gml:?}")));
    }
    if let Some(about) = &request.about {
        text(Some(&format!("{about:?}")));
    }
    if let Some(dimensions) = &request.dimensions {
        text(Some(&format!("{dimensions:?}")));
    }
    for file in &request.files {
        for (name, path) in ingest::files_of(file, config).map_err(|e| (file.clone(), e))? {
            add_file(&mut sum, &name, &path).map_err(|e| (path, e))?;
        }
    }
    Ok(format!("{:032x}", sum.digest128()))
}

fn add_file(sum: &mut Xxh3, name: &str, path: &Path) -> io::Result<()> {
    sum.update(name.as_bytes());
    sum.update(&[0]);
    let mut file = File::open(path)?;
    let mut buffer = vec![0_u8; 1 << 16];
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            return Ok(());
        }
        sum.update(buffer.get(..read).unwrap_or_default());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_side_file_or_option_is_a_change() -> io::Result<()> {
        let folder = tempfile::tempdir()?;
        let shape = folder.path().join("a.shp");
        std::fs::write(&shape, "shape")?;
        std::fs::write(folder.path().join("a.DBF"), "table")?;
        let request = Request { files: vec![shape], ..Request::default() };
        let sum = |r: &Request| of(r, &Config::default()).map_err(|(_, e)| e);
        let first = sum(&request)?;
        assert_eq!(sum(&request)?, first);
        assert_ne!(sum(&Request { crs: Some("EPSG:2154".into()), ..request.clone() })?, first);
        std::fs::write(folder.path().join("a.DBF"), "other")?;
        assert_ne!(sum(&request)?, first);
        Ok(())
    }

    #[test]
    fn a_folder_counts_as_deep_as_it_is_read_and_nothing_else_in_it() -> io::Result<()> {
        let folder = tempfile::tempdir()?;
        let deep = folder.path().join("2026/mai");
        std::fs::create_dir_all(&deep)?;
        let data = deep.join("a.geojson");
        std::fs::write(&data, "{}")?;
        let request = Request { files: vec![folder.path().to_owned()], ..Request::default() };
        let sum = || of(&request, &Config::default()).map_err(|(_, e)| e);
        let first = sum()?;
        std::fs::write(deep.join("notes.txt"), "not read")?;
        assert_eq!(sum()?, first);
        std::fs::write(&data, "{ }")?;
        let second = sum()?;
        assert_ne!(second, first);
        std::fs::rename(&data, folder.path().join("2026/a.geojson"))?;
        assert_ne!(sum()?, second);
        Ok(())
    }
}
