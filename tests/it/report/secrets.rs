//! Reports carry secrets; what is read from them carries none.

use std::collections::BTreeSet;
use std::path::Path;

use countersign::report::{Limits, Marker, read};
use serde_json::Value;

use super::corpus::corpus;

/// Shorter ones stand in paths and words by chance.
pub const LONG_ENOUGH: usize = 8;

/// What stands as a password in `tests/fixtures/reports/sample`.
pub const PASSWORD: &str = "correct-horse-battery";

/// Keys under which scanners write secrets, or the code around them.
const CARRIERS: &[&str] = &[
    "Secret",
    "Match",
    "offender",
    "line",
    "Raw",
    "RawV2",
    "SecretParts",
    "Redacted",
    "stringsFound",
    "snippet",
    "Code",
];

/// Every text that stands under one of the keys, at whatever depth.
fn collect(value: &Value, carried: bool, secrets: &mut BTreeSet<String>) {
    match value {
        Value::String(text) if carried => {
            secrets
                .extend(text.lines().map(str::trim).filter(|line| line.len() >= LONG_ENOUGH).map(Into::into));
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, carried, secrets)),
        Value::Object(keys) => {
            for (key, value) in keys {
                collect(value, carried || CARRIERS.contains(&key.as_str()), secrets);
            }
        }
        _ => {}
    }
}

/// The secrets in a report, however it holds them: as JSON, as lines of it, or as XML with JSON in its texts.
pub fn secrets_of(text: &str) -> BTreeSet<String> {
    let unescaped =
        text.replace("&#34;", "\"").replace("&quot;", "\"").replace("&#xA;", "\n").replace("&#xD;", "\r");
    let mut secrets = BTreeSet::new();
    for (start, _) in unescaped.match_indices(['{', '[']) {
        let mut values = serde_json::Deserializer::from_str(&unescaped[start..]).into_iter::<Value>();
        if let Some(Ok(value)) = values.next() {
            collect(&value, false, &mut secrets);
        }
    }
    secrets
}

pub fn files(folder: &Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_file()).collect()
}

#[test]
fn no_secret_of_a_report_is_told_again() {
    let Some(corpus) = corpus() else { return };
    let marker = Marker::new(&[1; 32]);
    let (mut told, mut known) = (Vec::new(), 0);
    for path in ["gitleaks", "trufflehog", "trivy"].iter().flat_map(|folder| files(&corpus.join(folder))) {
        let bytes = std::fs::read(&path).unwrap();
        let name = path.strip_prefix(&corpus).unwrap().to_str().unwrap();
        let reports = read(&mut (name, bytes.as_slice()), &Limits::default(), &marker).unwrap().reports;
        let reports = serde_json::to_string(&reports).unwrap();
        for secret in secrets_of(&String::from_utf8_lossy(&bytes)) {
            known += 1;
            let escaped = serde_json::to_string(&secret).unwrap();
            if reports.contains(escaped.trim_matches('"')) {
                told.push(format!("{name}: {secret}"));
            }
        }
    }
    assert!(told.is_empty(), "{} of {known} secrets are told:\n{}", told.len(), told.join("\n"));
    assert!(known > 20, "only {known} secrets were found in the corpus");
}

#[test]
fn a_password_in_the_code_is_not_told_again() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/reports");
    let (mut told, mut carriers) = (Vec::new(), 0);
    for path in files(&folder) {
        let bytes = std::fs::read(&path).unwrap();
        carriers += usize::from(String::from_utf8_lossy(&bytes).contains(PASSWORD));
        let name = path.file_name().unwrap().to_str().unwrap();
        let marker = Marker::new(&[1; 32]);
        let reports = read(&mut (name, bytes.as_slice()), &Limits::default(), &marker).unwrap().reports;
        if serde_json::to_string(&reports).unwrap().contains(PASSWORD) {
            told.push(name.to_owned());
        }
    }
    assert!(told.is_empty(), "{told:?}");
    assert!(carriers > 1, "only {carriers} reports carry the password of the sample");
}
