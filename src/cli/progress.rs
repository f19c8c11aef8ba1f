//! How far a load is: a bar on a terminal, plain lines elsewhere, always on standard error.

use super::output;
use crate::ingest::ProgressEvent;
use indicatif::{ProgressBar, ProgressStyle};
use std::io::IsTerminal;
use std::sync::{Mutex, PoisonError};

/// Shows the events of one load.
pub(super) struct Progress {
    bar: Option<ProgressBar>,
    /// Stage and layer that were told last.
    told: Mutex<String>,
}

/// Begins to show.
pub(super) fn start() -> Progress {
    let bar = std::io::stderr().is_terminal().then(|| {
        let bar = ProgressBar::new_spinner();
        let template = "{spinner} {msg} [{bar:30}] {human_pos}/{human_len} {elapsed}";
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar
    });
    Progress { bar, told: Mutex::new(String::new()) }
}

impl Progress {
    /// Shows an event.
    pub(super) fn show(&self, event: &ProgressEvent) {
        let (stage, rows, total) = match event {
            ProgressEvent::Reading { layer, rows, total } => (format!("reading {layer}"), *rows, *total),
            ProgressEvent::Loading { layer, rows, total } => {
                (format!("loading {layer}"), *rows, Some(*total))
            }
            ProgressEvent::Indexing { layer } => (format!("indexing {layer}"), 0, None),
        };
        if let Some(bar) = &self.bar {
            if let Some(total) = total {
                bar.set_length(total);
            }
            bar.set_position(rows);
            bar.set_message(stage);
            return;
        }
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if *told != stage {
            output::errors(&[format!("{stage}…")]);
            *told = stage;
        }
    }

    /// Takes the bar away.
    pub(super) fn end(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
