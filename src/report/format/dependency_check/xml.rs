//! OWASP Dependency-Check's XML, from schema 1.3 of 2016 to today's.

use super::{Cvss, Dependency, Exploited, Identified, Vulnerability, judge};
use crate::report::Draft;
use crate::report::format::Format;
use crate::report::input::xml::{Node, Xml};
use crate::report::input::{Input, Result};
use crate::report::package_url::purl;
use crate::report::sketch::Sketch;

/// Dependency-Check, as XML.
pub(in crate::report::format) const FORMAT: Format =
    Format { name: "dependency-check-xml", recognises, read };

fn recognises(sketch: &Sketch) -> bool {
    sketch.xml("analysis").is_some_and(|root| {
        root.attributes.iter().any(|(_, value)| value.contains("dependency-check"))
            || root.inside("scanInfo").is_some()
    })
}

fn read(input: &mut Input<'_>, draft: &mut Draft) -> Result<()> {
    draft.begin("dependency-check");
    let mut xml = input.xml();
    let (mut version, mut project, mut exceptions) = (String::new(), String::new(), 0_usize);
    let mut dependencies = None;
    let mut path: Vec<String> = Vec::new();
    while let Some(node) = xml.next_node()? {
        let name = match node {
            Node::Open(element) => element.name().to_owned(),
            Node::Text(_) => continue,
            Node::Close => {
                path.pop();
                continue;
            }
        };
        let inside = path.last().map(String::as_str).unwrap_or_default();
        match (inside, name.as_str()) {
            ("scanInfo", "engineVersion") => version = xml.text()?,
            ("projectInfo", "name") => project = xml.text()?,
            ("dependencies", "dependency") => {
                dependencies = dependencies.map(|seen: u64| seen + 1);
                dependency(&mut xml)?.add(draft);
            }
            ("analysisExceptions", _) => {
                exceptions += 1;
                xml.skip()?;
            }
            _ => {
                if name == "dependencies" {
                    dependencies = dependencies.or(Some(0));
                }
                path.push(name);
            }
        }
    }
    judge(draft, version.trim(), project.trim(), dependencies, exceptions)
}

/// Walks the children of the element that was opened last. What `each` does not read is passed over.
fn children(xml: &mut Xml<'_>, mut each: impl FnMut(&mut Xml<'_>, &str) -> Result<()>) -> Result<()> {
    let inside = xml.depth();
    while xml.depth() >= inside {
        let name = match xml.next_node()? {
            Some(Node::Open(element)) => element.name().to_owned(),
            Some(Node::Text(_) | Node::Close) => continue,
            None => break,
        };
        let open = xml.depth();
        each(xml, &name)?;
        if xml.depth() >= open {
            xml.skip()?;
        }
    }
    Ok(())
}

fn dependency(xml: &mut Xml<'_>) -> Result<Dependency> {
    let mut read = Dependency::default();
    let (mut known, mut suppressed) = (Vec::new(), Vec::new());
    children(xml, |xml, name| match name {
        "fileName" => xml.text().map(|text| read.file_name = text),
        "filePath" => xml.text().map(|text| read.file_path = text),
        "identifiers" => identifiers(xml, &mut read.packages),
        "vulnerabilities" => children(xml, |xml, name| {
            match name {
                "vulnerability" => known.push(vulnerability(xml)?),
                "suppressedVulnerability" => suppressed.push(vulnerability(xml)?),
                _ => {}
            }
            Ok(())
        }),
        _ => Ok(()),
    })?;
    (read.vulnerabilities, read.suppressed_vulnerabilities) = (Some(known), Some(suppressed));
    Ok(read)
}

/// `package` with its URL since schema 2, `identifier` with Maven's coordinates before.
fn identifiers(xml: &mut Xml<'_>, packages: &mut Vec<Identified>) -> Result<()> {
    children(xml, |xml, name| match name {
        "identifiers" => identifiers(xml, packages),
        "package" => children(xml, |xml, name| {
            if name == "id" {
                packages.push(Identified { id: trimmed(xml)? });
            }
            Ok(())
        }),
        "identifier" => children(xml, |xml, name| {
            if name == "name" {
                packages.extend(maven(&xml.text()?).map(|id| Identified { id }));
            }
            Ok(())
        }),
        _ => Ok(()),
    })
}

