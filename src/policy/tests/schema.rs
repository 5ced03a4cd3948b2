//! The JSON Schema that editors use is the one of these types, and agrees with the reader.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

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
        let policy: Value = serde_saphyr::from_str(text).unwrap();
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
        let policy: Value = serde_saphyr::from_str(&text).unwrap();
        assert!(!validator.is_valid(&policy), "the schema took {to}");
    }
}

/// Every key that a schema lets a policy have, by its path, and whether it must be there.
fn keys(schema: &Value) -> BTreeMap<String, bool> {
    let mut keys = BTreeMap::new();
    collect(schema, schema, "", &mut keys);
    keys
}

fn collect(schema: &Value, at: &Value, path: &str, keys: &mut BTreeMap<String, bool>) {
    if let Some(definition) = at["$ref"].as_str() {
        let definition = schema.pointer(definition.trim_start_matches('#')).expect("what is named is there");
        collect(schema, definition, path, keys);
    }
    for one in ["anyOf", "oneOf", "allOf"].iter().filter_map(|way| at[way].as_array()).flatten() {
        collect(schema, one, path, keys);
    }
    for (name, below) in at["properties"].as_object().into_iter().flatten() {
        let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        let required = at["required"].as_array().is_some_and(|names| names.contains(&name.as_str().into()));
        keys.entry(path.clone()).and_modify(|always| *always &= required).or_insert(required);
        collect(schema, below, &path, keys);
    }
    collect_below(schema, &at["items"], &format!("{path}[]"), keys);
    collect_below(schema, &at["additionalProperties"], &format!("{path}.*"), keys);
    for below in at["patternProperties"].as_object().into_iter().flat_map(|patterns| patterns.values()) {
        collect(schema, below, &format!("{path}.*"), keys);
    }
}

fn collect_below(schema: &Value, at: &Value, path: &str, keys: &mut BTreeMap<String, bool>) {
    if at.is_object() {
        collect(schema, at, path, keys);
    }
}

/// What a release's policies could say, a key a line, and `required` behind those that they had to.
fn released(version: &str) -> BTreeMap<String, bool> {
    let path = format!("tests/fixtures/stored/{version}/policy-keys");
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap();
    text.lines()
        .map(|line| {
            line.strip_suffix(" required").map_or((line.to_owned(), false), |key| (key.to_owned(), true))
        })
        .collect()
}

// Old policies are read again for replay.
#[test]
fn no_key_of_a_released_policy_goes_away_and_none_becomes_required() {
    let (then, now) = (released("0.1.0"), keys(&json_schema()));
    assert!(then.len() > 60, "{then:#?}");
    let gone: Vec<_> = then.keys().filter(|key| !now.contains_key(*key)).collect();
    assert!(gone.is_empty(), "{gone:#?}");
    let parent = |key: &str| {
        key.rsplit_once('.').map_or(String::new(), |(parent, _)| {
            parent.trim_end_matches("[]").trim_end_matches(".*").to_owned()
        })
    };
    let was_there = |key: &str| parent(key).is_empty() || then.contains_key(&parent(key));
    let demanded: Vec<_> = now
        .iter()
        .filter(|(key, required)| **required && was_there(key) && then.get(*key) != Some(&true))
        .collect();
    assert!(demanded.is_empty(), "policies of 0.1.0 lack {demanded:#?}");
}
