use clap::Parser as _;
use insta::assert_snapshot;
use serde_json::Value;

use super::*;
use crate::cli::{Cli, Command};

const CLEAN: &str =
    r#"{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"Demo","rules":[]}},"results":[]}]}"#;
const FINDING: &str = r#"{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"Demo","version":"1.2","rules":[
    {"id":"D1","shortDescription":{"text":"Something @weak"},"properties":{"security-severity":"8.1"}}]}},
    "results":[{"ruleId":"D1","level":"error","message":{"text":"It is weak here"},"locations":[
    {"physicalLocation":{"artifactLocation":{"uri":"src/a.py"},"region":{"startLine":3}}}]}]}]}"#;

fn now() -> Timestamp {
    Timestamp::parse("2026-11-21T09:15:00Z").unwrap()
}

/// Runs the command line in a folder with these files.
fn shown(files: &[(&str, &str)], arguments: &[&str]) -> Shown {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    let within = |word: &&str| {
        let path = folder.path().join(word);
        if path.exists() && !word.is_empty() { path.display().to_string() } else { (*word).to_owned() }
    };
    let words =
        ["countersign", "report", "show"].map(str::to_owned).into_iter().chain(arguments.iter().map(within));
    let Command::Report(Report::Show(show)) = Cli::try_parse_from(words).unwrap().command else { panic!() };
    let shown = show.look(now());
    let here = format!("{}/", folder.path().display());
    Shown {
        text: shown.text.replace(&here, ""),
        problems: shown.problems.iter().map(|problem| problem.replace(&here, "")).collect(),
        ..shown
    }
}

#[test]
fn a_finding_fails_where_it_is_asked_for() {
    let files = [("demo.sarif", FINDING), ("old.sarif", FINDING), ("clean.sarif", CLEAN)];
    let code = |arguments: &[&str]| shown(&files, arguments).code;
    assert_eq!(code(&["demo.sarif"]), 0);
    assert_eq!(code(&["demo.sarif", "--fail-on", "high"]), 1);
    assert_eq!(code(&["demo.sarif", "--fail-on", "critical"]), 0);
    assert_eq!(code(&["demo.sarif", "--fail-on", "high", "--new-only", "--baseline", "old.sarif"]), 0);
    assert_eq!(code(&["demo.sarif", "--fail-on", "high", "--new-only", "--baseline", "clean.sarif"]), 1);
    assert_eq!(code(&["demo.sarif", "--must-have", "sbom"]), 1);
}

#[test]
fn what_cannot_be_read_is_neither_good_nor_bad() {
    let files = [("demo.sarif", FINDING), ("torn.sarif", &FINDING[..200]), ("notes.txt", "nothing to see")];
    for broken in ["torn.sarif", "notes.txt", "missing.sarif"] {
        let shown = shown(&files, &["demo.sarif", broken, "--fail-on", "high"]);
        assert_eq!(shown.code, UNREADABLE, "{broken}");
    }
    let shown = shown(&files, &["missing.sarif", "notes.txt"]);
    assert_snapshot!(shown.problems.join("\n"), @r##"
    missing.sarif cannot be read: No such file or directory (os error 2)
    notes.txt holds no report of any format that is known. Look whether the tool wrote its report, and not its messages.
    "##);
}

#[test]
fn wrong_command_lines_are_refused() {
    for wrong in [
        &["--json"][..],
        &["a", "--fail-on", "loud"],
        &["a", "--json", "--markdown"],
        &["a", "--fail-on", "unknown"],
    ] {
        let words = ["countersign", "report", "show"].iter().chain(wrong);
        assert!(Cli::try_parse_from(words).is_err(), "{wrong:?}");
    }
}

#[test]
fn people_read_the_words_of_the_check_run() {
    let shown = shown(&[("demo.sarif", FINDING)], &["demo.sarif", "--fail-on", "high"]);
    assert_snapshot!(shown.text, @r##"
    Blocked: 1 HIGH (demo)

    1 of 3 conditions does not hold.

       What is asked                          What is so  Decided by  For
    ❌  no finding of HIGH or worse            1 HIGH      demo        every commit
    ✅  every other report can be relied on    all         demo        every commit
    ✅  nothing that is known to be exploited  none        demo        every commit

    - ❌ 1 HIGH: D1-0afabc8da50bc28e in src/a.py:3 (demo). Mend them and push, or let them through with /waive ID --until DATE --reason "…". (findings_high)

    Reports
    -------

       Report    State  C / H / M / L / I  Compared
    ✅  demo 1.2  ok     0 / 1 / 0 / 0 / 0  1 with no baseline

    Found, with no baseline to tell what is new: 1
    ----------------------------------------------

    Severity  What                                 Where       Found by
    HIGH      D1-0afabc8da50bc28e Something @weak  src/a.py:3  demo

    Baselines
    ---------

    - demo: no baseline; a gate on new findings counts all 1
    "##);
}

#[test]
fn programs_read_json() {
    let shown = shown(&[("demo.sarif", FINDING)], &["demo.sarif", "--json"]);
    let document: Value = serde_json::from_str(&shown.text).unwrap();
    let file = &document["files"][0];
    assert_eq!(document["verdict"], "passed");
    assert_eq!(
        (&file["tool"], &file["format"], &file["state"]),
        (&"demo".into(), &"sarif".into(), &"ok".into())
    );
    assert_eq!(file["counts"]["severity"]["HIGH"], 1);
    assert_eq!(file["counts"]["native"]["error"], 1, "{file}");
    assert_eq!(file["findings"][0]["place"]["file"], "src/a.py");
}

#[test]
fn markdown_is_what_github_is_sent() {
    let text = shown(&[("demo.sarif", FINDING)], &["demo.sarif", "--markdown"]).text;
    assert!(text.starts_with("## Passed: 1 report"), "{text}");
    assert!(text.contains("| **HIGH** |") && !text.contains("@weak"), "{text}");
}

// What the tool looked at, or did not, is asked for without any flag.
#[test]
fn nothing_is_called_passed_that_was_not_asked_or_does_not_hold() {
    let failed = CLEAN.replace(
        r#""results":[]"#,
        r#""invocations":[{"executionSuccessful":false,"exitCodeDescription":"out of memory"}],"results":[]"#,
    );
    let nothing =
        r#"{"SchemaVersion":2,"ArtifactName":"shop:1","ArtifactType":"container_image","Results":[]}"#;
    let ended = r#"{"SchemaVersion":2,"ArtifactName":"shop:1","ArtifactType":"container_image","Metadata":{"OS":{"Family":"alpine","Name":"3.9.4","EOSL":true}},"Results":[{"Target":"shop:1 (alpine 3.9.4)","Class":"os-pkgs","Type":"alpine"}]}"#;
    for (name, text) in [("failed.sarif", failed.as_str()), ("nothing.json", nothing), ("ended.json", ended)]
    {
        let shown = shown(&[(name, text)], &[name]);
        assert_eq!(shown.code, 1, "{}", shown.text);
        assert!(shown.text.starts_with("Blocked: "), "{}", shown.text);
    }
    for (name, code) in [("empty.json", UNREADABLE), ("trivy.json", UNREADABLE)] {
        let shown = shown(&[(name, if name == "empty.json" { "" } else { "Killed" })], &[name]);
        assert_eq!(shown.code, code, "{}", shown.text);
        assert!(!shown.text.starts_with("Passed"), "{}", shown.text);
    }
}
