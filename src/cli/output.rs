//! What commands write: results on standard output, everything else on standard error.

use crate::ingest::{Finding, Level};
use serde::Serialize;
use std::fmt;
use std::io::Write;

/// A count with its thousands apart: `2 635`.
pub(super) struct Human(pub(super) i64);

impl fmt::Display for Human {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.0.unsigned_abs().to_string();
        if self.0 < 0 {
            f.write_str("-")?;
        }
        for (at, digit) in digits.chars().enumerate() {
            if at > 0 && (digits.len() - at).is_multiple_of(3) {
                f.write_str("\u{202f}")?;
            }
            write!(f, "{digit}")?;
        }
        Ok(())
    }
}

/// One JSON value on standard output.
pub(super) fn json(value: &impl Serialize) {
    match serde_json::to_string_pretty(value) {
        Ok(text) => lines(&[text]),
        Err(error) => errors(&[format!("the answer can't be written as JSON: {error}")]),
    }
}

/// Lines on standard output. A reader that went away (`datasud list | head -1`) is no failure.
pub(super) fn lines(lines: &[String]) {
    let mut out = std::io::stdout().lock();
    let _ = lines.iter().try_for_each(|line| writeln!(out, "{line}"));
    let _ = out.flush();
}

/// Lines on standard error.
pub(super) fn errors(lines: &[String]) {
    let mut out = std::io::stderr().lock();
    let _ = lines.iter().try_for_each(|line| writeln!(out, "{line}"));
}

/// A finding as one line for people.
pub(super) fn finding(finding: &Finding) -> String {
    let level = match finding.level {
        Level::Info => "note",
        Level::Warning => "warning",
        Level::Error => "error",
    };
    match &finding.layer {
        Some(layer) => format!("  {level}: layer '{layer}': {}", finding.message),
        None => format!("  {level}: {}", finding.message),
    }
}

/// Writes to the log why the platform itself failed, which messages for people don't say.
pub(super) fn log_cause(error: &dyn std::error::Error) {
    let mut cause = error.source();
    while let Some(deeper) = cause {
        tracing::debug!(cause = %deeper, "because");
        cause = deeper.source();
    }
}

/// The addresses of the services, one a line: whole, to be copied.
pub(super) fn services(base: &str) -> impl Iterator<Item = String> {
    ["wms", "wfs", "ogc", "csw"]
        .into_iter()
        .zip(["in QGIS: ", "         ", "         ", "         "])
        .map(move |(service, lead)| format!("{lead}{base}/{service}"))
}

/// Columns of text, as wide as their widest cell.
pub(super) fn table(rows: &[Vec<String>]) -> Vec<String> {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        rows.iter().filter_map(|r| r.get(column)).map(|c| c.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    rows.iter()
        .map(|row| {
            let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
            cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_stand_apart() {
        assert_eq!(Human(2635).to_string(), "2\u{202f}635");
        assert_eq!(Human(100).to_string(), "100");
        assert_eq!(Human(-1_000_000).to_string(), "-1\u{202f}000\u{202f}000");
    }

    #[test]
    fn columns_line_up_by_characters() {
        let row = |a: &str, b: &str| vec![a.to_owned(), b.to_owned()];
        assert_eq!(table(&[row("été", "x"), row("automne", "y")]), ["été      x", "automne  y"]);
    }
}
