//! Filters in XML: none makes reading panic.

#![no_main]

use datasud::filter::{FilterLimits, fes, xml};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let limits = FilterLimits::default();
    if let Ok(document) = xml::parse_document(text, &limits) {
        let _ = fes::parse(document.root_element(), &limits);
    }
});
