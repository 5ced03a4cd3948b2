//! Where people read more about a problem.
//!
//! A report may come from anybody, and a link in our own check run looks like ours. So what has a public name is
//! linked to where that name is kept, whatever the report says; any other address is shown with its host in
//! words beside it, and one that only a fork's run brought not at all.

use url::Url;

use super::Problem;

/// Hosts longer than this are not linked to: cut, they would show another host than the one that they are.
const LONGEST_HOST: usize = 60;
/// Addresses longer than this are not linked to.
const LONGEST: usize = 300;

/// An address that a browser may be sent to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reference {
    /// Where the problem's public name is kept: an address of our own making.
    Public(Url),
    /// What the report says.
    Said {
        /// The address.
        url: Url,
        /// Its host, to be shown beside the link.
        host: String,
    },
}

impl Problem {
    /// Where to read more, if a report of a run of this repository says that there is more to read.
    pub fn reference(&self) -> Option<Reference> {
        let said = self.finding.rule.url.as_deref().filter(|_| !self.fork)?;
        public(&self.id)
            .or_else(|| public(&self.finding.rule.id))
            .map(Reference::Public)
            .or_else(|| other(said))
    }
}

/// Where a vulnerability or a weakness of this name is kept.
fn public(name: &str) -> Option<Url> {
    let upper = name.to_ascii_uppercase();
    let address = if let Some(rest) = upper.strip_prefix("CVE-") {
        let (year, number) = rest.split_once('-')?;
        let is_cve = is_number(year, 4..=4) && is_number(number, 4..=19);
        is_cve.then(|| format!("https://nvd.nist.gov/vuln/detail/{upper}"))?
    } else if let Some(rest) = upper.strip_prefix("GHSA-") {
        let parts: Vec<&str> = rest.split('-').collect();
        let is_part = |part: &&str| part.len() == 4 && part.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let is_advisory = parts.len() == 3 && parts.iter().all(is_part);
        is_advisory.then(|| format!("https://github.com/advisories/GHSA-{}", rest.to_ascii_lowercase()))?
    } else {
        let number = upper.strip_prefix("CWE-").filter(|number| is_number(number, 1..=5))?;
        let number = number.trim_start_matches('0');
        (!number.is_empty()).then(|| format!("https://cwe.mitre.org/data/definitions/{number}.html"))?
    };
    Url::parse(&address).ok()
}

fn is_number(text: &str, length: std::ops::RangeInclusive<usize>) -> bool {
    length.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The address that a report gives, if it is a plain one of the web.
fn other(said: &str) -> Option<Reference> {
    let url = Url::parse(said).ok().filter(|url| url.as_str().len() <= LONGEST)?;
    let plain =
        matches!(url.scheme(), "http" | "https") && url.username().is_empty() && url.password().is_none();
    let host = url.host_str().filter(|host| plain && host.len() <= LONGEST_HOST)?.to_owned();
    Some(Reference::Said { url, host })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn public_address(name: &str) -> Option<String> {
        public(name).map(String::from)
    }

    #[test]
    fn public_names_are_kept_where_everybody_looks() {
        for (name, address) in [
            ("CVE-2021-44228", "https://nvd.nist.gov/vuln/detail/CVE-2021-44228"),
            ("cve-2021-44228", "https://nvd.nist.gov/vuln/detail/CVE-2021-44228"),
            ("GHSA-jfh8-c2jp-5v3q", "https://github.com/advisories/GHSA-jfh8-c2jp-5v3q"),
            ("ghsa-JFH8-C2JP-5V3Q", "https://github.com/advisories/GHSA-jfh8-c2jp-5v3q"),
            ("CWE-89", "https://cwe.mitre.org/data/definitions/89.html"),
            ("CWE-079", "https://cwe.mitre.org/data/definitions/79.html"),
        ] {
            assert_eq!(public_address(name).as_deref(), Some(address), "{name}");
        }
    }

    #[test]
    fn what_only_begins_like_a_public_name_is_none() {
        for name in [
            "",
            "CVE-",
            "CVE-2021",
            "CVE-2021-",
            "CVE-2021-123",
            "CVE-21-44228",
            "CVE-2021-44228/../x",
            "CVE-2021-44228-1a2b",
            "CVE-2021-४४२२८",
            "GHSA-jfh8-c2jp",
            "GHSA-jfh8-c2jp-5v3q-x",
            "GHSA-jfh8-c2jp-5v/q",
            "CWE-",
            "CWE-0",
            "CWE-1a",
            "CWE-123456",
            "CWE-89-002a",
            "B105",
        ] {
            assert_eq!(public_address(name), None, "{name}");
        }
    }

    #[test]
    fn any_other_address_comes_with_the_host_that_a_browser_would_go_to() {
        let host = |said: &str| {
            other(said).map(|reference| match reference {
                Reference::Said { host, .. } => host,
                Reference::Public(url) => panic!("{url}"),
            })
        };
        assert_eq!(host("https://Evil.example/help").as_deref(), Some("evil.example"));
        assert_eq!(
            host("https://gіthub.com/advisories").as_deref(),
            Some("xn--gthub-n2e.com"),
            "a Cyrillic і"
        );
        assert_eq!(host("https://github.com\\@evil.example/").as_deref(), Some("github.com"));
        let long = format!("https://github.com.{}.evil.example/", "a".repeat(60));
        for bad in [
            "javascript:alert(1)",
            "data:text/html,x",
            "https://github.com@evil.example/",
            "mailto:a@b.c",
            "/help",
            &long,
        ] {
            assert_eq!(host(bad), None, "{bad}");
        }
    }
}
