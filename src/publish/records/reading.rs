//! Reading documents of records by all processors, in their order, never far ahead of who takes them.

use crate::catalogue::dcat::ReadError;
use crate::catalogue::import::{self, ImportError, Imported};
use crate::config::Limits;
use crate::ingest::Finding;
use crate::publish::PublishError;
use crate::publish::records::inputs::Input;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::mpsc;

/// Files that are read as one part, and stored with one look for what is known.
const PART: usize = 64;

/// Records read, and what is wrong with those that weren't.
#[derive(Default)]
pub(super) struct Part {
    pub(super) records: Vec<Imported>,
    pub(super) refused: Vec<Finding>,
}

/// A file as its reader left it.
struct File {
    path: String,
    records: Vec<Imported>,
    refused: Option<Finding>,
}

/// The files of a call while they are read.
pub(super) struct Reading {
    parts: mpsc::Receiver<(usize, Result<Vec<File>, PublishError>)>,
    /// Parts that came before their turn.
    early: BTreeMap<usize, Result<Vec<File>, PublishError>>,
    turn: usize,
    count: usize,
    /// Where each identifier was read.
    places: HashMap<String, String>,
}

impl Reading {
    /// Begins to read.
    pub(super) fn of(files: Vec<Input>, limits: &Limits) -> Self {
        let readers = std::thread::available_parallelism().map_or(1, usize::from);
        let count = files.len().div_ceil(PART);
        let (files, limits, next) =
            (Arc::new(files), Arc::new(limits.clone()), Arc::new(AtomicUsize::new(0)));
        let (sender, parts) = mpsc::channel(readers);
        for _ in 0..readers {
            let (files, limits, next, sender) =
                (Arc::clone(&files), Arc::clone(&limits), Arc::clone(&next), sender.clone());
            tokio::task::spawn_blocking(move || {
                loop {
                    let part = next.fetch_add(1, Ordering::Relaxed);
                    let Some(paths) = files.chunks(PART).nth(part) else { return };
                    let read: Result<Vec<File>, PublishError> =
                        paths.iter().map(|input| read(input, &limits)).collect();
                    // Nobody waits any more when the call has failed.
                    if sender.blocking_send((part, read)).is_err() {
                        return;
                    }
                }
            });
        }
        Self { parts, early: BTreeMap::new(), turn: 0, count, places: HashMap::new() }
    }

    /// The next part in the order of the files; none behind the last.
    ///
    /// # Errors
    /// [`PublishError::File`] for a file that can't be read at all.
    pub(super) async fn next(&mut self) -> Result<Option<Part>, PublishError> {
        if self.turn == self.count {
            return Ok(None);
        }
        let files = loop {
            if let Some(files) = self.early.remove(&self.turn) {
                break files?;
            }
            let Some((part, files)) = self.parts.recv().await else {
                return Err(PublishError::Option("reading the files was stopped".to_owned()));
            };
            self.early.insert(part, files);
        };
        self.turn += 1;
        let mut part = Part::default();
        for file in files {
            part.refused.extend(file.refused);
            for record in file.records {
                let identifier = record.identifier().to_owned();
                if let Some(before) = self.places.insert(identifier.clone(), file.path.clone()) {
                    let message = format!(
                        "two records have the identifier '{identifier}', in '{before}' and in '{}'; import one of them",
                        file.path
                    );
                    part.refused.push(Finding::error("record-twice", message));
                }
                part.records.push(record);
            }
        }
        Ok(Some(part))
    }
}

fn read(input: &Input, limits: &Limits) -> Result<File, PublishError> {
    let shown = input.shown();
    let refused = |finding| File { path: shown.clone(), records: Vec::new(), refused: Some(finding) };
    let bytes = match input.bytes(limits)? {
        Ok(bytes) => bytes,
        Err(finding) => return Ok(refused(*finding)),
    };
    Ok(match import::read(&bytes, limits) {
        Ok(records) => File { path: shown, records, refused: None },
        Err(error) => refused(Finding::error(code(&error), format!("'{shown}': {error}"))),
    })
}

const fn code(error: &ImportError) -> &'static str {
    match error {
        ImportError::Xml { .. } => "record-not-xml",
        ImportError::Encoding(_) => "record-encoding",
        ImportError::Limit(_) => "record-too-large",
        ImportError::NoRecord(_) | ImportError::Rdf(ReadError::NoRecord) => "record-missing",
        ImportError::Rdf(ReadError::Syntax(_)) => "record-not-rdf",
        ImportError::Rdf(ReadError::TooMany(_)) => "record-too-large",
        ImportError::NoIdentifier { .. } | ImportError::Rdf(ReadError::NoIdentifier(_)) => {
            "record-without-identifier"
        }
        ImportError::Value { .. } => "record-value",
    }
}
