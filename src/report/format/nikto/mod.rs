//! Nikto's JSON: one host, or a list of them, and what is common to Nikto's formats.
//! <https://github.com/sullo/nikto/blob/master/program/plugins/nikto_report_json.plugin>

mod xml;

use serde::Deserialize;

use super::Format;
use super::zap::address;
use crate::report::input::json::{Json, Kind};
use crate::report::input::loose::Word;
use crate::report::input::{Fault, Input, Result};
use crate::report::sketch::{Sketch, Value};
use crate::report::{Category, Draft, Endpoint, Finding, Rule, Severity};

pub(super) use xml::FORMAT as XML;

/// Nikto's JSON.
pub(super) const FORMAT: Format = Format { name: "nikto-json", recognises, read };

/// One thing that Nikto saw.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Item<'a> {
    #[serde(borrow)]
    pub(super) id: Word<'a>,
    pub(super) method: Word<'a>,
    pub(super) url: Word<'a>,
    pub(super) msg: Word<'a>,
}

fn recognises(sketch: &Sketch) -> bool {
    let host = |host: &Value| {
        let listed = host.list(&["vulnerabilities"]);
        let items = |items: &[Value]| items.first().is_none_or(|item| item.has(&["id", "msg"]));
        host.is_object()
            && host.has(&["port"])
            && host.at(&["host"]).or(host.at(&["ip"])).is_some()
            && listed.is_some_and(items)
    };
    sketch.json().is_some_and(|root| root.first().map_or_else(|| host(root), host))
}

fn read(input: &mut Input<'_>, draft: &mut Draft) -> Result<()> {
    draft.begin("nikto");
    let mut hosts = Vec::new();
    let mut json = input.json();
    if json.peek()? == Kind::List {
        json.list(|json| {
            hosts.push(host(json, draft)?);
            Ok(())
        })?;
    } else {
        hosts.push(host(&mut json, draft)?);
    }
    json.end()?;
    about(draft, &hosts);
    Ok(())
}

/// One host with what was seen on it. Its name stands before that.
fn host(json: &mut Json<'_>, draft: &mut Draft) -> Result<String> {
    let (mut name, mut address, mut port, mut listed) = (String::new(), String::new(), String::new(), false);
    json.object(|json, key| match key {
        "host" => json.read::<Word<'_>>().map(|text| name = text.0.into_owned()),
        "ip" => json.read::<Word<'_>>().map(|text| address = text.0.into_owned()),
        "port" => json.read::<Word<'_>>().map(|text| port = text.0.into_owned()),
        "vulnerabilities" => {
            listed = true;
            let target = target(&name, &address, &port);
            json.list(|json| {
                add(draft, &target, &json.read()?);
                Ok(())
            })
        }
        _ => Ok(()),
    })?;
    if !listed {
        return Err(Fault::new("A host in this report of Nikto has no list of what was found."));
    }
    Ok(target(&name, &address, &port))
}

/// A host by its name, or its address where it has none, with its port.
pub(super) fn target(name: &str, address: &str, port: &str) -> String {
    let host = if name.is_empty() { address } else { name };
    if port.is_empty() { host.to_owned() } else { format!("{host}:{port}") }
}

/// What the report is about, once all hosts are known.
pub(super) fn about(draft: &mut Draft, hosts: &[String]) {
    match hosts {
        [] => draft
            .scan_failed("Nikto tested no host: check the address that it was given, and that it answers."),
        [one] => draft.report().target = Some(one.as_str().into()),
        _ => {}
    }
}

/// Nikto rates nothing.
pub(super) fn add(draft: &mut Draft, target: &str, item: &Item<'_>) {
    if item.msg.0.starts_with("ERROR:") {
        draft.partial("Nikto gave up on a host after too many errors.");
    }
    let rule = draft.rule(Rule::named(&item.id.0));
    let mut finding = Finding::new(Category::Dast, Severity::Unknown, rule);
    finding.message = draft.message(&item.msg.0);
    finding.target = Some(draft.text(target));
    finding.endpoint = item.url.some().map(|url| {
        let (url, method) = (draft.message(address(url)), draft.message(&item.method.0));
        Box::new(Endpoint { url, method, parameter: None })
    });
    draft.add(finding);
}

#[cfg(test)]
mod tests {
    use crate::report::trial::{one, state};
    use crate::report::{Category, Severity};

    const HOST: &str = r#"{"host":"shop.test","ip":"10.0.0.1","port":"443","vulnerabilities":[
        {"id":"999100","method":"GET","url":"/a?t=sesame","msg":"Uncommon header"}]}"#;

    #[test]
    fn a_host_or_a_list_of_them_is_read() {
        for (text, findings) in [(HOST.to_owned(), 1), (format!("[{HOST},{HOST}]"), 2)] {
            let report = one(&text);
            assert_eq!(report.counts.findings, findings);
            let finding = &report.findings[0];
            assert_eq!((finding.category, finding.severity), (Category::Dast, Severity::Unknown));
            assert_eq!(finding.target.as_deref(), Some("shop.test:443"));
            assert_eq!(&*finding.endpoint.as_ref().unwrap().url, "/a");
        }
    }

    #[test]
    fn a_report_that_is_not_whole_is_not_clean() {
        assert_eq!(state(&HOST.replace("Uncommon header", "ERROR: Error limit (20) reached")), "partial");
        assert_eq!(state(HOST.trim_end_matches("]}")), "unreadable");
        assert_eq!(state(&format!("[{HOST},{{}}]")), "unreadable");
    }
}
