//! What the page shows, and to whom.

use super::*;
use crate::check_run::scans::Judged;
use crate::check_run::scans::samples::{self, blocked, standing, weakness};
use crate::comment::hostile::HOSTILE;
use crate::db::judgement::Judgement;
use crate::report::Severity;

fn shown(judged: &Judged) -> Shown {
    let judgement = Some(Judgement::new(judged, samples::now()));
    Shown { repo: "acme/shop".parse().unwrap(), commit: samples::commit(), judgement, now: samples::now() }
}

fn sample() -> Shown {
    let (standing, gates) = blocked();
    shown(&Judged { standing, gates, annotations: 50 })
}

fn filter(query: &str) -> Filter {
    Query::try_from_uri(&format!("https://x/?{query}").parse().unwrap()).map(|Query(filter)| filter).unwrap()
}

/// The names of the findings in the order in which they stand.
fn listed(shown: &Shown, query: &str) -> Vec<String> {
    let fitting = filter(query).fitting(&shown.judgement.as_ref().unwrap().judged.standing);
    fitting.into_iter().map(|(is, problem)| format!("{} {}", is.as_str(), problem.id)).collect()
}

#[test]
fn everything_is_listed_and_can_be_filtered() {
    let shown = sample();
    let all = listed(&shown, "key=x");
    assert_eq!(
        all,
        [
            "new CVE-2021-23337",
            "new CVE-2020-28500",
            "new python.sqli-002a",
            "existing python.eval-0007",
            "fixed CVE-2019-10744",
            "waived CVE-2022-0001",
            "suppressed B105-0003"
        ]
    );
    assert_eq!(listed(&shown, "severity=critical&state=fixed"), ["fixed CVE-2019-10744"]);
    assert_eq!(listed(&shown, "tool=grype"), ["new CVE-2021-23337"]);
    assert_eq!(listed(&shown, "state=open").len(), 4);
    assert_eq!(
        listed(&shown, "severity=nonsense&state=nonsense"),
        all,
        "what is not understood filters nothing"
    );
    assert!(listed(&shown, "tool=nobody").is_empty());
}

#[test]
fn long_lists_have_pages() {
    let open = (0..450).map(|n| weakness("B1", "Weak", Severity::High, "a.py", n)).collect();
    let shown = shown(&Judged { standing: standing(Vec::new(), open), gates: Vec::new(), annotations: 50 });
    let rows =
        |query: &str| page(&shown, &filter(query)).into_string().matches("data-label=\"Where\"").count();
    assert_eq!([rows(""), rows("page=3"), rows("page=99"), rows("page=-1")], [200, 50, 50, 200]);
    let text = page(&shown, &filter("key=k&tool=semgrep&page=2")).into_string();
    assert!(text.contains("\"?key=k&amp;tool=semgrep&amp;page=3#findings\""));
}

#[test]
fn what_reports_say_is_text() {
    for text in HOSTILE.into_iter().chain(["<script>alert(1)</script>", "\" onload=\"x", "'"]) {
        let (mut standing, gates) = blocked();
        for problem in &mut standing.open {
            text.clone_into(&mut problem.id);
            problem.finding.message = text.into();
            problem.finding.rule = crate::report::Rule {
                id: text.into(),
                title: text.into(),
                url: Some("javascript:x".into()),
                cwe: vec![],
            }
            .into();
            problem.finding.target = Some(text.into());
        }
        standing.rows[0].tool = samples::tool(text, text);
        standing.rows[0].origin.url = Some("data:text/html,x".to_owned());
        let page = page(&shown(&Judged { standing, gates, annotations: 50 }), &filter("")).into_string();
        for bad in ["<script", "<img", "<!--", "onload=\"", "javascript:", "data:text", "\u{202e}"] {
            assert!(!page.contains(bad), "{bad} of {text:?}");
        }
    }
}

#[test]
fn an_address_of_a_report_is_ours_for_public_names_or_says_its_host_and_is_none_of_a_forks() {
    let (mut standing, gates) = blocked();
    for problem in &mut standing.open {
        let url = Some("https://evil.example/help".into());
        problem.finding.rule = crate::report::Rule { url, ..(*problem.finding.rule).clone() }.into();
        problem.fork = problem.id.starts_with("python.eval");
    }
    let page = page(&shown(&Judged { standing, gates, annotations: 50 }), &filter("")).into_string();
    let link = |to: &str, id: &str| {
        format!("<a href=\"{to}\" rel=\"noopener noreferrer nofollow\"><code>{id}</code></a>")
    };
    for part in [
        link("https://nvd.nist.gov/vuln/detail/CVE-2021-23337", "CVE-2021-23337"),
        link("https://evil.example/help", "python.sqli-002a")
            + " <span class=\"quiet\">(evil.example)</span>",
        "<td data-label=\"Finding\"><code>python.eval-0007</code>".to_owned(),
    ] {
        assert!(page.contains(&part), "{part}: {page}");
    }
    assert_eq!(page.matches("https://evil.example").count(), 1);
}
