//! OWASP ZAP's JSON, "traditional" and with requests and responses ("plus"), and what is common to ZAP's
//! formats. <https://www.zaproxy.org/docs/desktop/addons/report-generation/report-traditional-json/>

mod xml;

use serde::Deserialize;

use super::Format;
use crate::report::input::json::Json;
use crate::report::input::loose::{Many, Whole, Word};
use crate::report::input::{Fault, Input, Result};
use crate::report::sketch::Sketch;
use crate::report::weakness::weakness;
use crate::report::{Category, Draft, Endpoint, Finding, Rule, Severity};

pub(super) use xml::FORMAT as XML;

/// OWASP ZAP's JSON.
pub(super) const FORMAT: Format = Format { name: "zap-json", recognises, read };

/// A problem of one site. What was sent, what came back and what was found in it are not even read: they
/// hold cookies, tokens and whatever else the site gives.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Alert<'a> {
    #[serde(rename = "pluginid", borrow)]
    pub(super) plugin: Word<'a>,
    #[serde(rename = "alertRef")]
    pub(super) reference: Word<'a>,
    /// What reports of before 2.9 have instead of a name.
    #[serde(rename = "alert")]
    pub(super) title: Word<'a>,
    pub(super) name: Word<'a>,
    pub(super) riskcode: Word<'a>,
    pub(super) confidence: Word<'a>,
    pub(super) desc: Word<'a>,
    pub(super) cweid: Word<'a>,
    pub(super) count: Whole,
    pub(super) instances: Many<Instance<'a>>,
}

/// One request that showed it.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Instance<'a> {
    #[serde(borrow)]
    pub(super) uri: Word<'a>,
    pub(super) method: Word<'a>,
    pub(super) param: Word<'a>,
}

fn recognises(sketch: &Sketch) -> bool {
    sketch.json().is_some_and(|root| {
        let program =
            root.text(&["@programName"]).is_none_or(|name| name.to_ascii_uppercase().contains("ZAP"));
        root.is_object() && program && root.has(&["@version", "site"])
    })
}

fn read(input: &mut Input<'_>, draft: &mut Draft) -> Result<()> {
    draft.begin("zap");
    let mut sites = None;
    let mut json = input.json();
    json.object(|json, key| match key {
        "@version" => {
            let version = json.text()?;
            draft.tool("zap", version.as_deref());
            Ok(())
        }
        "site" => {
            let mut seen = Vec::new();
            json.list(|json| {
                seen.push(site(json, draft)?);
                Ok(())
            })?;
            sites = Some(seen);
            Ok(())
        }
        _ => Ok(()),
    })?;
    json.end()?;
    let sites = sites.ok_or_else(|| Fault::new("This report of ZAP has no list of sites."))?;
    about(draft, &sites);
    Ok(())
}

fn site(json: &mut Json<'_>, draft: &mut Draft) -> Result<String> {
    let (mut name, mut listed) = (String::new(), false);
    json.object(|json, key| match key {
        "@name" => json.text().map(|text| name = text.unwrap_or_default()),
        "alerts" => {
            listed = true;
            json.list(|json| {
                add(draft, &name, &json.read()?);
                Ok(())
            })
        }
        _ => Ok(()),
    })?;
    if listed { Ok(name) } else { Err(Fault::new("A site in this report of ZAP has no list of alerts.")) }
}

/// What the report is about, once all sites are known.
pub(super) fn about(draft: &mut Draft, sites: &[String]) {
    match sites {
        [] => draft
            .scan_failed("ZAP reached no site: check the address that it was given, and that it answers."),
        [one] => draft.report().target = Some(one.as_str().into()),
        _ => {}
    }
}

/// One alert of a site is one finding, however many requests show it.
pub(super) fn add(draft: &mut Draft, site: &str, alert: &Alert<'_>) {
    if alert.confidence.0.trim() == "0" {
        return draft.note("What somebody marked as a false positive in ZAP is left out.");
    }
    let rule = draft.rule(Rule {
        id: alert.reference.some().or(alert.plugin.some()).unwrap_or_default().into(),
        title: alert.name.some().or(alert.title.some()).unwrap_or_default().into(),
        cwe: weakness(&alert.cweid.0).into_iter().collect(),
        url: None,
    });
    let risk = alert.riskcode.0.trim();
    let mut finding = Finding::new(Category::Dast, severity(risk), rule);
    finding.native = Some(draft.text(&format!("riskcode {risk}")));
    finding.message = draft.message(&plain(&alert.desc.0));
    finding.target = Some(draft.text(site));
    let instances = &alert.instances.items;
    let listed = u32::try_from(alert.instances.all).unwrap_or(u32::MAX);
    finding.occurrences = listed.max(alert.count.natural().unwrap_or_default()).max(1);
    finding.endpoint = instances.first().map(|instance| {
        let parameter = instance.param.some().map(|name| draft.message(name));
        let (url, method) = (draft.message(address(&instance.uri.0)), draft.message(&instance.method.0));
        Box::new(Endpoint { url, method, parameter })
    });
    draft.add(finding);
}

