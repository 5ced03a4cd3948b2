//! `CycloneDX` as XML, versions 1.0 to 1.7 (<https://cyclonedx.org/docs/1.7/xml/>). Before version 1.4
//! vulnerabilities were an extension of its own, inside a component or at the root
//! (<http://cyclonedx.org/schema/ext/vulnerability/1.0>).

use super::{Bom, Component, Rating, Vulnerability};
use crate::report::Draft;
use crate::report::format::Format;
use crate::report::input::xml::{Element, Node, Xml};
use crate::report::input::{Fault, Input, Result};
use crate::report::sketch::Sketch;

/// `CycloneDX` as XML.
pub(in crate::report::format) const FORMAT: Format = Format { name: "cyclonedx-xml", recognises, read };

const NAMESPACE: &str = "http://cyclonedx.org/schema/bom/";

fn recognises(sketch: &Sketch) -> bool {
    let root = sketch.xml("bom");
    root.is_some_and(|root| root.attributes.iter().any(|(_, value)| value.starts_with(NAMESPACE)))
}

fn read(input: &mut Input<'_>, draft: &mut Draft) -> Result<()> {
    let mut xml = input.xml();
    let mut bom = Bom::default();
    let Some(Node::Open(root)) = xml.next_node()? else {
        return Err(Fault::new("There is no element in this XML."));
    };
    let mut namespaces = root.attributes();
    bom.version = namespaces
        .find_map(|(_, value)| Some(value.strip_prefix(NAMESPACE)?.to_owned()))
        .ok_or_else(|| Fault::new("The root element is none of CycloneDX."))?;
    drop(namespaces);
    children(&mut xml, &mut |xml, tag| match tag.name.as_str() {
        "metadata" => metadata(xml, &mut bom),
        "components" => components(xml, &mut bom, draft),
        "vulnerabilities" => vulnerabilities(xml, None, &mut bom, draft),
        _ => Ok(()),
    })?;
    while xml.next_node()?.is_some() {}
    bom.finish(draft);
    Ok(())
}

fn metadata(xml: &mut Xml<'_>, bom: &mut Bom) -> Result<()> {
    children(xml, &mut |xml, tag| match tag.name.as_str() {
        "tools" => tools(xml, bom),
        "component" => {
            bom.about = Component {
                kind: tag.of_kind.clone(),
                reference: tag.bom_ref.clone(),
                ..Component::default()
            };
            let about = &mut bom.about;
            children(xml, &mut |xml, tag| subject(xml, tag, about))
        }
        _ => Ok(()),
    })
}

/// `tool`, or since version 1.5 `components/component`.
fn tools(xml: &mut Xml<'_>, bom: &mut Bom) -> Result<()> {
    children(xml, &mut |xml, tag| match tag.name.as_str() {
        "components" => tools(xml, bom),
        "tool" | "component" => {
            let (mut name, mut version) = (String::new(), None);
            children(xml, &mut |xml, tag| {
                match tag.name.as_str() {
                    "name" => name = text(xml)?,
                    "version" => version = Some(text(xml)?),
                    _ => {}
                }
                Ok(())
            })?;
            bom.tools.push((name, version));
            Ok(())
        }
        _ => Ok(()),
    })
}

fn subject(xml: &mut Xml<'_>, tag: &Tag, about: &mut Component) -> Result<()> {
    match tag.name.as_str() {
        "hashes" => children(xml, &mut |xml, tag| {
            about.hashes.push((tag.algorithm.clone(), text(xml)?));
            Ok(())
        }),
        "properties" => children(xml, &mut |xml, tag| {
            about.properties.push((tag.called.clone(), text(xml)?));
            Ok(())
        }),
        _ => naming(xml, tag, about),
    }
}

fn naming(xml: &mut Xml<'_>, tag: &Tag, component: &mut Component) -> Result<()> {
    let field = match tag.name.as_str() {
        "group" => &mut component.group,
        "name" => &mut component.name,
        "version" => &mut component.version,
        "purl" => &mut component.purl,
        _ => return Ok(()),
    };
    *field = text(xml)?;
    Ok(())
}

