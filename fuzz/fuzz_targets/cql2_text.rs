//! Filters in CQL2 text: none makes reading panic.

#![no_main]

use datasud::filter::{Reading, cql2};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let _ = cql2::parse_text(text, &Reading::default());
});
