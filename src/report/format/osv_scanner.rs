//! OSV-Scanner's JSON: sources, the packages in them, and what is known of each.
//!
//! Its groups tell which ids are one vulnerability; a finding is a group.

use serde::Deserialize;

use super::Format;
use crate::report::dependency::{Vulnerable, aliases, rated};
use crate::report::input::json::Json;
use crate::report::input::loose::{lenient, number, text};
use crate::report::input::{Fault, Input, Result};
use crate::report::package_url::{ecosystem, package};
use crate::report::sketch::Sketch;
use crate::report::{Advisory, Draft, Finding, Severity, place};

/// OSV-Scanner.
pub(super) const FORMAT: Format = Format { name: "osv-scanner", recognises, read };

fn recognises(sketch: &Sketch) -> bool {
    sketch.json().is_some_and(|json| {
        json.list(&["results"]).is_some_and(|results| match results.first() {
            Some(first) => first.has(&["source", "packages"]),
            None => json.has(&["experimental_config"]),
        })
    })
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Source {
    #[serde(deserialize_with = "text")]
    path: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Entry {
    package: Named,
    vulnerabilities: Option<Vec<Vulnerability>>,
    groups: Option<Vec<Group>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Named {
    #[serde(deserialize_with = "text")]
    name: String,
    #[serde(deserialize_with = "text")]
    version: String,
    #[serde(deserialize_with = "text")]
    ecosystem: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Vulnerability {
    #[serde(deserialize_with = "text")]
    id: String,
    #[serde(deserialize_with = "text")]
    summary: String,
    #[serde(deserialize_with = "lenient")]
    aliases: Vec<String>,
    #[serde(deserialize_with = "lenient")]
    database_specific: Specific,
    #[serde(deserialize_with = "lenient")]
    affected: Vec<Affected>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Specific {
    #[serde(deserialize_with = "text")]
    severity: String,
    #[serde(deserialize_with = "lenient")]
    cwe_ids: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Affected {
    #[serde(deserialize_with = "lenient")]
    package: Named,
    #[serde(deserialize_with = "lenient")]
    ranges: Vec<Range>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Range {
    #[serde(rename = "type", deserialize_with = "text")]
    kind: String,
    #[serde(deserialize_with = "lenient")]
    events: Vec<Event>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Event {
    #[serde(deserialize_with = "text")]
    fixed: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Group {
    #[serde(deserialize_with = "lenient")]
    ids: Vec<String>,
    #[serde(deserialize_with = "lenient")]
    aliases: Vec<String>,
    #[serde(deserialize_with = "number")]
    max_severity: Option<f64>,
}

fn read(input: &mut Input<'_>, draft: &mut Draft) -> Result<()> {
    draft.begin("osv-scanner");
    let mut json = input.json();
    let mut listed = false;
    json.object(|json, key| {
        if key != "results" {
            return Ok(());
        }
        listed = true;
        json.list(|json| source(json, draft))
    })?;
    json.end()?;
    if !listed {
        return Err(Fault::new("It has no results: OSV-Scanner did not finish it."));
    }
    if draft.report().counts.findings == 0 {
        draft.note("OSV-Scanner lists only what it found something in: how many packages it looked at, it does not say.");
    }
    Ok(())
}

fn source(json: &mut Json<'_>, draft: &mut Draft) -> Result<()> {
    let first = draft.report().findings.len();
    let mut source = Source::default();
    json.object(|json, key| match key {
        "source" => json.read().map(|read| source = read),
        "packages" => json.list(|json| {
            let entry: Entry = json.read()?;
            entry.add(draft);
            Ok(())
        }),
        _ => Ok(()),
    })?;
    let place = place(draft, &source.path, None);
    for finding in draft.report().findings.iter_mut().skip(first) {
        finding.target = place.as_ref().map(|place| place.file.clone());
        finding.place.clone_from(&place);
    }
    Ok(())
}

impl Entry {
    /// A vulnerability that is in no group is a finding of its own.
    fn add(self, draft: &mut Draft) {
        let all = self.vulnerabilities.unwrap_or_default();
        let mut groups = self.groups.unwrap_or_default();
        for one in &all {
            if !groups.iter().any(|group| group.ids.contains(&one.id)) {
                groups.push(Group { ids: vec![one.id.clone()], ..Group::default() });
            }
        }
        for group in groups.into_iter().filter(|group| !group.ids.is_empty()) {
            let members: Vec<&Vulnerability> = all.iter().filter(|one| group.ids.contains(&one.id)).collect();
            let finding = group.finding(&self.package, &members, draft);
            draft.add(finding);
        }
    }
}

impl Group {
    fn finding(&self, named: &Named, members: &[&Vulnerability], draft: &mut Draft) -> Finding {
        let id = self.ids.first().cloned().unwrap_or_default();
        let others = members.iter().flat_map(|one| &one.aliases);
        let others = self.ids.iter().chain(&self.aliases).chain(others).map(String::as_str);
        let word = members.iter().map(|one| &one.database_specific.severity).find(|word| !word.is_empty());
        let word = word.cloned().unwrap_or_default();
        let fixed = fixed(named, members);
        let advisory = Advisory {
            aliases: aliases(&id, others),
            fix_state: Some(draft.text(if fixed.is_empty() { "not-fixed" } else { "fixed" })),
            fixed,
            score: self.max_severity,
            ..Advisory::default()
        };
        let by_score = || self.max_severity.and_then(Severity::from_score).unwrap_or(Severity::Unknown);
        let severity = match rated(&word) {
            Severity::Unknown => by_score(),
            known => known,
        };
        let title = members.iter().map(|one| &one.summary).find(|summary| !summary.is_empty());
        let vulnerable = Vulnerable {
            package: package(ecosystem(&named.ecosystem), &named.name, &named.version),
            title: title.cloned().unwrap_or_default(),
            url: format!("https://osv.dev/vulnerability/{id}"),
            cwe: members.iter().flat_map(|one| &one.database_specific.cwe_ids).cloned().collect(),
            word,
            severity,
            advisory,
            id,
        };
        vulnerable.finding(draft)
    }
}

/// The versions that are fixed, of this package and not by commit.
fn fixed(named: &Named, members: &[&Vulnerability]) -> Vec<Box<str>> {
    let affected = members.iter().flat_map(|one| &one.affected);
    let ranges = affected.filter(|one| one.package.name == named.name).flat_map(|one| &one.ranges);
    let events = ranges.filter(|range| range.kind != "GIT").flat_map(|range| &range.events);
    let mut versions: Vec<Box<str>> = Vec::new();
    for event in events.filter(|event| !event.fixed.is_empty()) {
        if !versions.iter().any(|known| **known == *event.fixed) {
            versions.push(event.fixed.as_str().into());
        }
    }
    versions
}

#[cfg(test)]
mod tests {
    use crate::report::Severity;
    use crate::report::trial::one;

    #[test]
    fn a_group_is_one_finding() {
        let report = one(
            r#"{"results":[{"source":{"path":"/github/workspace/Cargo.lock","type":"lockfile"},"packages":[{"package":
            {"name":"regex","version":"1.5.1","ecosystem":"crates.io"},"vulnerabilities":[
            {"id":"GHSA-m5pq-gvj9-9vr8","aliases":["CVE-2022-24713"],"summary":"ReDoS","database_specific":{"severity":"HIGH",
            "cwe_ids":["CWE-400"]},"affected":[{"package":{"name":"regex"},"ranges":[{"type":"SEMVER","events":[{"introduced":"0"},
            {"fixed":"1.5.5"}]}]}]},{"id":"RUSTSEC-2022-0013"},{"id":"OSV-1"}],
            "groups":[{"ids":["GHSA-m5pq-gvj9-9vr8","RUSTSEC-2022-0013"],"aliases":["CVE-2022-24713"],"max_severity":"7.5"}]}]}]}"#,
        );
        assert_eq!(report.counts.findings, 2);
        let finding = &report.findings[0];
        let advisory = finding.advisory.as_ref().unwrap();
        assert_eq!(advisory.aliases, ["RUSTSEC-2022-0013".into(), "CVE-2022-24713".into()]);
        assert_eq!((advisory.fixed.as_slice(), finding.severity), (&["1.5.5".into()][..], Severity::High));
        assert_eq!(&*finding.place.as_ref().unwrap().file, "Cargo.lock");
        assert_eq!(finding.package.as_ref().unwrap().purl.as_deref(), Some("pkg:cargo/regex@1.5.1"));
    }

    #[test]
    fn results_that_are_none_are_a_fault() {
        assert!(!one(r#"{"results":[{"source":{"path":"a"},"packages":{}}]}"#).state.is_ok());
    }
}
