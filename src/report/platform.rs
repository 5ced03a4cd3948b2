//! Which platforms of a multi-architecture image were looked at.

use std::borrow::Borrow;
use std::collections::BTreeSet;

use super::Report;

/// `os/architecture[/variant]` as OCI names it, from however a tool or a policy writes it. Names mean the
/// same as to containerd (`platforms.Normalize`): `linux/arm64/v8` is `linux/arm64`, `linux/x86_64` is
/// `linux/amd64`, `linux/arm` is `linux/arm/v7`, and without a system it is Linux.
pub fn normalised(platform: &str) -> String {
    let platform = platform.trim().to_ascii_lowercase();
    let mut names = platform.split('/');
    let first = names.next().unwrap_or_default();
    let (os, architecture) = names.next().map_or(("linux", first), |second| (first, second));
    let variant = names.next().unwrap_or_default();
    let os = if os == "macos" { "darwin" } else { os };
    let (architecture, variant) = match (architecture, variant) {
        ("x86_64" | "x86-64" | "amd64", "" | "v1") => ("amd64", ""),
        ("x86_64" | "x86-64", variant) => ("amd64", variant),
        ("i386" | "i686" | "x86" | "386", _) => ("386", ""),
        ("aarch64" | "arm64", "" | "v8" | "8") => ("arm64", ""),
        ("aarch64", variant) => ("arm64", variant),
        ("armhf", _) | ("arm", "" | "7") => ("arm", "v7"),
        ("armel", _) | ("arm", "6") => ("arm", "v6"),
        ("arm", "5") => ("arm", "v5"),
        known => known,
    };
    if variant.is_empty() { format!("{os}/{architecture}") } else { format!("{os}/{architecture}/{variant}") }
}

/// The platforms that reports of images cover, normalised. A report covers the platform that it says, and
/// those for which an index of the image names the digest that it looked at. Only reports that can be relied
/// on count, and of them only those of scanners: a list of what is in an image is no look at it.
pub fn covered<R: Borrow<Report>>(reports: &[R]) -> BTreeSet<String> {
    let relied_on = || reports.iter().map(Borrow::borrow).filter(|report| report.state.is_ok());
    let scans = relied_on().filter(|report| !report.only_tells());
    let mut covered = BTreeSet::new();
    for image in scans.filter_map(|report| report.image.as_ref()) {
        covered.extend(image.platform.as_deref().map(normalised));
        for (platform, digest) in relied_on().flat_map(|report| &report.platforms) {
            if image.digests.contains(digest) {
                covered.insert(normalised(platform));
            }
        }
    }
    covered
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{Image, Inventory, State, Tool};

    fn report() -> Report {
        Report::new("trivy-json", Tool { name: "trivy".into(), version: None })
    }

    fn scan(platform: Option<&str>, digest: &str) -> Report {
        let image =
            Image { name: "a".into(), digests: vec![digest.into()], platform: platform.map(Into::into) };
        Report { image: Some(image), ..report() }
    }

    fn index() -> Report {
        let platforms = [("linux/amd64", "sha256:a"), ("linux/arm64/v8", "sha256:b")];
        Report {
            platforms: platforms.map(|(name, digest)| (name.into(), digest.into())).to_vec(),
            ..report()
        }
    }

    fn missing(reports: &[Report]) -> Vec<String> {
        let covered = covered(reports);
        let wanted = ["linux/amd64", "linux/arm64"].into_iter();
        wanted.filter(|platform| !covered.contains(*platform)).map(str::to_owned).collect()
    }

    #[test]
    fn names_of_one_platform_are_one_name() {
        for (written, meant) in [
            ("linux/arm64/v8", "linux/arm64"),
            ("Linux/AArch64", "linux/arm64"),
            ("x86_64", "linux/amd64"),
            ("linux/arm", "linux/arm/v7"),
            ("linux/arm/v6", "linux/arm/v6"),
            ("linux/amd64/v3", "linux/amd64/v3"),
            ("windows/amd64", "windows/amd64"),
            ("linux/s390x", "linux/s390x"),
        ] {
            assert_eq!(normalised(written), meant, "{written}");
        }
    }

    #[test]
    fn a_platform_is_covered_by_name_or_by_digest() {
        assert_eq!(missing(&[scan(Some("linux/amd64"), "x")]), ["linux/arm64"]);
        assert!(missing(&[scan(Some("linux/amd64"), "x"), scan(Some("linux/arm64/v8"), "y")]).is_empty());
        assert!(missing(&[index(), scan(None, "sha256:a"), scan(None, "sha256:b")]).is_empty());
        assert_eq!(missing(&[index(), scan(None, "sha256:a"), scan(None, "sha256:c")]), ["linux/arm64"]);
    }

    #[test]
    fn what_cannot_be_relied_on_covers_nothing() {
        let all = ["linux/amd64", "linux/arm64"];
        assert_eq!(missing(&[]), all);
        assert_eq!(missing(&[index()]), all);
        assert_eq!(missing(&[scan(None, "sha256:a")]), all);
        let partial = State::Partial { why: String::new() };
        let unsure = Report { state: partial.clone(), ..scan(Some("linux/amd64"), "x") };
        assert_eq!(missing(&[unsure]), all);
        let unsure = Report { state: partial, ..index() };
        assert_eq!(missing(&[unsure, scan(None, "sha256:a")]), all);
        let bill = Report { inventory: Some(Inventory::default()), ..scan(Some("linux/amd64"), "x") };
        assert_eq!(missing(&[bill]), all);
    }
}
