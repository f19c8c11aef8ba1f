//! How far a load is: a bar on a terminal, plain lines elsewhere, always on standard error.

use super::output;
use crate::ingest::ProgressEvent;
use indicatif::{ProgressBar, ProgressStyle};
use std::io::IsTerminal;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

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
        if let Ok(style) = ProgressStyle::with_template(template(false, false)) {
            bar.set_style(style);
        }
        bar.set_message("looking at the files");
        // It turns while the database builds an index, which tells nothing meanwhile.
        bar.enable_steady_tick(Duration::from_millis(120));
        bar
    });
    Progress { bar, told: Mutex::new(String::new()) }
}

/// What a stage shows: a part of what is known, else what was done so far. The message gives way first where
/// the terminal is narrow.
const fn template(is_counting: bool, is_total_known: bool) -> &'static str {
    match (is_counting, is_total_known) {
        (true, true) => "{spinner} {wide_msg} [{bar:25}] {human_pos}/{human_len} {elapsed}",
        (true, false) => "{spinner} {wide_msg} {human_pos} {elapsed}",
        (false, _) => "{spinner} {wide_msg} {elapsed}",
    }
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
            // Numbers first: the stage before, an index, shows none, so that none is seen under a wrong name.
            if let Some(total) = total {
                bar.set_length(total);
            }
            bar.set_position(rows);
            let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
            if *told != stage {
                bar.set_message(stage.clone());
                let is_counting = !matches!(event, ProgressEvent::Indexing { .. });
                if let Ok(style) = ProgressStyle::with_template(template(is_counting, total.is_some())) {
                    bar.set_style(style);
                }
                *told = stage;
            }
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
