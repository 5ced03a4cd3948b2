//! What a package URL (ECMA-427) and a digest say, in the many places in which bills of materials write them.

use crate::report::Package;

/// The package that a reference is to: a package URL, a BOM-Link that ends in one, or just a name.
pub(super) fn refers_to(reference: &str) -> Package {
    let local = if reference.starts_with("urn:cdx:") {
        reference.split_once('#').map_or(reference, |(_, local)| local)
    } else {
        reference
    };
    let Some(rest) = local.strip_prefix("pkg:") else {
        return Package { name: local.into(), ..Package::default() };
    };
    let path = rest.split(['?', '#']).next().unwrap_or_default();
    let (path, version) = match path.rsplit_once('@') {
        // A scope is written `@` by careless tools: what follows it is no version.
        Some((path, version)) if !version.contains('/') => (path, version),
        _ => (path, ""),
    };
    let name = path.split_once('/').map_or(path, |(_, name)| name);
    Package { purl: Some(local.into()), name: decoded(name).into(), version: decoded(version).into() }
}

/// `algorithm:hex` from the name of an algorithm as any specification spells it: `SHA-256`, `SHA256`,
/// `SHA2_256`. None for what is no digest.
pub(super) fn digest(algorithm: &str, hex: &str) -> Option<String> {
    let name: String = algorithm.chars().filter(char::is_ascii_alphanumeric).collect();
    let name = match name.to_ascii_lowercase().as_str() {
        "sha2256" | "sha256" => "sha256".to_owned(),
        "sha2384" | "sha384" => "sha384".to_owned(),
        "sha2512" | "sha512" => "sha512".to_owned(),
        other => other.to_owned(),
    };
    let is_hex = hex.len() >= 32 && hex.len() <= 256 && hex.bytes().all(|byte| byte.is_ascii_hexdigit());
    (is_hex && !name.is_empty()).then(|| format!("{name}:{}", hex.to_ascii_lowercase()))
}

/// The SHA-256 digest that a text carries: `name@sha256:…`, `sha256:…`, also with `:` written `%3A`.
pub(super) fn digest_in(text: &str) -> Option<String> {
    let at = text.find("sha256:").map(|at| at + 7).or_else(|| Some(text.find("sha256%3A")? + 9))?;
    let hex = text.get(at..at + 64)?;
    let ends = text.as_bytes().get(at + 64).is_none_or(|next| !next.is_ascii_alphanumeric());
    if ends { digest("sha256", hex) } else { None }
}

/// Percent-encoding undone, for people.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let pair = after.get(..2).filter(|_| *first == b'%');
        let byte = pair.and_then(|pair| hex::decode(pair).ok()).and_then(|decoded| decoded.first().copied());
        bytes.push(byte.unwrap_or(*first));
        rest = if byte.is_some() { after.get(2..).unwrap_or_default() } else { after };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_name_packages() {
        let npm = refers_to("urn:cdx:3e67/1#pkg:npm/%40scope/name@1.2%2B3?type=jar");
        assert_eq!((&*npm.name, &*npm.version), ("@scope/name", "1.2+3"));
        assert_eq!(npm.purl.as_deref(), Some("pkg:npm/%40scope/name@1.2%2B3?type=jar"));
        assert_eq!(&*refers_to("urn:cdx:3e67/1#product-ABC").name, "product-ABC");
        assert_eq!(&*refers_to("pkg:npm/@scope/name").name, "@scope/name");
    }

    #[test]
    fn digests_are_found_where_they_stand() {
        let hex = "ab".repeat(32);
        for text in [
            format!("sha256:{hex}"),
            format!("pkg:oci/a@sha256%3A{hex}?arch=amd64"),
            format!("r/a@sha256:{hex}"),
        ] {
            assert_eq!(digest_in(&text), Some(format!("sha256:{hex}")), "{text}");
        }
        assert_eq!(digest_in(&format!("sha256:{hex}0")), None);
        assert_eq!(digest_in("sha256:é"), None);
        assert_eq!(digest("SHA-256", &hex), digest("SHA2_256", &hex));
        assert_eq!(digest("SHA-1", "no"), None);
    }
}
