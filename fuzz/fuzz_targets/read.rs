//! Any bytes at all: recognised, and read as what they look like.

#![no_main]

use countersign_fuzz::{check, limits, marker, report};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let file = report::read(&mut ("trivy.json", data), &limits(), &marker()).expect("bytes in memory can be read");
    check(&file.reports);
});
