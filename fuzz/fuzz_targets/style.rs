//! Styles in any language: none makes reading panic.

#![no_main]

use datasud::style;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let _ = style::read(text, None);
});
