//! The names of vulnerabilities and the packages that have them, from where each tool writes them.

use super::seen::Rare;
use crate::report::{Package, Text};

/// The names of vulnerabilities in a text: CVE, GHSA and the like.
pub(super) fn names(text: &str) -> impl Iterator<Item = &str> {
    let words = text.split(|character: char| !(character.is_ascii_alphanumeric() || character == '-'));
    words.filter_map(name)
}

/// The name with which this word begins: Grype writes `CVE-2024-9410-ada-libs`.
fn name(word: &str) -> Option<&str> {
    let (start, rest) = word.split_once('-')?;
    let parts = match start {
        "GHSA" => 3,
        "CVE" | "PYSEC" | "RUSTSEC" | "BDSA" | "GO" | "MAL" => 2,
        _ => return None,
    };
    let mut length = start.len();
    let mut seen = 0;
    for part in rest.split('-').take(parts) {
        let right = match start {
            "GHSA" => part.len() == 4,
            _ => !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()),
        };
        if !right {
            return None;
        }
        length += 1 + part.len();
        seen += 1;
    }
    (seen == parts).then(|| word.get(..length)).flatten()
}

/// The name that a rule's id carries, and all other names of it.
pub(super) fn named(id: &str, deprecated: &[Text]) -> (Option<Box<str>>, Vec<Box<str>>) {
    let in_id: Vec<&str> = names(id).collect();
    let first = in_id.iter().find(|name| name.starts_with("CVE-")).or_else(|| in_id.first()).copied();
    let mut aliases: Vec<Box<str>> = Vec::new();
    for other in in_id.iter().copied().chain(deprecated.iter().flat_map(|id| names(id))) {
        if Some(other) != first && !aliases.iter().any(|known| **known == *other) {
            aliases.push(other.into());
        }
    }
    (first.map(Into::into), aliases)
}

/// The package in which a tool found it, and the versions without it.
pub(super) fn package(
    tool: &str,
    message: &str,
    rare: Option<&Rare>,
    purl: Option<&Text>,
) -> (Option<Package>, Vec<Box<str>>) {
    let (found, fixed) = match tool {
        "trivy" => trivy(message),
        "osv-scanner" => (osv_scanner(message), Vec::new()),
        "grype" => (grype(message), Vec::new()),
        _ => (None, Vec::new()),
    };
    let fix = rare.and_then(|rare| rare.fix.as_deref());
    let fixed = if tool.starts_with("snyk") { fix.and_then(snyk_fix).into_iter().collect() } else { fixed };
    let found = found.or_else(|| component(rare?)).or_else(|| logical(rare?.logical.as_deref()?));
    let found = match purl {
        Some(purl) => from_purl(purl, found),
        None => found,
    };
    (found, fixed)
}

fn new(name: &str, version: &str) -> Option<Package> {
    let (name, version) = (name.trim(), version.trim());
    (!name.is_empty()).then(|| Package { purl: None, name: name.into(), version: version.into() })
}

fn after<'a>(text: &'a str, start: &str) -> Option<&'a str> {
    text.lines().find_map(|line| line.trim().strip_prefix(start)).map(str::trim)
}

/// `Package: x`, `Installed Version: 1`, `Fixed Version: 2, 3`, each on a line.
fn trivy(message: &str) -> (Option<Package>, Vec<Box<str>>) {
    let found = after(message, "Package:")
        .and_then(|name| new(name, after(message, "Installed Version:").unwrap_or_default()));
    let fixed = after(message, "Fixed Version:").unwrap_or_default().split(',').map(str::trim);
    (found, fixed.filter(|version| !version.is_empty()).map(Into::into).collect())
}

/// `Package 'path-to-regexp@0.1.7' is vulnerable to …`
fn osv_scanner(message: &str) -> Option<Package> {
    let quoted = message.split_once("Package '")?.1.split_once('\'')?.0;
    let (name, version) = quoted.rsplit_once('@')?;
    new(name, version)
}

