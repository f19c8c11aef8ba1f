//! Answers beside their requests: the expected text lies in `tests/it/expected/`. `BLESS=1` writes what
//! came instead of comparing; read the change before committing it.

use std::path::Path;
use std::process::{Command, Stdio};

/// Compares XML in indented form.
#[track_caller]
pub fn xml(name: &str, base: &str, body: &[u8]) {
    use std::io::Write;
    let mut child = Command::new("xmllint")
        .args(["--nonet", "--format", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("xmllint (package libxml2-utils)");
    child.stdin.take().expect("standard input").write_all(body).expect("written");
    let output = child.wait_with_output().expect("xmllint ends");
    assert!(output.status.success(), "not XML: {}", String::from_utf8_lossy(body));
    compare(name, &redacted(&String::from_utf8_lossy(&output.stdout), base));
}

/// Compares JSON in indented form.
#[track_caller]
pub fn json(name: &str, base: &str, body: &serde_json::Value) {
    let text = serde_json::to_string_pretty(body).expect("text") + "\n";
    compare(name, &redacted(&text, base));
}

#[track_caller]
fn compare(name: &str, found: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/expected").join(name);
    if std::env::var_os("BLESS").is_some() {
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("created");
        std::fs::write(&path, found).expect("written");
        return;
    }
    let wanted = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{name}: {e}; BLESS=1 writes it"));
    if wanted != found {
        let differing = wanted.lines().zip(found.lines()).position(|(a, b)| a != b);
        let line = differing.unwrap_or_else(|| wanted.lines().count().min(found.lines().count()));
        panic!(
            "{name}, line {}:\n  expected {:?}\n  found    {:?}",
            line + 1,
            wanted.lines().nth(line).unwrap_or("(end)"),
            found.lines().nth(line).unwrap_or("(end)")
        );
    }
}

/// Without what differs from run to run: address, identifiers of records, times, generations.
fn redacted(text: &str, base: &str) -> String {
    let text = text.replace(base, "http://host");
    let mut out = String::with_capacity(text.len());
    for line in text.lines() {
        let line = value_of(line, "timeStamp=\"", '"', "TIME");
        let line = value_of(&line, "\"timeStamp\": \"", '"', "TIME");
        let line = value_of(&line, "updateSequence=\"", '"', "0");
        out.push_str(&without_uuids(&line));
        out.push('\n');
    }
    out
}

fn value_of(line: &str, before: &str, end: char, instead: &str) -> String {
    match line.split_once(before) {
        Some((head, tail)) => match tail.split_once(end) {
            Some((_, rest)) => format!("{head}{before}{instead}{end}{rest}"),
            None => line.to_owned(),
        },
        None => line.to_owned(),
    }
}

fn without_uuids(line: &str) -> String {
    let is_uuid = |text: &str| {
        text.len() == 36
            && text.bytes().enumerate().all(|(i, b)| match i {
                8 | 13 | 18 | 23 => b == b'-',
                _ => b.is_ascii_hexdigit(),
            })
    };
    let mut out = String::new();
    let mut rest = line;
    while !rest.is_empty() {
        if rest.get(..36).is_some_and(is_uuid) {
            out.push_str("UUID");
            rest = &rest[36..];
        } else {
            let next = rest.chars().next().expect("not empty");
            out.push(next);
            rest = &rest[next.len_utf8()..];
        }
    }
    out
}
