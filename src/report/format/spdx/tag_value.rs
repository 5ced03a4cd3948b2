//! SPDX 2 as tags and values, one on each line
//! (<https://spdx.github.io/spdx-spec/v2.3/conformance/>, section 4.4).

use super::{Document, Listed};
use crate::report::Draft;
use crate::report::format::Format;
use crate::report::input::{Fault, Input, Result};
use crate::report::sketch::Sketch;

/// SPDX 2 as tags and values.
pub(in crate::report::format) const FORMAT: Format = Format { name: "spdx-tag-value", recognises, read };

fn recognises(sketch: &Sketch) -> bool {
    sketch.lines().iter().take(50).any(|line| line.trim_start().starts_with("SPDXVersion:"))
}

fn read(input: &mut Input<'_>, draft: &mut Draft) -> Result<()> {
    let mut lines = input.lines();
    let mut document = Document::default();
    let mut package: Option<Listed> = None;
    // Texts may go over several lines, in which anything may look like a tag.
    let mut in_text = false;
    while let Some(line) = lines.next_line()? {
        let begins = line.rfind("<text>");
        let ends = line.rfind("</text>");
        let was_in_text = in_text;
        in_text = match (begins, ends) {
            (Some(begin), Some(end)) => begin > end,
            (Some(_), None) => true,
            (None, Some(_)) => false,
            (None, None) => in_text,
        };
        let tag = if was_in_text { None } else { line.split_once(':') };
        let Some((tag, value)) = tag.map(|(tag, value)| (tag.trim(), value.trim())) else { continue };
        let ended =
            matches!(tag, "PackageName" | "FileName" | "SnippetSPDXID" | "LicenseID" | "Relationship");
        if let Some(whole) = package.take_if(|_| ended) {
            document.package(draft, whole);
        }
        match (tag, &mut package) {
            ("PackageName", none) => *none = Some(Listed { name: value.to_owned(), ..Listed::default() }),
            ("SPDXVersion", _) => value.clone_into(&mut document.version),
            ("DocumentName", _) => value.clone_into(&mut document.name),
            ("Creator", _) => document.creators.push(value.to_owned()),
            ("Relationship", _) => relationship(value, &mut document),
            (tag, Some(package)) => tell(package, tag, value),
            _ => {}
        }
    }
    if in_text {
        return Err(Fault::new("The file ends within a text: it was cut off, or its tool was stopped."));
    }
    if let Some(whole) = package {
        document.package(draft, whole);
    }
    document.finish(draft);
    Ok(())
}

fn relationship(value: &str, document: &mut Document) {
    let mut words = value.split_whitespace();
    if let (Some(element), Some(relation), Some(other)) = (words.next(), words.next(), words.next()) {
        document.related(element, relation, other);
    }
}

fn tell(package: &mut Listed, tag: &str, value: &str) {
    match tag {
        "SPDXID" => value.clone_into(&mut package.id),
        "PackageVersion" => value.clone_into(&mut package.version),
        "PrimaryPackagePurpose" => value.clone_into(&mut package.purpose),
        "PackageChecksum" => {
            let sum = value
                .split_once(':')
                .map(|(algorithm, hex)| (algorithm.trim().to_owned(), hex.trim().to_owned()));
            package.checksums.extend(sum);
        }
        "ExternalRef" => {
            let mut words = value.split_whitespace().map(ToOwned::to_owned);
            if let (Some(category), Some(kind), Some(locator)) = (words.next(), words.next(), words.next()) {
                package.references.push((category, kind, locator));
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use crate::report::trial::{one, state};

    const HEAD: &str = "SPDXVersion: SPDX-2.3\nDocumentName: app\nCreator: Tool: syft-1.2\n";

    #[test]
    fn a_document_without_packages_is_not_ok() {
        assert_eq!(state(HEAD), "partial");
        assert_eq!(state(&format!("{HEAD}PackageName: a\n")), "ok");
    }

    #[test]
    fn texts_are_no_tags() {
        let text = "PackageName: a\nPackageComment: <text>x\nPackageName: b\nExternalRef: SECURITY advisory y\n</text>\nPackageName: c\n";
        let report = one(&format!("{HEAD}{text}"));
        assert_eq!((report.inventory.unwrap().components, report.counts.findings), (2, 0));
        assert_eq!(state(&format!("{HEAD}PackageName: a\nPackageComment: <text>x\n")), "unreadable");
    }

    #[test]
    fn what_it_describes_is_its_subject() {
        let hex = "ab".repeat(32);
        let report = one(&format!(
            "{HEAD}PackageName: i\nSPDXID: SPDXRef-i\nPrimaryPackagePurpose: CONTAINER\nPackageChecksum: SHA256: {hex}\nRelationship: SPDXRef-DOCUMENT DESCRIBES SPDXRef-i\n"
        ));
        assert_eq!(report.image.unwrap().digests, [format!("sha256:{hex}").into()]);
        assert_eq!((&*report.tool.name, report.tool.version.as_deref()), ("syft", Some("1.2")));
    }
}