/// `… in apk package: ada-libs, version 2.9.2-r1 was found in …`, and of older versions
/// `The path … reports commons-io at version 2.4  which would …`.
fn grype(message: &str) -> Option<Package> {
    if let Some((_, rest)) = message.split_once(" package: ") {
        let (name, rest) = rest.split_once(", version ")?;
        return new(name, rest.split_once(" was found").map_or(rest, |(version, _)| version));
    }
    let (name, rest) = message.split_once(" reports ")?.1.split_once(" at version ")?;
    new(name, rest.split_whitespace().next()?)
}

/// `Upgrade to body-parser@1.20.3`
fn snyk_fix(text: &str) -> Option<Box<str>> {
    let (_, version) = text.strip_prefix("Upgrade to ")?.rsplit_once('@')?;
    Some(version.trim().into())
}

/// Black Duck's property bag.
fn component(rare: &Rare) -> Option<Package> {
    let (name, version) = rare.component.as_ref()?;
    new(name, version)
}

/// A logical location that is a package: `body-parser@1.19.0` (Snyk), a package URL (Dependency-Check).
fn logical(name: &str) -> Option<Package> {
    if name.starts_with("pkg:") {
        return from_purl(name, None);
    }
    let (package, version) = name.rsplit_once('@')?;
    let is_version = version.starts_with(|first: char| first.is_ascii_digit()) && !version.contains('/');
    if is_version { new(package, version) } else { None }
}

/// A package with its URL, which may be all that is known of it.
fn from_purl(purl: &str, found: Option<Package>) -> Option<Package> {
    let path = purl.split(['?', '#']).next()?.strip_prefix("pkg:")?.split_once('/')?.1;
    let (name, version) = path.rsplit_once('@').unwrap_or((path, ""));
    let name = name.rsplit('/').next().unwrap_or(name);
    let found = found.or_else(|| new(name, version))?;
    Some(Package { purl: Some(purl.into()), ..found })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &str) -> Vec<&str> {
        names(text).collect()
    }

    #[test]
    fn names_are_found_wherever_they_stand() {
        assert_eq!(all("CVE-2024-9410-ada-libs"), ["CVE-2024-9410"]);
        assert_eq!(all("BDSA-2020-1001 (CVE-2020-11022)"), ["BDSA-2020-1001", "CVE-2020-11022"]);
        assert_eq!(all("'GHSA-9wv6-86v2-598j'."), ["GHSA-9wv6-86v2-598j"]);
        assert_eq!(all("GO-2024-1 CVE-2024 CVE-x-1 GHSA-1-2-3 py/x"), ["GO-2024-1"]);
        let (id, aliases) = named("BDSA-2020-1001 (CVE-2020-11022)", &["GHSA-9wv6-86v2-598j".into()]);
        assert_eq!(id.as_deref(), Some("CVE-2020-11022"));
        assert_eq!(aliases, ["BDSA-2020-1001".into(), "GHSA-9wv6-86v2-598j".into()]);
    }

    #[test]
    fn packages_are_found_where_each_tool_writes_them() {
        let told = |tool: &str, message: &str| {
            let (package, fixed) = package(tool, message, None, None);
            package.map(|package| format!("{} {} {}", package.name, package.version, fixed.join("|")))
        };
        let trivy = "Package: libcrypto1.1\nInstalled Version: 1.1.1c-r0\nFixed Version: 1.1.1d-r0, 1.2";
        assert_eq!(told("trivy", trivy).unwrap(), "libcrypto1.1 1.1.1c-r0 1.1.1d-r0|1.2");
        let grype = "A medium vulnerability in apk package: ada-libs, version 2.9.2-r1 was found in image x";
        assert_eq!(told("grype", grype).unwrap(), "ada-libs 2.9.2-r1 ");
        let old = "The path lib/x.jar reports commons-io at version 2.4  which would result";
        assert_eq!(told("grype", old).unwrap(), "commons-io 2.4 ");
        let osv = "Package '@babel/core@7.1.0' is vulnerable to 'CVE-1'";
        assert_eq!(told("osv-scanner", osv).unwrap(), "@babel/core 7.1.0 ");
        assert_eq!(told("somebody", trivy), None);
        let purl: Text = "pkg:apk/alpine/ada-libs@2.9.2-r1?arch=aarch64".into();
        let package = package("grype", "", None, Some(&purl)).0.unwrap();
        assert_eq!((&*package.name, &*package.version), ("ada-libs", "2.9.2-r1"));
    }
}
