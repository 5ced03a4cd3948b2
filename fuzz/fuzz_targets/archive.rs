//! Any bytes at all, taken for the zip of an artifact.

#![no_main]

use std::io::Cursor;

use countersign_fuzz::report::archive::unpack;
use countersign_fuzz::{check, limits, marker};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    if let Ok(unpacked) = unpack(&mut Cursor::new(data), "artifact", &limits(), &marker()) {
        let reports: Vec<_> = unpacked.files.into_iter().flat_map(|(_, file)| file.reports).collect();
        check(&reports);
    }
});
