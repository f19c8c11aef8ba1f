//! Filters in ECQL, and lists of them: none makes reading panic.

#![no_main]

use datasud::filter::{Reading, ecql};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    for part in ecql::split(text) {
        let _ = ecql::parse(part, &Reading::default());
    }
});
