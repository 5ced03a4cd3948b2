//! What all scanners of dependencies say, each in its own way: which package, which vulnerability.

use super::{Advisory, Category, Draft, Finding, Package, Rule, Severity};

/// Ids that name one vulnerability. What is not here is an advisory of a distribution, which may be about
/// many (`DSA-4808-1`, `RHSA-2021:1234`): were it an alias, it would make one of all of them.
const SINGLE: &[&str] = &[
    "CVE-", "GHSA-", "PYSEC-", "GO-", "RUSTSEC-", "OSV-", "MAL-", "GSD-", "HSEC-", "RSEC-", "SNYK-", "JLSEC-",
];

/// A package with a known vulnerability, as its scanner tells it.
#[derive(Debug, Default)]
pub(super) struct Vulnerable {
    /// The package.
    pub(super) package: Package,
    /// The vulnerability's id.
    pub(super) id: String,
    /// What it is about.
    pub(super) title: String,
    /// Where to read more.
    pub(super) url: String,
    /// The weaknesses, `CWE-79` or `79`.
    pub(super) cwe: Vec<String>,
    /// The tool's own word for how bad it is; may be empty.
    pub(super) word: String,
    /// What that means.
    pub(super) severity: Severity,
    /// Everything else that is known.
    pub(super) advisory: Advisory,
}

impl Vulnerable {
    /// The finding.
    pub(super) fn finding(self, draft: &mut Draft) -> Finding {
        let rule = draft.rule(Rule {
            id: self.id.as_str().into(),
            title: first_line(&self.title).into(),
            cwe: weaknesses(self.cwe.iter().map(String::as_str)),
            url: (!self.url.is_empty()).then(|| self.url.as_str().into()),
        });
        let mut finding = Finding::new(Category::Vulnerability, self.severity, rule);
        finding.native = (!self.word.is_empty()).then(|| draft.text(&self.word));
        finding.message = draft.message(&affected(&self.package, &self.advisory));
        finding.package = Some(Box::new(self.package));
        let known = (self.advisory != Advisory::default()).then(|| Box::new(self.advisory));
        finding.advisory = known;
        finding
    }
}

/// What is wrong with a package, in one sentence.
fn affected(package: &Package, advisory: &Advisory) -> String {
    let name = if package.name.is_empty() { "A package" } else { &*package.name };
    let space = if package.version.is_empty() { "" } else { " " };
    let fix = match (&*advisory.fixed, advisory.fix_state.as_deref()) {
        // Of these, none says anything of a fix.
        ([], None | Some("" | "affected" | "unknown" | "fixed")) => String::new(),
        ([], Some(state)) => format!("; fix: {state}"),
        (fixed, _) => format!("; fixed in {}", fixed.join(", ")),
    };
    format!("{name}{space}{} is affected{fix}", package.version)
}

/// A package of this type of package URL; without a type it has none.
pub(super) fn package(kind: Option<&str>, name: &str, version: &str) -> Package {
    let purl = kind.and_then(|kind| purl(kind, name, version));
    Package { purl: purl.map(Into::into), name: name.into(), version: version.into() }
}

/// The package URL (ECMA-427) of a package by the name that its ecosystem uses.
pub(super) fn purl(kind: &str, name: &str, version: &str) -> Option<String> {
    let name = match kind {
        "maven" => name.replace(':', "/"),
        "pypi" => name.to_lowercase().replace('_', "-"),
        _ => name.to_owned(),
    };
    let parts: Vec<String> = name.split('/').filter(|part| !part.is_empty()).map(percent_encoded).collect();
    let version = match version {
        "" => String::new(),
        version => format!("@{}", percent_encoded(version)),
    };
    (!parts.is_empty()).then(|| format!("pkg:{kind}/{}{version}", parts.join("/")))
}

/// The name and version that a package URL tells, the name as its ecosystem writes it.
pub(super) fn of_purl(purl: &str) -> Option<Package> {
    let (kind, rest) = purl.strip_prefix("pkg:")?.split_once('/')?;
    let rest = rest.split(['?', '#']).next()?;
    let (name, version) = rest.rsplit_once('@').unwrap_or((rest, ""));
    let name = percent_decoded(name);
    let name = match kind {
        "maven" => name.replace('/', ":"),
        "deb" | "apk" | "rpm" => name.rsplit('/').next()?.to_owned(),
        _ => name,
    };
    Some(Package { purl: Some(purl.into()), name: name.into(), version: percent_decoded(version).into() })
}

/// The names of one vulnerability besides its id: each once, and only ids that stand for one alone.
pub(super) fn aliases<'a>(id: &str, others: impl IntoIterator<Item = &'a str>) -> Vec<Box<str>> {
    let mut aliases: Vec<Box<str>> = Vec::new();
    for other in others.into_iter().map(str::trim) {
        let known = other.eq_ignore_ascii_case(id) || aliases.iter().any(|alias| **alias == *other);
        if !known && is_single(other) && aliases.len() < 50 {
            aliases.push(other.into());
        }
    }
    aliases
}

/// Whether this id names one vulnerability.
pub(super) fn is_single(id: &str) -> bool {
    let starts = |start: &&str| id.get(..start.len()).is_some_and(|begun| begun.eq_ignore_ascii_case(start));
    SINGLE.iter().any(starts) && id.len() < 100
}

