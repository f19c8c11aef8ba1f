//! Geometries in EWKB: none makes reading panic, and axes exchanged twice are as they were.

#![no_main]

use datasud::geo::wkb;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let _ = wkb::header(bytes);
    let _ = wkb::bbox(bytes);
    if let Ok(geometry) = wkb::to_geo(bytes) {
        let _ = wkb::from_geo(&geometry, 4326);
    }
    let mut own = bytes.to_vec();
    if wkb::swap_axes(&mut own).is_ok() && wkb::swap_axes(&mut own).is_ok() {
        assert_eq!(own, bytes, "axes exchanged twice");
    }
});