/// Components may hold components, and before version 1.4 vulnerabilities.
fn components(xml: &mut Xml<'_>, bom: &mut Bom, draft: &mut Draft) -> Result<()> {
    children(xml, &mut |xml, tag| {
        if tag.name != "component" {
            return Ok(());
        }
        let mut component = Component { reference: tag.bom_ref.clone(), ..Component::default() };
        children(xml, &mut |xml, tag| match tag.name.as_str() {
            "components" => components(xml, bom, draft),
            "vulnerabilities" => {
                let names = [&component.reference, &component.purl, &component.name];
                let reference = names.into_iter().find(|name| !name.is_empty()).cloned().unwrap_or_default();
                component.reference.clone_from(&reference);
                vulnerabilities(xml, Some(&reference), bom, draft)
            }
            _ => naming(xml, tag, &mut component),
        })?;
        bom.component(&component);
        Ok(())
    })
}

fn vulnerabilities(xml: &mut Xml<'_>, inside: Option<&str>, bom: &mut Bom, draft: &mut Draft) -> Result<()> {
    children(xml, &mut |xml, tag| {
        if tag.name != "vulnerability" {
            return Ok(());
        }
        let mut found =
            Vulnerability { id: "vulnerability-without-id".to_owned(), ..Vulnerability::default() };
        let named = Some(tag.refers_to.as_str()).filter(|reference| !reference.is_empty()).or(inside);
        found.affects = named.map(|reference| (reference.to_owned(), Vec::new())).into_iter().collect();
        children(xml, &mut |xml, tag| vulnerability(xml, tag, &mut found))?;
        found.references.retain(|other| *other != found.id);
        found.references.dedup();
        bom.vulnerability(draft, &found);
        Ok(())
    })
}

fn vulnerability(xml: &mut Xml<'_>, tag: &Tag, found: &mut Vulnerability) -> Result<()> {
    match tag.name.as_str() {
        "id" => found.id = text(xml)?,
        "source" => children(xml, &mut |xml, tag| {
            if tag.name == "url" {
                found.url = Some(text(xml)?);
            }
            Ok(())
        })?,
        "references" => children(xml, &mut |xml, _| {
            children(xml, &mut |xml, tag| {
                if tag.name == "id" {
                    found.references.push(text(xml)?);
                }
                Ok(())
            })
        })?,
        "ratings" => children(xml, &mut |xml, _| {
            found.ratings.push(rating(xml)?);
            Ok(())
        })?,
        "cwes" => children(xml, &mut |xml, _| {
            found.cwes.extend(text(xml)?.parse::<u32>());
            Ok(())
        })?,
        "description" => found.description = text(xml)?,
        "recommendation" | "recommendations" => found.recommendation = text(xml)?,
        "analysis" => analysis(xml, found)?,
        "affects" => children(xml, &mut |xml, _| {
            found.affects.push(target(xml)?);
            Ok(())
        })?,
        _ => {}
    }
    Ok(())
}

fn rating(xml: &mut Xml<'_>) -> Result<Rating> {
    let mut rating = Rating::default();
    children(xml, &mut |xml, tag| {
        match tag.name.as_str() {
            // The extension writes base, impact and exploitability in it, in this order.
            "score" => {
                let written = text(xml)?;
                rating.score = written.split_whitespace().next().and_then(|score| score.parse().ok());
            }
            "severity" => rating.severity = Some(text(xml)?),
            "method" => rating.method = text(xml)?,
            "vector" => rating.vector = text(xml)?,
            _ => {}
        }
        Ok(())
    })?;
    Ok(rating)
}

fn analysis(xml: &mut Xml<'_>, found: &mut Vulnerability) -> Result<()> {
    let mut reasons = Vec::new();
    children(xml, &mut |xml, tag| {
        match tag.name.as_str() {
            "state" => found.state = Some(text(xml)?),
            "justification" | "detail" => reasons.push(text(xml)?),
            _ => {}
        }
        Ok(())
    })?;
    found.justification = reasons.join(": ");
    Ok(())
}

/// `ref`, and the versions that do not have it.
fn target(xml: &mut Xml<'_>) -> Result<(String, Vec<String>)> {
    let (mut reference, mut without) = (String::new(), Vec::new());
    children(xml, &mut |xml, tag| match tag.name.as_str() {
        "ref" => {
            reference = text(xml)?;
            Ok(())
        }
        "versions" => children(xml, &mut |xml, _| {
            let (mut version, mut unaffected) = (None, false);
            children(xml, &mut |xml, tag| {
                match tag.name.as_str() {
                    "version" => version = Some(text(xml)?),
                    "status" => unaffected = text(xml)? == "unaffected",
                    _ => {}
                }
                Ok(())
            })?;
            without.extend(version.filter(|_| unaffected));
            Ok(())
        }),
        _ => Ok(()),
    })?;
    Ok((reference, without))
}