/// `(org.dom4j:dom4j:2.1.1)` as a package URL.
fn maven(coordinates: &str) -> Option<String> {
    let plain = coordinates.trim().trim_matches(['(', ')']);
    let (name, version) = plain.rsplit_once(':')?;
    let is_coordinates = name.contains(':') && !plain.contains('/') && !plain.starts_with("cpe");
    is_coordinates.then(|| purl("maven", name, version)).flatten()
}

fn vulnerability(xml: &mut Xml<'_>) -> Result<Vulnerability> {
    let mut read = Vulnerability::default();
    children(xml, |xml, name| {
        match name {
            "name" => read.name = trimmed(xml)?,
            "severity" => read.severity = trimmed(xml)?,
            "description" => read.description = xml.text()?,
            "notes" => read.notes = xml.text()?,
            "cwe" => read.cwes.push(xml.text()?),
            "cwes" => children(xml, |xml, _| xml.text().map(|text| read.cwes.push(text)))?,
            "cvssScore" => read.v2.score = xml.text()?.trim().parse().ok(),
            "cvssV2" => read.v2 = cvss(xml)?,
            "cvssV3" => read.v3 = cvss(xml)?,
            "cvssV4" => read.v4 = cvss(xml)?,
            "knownExploitedVulnerability" => read.exploited = Some(Exploited {}),
            _ => {}
        }
        Ok(())
    })?;
    Ok(read)
}

fn trimmed(xml: &mut Xml<'_>) -> Result<String> {
    Ok(xml.text()?.trim().to_owned())
}

fn cvss(xml: &mut Xml<'_>) -> Result<Cvss> {
    let mut read = Cvss::default();
    children(xml, |xml, name| {
        match name {
            "score" | "baseScore" => read.score = xml.text()?.trim().parse().ok(),
            "severity" | "baseSeverity" => read.severity = trimmed(xml)?,
            _ => {}
        }
        Ok(())
    })?;
    Ok(read)
}

#[cfg(test)]
mod tests {
    use crate::report::trial::one;
    use crate::report::{Severity, State};

    #[test]
    fn dependencies_of_dependencies_are_not_taken_for_them() {
        let report = one(
            "<analysis xmlns='https://jeremylong.github.io/DependencyCheck/dependency-check.2.5.xsd'><scanInfo>\
             <engineVersion>6.5.3</engineVersion></scanInfo><dependencies><dependency><fileName>a.jar</fileName>\
             <relatedDependencies><relatedDependency><fileName>b.jar</fileName><identifiers><package><id>pkg:maven/x/y@9</id>\
             </package></identifiers></relatedDependency></relatedDependencies><identifiers><package confidence='HIGH'>\
             <id>pkg:maven/a/b@1</id></package></identifiers><vulnerabilities><vulnerability><name>CVE-1</name>\
             <severity>HIGH</severity><cwes><cwe>CWE-20</cwe></cwes></vulnerability><suppressedVulnerability><name>CVE-2</name>\
             <cvssV3><baseScore>9.8</baseScore><baseSeverity>CRITICAL</baseSeverity></cvssV3><notes>not used</notes>\
             </suppressedVulnerability></vulnerabilities></dependency></dependencies></analysis>",
        );
        assert_eq!((report.state, report.tool.version.as_deref()), (State::Ok, Some("6.5.3")));
        assert_eq!((report.counts.findings, report.counts.suppressed), (2, 1));
        assert_eq!(&*report.findings[0].package.as_ref().unwrap().name, "a:b");
        assert_eq!(report.findings[0].rule.cwe, [20]);
        assert_eq!(report.findings[1].severity, Severity::Critical);
    }

    #[test]
    fn a_scan_of_nothing_is_not_clean() {
        for text in [
            "<analysis><scanInfo/><dependencies/></analysis>",
            "<analysis><scanInfo/></analysis>",
            "<analysis><scanInfo/><dependencies><dependency>",
            "<analysis><scanInfo><analysisExceptions><exception/></analysisExceptions></scanInfo>\
             <dependencies><dependency/></dependencies></analysis>",
        ] {
            assert!(!one(text).state.is_ok(), "{text}");
        }
    }
}
