//! The parameter bbox: none makes reading panic.

#![no_main]

use datasud::filter::{Reading, kvp};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let _ = kvp::bbox("bbox", text, &Reading::default());
});
