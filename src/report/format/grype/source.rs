//! What Grype looked at: an image, a folder, a file or a bill of materials.

use serde::Deserialize;

use crate::report::format::trivy::platform;
use crate::report::input::loose::{lenient, text};
use crate::report::{Draft, Image};

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Scanned {
    #[serde(rename = "type", deserialize_with = "text")]
    kind: String,
    target: Target,
}

/// An image is described, a folder or file is only named.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Target {
    Named(String),
    Described(Box<Described>),
    Other(serde::de::IgnoredAny),
}

impl Default for Target {
    fn default() -> Self {
        Self::Named(String::new())
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Described {
    #[serde(deserialize_with = "text")]
    user_input: String,
    #[serde(deserialize_with = "text")]
    manifest_digest: String,
    #[serde(deserialize_with = "lenient")]
    repo_digests: Vec<String>,
    #[serde(deserialize_with = "text")]
    architecture: String,
    #[serde(deserialize_with = "text")]
    os: String,
    #[serde(deserialize_with = "text")]
    variant: String,
}

/// Tells what was scanned, and whether the places in it are of the repository.
pub(super) fn source(scanned: Scanned, draft: &mut Draft) {
    let in_repository = matches!(scanned.kind.as_str(), "directory" | "file");
    let report = draft.report();
    for place in report.findings.iter_mut().filter_map(|finding| finding.place.as_mut()) {
        place.pseudo = !in_repository;
    }
    let name = match scanned.target {
        Target::Described(target) => {
            let name = target.user_input.clone();
            report.image = (scanned.kind == "image").then(|| image(*target));
            name
        }
        Target::Named(name) => name,
        Target::Other(_) => String::new(),
    };
    report.target = (!name.is_empty()).then(|| name.into());
}

fn image(target: Described) -> Image {
    let mut digests: Vec<Box<str>> = Vec::new();
    let named = target.repo_digests.iter().filter_map(|digest| Some(digest.split_once('@')?.1));
    for digest in named.chain([target.manifest_digest.as_str()]).filter(|digest| !digest.is_empty()) {
        if !digests.iter().any(|known| **known == *digest) {
            digests.push(digest.into());
        }
    }
    let platform = platform(&target.os, &target.architecture, &target.variant);
    Image { name: target.user_input.into(), digests, platform }
}
