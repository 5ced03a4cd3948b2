//! What a reviewer decides from, as it is sent; and that no length or text of a report changes it.

use insta::assert_snapshot;
use proptest::prelude::*;

use super::samples::*;
use super::*;
use crate::comment::hostile::{HOSTILE, assert_calls_nobody, events, structure};
use crate::report::{Category, Novelty, Row, Severity, State};
use crate::requirement::Code;

fn page() -> Url {
    "https://countersign.example/reports/1001/3f2a9c1d00000000000000000000000000000001?key=abc"
        .parse()
        .unwrap()
}

fn changed() -> Changed {
    let mut changed = Changed::default();
    changed.add("src/orders.py", "@@ -40,2 +40,4 @@\n a\n+b\n+c\n d");
    changed
}

fn shown((standing, gates): &(Standing, Vec<Gated>)) -> Scans {
    let (page, changed) = (page(), changed());
    let view =
        View { standing, gates, page: Some(&page), changed: &changed, annotations: ANNOTATIONS, now: now() };
    let scans = of_commit(&view);
    assert!(scans.shown.title.len() <= 255, "{}", scans.shown.title);
    assert!(scans.shown.summary.len() <= LONGEST, "{}", scans.shown.summary.len());
    assert!(scans.text.as_deref().unwrap_or_default().len() <= LONGEST);
    assert!(scans.annotations.len() <= ANNOTATIONS);
    scans
}

