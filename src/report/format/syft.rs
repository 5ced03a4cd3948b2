//! Syft's own JSON (<https://github.com/anchore/syft/tree/main/schema/json>): an inventory, no findings.

use serde_json::Value;

use super::Format;
use crate::report::digest;
use crate::report::input::json::{Json, Kind};
use crate::report::input::{Fault, Input, Result};
use crate::report::sketch::Sketch;
use crate::report::{Draft, Image, Inventory};

/// Syft's own JSON.
pub(super) const FORMAT: Format = Format { name: "syft-json", recognises, read };

fn recognises(sketch: &Sketch) -> bool {
    let Some(json) = sketch.first_line().filter(|json| json.is_object()) else { return false };
    let schema = json.text(&["schema", "url"]).is_some_and(|url| url.contains("/syft/"));
    json.has(&["artifacts"]) && (json.text(&["descriptor", "name"]) == Some("syft") || schema)
}

fn read(input: &mut Input<'_>, draft: &mut Draft) -> Result<()> {
    let mut json = input.json();
    document(&mut json, draft)?;
    json.end()
}

/// One inventory, which may also be what a signed statement states.
pub(super) fn document(json: &mut Json<'_>, draft: &mut Draft) -> Result<()> {
    let (mut packages, mut source, mut version, mut schema) = (0, Value::Null, None, String::new());
    json.object(|json, key| match key {
        "artifacts" => json.list(|json| {
            if json.peek()? != Kind::Object {
                return Err(Fault::new("Something that is no package stands among the packages."));
            }
            packages += 1;
            Ok(())
        }),
        "source" => json.read().map(|read| source = read),
        "descriptor" => json.object(|json, key| {
            if key == "version" {
                version = json.text()?;
            }
            Ok(())
        }),
        "schema" => json.object(|json, key| {
            if key == "version" {
                schema = json.text()?.unwrap_or_default();
            }
            Ok(())
        }),
        _ => Ok(()),
    })?;
    draft.tool("syft", version.as_deref());
    let subjects = about(&source, draft);
    let specification = format!("Syft JSON {schema}").trim().into();
    draft.report().inventory = Some(Inventory { specification, components: packages, subjects });
    if packages == 0 {
        draft.partial("It lists no package: Syft found nothing it knows, or looked in the wrong place.");
    }
    Ok(())
}

/// What was looked at: `metadata`, which before schema 9 was `target`.
fn about(source: &Value, draft: &mut Draft) -> Vec<Box<str>> {
    let about = if source["metadata"].is_null() { &source["target"] } else { &source["metadata"] };
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut subjects: Vec<Box<str>> = Vec::new();
    let mut add = |digest: String| {
        if !subjects.iter().any(|known| **known == *digest) {
            subjects.push(digest.into());
        }
    };
    let repositories = about["repoDigests"].as_array().into_iter().flatten();
    let images = [&about["manifestDigest"], &about["imageID"]].into_iter().chain(repositories);
    images.filter_map(Value::as_str).filter_map(digest::within).for_each(&mut add);
    for digest in about["digests"].as_array().into_iter().flatten() {
        digest::of(&text(&digest["algorithm"]), &text(&digest["value"])).into_iter().for_each(&mut add);
    }
    let names = [&about["userInput"], &source["name"], &about["path"], about];
    let name = names.into_iter().filter_map(Value::as_str).find(|name| !name.is_empty()).unwrap_or_default();
    if !name.is_empty() {
        let target = draft.text(name);
        draft.report().target = Some(target);
    }
    if source["type"] == "image" {
        let platform = platform(&text(&about["os"]), &text(&about["architecture"]), &text(&about["variant"]));
        draft.report().image = Some(Image { name: name.into(), digests: subjects.clone(), platform });
    }
    subjects
}

fn platform(os: &str, architecture: &str, variant: &str) -> Option<Box<str>> {
    let known = !os.is_empty() && !architecture.is_empty();
    let variant = if variant.is_empty() { String::new() } else { format!("/{variant}") };
    known.then(|| format!("{os}/{architecture}{variant}").into())
}

#[cfg(test)]
mod tests {
    use crate::report::trial::{one, state};

    const TAIL: &str = r#""artifactRelationships":[],"descriptor":{"name":"syft","version":"1.18.1"},"schema":{"version":"16.0.0","url":"https://raw.githubusercontent.com/anchore/syft/main/schema/json/schema-16.0.0.json"}}"#;

    #[test]
    fn an_inventory_without_packages_is_not_ok() {
        assert_eq!(state(&format!(r#"{{"artifacts":[],{TAIL}"#)), "partial");
        assert_eq!(state(&format!(r#"{{"artifacts":[{{"name":"a"}}],{TAIL}"#)), "ok");
        assert_eq!(state(&format!(r#"{{"artifacts":{{}},{TAIL}"#)), "unreadable");
        assert_eq!(state(&format!(r#"{{"artifacts":["a"],{TAIL}"#)), "unreadable");
        assert_eq!(
            state(&format!(r#"{{"artifacts":[{{"name":"a"}}],{}"#, &TAIL[..TAIL.len() - 1])),
            "unreadable"
        );
    }

    #[test]
    fn an_image_is_known_by_digest_and_platform() {
        let [manifest, config] = ["a".repeat(64), "b".repeat(64)];
        let report = one(&format!(
            r#"{{"artifacts":[{{"name":"a"}}],"source":{{"type":"image","name":"alpine","metadata":{{"userInput":"alpine:3",
            "imageID":"sha256:{config}","manifestDigest":"sha256:{manifest}","repoDigests":["alpine@sha256:{manifest}"],
            "architecture":"arm64","variant":"v8","os":"linux"}}}},{TAIL}"#
        ));
        let image = report.image.unwrap();
        assert_eq!(image.digests, [format!("sha256:{manifest}").into(), format!("sha256:{config}").into()]);
        assert_eq!((&*image.name, image.platform.as_deref()), ("alpine:3", Some("linux/arm64/v8")));
        assert_eq!(report.inventory.unwrap().subjects, image.digests);
    }
}
