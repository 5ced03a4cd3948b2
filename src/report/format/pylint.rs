//! Pylint's JSON, `json` and `json2`: errors and style of Python code.
//! <https://pylint.readthedocs.io/en/stable/user_guide/usage/output.html>

use serde::Deserialize;

use super::Format;
use crate::report::input::json::{Json, Kind};
use crate::report::input::loose::{Whole, Word};
use crate::report::input::{Fault, Input, Result};
use crate::report::sketch::{Sketch, Value};
use crate::report::span;
use crate::report::{Category, Draft, Finding, Rule, Severity};

/// Pylint's JSON.
pub(super) const FORMAT: Format = Format { name: "pylint", recognises, read };

/// One message. Its columns count from zero.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Item<'a> {
    #[serde(rename = "type", borrow)]
    kind: Word<'a>,
    path: Word<'a>,
    line: Whole,
    column: Whole,
    #[serde(rename = "endLine")]
    end_line: Whole,
    symbol: Word<'a>,
    message: Word<'a>,
    #[serde(rename = "message-id", alias = "messageId")]
    id: Word<'a>,
}

fn recognises(sketch: &Sketch) -> bool {
    let message = |item: &Value| {
        let id = item.has(&["message-id"]) || item.has(&["messageId"]);
        item.is_object() && id && item.has(&["type", "symbol", "path"])
    };
    let Some(root) = sketch.json() else { return false };
    if !root.is_object() {
        return root.first().is_some_and(message);
    }
    let statistics = root.at(&["statistics", "messageTypeCount"]).is_some();
    root.list(&["messages"]).is_some_and(|items| items.first().map_or(statistics, message))
}

fn read(input: &mut Input<'_>, draft: &mut Draft) -> Result<()> {
    draft.begin("pylint");
    let mut json = input.json();
    if json.peek()? == Kind::List {
        messages(&mut json, draft)?;
        return json.end();
    }
    let (mut listed, mut modules) = (false, None);
    json.object(|json, key| match key {
        "messages" => {
            listed = true;
            messages(json, draft)
        }
        "statistics" if json.peek()? == Kind::Object => json.object(|json, key| match key {
            "modulesLinted" => json.read::<Whole>().map(|number| modules = number.0),
            _ => Ok(()),
        }),
        _ => Ok(()),
    })?;
    json.end()?;
    if !listed {
        return Err(Fault::new("There are no messages in this report of Pylint, not even an empty list."));
    }
    if modules == Some(0) {
        draft.scan_failed("Pylint looked at no module: check the paths that it was given.");
    }
    Ok(())
}

fn messages(json: &mut Json<'_>, draft: &mut Draft) -> Result<()> {
    json.list(|json| {
        add(draft, &json.read()?);
        Ok(())
    })
}

fn add(draft: &mut Draft, item: &Item<'_>) {
    let kind = item.kind.0.to_ascii_lowercase();
    // E0001: syntax-error. F: Pylint itself could not go on.
    if kind == "fatal" || item.id.0 == "E0001" {
        draft.partial(format!("Pylint could not read {}, and says little about it.", item.path.0));
    }
    let severity = match kind.as_str() {
        "fatal" | "error" => Severity::Medium,
        "warning" => Severity::Low,
        _ => Severity::Info,
    };
    let rule = draft.rule(Rule {
        id: (&*item.id.0).into(),
        title: item.symbol.0.replace('-', " ").into(),
        ..Rule::default()
    });
    let mut finding = Finding::new(Category::Lint, severity, rule);
    finding.native = Some(draft.text(&kind));
    finding.message = draft.message(&item.message.0);
    let column = item.column.natural().map(|column| column.saturating_add(1));
    finding.place = span(draft, &item.path.0, item.line.natural(), item.end_line.natural(), column);
    draft.add(finding);
}

#[cfg(test)]
mod tests {
    use crate::report::trial::{one, state};

    const ONE: &str = r#"{"type":"error","module":"a","obj":"","line":3,"column":0,"path":"a.py","symbol":"undefined-variable",
        "message":"Undefined variable 'x'","message-id":"E0602"}"#;

    #[test]
    fn both_shapes_are_read() {
        let second = ONE.replace("message-id", "messageId");
        let statistics = r#""statistics":{"messageTypeCount":{"error":1},"modulesLinted":1}"#;
        for text in [format!("[{ONE}]"), format!(r#"{{"messages":[{second}],{statistics}}}"#)] {
            let report = one(&text);
            assert_eq!((report.counts.native["error"], report.state.as_str()), (1, "ok"));
            let place = report.findings[0].place.as_ref().unwrap();
            assert_eq!((place.line, place.column), (Some(3), Some(1)));
        }
    }

    #[test]
    fn what_was_not_looked_at_is_not_clean() {
        let none = r#"{"messages":[],"statistics":{"messageTypeCount":{},"modulesLinted":1}}"#;
        assert_eq!(state(none), "ok");
        assert_eq!(state(&none.replace(":1}", ":0}")), "scan_failed");
        assert_eq!(state(&format!("[{}]", ONE.replace("E0602", "E0001"))), "partial");
        assert_eq!(state(&format!("[{ONE}")), "unreadable");
    }
}
