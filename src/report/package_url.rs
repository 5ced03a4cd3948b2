//! Package URLs (ECMA-427): which package is meant, in the words of all ecosystems.

use super::Package;

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
    let (kind, name, version) = split(purl)?;
    let name = match kind {
        "maven" => name.replace('/', ":"),
        "deb" | "apk" | "rpm" => name.rsplit('/').next()?.to_owned(),
        _ => name,
    };
    Some(Package { purl: Some(purl.into()), name: name.into(), version: version.into() })
}

/// The package that a reference is to: a package URL, a BOM-Link that ends in one, or just a name.
pub(super) fn refers_to(reference: &str) -> Package {
    let local = if reference.starts_with("urn:cdx:") {
        reference.split_once('#').map_or(reference, |(_, local)| local)
    } else {
        reference
    };
    let Some((_, name, version)) = split(local) else {
        return Package { name: local.into(), ..Package::default() };
    };
    Package { purl: Some(local.into()), name: name.into(), version: version.into() }
}

/// The type, the name with its namespace, and the version of a package URL.
fn split(purl: &str) -> Option<(&str, String, String)> {
    let (kind, rest) = purl.strip_prefix("pkg:")?.split_once('/')?;
    let path = rest.split(['?', '#']).next().unwrap_or_default();
    let (name, version) = match path.rsplit_once('@') {
        // A scope is written `@` by careless tools: what follows it is no version.
        Some((name, version)) if !version.contains('/') => (name, version),
        _ => (path, ""),
    };
    Some((kind, percent_decoded(name), percent_decoded(version)))
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
    fn references_name_packages() {
        let npm = refers_to("urn:cdx:3e67/1#pkg:npm/%40scope/name@1.2%2B3?type=jar");
        assert_eq!((&*npm.name, &*npm.version), ("@scope/name", "1.2+3"));
        assert_eq!(npm.purl.as_deref(), Some("pkg:npm/%40scope/name@1.2%2B3?type=jar"));
        assert_eq!(&*refers_to("urn:cdx:3e67/1#product-ABC").name, "product-ABC");
        assert_eq!(&*refers_to("pkg:npm/@scope/name").name, "@scope/name");
    }
}
