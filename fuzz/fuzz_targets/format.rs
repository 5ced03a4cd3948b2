//! One reader, the one that `FORMAT` names, given bytes that it would never have been given by recognition.

#![no_main]

use std::sync::LazyLock;

use countersign_fuzz::report::Draft;
use countersign_fuzz::report::format::{ALL, Format};
use countersign_fuzz::report::input::{Decoded, Input};
use countersign_fuzz::{check, limits, marker};

static CHOSEN: LazyLock<&Format> = LazyLock::new(|| {
    let name = std::env::var("FORMAT").expect("FORMAT names a reader");
    ALL.iter().find(|format| format.name == name).unwrap_or_else(|| panic!("there is no format {name}"))
});

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let mut draft = Draft::new(CHOSEN.name, &limits(), &marker());
    let mut text = Decoded::new(data);
    let read = (CHOSEN.read)(&mut Input::new("file", &mut text, limits()), &mut draft);
    check(&match read {
        Ok(()) => draft.finish(),
        Err(fault) => draft.broken(&fault.to_string()),
    });
});
