//! Finding PostgreSQL's programs and PostGIS.

use crate::store::StoreError;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The oldest PostgreSQL that is supported.
pub(in crate::store) const OLDEST_MAJOR: u32 = 15;

/// The programs of one PostgreSQL version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Programs {
    /// Folder that holds `postgres`, `initdb` and `pg_ctl`.
    pub folder: PathBuf,
    /// Major version.
    pub major: u32,
    /// Whether PostGIS is installed for this version.
    pub postgis: bool,
}

impl Programs {
    /// Path of a program.
    #[must_use]
    pub fn program(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }
}

/// All usable programs on this machine, newest first. `DATASUD_POSTGRES_BIN` names a folder that is
/// looked at alone.
#[must_use]
pub fn find_programs() -> Vec<Programs> {
    let mut found: Vec<Programs> = Vec::new();
    for folder in folders() {
        let folder = folder.canonicalize().unwrap_or(folder);
        if found.iter().any(|p| p.folder == folder) {
            continue;
        }
        found.extend(inspect(&folder));
    }
    found.sort_by_key(|p| std::cmp::Reverse((p.postgis, p.major)));
    found
}

/// The programs for the cluster in `folder`: of its own version, or the newest for a new cluster.
pub(super) fn find(folder: &Path) -> Result<Programs, StoreError> {
    let found = find_programs();
    let wanted: Option<u32> = std::fs::read_to_string(folder.join("PG_VERSION"))
        .ok()
        .and_then(|text| text.trim().split('.').next().and_then(|major| major.parse().ok()));
    choose(&found, wanted, folder).map_err(StoreError::Cluster)
}

fn choose(found: &[Programs], wanted: Option<u32>, folder: &Path) -> Result<Programs, String> {
    let best = match wanted {
        Some(major) => found.iter().find(|p| p.major == major).ok_or_else(|| {
            let versions: Vec<String> = found.iter().map(|p| p.major.to_string()).collect();
            format!(
                "the database in {} was made by PostgreSQL {major}, and this machine has {}; install PostgreSQL {major} (Debian: postgresql-{major}-postgis-3), or move the data with pg_dump or pg_upgrade",
                folder.display(),
                if versions.is_empty() { "none".to_owned() } else { format!("version {}", versions.join(", ")) }
            )
        })?,
        None => found.iter().find(|p| p.major >= OLDEST_MAJOR).ok_or_else(|| match found.first() {
            Some(old) => format!(
                "PostgreSQL {} was found and version {OLDEST_MAJOR} or newer is needed; install it (Debian: postgresql-15-postgis-3) or use another server with --database-url",
                old.major
            ),
            None => "PostgreSQL was not found; install it (Debian: apt-get install postgresql-15-postgis-3), or use a server with --database-url".to_owned(),
        })?,
    };
    if best.postgis {
        return Ok(best.clone());
    }
    Err(format!(
        "PostGIS is not installed for PostgreSQL {0} (in {1}); install it (Debian: apt-get install postgresql-{0}-postgis-3)",
        best.major,
        best.folder.display()
    ))
}

fn folders() -> Vec<PathBuf> {
    if let Some(only) = std::env::var_os("DATASUD_POSTGRES_BIN").filter(|v| !v.is_empty()) {
        return vec![PathBuf::from(only)];
    }
    let mut folders = Vec::new();
    // Debian keeps each version apart; Red Hat's packages of the PostgreSQL project do so too.
    for (parent, prefix) in [("/usr/lib/postgresql", ""), ("/usr", "pgsql-"), ("/usr/lib", "postgresql")] {
        for entry in std::fs::read_dir(parent).into_iter().flatten().flatten() {
            let name = entry.file_name();
            let version = name.to_str().and_then(|n| n.strip_prefix(prefix));
            if version.is_some_and(|v| !v.is_empty() && v.bytes().all(|b| b.is_ascii_digit())) {
                folders.push(entry.path().join("bin"));
            }
        }
    }
    if let Some(told) = ask(Path::new("pg_config"), "--bindir") {
        folders.push(PathBuf::from(told));
    }
    if let Some(path) = std::env::var_os("PATH") {
        folders.extend(std::env::split_paths(&path));
    }
    folders
}

fn inspect(folder: &Path) -> Option<Programs> {
    if !["postgres", "initdb", "pg_ctl"].iter().all(|name| folder.join(name).is_file()) {
        return None;
    }
    let major = major_of(&ask(&folder.join("postgres"), "--version")?)?;
    let shared = ask(&folder.join("pg_config"), "--sharedir")
        .map_or_else(|| PathBuf::from(format!("/usr/share/postgresql/{major}")), PathBuf::from);
    let postgis = shared.join("extension/postgis.control").is_file();
    Some(Programs { folder: folder.to_owned(), major, postgis })
}

fn ask(program: &Path, argument: &str) -> Option<String> {
    let output = Command::new(program).arg(argument).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

fn major_of(version: &str) -> Option<u32> {
    let number = version.split_whitespace().find(|word| word.starts_with(|c: char| c.is_ascii_digit()))?;
    number.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn programs(major: u32, postgis: bool) -> Programs {
        Programs { folder: PathBuf::from(format!("/usr/lib/postgresql/{major}/bin")), major, postgis }
    }

    #[test]
    fn the_major_version_is_read_from_any_packager_s_text() {
        assert_eq!(major_of("postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)"), Some(15));
        assert_eq!(major_of("postgres (PostgreSQL) 18beta1"), Some(18));
        assert_eq!(major_of("postgres"), None);
    }

    #[test]
    fn a_cluster_keeps_its_own_version() {
        let found = [programs(17, true), programs(15, true)];
        assert_eq!(choose(&found, Some(15), Path::new("/d")).map(|p| p.major), Ok(15));
        assert_eq!(choose(&found, None, Path::new("/d")).map(|p| p.major), Ok(17));
        let refused = choose(&found, Some(16), Path::new("/d")).expect_err("no 16");
        assert!(refused.contains("made by PostgreSQL 16") && refused.contains("17, 15"), "{refused}");
    }

    #[test]
    fn what_is_missing_is_named_with_its_package() {
        let none = choose(&[], None, Path::new("/d")).expect_err("none");
        assert!(none.contains("postgresql-15-postgis-3"), "{none}");
        let old = choose(&[programs(13, true)], None, Path::new("/d")).expect_err("old");
        assert!(old.contains("13") && old.contains("15 or newer"), "{old}");
        let bare = choose(&[programs(15, false)], None, Path::new("/d")).expect_err("no PostGIS");
        assert!(bare.contains("postgresql-15-postgis-3"), "{bare}");
    }
}
