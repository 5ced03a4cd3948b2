//! Indexes of multi-architecture images, as `docker buildx imagetools inspect --raw` prints them
//! (<https://github.com/opencontainers/image-spec/blob/main/image-index.md>; Docker's manifest list is
//! the same but for its name).

use serde::Deserialize;

use super::Format;
use crate::report::Draft;
use crate::report::input::{Input, Result};
use crate::report::platform::normalised;
use crate::report::sketch::Sketch;

/// Indexes of images.
pub(super) const FORMAT: Format = Format { name: "oci-index", recognises, read };

const KINDS: [&str; 2] =
    ["application/vnd.oci.image.index.v1+json", "application/vnd.docker.distribution.manifest.list.v2+json"];
/// Platforms of one image that are kept.
const PLATFORMS: usize = 1_000;

#[derive(Deserialize)]
struct Manifest {
    digest: Option<String>,
    platform: Option<Platform>,
}

#[derive(Deserialize)]
struct Platform {
    os: Option<String>,
    architecture: Option<String>,
    variant: Option<String>,
}

fn recognises(sketch: &Sketch) -> bool {
    let Some(json) = sketch.first_line().filter(|json| json.is_object()) else { return false };
    // The kind may be left out of an index itself.
    let kind = json.text(&["mediaType"]).is_some_and(|kind| KINDS.contains(&kind));
    let first = json.at(&["manifests"]).and_then(|manifests| manifests.first());
    kind || (json.has(&["schemaVersion"]) && first.is_some_and(|it| it.has(&["digest", "platform"])))
}

fn read(input: &mut Input<'_>, draft: &mut Draft) -> Result<()> {
    let mut json = input.json();
    let mut platforms: Vec<(Box<str>, Box<str>)> = Vec::new();
    json.object(|json, key| {
        if key != "manifests" {
            return Ok(());
        }
        json.list(|json| {
            let found = listed(json.read()?);
            platforms.extend(found.filter(|_| platforms.len() < PLATFORMS));
            Ok(())
        })
    })?;
    json.end()?;
    let none = platforms.is_empty();
    draft.report().platforms = platforms;
    if none {
        draft.partial("It names no platform with the digest of its image.");
    }
    Ok(())
}

/// Attestations stand among the images, for an unknown platform.
fn listed(manifest: Manifest) -> Option<(Box<str>, Box<str>)> {
    let Platform { os, architecture, variant } = manifest.platform?;
    let (os, architecture) = (os?, architecture?);
    if os == "unknown" || architecture == "unknown" {
        return None;
    }
    let variant = variant.map_or_else(String::new, |variant| format!("/{variant}"));
    let platform = normalised(&format!("{os}/{architecture}{variant}"));
    Some((platform.into(), manifest.digest?.into()))
}

#[cfg(test)]
mod tests {
    use crate::report::trial::{one, state};

    const HEAD: &str =
        r#"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":["#;
    const AMD64: &str = r#"{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"sha256:a","size":1,"platform":{"architecture":"amd64","os":"linux"}}"#;
    const PROVENANCE: &str = r#"{"digest":"sha256:c","platform":{"architecture":"unknown","os":"unknown"},"annotations":{"vnd.docker.reference.type":"attestation-manifest"}}"#;

    #[test]
    fn platforms_are_listed_and_attestations_passed_over() {
        let arm = r#"{"digest":"sha256:b","platform":{"architecture":"arm64","os":"linux","variant":"v8"}}"#;
        let report = one(&format!("{HEAD}{AMD64},{arm},{PROVENANCE}]}}"));
        let listed: Vec<_> = report.platforms.iter().map(|(name, digest)| (&**name, &**digest)).collect();
        assert_eq!(listed, [("linux/amd64", "sha256:a"), ("linux/arm64", "sha256:b")]);
        assert_eq!((&*report.tool.name, report.state.as_str()), ("oci-index", "ok"));
        assert_eq!(state(&format!(r#"{{"schemaVersion":2,"manifests":[{AMD64}]}}"#)), "ok");
    }

    #[test]
    fn an_index_of_nothing_is_not_ok() {
        assert_eq!(state(&format!("{HEAD}]}}")), "partial");
        assert_eq!(state(&format!("{HEAD}{PROVENANCE}]}}")), "partial");
        assert_eq!(state(&format!("{HEAD}{AMD64}]")), "unreadable");
        assert_eq!(state(&format!("{HEAD}7]}}")), "unreadable");
    }
}