/// The numbers of weaknesses that are written `CWE-79`, `79` or `CWE-79 Cross-site Scripting`.
pub(super) fn weaknesses<'a>(written: impl IntoIterator<Item = &'a str>) -> Vec<u32> {
    let number = |text: &'a str| {
        let text = text.trim();
        let digits = text.strip_prefix("CWE-").or_else(|| text.strip_prefix("cwe-")).unwrap_or(text);
        let end = digits.find(|it: char| !it.is_ascii_digit()).unwrap_or(digits.len());
        digits.get(..end)?.parse().ok().filter(|number| *number > 0)
    };
    let mut numbers: Vec<u32> = Vec::new();
    for number in written.into_iter().filter_map(number).take(50) {
        if !numbers.contains(&number) {
            numbers.push(number);
        }
    }
    numbers
}

/// What a tool's own word means; unknown for one that we do not know.
pub(super) fn rated(word: &str) -> Severity {
    Severity::from_word(word).unwrap_or(Severity::Unknown)
}

/// The type of package URL of an ecosystem, by the name that OSV, GitHub or a tool gives it.
pub(super) fn ecosystem(name: &str) -> Option<&'static str> {
    let name = name.split(':').next().unwrap_or_default();
    Some(match name.to_ascii_lowercase().as_str() {
        "npm" => "npm",
        "pypi" | "pip" => "pypi",
        "maven" => "maven",
        "go" | "golang" => "golang",
        "crates.io" | "rust" | "cargo" => "cargo",
        "rubygems" | "gem" => "gem",
        "nuget" => "nuget",
        "packagist" | "composer" => "composer",
        "hex" | "erlang" => "hex",
        "pub" => "pub",
        "debian" => "deb/debian",
        "ubuntu" => "deb/ubuntu",
        "alpine" => "apk/alpine",
        "wolfi" => "apk/wolfi",
        "chainguard" => "apk/chainguard",
        "swifturl" | "swift" => "swift",
        "actions" | "github actions" => "github",
        _ => return None,
    })
}

/// The first line of a text, and of a long line the first sentence: some tools have no title but only this.
fn first_line(text: &str) -> &str {
    const LONG: usize = 120;
    let line = text.trim().lines().next().unwrap_or_default();
    let sentence = line.split_once(". ").map_or(line, |(first, _)| first);
    if line.len() > LONG { sentence } else { line }
}

fn percent_encoded(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'-' | b'_' | b'~' | b':' => {
                encoded.push(byte.into());
            }
            _ => {
                encoded.push('%');
                encoded.push_str(&hex::encode_upper([byte]));
            }
        }
    }
    encoded
}

fn percent_decoded(text: &str) -> String {
    let mut decoded = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((byte, after)) = rest.split_first() {
        let pair = after.first_chunk::<2>().filter(|_| *byte == b'%');
        let code = pair.and_then(|pair| hex::decode(pair).ok()).and_then(|codes| codes.first().copied());
        decoded.push(code.unwrap_or(*byte));
        rest = if code.is_some() { after.get(2..).unwrap_or_default() } else { after };
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_have_their_url() {
        for (kind, name, version, url) in [
            ("npm", "@babel/core", "7.0.0", "pkg:npm/%40babel/core@7.0.0"),
            ("npm", "debug", "", "pkg:npm/debug"),
            ("pypi", "Flask_Login", "0.5", "pkg:pypi/flask-login@0.5"),
            ("maven", "org.dom4j:dom4j", "2.1", "pkg:maven/org.dom4j/dom4j@2.1"),
            ("deb/debian", "g++", "4:8.3.0-1+b1", "pkg:deb/debian/g%2B%2B@4:8.3.0-1%2Bb1"),
            ("golang", "github.com/a/b", "v1", "pkg:golang/github.com/a/b@v1"),
        ] {
            assert_eq!(purl(kind, name, version).as_deref(), Some(url));
        }
        assert_eq!(purl("npm", "", "1"), None);
    }

    #[test]
    fn a_url_tells_the_package() {
        let told = |purl: &str| of_purl(purl).map(|it| (it.name.to_string(), it.version.to_string()));
        let pair = |name: &str, version: &str| Some((name.to_owned(), version.to_owned()));
        assert_eq!(told("pkg:npm/%40babel/core@7.0.0"), pair("@babel/core", "7.0.0"));
        assert_eq!(told("pkg:maven/org.dom4j/dom4j@2.1?type=jar"), pair("org.dom4j:dom4j", "2.1"));
        assert_eq!(told("pkg:deb/debian/apt@1.8%2Bb1?arch=amd64"), pair("apt", "1.8+b1"));
        assert_eq!(told("cpe:/a:b"), None);
    }

    #[test]
    fn an_alias_stands_for_one_vulnerability() {
        let others = ["GHSA-1", "CVE-2", "GHSA-1", "DSA-4808-1", "RHSA-2021:1", " CVE-1 "];
        assert_eq!(aliases("CVE-1", others), ["GHSA-1".into(), "CVE-2".into()]);
    }

    #[test]
    fn weaknesses_are_numbers() {
        assert_eq!(
            weaknesses(["CWE-79", "CWE-20 Improper Input Validation", "79", "NVD-CWE-noinfo", "-1", "0"]),
            [79, 20]
        );
    }
}
