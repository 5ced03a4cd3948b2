//! Digests, in the many places and spellings in which reports write them.

/// `algorithm:hex` from the name of an algorithm as any specification spells it: `SHA-256`, `SHA256`,
/// `SHA2_256`. None for what is no digest.
pub(super) fn of(algorithm: &str, hex: &str) -> Option<String> {
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
pub(super) fn within(text: &str) -> Option<String> {
    let at = text.find("sha256:").map(|at| at + 7).or_else(|| Some(text.find("sha256%3A")? + 9))?;
    let hex = text.get(at..at + 64)?;
    let ends = text.as_bytes().get(at + 64).is_none_or(|next| !next.is_ascii_alphanumeric());
    if ends { of("sha256", hex) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_found_where_they_stand() {
        let hex = "ab".repeat(32);
        for text in [
            format!("sha256:{hex}"),
            format!("pkg:oci/a@sha256%3A{hex}?arch=amd64"),
            format!("r/a@sha256:{hex}"),
        ] {
            assert_eq!(within(&text), Some(format!("sha256:{hex}")), "{text}");
        }
        assert_eq!(within(&format!("sha256:{hex}0")), None);
        assert_eq!(within("sha256:é"), None);
        assert_eq!(of("SHA-256", &hex), of("SHA2_256", &hex));
        assert_eq!(of("SHA-1", "no"), None);
    }
}