#[test]
fn a_clean_commit() {
    let scans = shown(&clean());
    assert_eq!(scans.shown.status, CheckStatus::Completed(Conclusion::Success));
    assert_eq!(scans.text, None);
    assert_snapshot!(scans.shown.title, @r##"Passed: 6 reports · nothing open · 214 tests · 81.2 % covered"##);
    assert_snapshot!(scans.shown.summary, @r##"
    Everything that is asked of these reports holds.


    |  | What is asked | What is so | Decided by | For |
    | --- | --- | --- | --- | --- |
    | ✅ | no finding of HIGH or worse | none | `trivy` | `production` |
    | ✅ | report&#58;&#8203; trivy | ok | `trivy` | `production` |




    ### Reports


    |  | Report | State | C / H / M / L / I | Compared |
    | --- | --- | --- | --- | --- |
    | ✅ | **trivy** 0&#46;58&#46;1 · `shop:1.4` · [trivy-report](<https://github.example/acme/shop/actions/runs/7>) | ok | 0 / 0 / 0 / 0 / 0 |  |
    | ✅ | **junit** · [junit-report](<https://github.example/acme/shop/actions/runs/7>) | ok | 212 passed, 2 skipped |  |
    | ✅ | **coverage** 7&#46;6&#46;1 · [coverage-report](<https://github.example/acme/shop/actions/runs/7>) | ok | 81.2 % of lines covered |  |
    | ✅ | **syft** 1&#46;18&#46;0 · [syft-report](<https://github.example/acme/shop/actions/runs/7>) | ok; signature verified: `https://github.com/acme/shop/.github/workflows/build.yml@refs/heads/main` | CycloneDX 1&#46;6, 142 components |  |


    ✅ Nothing found by **flake8** 7&#46;1&#46;0, **mypy** 1&#46;13&#46;0.

    ### Baselines

    - `coverage`, `flake8`, `junit`, `mypy`, `syft`, `trivy`: compared with the report of `abc1234`, 2 days old
    "##);
}

#[test]
fn a_blocked_commit() {
    let scans = shown(&blocked());
    assert_eq!(scans.shown.status, CheckStatus::Completed(Conclusion::Failure));
    assert_snapshot!(scans.shown.title, @r##"Blocked: 2 new HIGH (trivy)"##);
    assert_snapshot!(scans.shown.summary, @r##"
    1 of 2 conditions does not hold.


    |  | What is asked | What is so | Decided by | For |
    | --- | --- | --- | --- | --- |
    | ❌ | no new finding of HIGH or worse | 2 HIGH | `trivy` | `production`, `staging` |
    | ✅ | report&#58;&#8203; trivy | ok | `trivy` | `production` |


    - ❌ 2 new findings are HIGH; mend them, or waive them with `/waive`. (`findings_high`)


    ### Reports


    |  | Report | State | C / H / M / L / I | Compared |
    | --- | --- | --- | --- | --- |
    | ✅ | **trivy** 0&#46;58&#46;1 · `shop:1.4` · [trivy-report](<https://github.example/acme/shop/actions/runs/7>) | ok | 0 / 1 / 1 / 0 / 0 | 2 new · 1 fixed · 1 waived |
    | ✅ | **semgrep** 1&#46;99&#46;0 · [semgrep-report](<https://github.example/acme/shop/actions/runs/7>) | ok | 0 / 1 / 1 / 0 / 0 | 1 new · 1 existing |


    ✅ Nothing found by **ruff** 0&#46;8&#46;0.

    ### New: 3


    | Severity | What | Where | Found by |
    | --- | --- | --- | --- |
    | **HIGH** | **lodash** 4&#46;17&#46;20: `CVE-2021-23337`, `CVE-2020-28500`; fix: upgrade lodash 4&#46;17&#46;20 → **4&#46;17&#46;21** removes 2 · **known to be exploited** · EPSS 93.7 % | `package-lock.json` | grype+trivy: HIGH grype / MEDIUM trivy |
    | **HIGH** | [`python.sqli-002a`](<https://semgrep.dev/r/python.sqli>) (semgrep.dev) SQL built from user input | `src/orders.py:42` | semgrep |


    ### Baselines

    - `ruff`, `semgrep`, `trivy`: compared with the report of `abc1234`, 2 days old

    ### Waivers

    - `CVE-2018-1` expired, and what it let through counts again (until 2026-01-01, by alice: not reachable)
    - `CVE-2022-0001` in `pkg:npm/qs` expires soon (until 2026-12-01, by alice: not reachable)

    *Beside the diff: 1 changed line with findings. On lines that did not change: 3.*
    "##);
    assert_snapshot!(scans.text.unwrap(), @r##"

    <details><summary>Fixed: 1</summary>



    | Severity | What | Where | Found by |
    | --- | --- | --- | --- |
    | **CRITICAL** | **minimist** 1&#46;2&#46;0: `CVE-2019-10744` | `package-lock.json` | trivy |


    </details>

    <details><summary>Waived: 1</summary>



    | Severity | What | Until | By | Why |
    | --- | --- | --- | --- | --- |
    | HIGH | `CVE-2022-0001` qs 6&#46;5&#46;2 | 2026-12-01 | alice | not reachable |


    </details>

    <details><summary>Existing, in the baseline too: 1</summary>



    | Severity | What | Where | Found by |
    | --- | --- | --- | --- |
    | **MEDIUM** | `python.eval-0007` Use of eval | `src/admin.py:7` | semgrep |


    </details>

    <details><summary>Suppressed by the tools themselves: 1</summary>



    | Severity | What | Found by | By | Why |
    | --- | --- | --- | --- | --- |
    | LOW | `B105-0003` `tests/fixtures.py:3` | semgrep | inSource | test data |


    </details>
    "##);
    assert_snapshot!(format!("{:#?}", scans.annotations), @r##"
    [
        Annotation {
            path: "src/orders.py",
            line: 42,
            level: Failure,
            title: "HIGH: SQL built from user input",
            message: "HIGH python.sqli-002a (semgrep): SQL built from user input here",
        },
    ]
    "##);
}

#[test]
fn reports_that_cannot_be_relied_on() {
    let scans = shown(&partial());
    assert_eq!(scans.shown.status, CheckStatus::Completed(Conclusion::Failure));
    assert_snapshot!(scans.shown.title, @r##"Blocked: trivy missing · npm-audit scan failed"##);
    assert_snapshot!(scans.shown.summary, @r##"
    2 of 2 conditions do not hold.


    |  | What is asked | What is so | Decided by | For |
    | --- | --- | --- | --- | --- |
    | ❌ | report&#58;&#8203; trivy | missing |  | `production` |
    | ❌ | report&#58;&#8203; npm-audit | scan&#95;failed | `npm-audit` | `production` |


    - ❌ No report of trivy came from a run on this commit; add it to the workflow, or run it again. (`report_missing`)
    - ❌ npm-audit failed; see its log. (`report_failed`)


    ### Reports


    |  | Report | State | C / H / M / L / I | Compared |
    | --- | --- | --- | --- | --- |
    | ⚠️ | **semgrep** 1&#46;99&#46;0 · [semgrep-report](<https://github.example/acme/shop/actions/runs/7>) | partial; 3 files could not be parsed. | 0 / 1 / 0 / 0 / 0 + 2 unrated | 3 with no baseline |
    | ❌ | **npm-audit** · [npm-audit-report](<https://github.example/acme/shop/actions/runs/7>) | scan failed; The registry answered 405; npm audit looked at nothing. Use a registry that has the endpoint. | 0 / 0 / 0 / 0 / 0 |  |


    ### Found, with no baseline to tell what is new: 1


    | Severity | What | Where | Found by |
    | --- | --- | --- | --- |
    | **HIGH** | `python.sqli-002a` SQL built from user input | `src/orders.py:42` | semgrep |


    ### Baselines

    - `semgrep`: no baseline; a gate on new findings counts all 3

    *Beside the diff: 1 changed line with findings. On lines that did not change: 0.*
    "##);
    assert_snapshot!(scans.text.unwrap(), @r##"

    <details><summary>Reports that cannot be relied on: 2</summary>



    | Tool | File | State | Why, and what to do |
    | --- | --- | --- | --- |
    | npm-audit | `npm-audit-report/npm-audit.json` | scan_failed | The registry answered 405; npm audit looked at nothing. Use a registry that has the endpoint. |
    | semgrep | `semgrep-report/semgrep.json` | partial | 3 files could not be parsed. |


    </details>
    "##);
}

/// So many findings, of which every third is of a package and every seventh is old.
fn many(count: u32) -> (Standing, Vec<Gated>) {
    let severity = |n: u32| Severity::ALL[1 + (n % 4) as usize];
    let open = (0..count).map(|n| {
        let mut problem = if n % 3 == 0 {
            let package = format!("package-{} 1.{}", n / 9, n % 5);
            vulnerability(&format!("CVE-2025-{n:05}"), severity(n), &package, &["2.0"])
        } else {
            let (rule, file) = (format!("rule-{}", n / 5), format!("src/{n}.py"));
            weakness(&rule, "Something is wrong", severity(n), &file, n)
        };
        if n % 7 == 0 {
            problem.novelty = Novelty::Existing;
        }
        problem
    });
    let (mut trivy, mut semgrep) = (row("trivy", "0.58.1"), row("semgrep", "1.99.0"));
    trivy.counts.insert(Severity::High, u64::from(count / 3));
    semgrep.counts.insert(Severity::High, u64::from(count - count / 3));
    let actual = format!("{} HIGH", count / 4);
    let failing = fails("no finding of HIGH or worse", &actual, Code::FindingsHigh, "Mend them.");
    (standing(vec![trivy, semgrep], open.collect()), vec![gated("production", vec![failing])])
}

/// The first lines up to the first findings, what is left out, and what stands after it.
fn outline(scans: &Scans) -> String {
    let lines: Vec<&str> = scans.shown.summary.lines().filter(|line| !line.is_empty()).collect();
    let new = lines.iter().position(|line| line.starts_with("### New")).unwrap();
    let end = lines.iter().rposition(|line| line.starts_with("| ")).unwrap();
    let text = scans.text.as_deref().unwrap_or_default().lines();
    let text: Vec<&str> =
        text.filter(|line| line.starts_with("and ") || line.starts_with("<details>")).collect();
    let (top, rest) = (&lines[..new + 6], &lines[end + 1..]);
    format!(
        "{}\n… {} more rows\n{}\n\ntext:\n{}",
        top.join("\n"),
        end - new - 5,
        rest.join("\n"),
        text.join("\n")
    )
}

#[test]
fn four_hundred_findings() {
    let scans = shown(&many(400));
    assert_snapshot!(scans.shown.title, @r##"Blocked: 100 HIGH (trivy)"##);
    assert_snapshot!(outline(&scans), @r##"
    1 of 1 condition does not hold.
    |  | What is asked | What is so | Decided by | For |
    | --- | --- | --- | --- | --- |
    | ❌ | no finding of HIGH or worse | 100 HIGH | `trivy` | `production` |
    - ❌ Mend them. (`findings_high`)
    ### Reports
    |  | Report | State | C / H / M / L / I | Compared |
    | --- | --- | --- | --- | --- |
    | ✅ | **semgrep** 1&#46;99&#46;0 · [semgrep-report](<https://github.example/acme/shop/actions/runs/7>) | ok | 0 / 267 / 0 / 0 / 0 |  |
    | ✅ | **trivy** 0&#46;58&#46;1 · [trivy-report](<https://github.example/acme/shop/actions/runs/7>) | ok | 0 / 133 / 0 / 0 / 0 |  |
    ### New: 342
    | Severity | What | Where | Found by |
    | --- | --- | --- | --- |
    | **HIGH** | `rule-17` Something is wrong | `src/88.py:88`, `src/85.py:85`, `src/89.py:89` and 1 more | semgrep |
    | **HIGH** | `rule-20` Something is wrong | `src/100.py:100`, `src/104.py:104`, `src/101.py:101` and 1 more | semgrep |
    | **HIGH** | `rule-29` Something is wrong | `src/148.py:148`, `src/145.py:145`, `src/149.py:149` and 1 more | semgrep |
    … 191 more rows
    ### Baselines
    - `semgrep`, `trivy`: compared with the report of `abc1234`, 2 days old

    text:
    <details><summary>Existing, in the baseline too: 58</summary>
    "##);
}

#[test]
fn forty_thousand_findings() {
    let scans = shown(&many(40_000));
    assert_snapshot!(scans.shown.title, @r##"Blocked: 10000 HIGH (trivy)"##);
    assert_snapshot!(outline(&scans), @r##"
    1 of 1 condition does not hold.
    |  | What is asked | What is so | Decided by | For |
    | --- | --- | --- | --- | --- |
    | ❌ | no finding of HIGH or worse | 10000 HIGH | `trivy` | `production` |
    - ❌ Mend them. (`findings_high`)
    ### Reports
    |  | Report | State | C / H / M / L / I | Compared |
    | --- | --- | --- | --- | --- |
    | ✅ | **semgrep** 1&#46;99&#46;0 · [semgrep-report](<https://github.example/acme/shop/actions/runs/7>) | ok | 0 / 26667 / 0 / 0 / 0 |  |
    | ✅ | **trivy** 0&#46;58&#46;1 · [trivy-report](<https://github.example/acme/shop/actions/runs/7>) | ok | 0 / 13333 / 0 / 0 / 0 |  |
    ### New: 34285
    | Severity | What | Where | Found by |
    | --- | --- | --- | --- |
    | **HIGH** | `rule-1004` Something is wrong | `src/5020.py:5020`, `src/5024.py:5024`, `src/5021.py:5021` and 1 more | semgrep |
    | **HIGH** | `rule-1007` Something is wrong | `src/5036.py:5036`, `src/5038.py:5038`, `src/5035.py:5035` and 1 more | semgrep |
    | **HIGH** | `rule-101` Something is wrong | `src/508.py:508`, `src/505.py:505`, `src/509.py:509` and 1 more | semgrep |
    … 444 more rows
    and 32497 more findings: [the full list](<https://countersign.example/reports/1001/3f2a9c1d00000000000000000000000000000001?key=abc>)
    ### Baselines
    - `semgrep`, `trivy`: compared with the report of `abc1234`, 2 days old

    text:
    <details><summary>Existing, in the baseline too: 5715</summary>
    and 5288 more findings: [the full list](<https://countersign.example/reports/1001/3f2a9c1d00000000000000000000000000000001?key=abc>)
    "##);
}

#[test]
fn nothing_asked_is_neutral_and_nothing_else_is() {
    let (standing, _) = blocked();
    let scans = shown(&(standing.clone(), Vec::new()));
    assert_eq!(scans.shown.status, CheckStatus::Completed(Conclusion::Neutral));
    assert_snapshot!(scans.shown.title, @r##"The policy asks nothing of these reports: 3 reports · 4 open (2 HIGH, 2 MEDIUM)"##);
    let (mut standing, gates) = (standing, blocked().1);
    standing.tally.pending = 2;
    let scans = shown(&(standing, gates));
    assert_eq!(scans.shown.status, CheckStatus::InProgress);
    assert_snapshot!(scans.shown.title, @r##"Reading 2 more reports · so far 2 new HIGH (trivy)"##);
}

/// A commit of which everything is called so that a report can call.
fn called(text: &str) -> (Standing, Vec<Gated>) {
    let (mut standing, mut gates) = blocked();
    let all = standing.open.iter_mut().chain(&mut standing.fixed).chain(&mut standing.waived);
    for problem in all.chain(&mut standing.suppressed) {
        text.clone_into(&mut problem.id);
        let finding = &mut problem.finding;
        finding.message = text.into();
        let rule = crate::report::Rule {
            id: text.into(),
            title: text.into(),
            url: Some(format!("https://a.example/{text}").into()),
            cwe: Vec::new(),
        };
        finding.rule = rule.into();
        finding.target = Some(text.into());
        if let Some(package) = &mut finding.package {
            (package.name, package.version) = (text.into(), text.into());
        }
        if let Some(known) = &mut finding.advisory {
            known.fixed = vec![text.into(), "99".into()];
            known.fix_state = Some(text.into());
        }
        if let Some(place) = &mut finding.place {
            place.file = if place.line == Some(42) { "src/orders.py".into() } else { text.into() };
        }
        if let Some(reason) = &mut finding.suppressed {
            (reason.kind, reason.reason) = (text.into(), text.into());
        }
        if let Some(waiver) = &mut problem.waiver {
            (waiver.by, waiver.reason) = (text.to_owned(), text.to_owned());
        }
        for said in &mut problem.said {
            said.tool = text.into();
        }
    }
    for row in &mut standing.rows {
        row.tool = tool(text, text);
        row.target = Some(text.into());
        row.state = State::Unreadable { why: text.to_owned() };
        row.notes = vec![text.to_owned()];
        row.origin.artifact = Some(text.to_owned());
        row.origin.entry = text.to_owned();
        row.inventory = Some((text.into(), 3));
    }
    for waiver in standing.waivers.expired.iter_mut().chain(&mut standing.waivers.expiring) {
        (waiver.id, waiver.by, waiver.reason) = (text.to_owned(), text.to_owned(), text.to_owned());
        waiver.only = Some(text.to_owned());
    }
    for condition in gates.iter_mut().flat_map(|gate| &mut gate.conditions) {
        (condition.title, condition.actual) = (text.to_owned(), text.to_owned());
        condition.requirement.sentence = text.to_owned();
        condition.decided_by = vec![text.into()];
    }
    (standing, gates)
}

/// Everything but words, code, and where our own links go.
fn skeleton(text: &str) -> Vec<String> {
    structure(text)
        .into_iter()
        .map(|event| if event.contains("Link") { "link".to_owned() } else { event })
        .collect()
}

#[test]
fn what_reports_say_is_never_more_than_words() {
    let plain = shown(&called("plain words"));
    for text in HOSTILE {
        let scans = shown(&called(text));
        let both = [
            (&scans.shown.summary, &plain.shown.summary),
            (scans.text.as_ref().unwrap(), plain.text.as_ref().unwrap()),
        ];
        for (hostile, plain) in both {
            assert_calls_nobody(hostile);
            let links =
                |text: &str| events(text).iter().filter(|e| format!("{e:?}").contains("Image")).count();
            assert_eq!(links(hostile), 0, "{hostile}");
            let html = |text: &str| -> Vec<String> {
                skeleton(text).into_iter().filter(|event| event.contains("Html")).collect()
            };
            assert_eq!(html(hostile), html(plain), "{text}");
            let tables = |text: &str| {
                skeleton(text)
                    .iter()
                    .filter(|event| event.contains("TableRow") || event.contains("Heading"))
                    .count()
            };
            assert_eq!(tables(hostile), tables(plain), "{text}: {hostile}");
        }
        for annotation in &scans.annotations {
            assert!(!annotation.message.contains("@a") && !annotation.message.contains('\u{202e}'));
        }
    }
}

#[test]
fn hostile_words_are_shown_as_they_were_written() {
    let scans = shown(&called("@alice </details> | **x** [a](https://evil.example) #1 `code` \u{202e}"));
    let title = scans.shown.title.replace('\u{200b}', "[break]");
    assert_snapshot!(title, @r##"Blocked: @[break]alice </details> | **x** [a](https://evil.example) #1 `code` �"##);
    assert_snapshot!(scans.shown.summary, @r##"
    1 of 2 conditions does not hold.


    |  | What is asked | What is so | Decided by | For |
    | --- | --- | --- | --- | --- |
    | ❌ | &#64;&#8203;alice &#60;&#47;details&#62; &#124; &#42;&#42;x&#42;&#42; &#91;a&#93;&#40;https&#58;&#8203;&#47;&#47;evil.example&#41; &#35;&#8203;1 &#96;code&#96; � | &#64;&#8203;alice &#60;&#47;details&#62; &#124; &#42;&#42;x&#42;&#42; &#91;a&#93;&#40;https&#58;&#8203;&#47;&#47;evil.example&#41; &#35;&#8203;1 &#96;code&#96; � | ``@alice </details> \| **x** [a](https://evil.example) #1 `cod…`` | `production`, `staging` |
    | ✅ | &#64;&#8203;alice &#60;&#47;details&#62; &#124; &#42;&#42;x&#42;&#42; &#91;a&#93;&#40;https&#58;&#8203;&#47;&#47;evil.example&#41; &#35;&#8203;1 &#96;code&#96; � | &#64;&#8203;alice &#60;&#47;details&#62; &#124; &#42;&#42;x&#42;&#42; &#91;a&#93;&#40;https&#58;&#8203;&#47;&#47;evil.example&#41; &#35;&#8203;1 &#96;code&#96; � | ``@alice </details> \| **x** [a](https://evil.example) #1 `cod…`` | `production` |


    - ❌ `@alice` &#60;`/details`&#62; &#124; &#42;&#42;x&#42;&#42; `[a](https://evil.example`) `#1` `code` � (`findings_high`)


    ### Reports


    |  | Report | State | C / H / M / L / I | Compared |
    | --- | --- | --- | --- | --- |
    | ❌ | **&#64;&#8203;alice &#60;&#47;details&#62; &#124; &#42;&#42;x&#42;&#42; &#91;a&#93;&#40;https&#58;&#8203;&#47;&#47;e…** &#64;&#8203;alice &#60;&#47;details&#62; &#124; &#42;&#42;x… · ``@alice </details> \| **x** [a](https://evil.example) #1 `code` �`` · [&#64;&#8203;alice &#60;&#47;details&#62; &#124; &#42;&#42;x&#42;&#42; &#91;a&#93;&#40;https&#58;&#8203;&#47;&#47;evil.example&#41; &#35;&#8203;1 &#96;cod…](<https://github.example/acme/shop/actions/runs/7>) | unreadable; `@alice` &#60;`/details`&#62; &#124; &#42;&#42;x&#42;&#42; `[a](https://evil.example`) `#1` `code` �; `@alice` &#60;`/details`&#62; &#124; &#42;&#42;x&#42;&#42; `[a](https://evil.example`) `#1` `code` � | 0 / 1 / 1 / 0 / 0; &#64;&#8203;alice &#60;&#47;details&#62; &#124; &#42;&#42;x&#42;&#42; &#91;a&#93;&#40;https&#58;&#8203;&#47;&#47;e…, 3 components | 2 new · 1 fixed · 1 waived |
    | ❌ | **&#64;&#8203;alice &#60;&#47;details&#62; &#124; &#42;&#42;x&#42;&#42; &#91;a&#93;&#40;https&#58;&#8203;&#47;&#47;e…** &#64;&#8203;alice &#60;&#47;details&#62; &#124; &#42;&#42;x… · ``@alice </details> \| **x** [a](https://evil.example) #1 `code` �`` · [&#64;&#8203;alice &#60;&#47;details&#62; &#124; &#42;&#42;x&#42;&#42; &#91;a&#93;&#40;https&#58;&#8203;&#47;&#47;evil.example&#41; &#35;&#8203;1 &#96;cod…](<https://github.example/acme/shop/actions/runs/7>) | unreadable; `@alice` &#60;`/details`&#62; &#124; &#42;&#42;x&#42;&#42; `[a](https://evil.example`) `#1` `code` �; `@alice` &#60;`/details`&#62; &#124; &#42;&#42;x&#42;&#42; `[a](https://evil.example`) `#1` `code` � | 0 / 1 / 1 / 0 / 0; &#64;&#8203;alice &#60;&#47;details&#62; &#124; &#42;&#42;x&#42;&#42; &#91;a&#93;&#40;https&#58;&#8203;&#47;&#47;e…, 3 components | 1 new · 1 existing |
    | ❌ | **&#64;&#8203;alice &#60;&#47;details&#62; &#124; &#42;&#42;x&#42;&#42; &#91;a&#93;&#40;https&#58;&#8203;&#47;&#47;e…** &#64;&#8203;alice &#60;&#47;details&#62; &#124; &#42;&#42;x… · ``@alice </details> \| **x** [a](https://evil.example) #1 `code` �`` · [&#64;&#8203;alice &#60;&#47;details&#62; &#124; &#42;&#42;x&#42;&#42; &#91;a&#93;&#40;https&#58;&#8203;&#47;&#47;evil.example&#41; &#35;&#8203;1 &#96;cod…](<https://github.example/acme/shop/actions/runs/7>) | unreadable; `@alice` &#60;`/details`&#62; &#124; &#42;&#42;x&#42;&#42; `[a](https://evil.example`) `#1` `code` �; `@alice` &#60;`/details`&#62; &#124; &#42;&#42;x&#42;&#42; `[a](https://evil.example`) `#1` `code` � | &#64;&#8203;alice &#60;&#47;details&#62; &#124; &#42;&#42;x&#42;&#42; &#91;a&#93;&#40;https&#58;&#8203;&#47;&#47;e…, 3 components |  |


    ### New: 3


    | Severity | What | Where | Found by |
    | --- | --- | --- | --- |
    | **HIGH** | **&#64;&#8203;alice &#60;&#47;details&#62; &#124; &#42;&#42;x&#42;&#42; &#91;a&#93;&#40;https&#58;&#8203;&#47;&#47;evil.example&#41; &#35;&#8203;1 &#96;code&#96; �** &#64;&#8203;alice &#60;&#47;details&#62; &#124; &#42;&#42;x&#42;&#42; &#91;a&#93;&#40;https&#58;&#8203;&#47;&#47;evil.example&#41; &#35;&#8203;1 &#96;cod…: [``@alice </details> \| **x** [a](https://evil.example) #1 `code` �``](<https://a.example/@alice%20%3C/details%3E%20%7C%20%2A%2Ax%2A%2A%20%5Ba%5D%28https://evil.example%29%20#1%20%60code%60%20%E2%80%AE>) (a.example), [``@alice </details> \| **x** [a](https://evil.example) #1 `code` �``](<https://a.example/@alice%20%3C/details%3E%20%7C%20%2A%2Ax%2A%2A%20%5Ba%5D%28https://evil.example%29%20#1%20%60code%60%20%E2%80%AE>) (a.example); fix: upgrade &#64;&#8203;alice &#60;&#47;details&#62; &#124; &#42;&#42;x&#42;&#42; &#91;a&#93;&#40;https&#58;&#8203;&#47;&#47;evil.example&#41; &#35;&#8203;1 &#96;code&#96; � &#64;&#8203;alice &#60;&#47;details&#62; &#124; &#42;&#42;x&#42;&#42; &#91;a&#93;&#40;https&#58;&#8203;&#47;&#47;evil.example&#41; &#35;&#8203;1 &#96;cod… → **99** removes 2 · **known to be exploited** · EPSS 93.7 % | ``@alice </details> \| **x** [a](https://evil.example) #1 `code` �`` | &#64;&#8203;alice &#60;&#47;details&#62; &#124; &#42;&#42;x&#42;&#42; &#91;a&#93;&#40;https&#58;&#8203;&#47;&#47;e…: HIGH &#64;&#8203;alice &#60;&#47;details&#62; &#124; &#42;&#42;x&#42;&#42; &#91;a&#93;&#40;https&#58;&#8203;&#47;&#47;e… / MEDIUM &#64;&#8203;alice &#60;&#47;details&#62; &#124; &#42;&#42;x&#42;&#42; &#91;a&#93;&#40;https&#58;&#8203;&#47;&#47;e… |
    | **HIGH** | [``@alice </details> \| **x** [a](https://evil.example) #1 `code` �``](<https://a.example/@alice%20%3C/details%3E%20%7C%20%2A%2Ax%2A%2A%20%5Ba%5D%28https://evil.example%29%20#1%20%60code%60%20%E2%80%AE>) (a.example) &#64;&#8203;alice &#60;&#47;details&#62; &#124; &#42;&#42;x&#42;&#42; &#91;a&#93;&#40;https&#58;&#8203;&#47;&#47;evil.example&#41; &#35;&#8203;1 &#96;code&#96; � | `src/orders.py:42` | &#64;&#8203;alice &#60;&#47;details&#62; &#124; &#42;&#42;x&#42;&#42; &#91;a&#93;&#40;https&#58;&#8203;&#47;&#47;e… |


    ### Baselines

    - ``@alice </details> | **x** [a](https://evil.example) #1 `cod…``: compared with the report of `abc1234`, 2 days old

    ### Waivers

    - ``@alice </details> | **x** [a](https://evil.example) #1 `code` �`` in ``@alice </details> | **x** [a](https://evil.example) #1 `code` �`` expired, and what it let through counts again (until 2026-01-01, by &#64;&#8203;alice &#60;&#47;details&#62; &#124; &#42;&#42;x&#42;&#42; &#91;a&#93;&#40;https&#58;&#8203;&#47;&#47;evil.example&#41; &#35;&#8203;1 &#96;cod…: &#64;&#8203;alice &#60;&#47;details&#62; &#124; &#42;&#42;x&#42;&#42; &#91;a&#93;&#40;https&#58;&#8203;&#47;&#47;evil.example&#41; &#35;&#8203;1 &#96;code&#96; �)
    - ``@alice </details> | **x** [a](https://evil.example) #1 `code` �`` in ``@alice </details> | **x** [a](https://evil.example) #1 `code` �`` expires soon (until 2026-12-01, by &#64;&#8203;alice &#60;&#47;details&#62; &#124; &#42;&#42;x&#42;&#42; &#91;a&#93;&#40;https&#58;&#8203;&#47;&#47;evil.example&#41; &#35;&#8203;1 &#96;cod…: &#64;&#8203;alice &#60;&#47;details&#62; &#124; &#42;&#42;x&#42;&#42; &#91;a&#93;&#40;https&#58;&#8203;&#47;&#47;evil.example&#41; &#35;&#8203;1 &#96;code&#96; �)

    *Beside the diff: 1 changed line with findings. On lines that did not change: 3.*
    "##);
}

#[test]
fn an_address_of_a_report_is_ours_for_public_names_or_says_its_host_and_is_none_of_a_forks() {
    let (mut standing, gates) = blocked();
    for problem in &mut standing.open {
        let url = Some("https://evil.example/help".into());
        problem.finding.rule = crate::report::Rule { url, ..(*problem.finding.rule).clone() }.into();
    }
    let mut forks = weakness("forks", "Click", Severity::High, "src/orders.py", 43);
    let url = Some("https://evil.example/help".into());
    forks.finding.rule = crate::report::Rule { url, ..(*forks.finding.rule).clone() }.into();
    forks.fork = true;
    standing.open.push(forks);
    let summary = shown(&(standing, gates)).shown.summary;
    for link in [
        "[`CVE-2021-23337`](<https://nvd.nist.gov/vuln/detail/CVE-2021-23337>), [`CVE-2020-28500`](<https://nvd.nist.gov/vuln/detail/CVE-2020-28500>);",
        "[`python.sqli-002a`](<https://evil.example/help>) (evil.example) SQL",
        "`forks-002b`",
    ] {
        assert!(summary.contains(link), "{link}: {summary}");
    }
    assert_eq!(summary.matches("<https://evil.example").count(), 1, "{summary}");
}

#[test]
fn links_go_only_where_browsers_go() {
    let (mut standing, gates) = blocked();
    for (problem, url) in
        standing.open.iter_mut().zip(["javascript:alert(1)", "file:///etc/passwd", "https://a@b.example/"])
    {
        let rule = crate::report::Rule { url: Some(url.into()), ..(*problem.finding.rule).clone() };
        problem.finding.rule = rule.into();
    }
    standing.rows[0].origin.url = Some("data:text/html,x".to_owned());
    let scans = shown(&(standing, gates));
    for bad in ["javascript", "file:", "a@b", "data:"] {
        assert!(!scans.shown.summary.contains(bad), "{bad}");
    }
}

#[test]
fn an_upgrade_is_advised_that_removes_the_most() {
    let group = |fixes: &[&[&'static str]]| {
        let all: Vec<Problem> = fixes
            .iter()
            .enumerate()
            .map(|(n, fixed)| vulnerability(&format!("CVE-{n}"), Severity::High, "x 1.2.0", fixed))
            .collect();
        let groups = groups(&all);
        groups[0].upgrade().map(|upgrade| format!("{} removes {}", upgrade.to, upgrade.removes))
    };
    assert_eq!(group(&[&["1.2.5"], &["1.3"], &["1.4"]]).unwrap(), "1.4 removes 3");
    assert_eq!(
        group(&[&["1.9.3", "2.0.1"], &["2.0.0"]]).unwrap(),
        "2.0.1 removes 2",
        "2.0.0 has not what 2.0.1 mends"
    );
    assert_eq!(group(&[&["1.2.5"], &["1.2.5"], &[]]).unwrap(), "1.2.5 removes 2");
    assert_eq!(group(&[&["1.1"]]), None, "that is older than what is installed");
    assert_eq!(group(&[&[]]), None);
}

#[test]
fn style_is_told_apart_and_after_everything_else() {
    let mut style = weakness("E501", "Line too long", Severity::Critical, "src/orders.py", 41);
    style.finding.category = Category::Lint;
    let weak = weakness("B1", "Weak", Severity::Low, "src/orders.py", 41);
    let scans = shown(&(standing(vec![row("ruff", "1")], vec![style, weak]), Vec::new()));
    let summary = &scans.shown.summary;
    assert!(summary.find("### New: 1\n").unwrap() < summary.find("### New, of style and types: 1").unwrap());
    let [one] = scans.annotations.as_slice() else { panic!("one for the line") };
    assert_eq!(
        (one.line, one.level, one.title.as_str()),
        (41, Level::Warning, "2 findings, the worst CRITICAL")
    );
}

#[test]
fn lines_that_stayed_and_what_is_no_file_are_not_annotated() {
    let at = |line| weakness("B1", "Weak", Severity::High, "src/orders.py", line);
    let mut pseudo = at(41);
    pseudo.finding.place.as_mut().unwrap().pseudo = true;
    let mut range = at(30);
    range.finding.place.as_mut().unwrap().end_line = Some(50);
    let scans = shown(&(standing(Vec::new(), vec![at(40), pseudo, range]), Vec::new()));
    let lines: Vec<u32> = scans.annotations.iter().map(|annotation| annotation.line).collect();
    assert_eq!(lines, [41], "the range, at its first changed line");
    assert!(
        scans
            .shown
            .summary
            .contains("*Beside the diff: 1 changed line with findings. On lines that did not change: 2.*")
    );
}

#[test]
fn marks_are_read_back_and_nothing_else_is() {
    let mark = Mark { list: 2, sent: 50 };
    assert_eq!(Mark::parse(&mark.to_string()), Some(mark));
    for text in ["", "scans:", "scans:1", "scans:1:-1", "scans:1:05", "scans:1:2:3", "1001:p2", "scans:x:1"] {
        assert_eq!(Mark::parse(text), None, "{text}");
    }
}

fn rows(count: usize, ok: bool) -> Vec<Row> {
    let state = |n: usize| {
        if ok {
            State::Ok
        } else {
            State::Unreadable { why: format!("It ends in the middle of line {n}. {}", "Look. ".repeat(60)) }
        }
    };
    (0..count)
        .map(|n| Row {
            state: state(n),
            notes: vec!["A note. ".repeat(50)],
            ..row(&format!("tool-{n}"), "1.0")
        })
        .collect()
}

#[test]
fn the_report_table_has_what_cannot_be_relied_on_however_long_it_is() {
    let mut all = rows(300, true);
    all.extend(rows(3, false));
    let scans = shown(&(standing(all, Vec::new()), Vec::new()));
    for n in 0..3 {
        assert!(
            scans.shown.summary.contains(&format!("| ❌ | **tool&#45;{n}**"))
                || scans.shown.summary.contains(&format!("| ❌ | **tool-{n}**")),
            "{}",
            scans.shown.summary
        );
    }
    let broken = shown(&(standing(rows(10_000, false), Vec::new()), Vec::new()));
    assert!(broken.shown.summary.contains("more reports that cannot be relied on"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn no_length_changes_the_verdict(findings in 0_u32..1_500, reports in 0_usize..300, conditions in 0_usize..300, long in 1_usize..400) {
        let (mut standing, mut gates) = many(findings);
        standing.rows.extend(rows(reports, reports % 2 == 0));
        let title = "x ".repeat(long);
        let more: Vec<_> = (0..conditions).map(|n| holds(&format!("{n} {title}"), &title)).collect();
        gates[0].conditions.extend(more);
        let scans = shown(&(standing.clone(), gates.clone()));
        prop_assert_eq!(scans.shown.status, CheckStatus::Completed(Conclusion::Failure));
        prop_assert!(scans.shown.summary.contains("| ❌ | no finding"));
        gates[0].conditions.remove(0);
        let scans = shown(&(standing, gates));
        prop_assert_eq!(scans.shown.status, CheckStatus::Completed(Conclusion::Success));
    }
}
