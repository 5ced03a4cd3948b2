//! OWASP ZAP's XML, "traditional" and with requests and responses ("plus").
//! <https://www.zaproxy.org/docs/desktop/addons/report-generation/report-traditional-xml/>

use super::{Alert, Instance, about, add};
use crate::report::Draft;
use crate::report::format::Format;
use crate::report::input::loose::{Many, Whole, Word};
use crate::report::input::xml::{Node, Xml};
use crate::report::input::{Input, Result};
use crate::report::sketch::Sketch;

/// OWASP ZAP's XML.
pub(in crate::report::format) const FORMAT: Format = Format { name: "zap-xml", recognises, read };

fn recognises(sketch: &Sketch) -> bool {
    sketch.xml("OWASPZAPReport").is_some()
}

fn read(input: &mut Input<'_>, draft: &mut Draft) -> Result<()> {
    draft.begin("zap");
    let mut sites = Vec::new();
    let mut xml = input.xml();
    while let Some(node) = xml.next_node()? {
        let Node::Open(element) = node else { continue };
        match element.name() {
            "OWASPZAPReport" => draft.tool("zap", element.attribute("version").as_deref()),
            "site" => sites.push(element.attribute("name").unwrap_or_default().into_owned()),
            "alertitem" => {
                let alert = alert(&mut xml)?;
                add(draft, sites.last().map_or("", String::as_str), &alert);
            }
            _ => {}
        }
    }
    about(draft, &sites);
    Ok(())
}

/// From after `<alertitem>` to its end.
fn alert(xml: &mut Xml<'_>) -> Result<Alert<'static>> {
    let mut alert = Alert::default();
    let mut instances = Vec::new();
    let inside = xml.depth();
    while xml.depth() >= inside {
        let name = match xml.next_node()? {
            Some(Node::Open(element)) => element.name().to_owned(),
            Some(_) => continue,
            None => break,
        };
        if name == "instance" || (instances.is_empty() && matches!(name.as_str(), "uri" | "method" | "param"))
        {
            // Reports of before 2.5 have one request in each alert, and no list of them.
            instances.push(Instance::default());
        }
        field(xml, &name, &mut alert, instances.last_mut())?;
    }
    alert.instances = Many { all: instances.len(), items: instances };
    Ok(alert)
}

fn field(
    xml: &mut Xml<'_>,
    name: &str,
    alert: &mut Alert<'static>,
    instance: Option<&mut Instance<'static>>,
) -> Result<()> {
    let field = match (name, instance) {
        ("instances" | "instance", _) => return Ok(()),
        ("count", _) => {
            return xml.text().map(|count| alert.count = Whole(count.trim().parse().ok()));
        }
        ("uri", Some(instance)) => &mut instance.uri,
        ("method", Some(instance)) => &mut instance.method,
        ("param", Some(instance)) => &mut instance.param,
        ("pluginid", _) => &mut alert.plugin,
        ("alertRef", _) => &mut alert.reference,
        ("alert", _) => &mut alert.title,
        ("name", _) => &mut alert.name,
        ("riskcode", _) => &mut alert.riskcode,
        ("confidence", _) => &mut alert.confidence,
        ("desc", _) => &mut alert.desc,
        ("cweid", _) => &mut alert.cweid,
        _ => return xml.skip(),
    };
    *field = Word(xml.text()?.into());
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::report::trial::{one, state};

    fn report(sites: &str) -> String {
        format!("<?xml version=\"1.0\"?><OWASPZAPReport version=\"2.9.0\">{sites}</OWASPZAPReport>")
    }

    const SITE: &str = "<site name='https://shop.test'><alerts><alertitem><pluginid>10011</pluginid><name>Cookie</name>
        <riskcode>1</riskcode><confidence>2</confidence><desc>&lt;p&gt;A cookie.&lt;/p&gt;</desc><instances>
        <instance><uri>https://shop.test/?t=sesame</uri><method>GET</method><param>id</param>
        <evidence>sesame</evidence><requestheader>Cookie: sesame</requestheader></instance>
        <instance><uri>https://shop.test/b</uri></instance></instances><otherinfo>sesame</otherinfo></alertitem></alerts></site>";

    #[test]
    fn an_alert_is_a_finding_and_its_requests_are_not_told() {
        let report = one(&report(SITE));
        let finding = &report.findings[0];
        assert_eq!((finding.occurrences, &*finding.message), (2, "A cookie."));
        assert_eq!(&*finding.endpoint.as_ref().unwrap().url, "https://shop.test/");
        assert_eq!(finding.native.as_deref(), Some("riskcode 1"));
        assert!(!serde_json::to_string(&report).unwrap().contains("sesame"));
    }

    #[test]
    fn old_reports_have_no_list_of_requests() {
        let text = "<site name='x'><alertitem><riskcode>2</riskcode><uri>http://x/a</uri><param>p</param></alertitem></site>";
        let finding = &one(&report(text)).findings[0];
        assert_eq!(&*finding.endpoint.as_ref().unwrap().url, "http://x/a");
    }

    #[test]
    fn a_scan_that_reached_no_site_failed() {
        assert_eq!(state(&report("")), "scan_failed");
        assert_eq!(state(&report("<site name='x'><alerts></alerts></site>")), "ok");
        assert_eq!(state(&report(SITE)[..300]), "unreadable");
    }
}
