//! The rules of the house, held against the code: imports only downwards, who may know what, one shape
//! for every service folder. `ARCHITECTURE.md` says why.

#![allow(clippy::expect_used, clippy::panic, reason = "a test says what it misses by ending")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Rooms from the ground up. A room imports only from rooms before it; so there can be no circle.
const FLOORS: &[&str] = &[
    "geo",
    "model",
    "config",
    "filter",
    "style",
    "store",
    "formats",
    "render",
    "access",
    "features",
    "catalogue",
    "maps",
    "tiles",
    "ingest",
    "publish",
    "jobs",
    "services/edge",
    "services",
    "portal",
    "server",
    "cli",
];

/// Crates that only some rooms may name.
const GUARDED: &[(&[&str], &[&str])] = &[
    (&["actix_web", "actix_http", "actix_rt"], &["server", "services", "services/edge", "portal"]),
    (&["tokio_postgres", "deadpool_postgres", "refinery"], &["store"]),
    (&["gdal", "gdal_sys"], &["ingest", "formats"]),
    (&["rusqlite", "pmtiles"], &["formats"]),
    (&["vello_cpu", "parley", "skrifa", "pdf_writer", "tiff", "image_webp", "color_quant"], &["render"]),
    (&["resvg"], &["style", "render"]),
    (&["proj", "proj_sys"], &["geo"]),
    (&["minijinja"], &["services/edge"]),
    (&["mlt_core"], &["formats"]),
    (&["oxrdf", "oxttl", "oxrdfxml", "oxjsonld"], &["catalogue"]),
    (&["clap", "indicatif"], &["cli"]),
];

struct Source {
    path: PathBuf,
    room: String,
    code: String,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn sources() -> Vec<Source> {
    let mut found = Vec::new();
    let mut folders = vec![root().join("src")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("readable folder") {
            let path = entry.expect("readable entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                let inside = path.strip_prefix(root().join("src")).expect("inside src").to_owned();
                let text = fs::read_to_string(&path).expect("readable file");
                found.push(Source { room: room_of(&inside), code: without_comments(&text), path: inside });
            }
        }
    }
    assert!(found.len() > 40, "the sources were not found");
    found
}

fn room_of(inside: &Path) -> String {
    let parts: Vec<_> = inside.iter().map(|p| p.to_string_lossy().into_owned()).collect();
    match parts.as_slice() {
        [file] => file.trim_end_matches(".rs").to_owned(),
        [services, edge, _, ..] if services == "services" && edge == "edge" => "services/edge".to_owned(),
        [room, ..] => room.clone(),
        [] => String::new(),
    }
}

/// Drops line comments, so that a link in a doc comment is no import.
fn without_comments(text: &str) -> String {
    text.lines().filter(|l| !l.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

fn floor(room: &str) -> Option<usize> {
    FLOORS.iter().position(|f| *f == room)
}

/// Every `crate::a::b` in the code, also inside `use crate::{…}` groups, as `[a, b]`.
fn crate_paths(code: &str) -> Vec<[String; 2]> {
    let word = |s: &str| s.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    let mut found = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        let before = code[..at].chars().next_back();
        if before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '$') {
            continue;
        }
        let rest = &code[at + "crate::".len()..];
        let members: Vec<&str> = match rest.strip_prefix('{') {
            None => vec![rest],
            Some(group) => top_level_members(group),
        };
        for member in members {
            let first = word(member.trim_start());
            let second = member.trim_start()[first.len()..].strip_prefix("::").map(word).unwrap_or_default();
            found.push([first, second]);
        }
    }
    found
}

fn top_level_members(group: &str) -> Vec<&str> {
    let (mut depth, mut start, mut members) = (0, 0, Vec::new());
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => {
                members.push(&group[start..at]);
                break;
            }
            '}' => depth -= 1,
            ',' if depth == 0 => {
                members.push(&group[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    members.retain(|m| !m.trim().is_empty());
    members
}

#[test]
fn a_room_imports_only_from_rooms_below_it() {
    let mut broken = BTreeSet::new();
    for source in sources() {
        if source.room == "lib" || source.room == "main" {
            continue;
        }
        let own = floor(&source.room).unwrap_or_else(|| panic!("room '{}' has no floor", source.room));
        for [first, second] in crate_paths(&source.code) {
            let target = if first == "services" && second == "edge" { "services/edge".into() } else { first };
            if target == source.room {
                continue;
            }
            match floor(&target) {
                Some(other) if other < own => {}
                _ => {
                    broken.insert(format!("{}: {} imports {target}", source.path.display(), source.room));
                }
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

#[test]
fn no_service_knows_another() {
    let mut broken = BTreeSet::new();
    for source in sources().iter().filter(|s| s.room == "services") {
        let own = source.path.iter().nth(1).map(|p| p.to_string_lossy().into_owned()).unwrap_or_default();
        for [first, second] in crate_paths(&source.code) {
            if first == "services" && second != own && second != "edge" {
                broken.insert(format!("{}: imports services::{second}", source.path.display()));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

#[test]
fn guarded_crates_are_named_only_where_they_belong() {
    let mut broken = BTreeSet::new();
    for source in sources() {
        for (crates, rooms) in GUARDED {
            if source.room == "main" || rooms.contains(&source.room.as_str()) {
                continue;
            }
            for name in *crates {
                let named = source.code.match_indices(&format!("{name}::")).any(|(at, _)| {
                    !source.code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':')
                });
                if named {
                    broken.insert(format!("{}: names {name}", source.path.display()));
                }
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

#[test]
fn pure_rooms_do_no_input_or_output() {
    let mut broken = BTreeSet::new();
    for source in sources() {
        if !["geo", "model", "filter", "style"].contains(&source.room.as_str()) {
            continue;
        }
        for forbidden in ["std::fs", "std::net", "tokio::", "async fn", "std::process"] {
            if source.code.contains(forbidden) {
                broken.insert(format!("{}: {forbidden}", source.path.display()));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

#[test]
fn every_service_folder_has_the_same_files() {
    for service in ["wms", "wmts", "wfs", "csw", "dcat", "oai", "tiles", "download"] {
        let folder = root().join("src/services").join(service);
        for file in ["mod.rs", "request.rs", "handler.rs", "response.rs", "capabilities.rs", "error.rs"] {
            assert!(folder.join(file).is_file(), "services/{service} has no {file}");
        }
    }
}

#[test]
fn every_room_says_what_it_is_for_and_no_file_grows_beyond_reading() {
    for source in sources() {
        let text = fs::read_to_string(root().join("src").join(&source.path)).expect("readable file");
        assert!(text.starts_with("//!"), "{} begins without saying what it is for", source.path.display());
        let lines = text.lines().count();
        assert!(lines <= 600, "{} has {lines} lines: split it by meaning", source.path.display());
    }
}

#[test]
fn the_guide_names_every_room() {
    let guide = fs::read_to_string(root().join("src/lib.rs")).expect("lib.rs");
    let head: String = guide.lines().take_while(|l| l.starts_with("//!")).collect();
    for room in FLOORS.iter().filter(|r| !r.contains('/')) {
        assert!(head.contains(&format!("`{room}`")), "lib.rs does not mention {room}");
    }
}
