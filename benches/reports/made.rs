//! Reports as large tools write them, the same every time.

use std::io::{self, Write};

/// What is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// As `CodeQL` writes it, with snippets and a code flow: about 1.3 kB for each result.
    Sarif,
    /// The same with the rules after the results.
    RulesLast,
    /// As pytest writes it, with one failing case in fifty.
    Junit,
}

const RULES: u64 = 200;

/// Writes items until there are about so many bytes; how many they are.
pub(crate) fn write(out: &mut impl Write, kind: Kind, bytes: u64) -> io::Result<u64> {
    let mut written = 0;
    let mut items = 0;
    begin(out, kind)?;
    while written < bytes {
        let item = match kind {
            Kind::Sarif | Kind::RulesLast => result(items),
            Kind::Junit => case(items),
        };
        if items > 0 && kind != Kind::Junit {
            out.write_all(b",\n")?;
        }
        out.write_all(item.as_bytes())?;
        written += item.len() as u64;
        items += 1;
    }
    end(out, kind)?;
    out.flush()?;
    Ok(items)
}

fn begin(out: &mut impl Write, kind: Kind) -> io::Result<()> {
    match kind {
        Kind::Sarif => write!(out, r#"{{"version":"2.1.0","runs":[{{{},"results":["#, tool()),
        Kind::RulesLast => write!(out, r#"{{"version":"2.1.0","runs":[{{"results":["#),
        Kind::Junit => write!(out, r#"<?xml version="1.0"?><testsuites><testsuite name="pytest">"#),
    }
}

fn end(out: &mut impl Write, kind: Kind) -> io::Result<()> {
    match kind {
        Kind::Sarif => write!(out, "]}}]}}"),
        Kind::RulesLast => write!(out, "],{}}}]}}", tool()),
        Kind::Junit => write!(out, "</testsuite></testsuites>"),
    }
}

fn tool() -> String {
    let rule = |number: u64| {
        format!(
            r#"{{"id":"js/rule-{number}","shortDescription":{{"text":"Rule {number} about unsafe data"}},
            "defaultConfiguration":{{"level":"warning"}},"help":{{"text":"{}"}},
            "properties":{{"tags":["security","external/cwe/cwe-0{number}"],"security-severity":"{}.5"}}}}"#,
            "Long help. ".repeat(100),
            number % 10
        )
    };
    let rules: Vec<String> = (0..RULES).map(rule).collect();
    let rules = rules.join(",");
    format!(r#""tool":{{"driver":{{"name":"CodeQL","semanticVersion":"2.19.0","rules":[{rules}]}}}}"#)
}

/// A number that looks like any, and is always the same.
fn scattered(number: u64) -> u64 {
    (number + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

fn result(number: u64) -> String {
    let (rule, chance) = (number % RULES, scattered(number));
    let (file, line) = (chance % 4_000, chance % 900 + 1);
    let location = format!(
        r#"{{"physicalLocation":{{"artifactLocation":{{"uri":"src/module{}/file{file}.ts","uriBaseId":"%SRCROOT%","index":{file}}},"region":{{"startLine":{line},"startColumn":12,"endColumn":48,"snippet":{{"text":"  const query = \"SELECT * FROM t{chance} WHERE id = \" + request.id;\n"}}}}}}}}"#,
        file % 40
    );
    format!(
        r#"{{"ruleId":"js/rule-{rule}","ruleIndex":{rule},"rule":{{"id":"js/rule-{rule}","index":{rule}}},"message":{{"text":"This query of t{chance:x} depends on a [user-provided value](1), which is not checked before it is used in line {line}."}},"locations":[{location}],"partialFingerprints":{{"primaryLocationLineHash":"{chance:016x}:1","primaryLocationStartColumnFingerprint":"7"}},"codeFlows":[{{"threadFlows":[{{"locations":[{{"location":{location}}},{{"location":{location}}}]}}]}}],"relatedLocations":[]}}"#
    )
}

fn case(number: u64) -> String {
    let chance = scattered(number);
    let head = format!(
        r#"<testcase classname="tests.unit.test_module{}.TestThing" name="test_case_{number}[param{}]" time="0.{:03}""#,
        number % 500,
        chance % 90,
        chance % 1000
    );
    if !number.is_multiple_of(50) {
        return format!("{head} />\n");
    }
    format!(
        r#"{head}><failure message="AssertionError: assert {chance} == {number}&#10;more">def test_case():
&gt;       assert compute(&quot;{chance}&quot;) == {number}
E       AssertionError: {}
</failure></testcase>
"#,
        "the values differ, as was to be seen; ".repeat(20)
    )
}
