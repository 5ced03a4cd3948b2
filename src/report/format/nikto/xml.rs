//! Nikto's XML. Nikto opens its file to append: a second run writes a second document behind the first.
//! <https://github.com/sullo/nikto/blob/master/program/docs/nikto.dtd>, which is never fetched.

use super::{Item, about, add, target};
use crate::report::Draft;
use crate::report::format::Format;
use crate::report::input::loose::Word;
use crate::report::input::xml::{Element, Node, Xml};
use crate::report::input::{Input, Result};
use crate::report::sketch::Sketch;

/// Nikto's XML.
pub(in crate::report::format) const FORMAT: Format = Format { name: "nikto-xml", recognises, read };

/// After so many errors Nikto gives up on a host (`-maxerrors`, 20 by default).
const TOO_MANY: u32 = 20;

fn recognises(sketch: &Sketch) -> bool {
    sketch.xml("niktoscan").is_some()
}

fn read(input: &mut Input<'_>, draft: &mut Draft) -> Result<()> {
    draft.begin("nikto");
    let mut hosts = Vec::new();
    let mut ended = 0;
    let mut xml = input.xml();
    while let Some(node) = xml.next_node()? {
        let Node::Open(element) = node else { continue };
        match element.name() {
            "niktoscan" => {
                if let Some(version) = element.attribute("version") {
                    draft.tool("nikto", Some(&version));
                }
            }
            "scandetails" => hosts.push(host(draft, &element)),
            "statistics" => ended += 1,
            "item" => {
                let mut item = Item::default();
                item.id.0 = element.attribute("id").unwrap_or_default().into_owned().into();
                item.method.0 = element.attribute("method").unwrap_or_default().into_owned().into();
                fill(&mut xml, &mut item)?;
                add(draft, hosts.last().map_or("", String::as_str), &item);
            }
            _ => {}
        }
    }
    about(draft, &hosts);
    if ended < hosts.len() {
        draft.partial("Nikto did not come to the end of every host: one of them has no statistics.");
    }
    Ok(())
}

fn host(draft: &mut Draft, element: &Element<'_>) -> String {
    let attribute = |name: &str| element.attribute(name).unwrap_or_default();
    if attribute("errors").parse().is_ok_and(|errors: u32| errors >= TOO_MANY) {
        draft.partial("Nikto gave up on a host after too many errors.");
    }
    target(&attribute("targethostname"), &attribute("targetip"), &attribute("targetport"))
}

/// From after `<item>` to its end.
fn fill(xml: &mut Xml<'_>, item: &mut Item<'_>) -> Result<()> {
    let inside = xml.depth();
    while xml.depth() >= inside {
        let name = match xml.next_node()? {
            Some(Node::Open(element)) => element.name().to_owned(),
            Some(_) => continue,
            None => break,
        };
        match name.as_str() {
            "description" => item.msg = Word(xml.text()?.into()),
            "uri" => item.url = Word(xml.text()?.trim().to_owned().into()),
            _ => xml.skip()?,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::report::trial::{one, state};

    const RUN: &str = r#"<?xml version="1.0" ?>
<!DOCTYPE niktoscan SYSTEM "docs/nikto.dtd">
<niktoscan><niktoscan version="2.1.6"><scandetails targetip="10.0.0.1" targethostname="shop.test" targetport="443" errors="0">
<item id="999970" method="GET"><description><![CDATA[No HSTS]]></description><uri><![CDATA[/x]]></uri><iplink>y</iplink></item>
<statistics elapsed="1" /></scandetails></niktoscan></niktoscan>
"#;

    #[test]
    fn two_runs_in_one_file_are_both_read() {
        let report = one(&RUN.repeat(2));
        assert_eq!((report.counts.findings, report.state.as_str()), (2, "ok"));
        assert_eq!(report.tool.version.as_deref(), Some("2.1.6"));
        let finding = &report.findings[0];
        assert_eq!((&*finding.rule.id, &*finding.message), ("999970", "No HSTS"));
        assert_eq!(finding.target.as_deref(), Some("shop.test:443"));
    }

    #[test]
    fn a_scan_of_nothing_or_of_half_is_not_clean() {
        assert_eq!(state("<niktoscan>\n</niktoscan>"), "scan_failed");
        assert_eq!(state(&RUN.replace("<statistics elapsed=\"1\" />", "")), "partial");
        assert_eq!(state(&RUN.replace("errors=\"0\"", "errors=\"20\"")), "partial");
        assert_eq!(state(&RUN[..RUN.len() - 20]), "unreadable");
    }
}