/// ZAP's own codes; it knows no critical.
fn severity(risk: &str) -> Severity {
    match risk {
        "3" => Severity::High,
        "2" => Severity::Medium,
        "1" => Severity::Low,
        "0" => Severity::Info,
        _ => Severity::Unknown,
    }
}

/// An address without query, fragment, and password: they carry tokens.
pub(super) fn address(url: &str) -> &str {
    let address = url.split(['?', '#', ';']).next().unwrap_or_default();
    let host = address.find("://").map_or(0, |at| at + 3);
    let rest = address.get(host..).unwrap_or_default();
    let end = rest.find('/').unwrap_or(rest.len());
    match rest.get(..end).and_then(|authority| authority.rfind('@')) {
        Some(at) => rest.get(at + 1..).unwrap_or_default(),
        None => address,
    }
}

/// The text of a piece of HTML.
pub(super) fn plain(html: &str) -> String {
    let mut text = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(open) = rest.find('<') {
        let (before, tag) = rest.split_at(open);
        text.push_str(before);
        let is_tag = tag.chars().nth(1).is_some_and(|next| next.is_ascii_alphabetic() || next == '/');
        let length = if is_tag { tag.find('>').map_or(tag.len(), |end| end + 1) } else { 1 };
        text.push(if is_tag { ' ' } else { '<' });
        rest = tag.get(length..).unwrap_or_default();
    }
    text.push_str(rest);
    let text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"");
    let text = text.replace("&apos;", "'").replace("&#39;", "'").replace("&nbsp;", " ").replace("&amp;", "&");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::{address, plain};
    use crate::report::Severity;
    use crate::report::trial::{one, state};

    fn report(sites: &str) -> String {
        format!(r#"{{"@programName":"ZAP","@version":"2.16","site":[{sites}]}}"#)
    }

    fn site(alerts: &str) -> String {
        format!(r#"{{"@name":"https://shop.test","alerts":[{alerts}]}}"#)
    }

    const ALERT: &str = r#"{"pluginid":"40012","name":"XSS","riskcode":"3","confidence":"2","cweid":"79","count":"2",
        "desc":"<p>A script &lt;b&gt;</p><p>runs.</p>","otherinfo":"sesame","instances":[{"uri":"https://u:sesame@shop.test/a?t=sesame",
        "method":"GET","param":"q","attack":"sesame","evidence":"sesame","request-header":"Cookie: sesame"},{}]}"#;

    #[test]
    fn an_alert_is_a_finding_and_its_requests_are_not_told() {
        let report = one(&report(&site(ALERT)));
        assert_eq!(report.target.as_deref(), Some("https://shop.test"));
        let finding = &report.findings[0];
        assert_eq!((finding.severity, finding.occurrences), (Severity::High, 2));
        assert_eq!(&*finding.message, "A script <b> runs.");
        let endpoint = finding.endpoint.as_ref().unwrap();
        assert_eq!((&*endpoint.url, &*endpoint.method), ("shop.test/a", "GET"));
        assert!(!serde_json::to_string(&report).unwrap().contains("sesame"));
    }

    #[test]
    fn a_false_positive_is_left_out_and_said() {
        let report = one(&report(&site(&ALERT.replace("\"confidence\":\"2\"", "\"confidence\":\"0\""))));
        assert_eq!((report.counts.findings, report.notes.len()), (0, 1));
    }

    #[test]
    fn a_scan_that_reached_no_site_failed() {
        assert_eq!(state(&report("")), "scan_failed");
        assert_eq!(state(&report(&site(""))), "ok");
        assert_eq!(state(&report("{}")), "unreadable");
        assert_eq!(state(&report(&site("7"))), "unreadable");
        assert_eq!(state(report(&site("")).trim_end_matches("]}")), "unreadable");
    }

    #[test]
    fn addresses_and_descriptions_are_plain() {
        assert_eq!(address("http://x.test/a;jsessionid=1?b#c"), "http://x.test/a");
        assert_eq!(address("http://x.test/@me"), "http://x.test/@me");
        assert_eq!(plain("1 < 2 <br/>and<unclosed"), "1 < 2 and");
    }
}
