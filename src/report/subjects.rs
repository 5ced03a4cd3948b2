//! Whether everybody talks about the same image: a bill of materials or a provenance of another one proves
//! nothing about this one.

use std::collections::BTreeSet;

use super::Report;

/// Where bills of materials and statements are not about an image that a scanner looked at: one sentence
/// each. Where no scanner looked at an image, the bills of materials of images are what statements are
/// compared with; empty where no report knows the digest of an image.
pub fn subjects_match(reports: &[&Report]) -> Vec<String> {
    let mut scanned = images(reports, |report| !report.only_tells());
    if scanned.is_empty() {
        scanned = images(reports, |_| true);
    }
    if scanned.is_empty() {
        return Vec::new();
    }
    let mut mismatches = Vec::new();
    for report in reports {
        if let Some(inventory) = &report.inventory {
            compare("The bill of materials", report, &inventory.subjects, &scanned, &mut mismatches);
        }
        for statement in &report.attestations {
            let digests: Vec<_> =
                statement.subjects.iter().flat_map(|it| it.digests.iter().cloned()).collect();
            let what = if statement.predicate.contains("slsa.dev/provenance/") {
                "The provenance"
            } else {
                "The signed statement"
            };
            compare(what, report, &digests, &scanned, &mut mismatches);
        }
    }
    mismatches.dedup();
    mismatches
}

fn images<'r>(reports: &[&'r Report], of: fn(&Report) -> bool) -> BTreeSet<&'r str> {
    let images =
        reports.iter().copied().filter(|report| of(report)).filter_map(|report| report.image.as_ref());
    images.flat_map(|image| image.digests.iter().map(AsRef::as_ref)).collect()
}

fn compare(
    what: &str,
    report: &Report,
    digests: &[Box<str>],
    scanned: &BTreeSet<&str>,
    into: &mut Vec<String>,
) {
    let tool = &report.tool.name;
    if digests.iter().any(|digest| scanned.contains(&**digest)) {
        return;
    }
    let images = short(&mut scanned.iter().copied());
    into.push(if digests.is_empty() {
        format!("{what} ({tool}) does not say by digest what it is about, and {images} was scanned.")
    } else {
        let named = short(&mut digests.iter().map(AsRef::as_ref));
        format!("{what} ({tool}) is about {named}, and {images} was scanned.")
    });
}

/// The first of them, short enough for a sentence.
fn short(digests: &mut dyn Iterator<Item = &str>) -> String {
    let first = digests.next().unwrap_or_default();
    let others = digests.count();
    let first = first.get(..first.len().min(19)).unwrap_or(first);
    if others == 0 { format!("{first}…") } else { format!("{first}… (and {others} more)") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{Attestation, Image, Inventory, Subject, Tool};

    fn report(tool: &str) -> Report {
        Report::new(tool, Tool { name: tool.into(), version: None })
    }

    fn scan(digest: &str) -> Report {
        Report { image: Some(Image { digests: vec![digest.into()], ..Image::default() }), ..report("trivy") }
    }

    fn bill(subjects: &[&str]) -> Report {
        let subjects = subjects.iter().map(|digest| (*digest).into()).collect();
        Report { inventory: Some(Inventory { subjects, ..Inventory::default() }), ..report("syft") }
    }

    fn provenance(digest: &str) -> Report {
        let subjects = vec![Subject { name: "a".into(), digests: vec![digest.into()] }];
        let predicate = "https://slsa.dev/provenance/v1".into();
        Report {
            attestations: vec![Attestation { predicate, subjects, ..Attestation::default() }],
            ..report("dsse")
        }
    }

    fn told(reports: &[Report]) -> Vec<String> {
        subjects_match(&reports.iter().collect::<Vec<_>>())
    }

    #[test]
    fn whatever_is_about_another_image_is_told() {
        assert!(
            told(&[scan("sha256:a"), bill(&["sha256:b", "sha256:a"]), provenance("sha256:a")]).is_empty()
        );
        let told = told(&[scan("sha256:a"), bill(&["sha256:b"]), provenance("sha256:c"), bill(&[])]);
        assert_eq!(
            told,
            [
                "The bill of materials (syft) is about sha256:b…, and sha256:a… was scanned.",
                "The provenance (dsse) is about sha256:c…, and sha256:a… was scanned.",
                "The bill of materials (syft) does not say by digest what it is about, and sha256:a… was scanned.",
            ]
        );
    }

    #[test]
    fn without_a_scanned_image_there_is_nothing_to_compare() {
        assert!(told(&[report("trivy"), bill(&["sha256:b"]), provenance("sha256:c")]).is_empty());
        assert!(told(&[]).is_empty());
    }
}
