//! The JSON Schema that editors use is the one of these types, and agrees with the reader.

use std::path::Path;

use super::{ALONE, SHOP, SMALLEST};
use crate::policy::scans::EVERYTHING;
use crate::policy::{Policy, json_schema};

fn published() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/countersign.schema.json")
}

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "whoever changes the types asks for the file to be written anew"
)]
fn the_published_schema_is_current() {
    let current = serde_json::to_string_pretty(&json_schema()).unwrap() + "\n";
    if std::env::var("UPDATE").is_ok_and(|value| value == "1") {
        std::fs::write(published(), &current).unwrap();
    }
    let committed = std::fs::read_to_string(published()).unwrap_or_default();
    assert!(
        committed == current,
        "the types changed: write the schema anew with `UPDATE=1 cargo test published`"
    );
}

#[test]
fn the_schema_takes_what_the_reader_takes() {
    let validator = jsonschema::draft202012::new(&json_schema()).unwrap();
    let reports = format!("{SMALLEST}{EVERYTHING}");
    for text in [SHOP, SMALLEST, ALONE, &reports] {
        let policy: serde_json::Value = serde_saphyr::from_str(text).unwrap();
        let errors: Vec<String> = validator.iter_errors(&policy).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{errors:?}");
    }
}

#[test]
fn the_schema_refuses_what_the_reader_refuses() {
    let validator = jsonschema::draft202012::new(&json_schema()).unwrap();
    for (from, to) in [
        ("version: 1", "version: 2"),
        ("workflows:", "workflow:"),
        ("[role:write]", "[write]"),
        ("[role:write]", "[]"),
        ("[role:write]", "role:write"),
        ("soak: 30m", "soak: 30"),
        ("soak: 30m", "soak: half an hour"),
        ("count: 2", "count: 0"),
        ("count: 2", "count: two"),
        ("count: 2", "count:"),
        ("workflow: cd.yml", "workflow: ../cd.yml"),
        ("\"tag:v*\"", "\"branch:x\""),
        ("https://shop", "javascript://shop"),
        ("type: choice", "type: enum"),
    ] {
        let text = SHOP.replacen(from, to, 1);
        assert_ne!(text, SHOP, "{from}");
        assert!(Policy::parse("x", &text).is_err(), "the reader took {to}");
        let policy: serde_json::Value = serde_saphyr::from_str(&text).unwrap();
        assert!(!validator.is_valid(&policy), "the schema took {to}");
    }
}
