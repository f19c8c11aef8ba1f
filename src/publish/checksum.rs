//! Whether the same files come again: a checksum of their contents and of the options that shape what is
//! made of them.

use super::Request;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use xxhash_rust::xxh3::Xxh3;

/// Checksum of a request, as hexadecimal text. Reads every file once; blocking.
///
/// # Errors
/// The path that can't be read, and why.
pub(super) fn of(request: &Request) -> Result<String, (PathBuf, io::Error)> {
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
    for file in &request.files {
        add_path(&mut sum, file).map_err(|e| (file.clone(), e))?;
    }
    Ok(format!("{:032x}", sum.digest128()))
}

fn add_path(sum: &mut Xxh3, path: &Path) -> io::Result<()> {
    if path.is_dir() {
        let mut entries = std::fs::read_dir(path)?.map(|e| Ok(e?.path())).collect::<io::Result<Vec<_>>>()?;
        entries.sort();
        return entries.iter().filter(|p| !p.is_dir()).try_for_each(|p| add_file(sum, p));
    }
    add_file(sum, path)?;
    for side in side_files(path)? {
        add_file(sum, &side)?;
    }
    Ok(())
}

/// The files that belong to a bare shapefile: the same name with another extension.
fn side_files(path: &Path) -> io::Result<Vec<PathBuf>> {
    let is_shapefile = path.extension().is_some_and(|e| e.eq_ignore_ascii_case("shp"));
    let (Some(folder), Some(stem), true) = (path.parent(), path.file_stem(), is_shapefile) else {
        return Ok(Vec::new());
    };
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let side = entry?.path();
        if side.file_stem() == Some(stem) && side.file_name() != path.file_name() && side.is_file() {
            found.push(side);
        }
    }
    found.sort();
    Ok(found)
}

fn add_file(sum: &mut Xxh3, path: &Path) -> io::Result<()> {
    sum.update(path.file_name().unwrap_or_default().as_encoded_bytes());
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
        let sum = |r: &Request| of(r).map_err(|(_, e)| e);
        let first = sum(&request)?;
        assert_eq!(sum(&request)?, first);
        assert_ne!(sum(&Request { crs: Some("EPSG:2154".into()), ..request.clone() })?, first);
        std::fs::write(folder.path().join("a.DBF"), "other")?;
        assert_ne!(sum(&request)?, first);
        Ok(())
    }
}