/// An element that opened, with the attributes that are asked for.
struct Tag {
    name: String,
    bom_ref: String,
    refers_to: String,
    of_kind: String,
    algorithm: String,
    called: String,
}

impl Tag {
    fn of(element: &Element<'_>) -> Self {
        let attribute = |name| element.attribute(name).unwrap_or_default().into_owned();
        Self {
            name: element.name().to_owned(),
            bom_ref: attribute("bom-ref"),
            refers_to: attribute("ref"),
            of_kind: attribute("type"),
            algorithm: attribute("alg"),
            called: attribute("name"),
        }
    }
}

type Each<'e> = &'e mut dyn FnMut(&mut Xml<'_>, &Tag) -> Result<()>;

/// Gives each element directly in the one that opened last; what is not read of it is passed over.
fn children(xml: &mut Xml<'_>, each: Each<'_>) -> Result<()> {
    let inside = xml.depth();
    loop {
        let tag = match xml.next_node()? {
            Some(Node::Open(element)) => Some(Tag::of(&element)),
            Some(Node::Text(_) | Node::Close) => None,
            None => return Ok(()),
        };
        if xml.depth() < inside {
            return Ok(());
        }
        let Some(tag) = tag else { continue };
        each(xml, &tag)?;
        if xml.depth() > inside {
            xml.skip()?;
        }
    }
}

fn text(xml: &mut Xml<'_>) -> Result<String> {
    let text = xml.text()?;
    Ok(text.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use crate::report::trial::{one, state};

    const HEAD: &str = r#"<?xml version="1.0"?><bom xmlns="http://cyclonedx.org/schema/bom/1.3">"#;

    #[test]
    fn a_bill_without_anything_is_not_ok() {
        assert_eq!(state(&format!("{HEAD}<components/></bom>")), "partial");
        assert_eq!(
            state(&format!("{HEAD}<components><component><name>a</name></component></components></bom>")),
            "ok"
        );
    }

    #[test]
    fn what_is_cut_off_is_unreadable() {
        assert_eq!(
            state(&format!("{HEAD}<components><component><name>a</name></component></components>")),
            "unreadable"
        );
        assert_eq!(state(&format!("{HEAD}<components><component></bom>")), "unreadable");
    }

    #[test]
    fn the_extension_names_its_component() {
        let report = one(&format!(
            r#"{HEAD}<components><component type="library"><name>a</name><version>1</version><purl>pkg:npm/a@1</purl>
            <v:vulnerabilities xmlns:v="http://cyclonedx.org/schema/ext/vulnerability/1.0"><v:vulnerability ref="pkg:npm/a@1">
            <v:id>CVE-1</v:id><v:ratings><v:rating><v:score><v:base>5.0</v:base></v:score><v:severity>Medium</v:severity></v:rating></v:ratings>
            </v:vulnerability></v:vulnerabilities></component></components></bom>"#
        ));
        assert_eq!(report.counts.native.get("medium"), Some(&1));
        assert_eq!(report.inventory.unwrap().components, 1);
        let finding = &report.findings[0];
        assert_eq!(&*finding.package.as_ref().unwrap().name, "a");
        assert_eq!(finding.advisory.as_ref().unwrap().score, Some(5.0));
    }

    #[test]
    fn an_image_has_hashes() {
        let hex = "ab".repeat(32);
        let report = one(&format!(
            r#"{HEAD}<metadata><tools><tool><vendor>anchore</vendor><name>syft</name><version>1</version></tool></tools>
            <component type="container" bom-ref="x"><name>alpine</name><hashes><hash alg="SHA-256">{hex}</hash></hashes>
            <properties><property name="syft:image:labels:x">y</property></properties></component></metadata>
            <components><component><name>a</name></component></components></bom>"#
        ));
        assert_eq!(report.inventory.unwrap().subjects, [format!("sha256:{hex}").into()]);
        assert_eq!((&*report.tool.name, report.tool.version.as_deref()), ("syft", Some("1")));
    }
}
