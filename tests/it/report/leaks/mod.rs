//! Secrets that real reports carry are looked for in every place to which anything of a report gets: the
//! database, the logs, what GitHub is sent, and what we answer.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use countersign::github::fake::acts::code::Push;
use countersign::github::fake::seed;
use countersign::ids::RepoId;

use super::corpus::corpus;
use super::samples::zip;
use super::secrets::{LONG_ENOUGH, PASSWORD, files, secrets_of};
use crate::harness::acts::{BRANCH, POLICY};
use crate::harness::{AUDIENCE, SHOP, Scenario, database};
use crate::scenario;

mod needles;
mod overheard;

use needles::Needles;
use overheard::Overheard;

/// The rule that found a key in `conf/aws.tf`: it is no secret, and has to be told wherever findings are.
const RULE: &str = "aws-access-token";
/// The reports whose secrets are known, of which all are sent.
const CARRIERS: &[&str] = &[
    "gitleaks",
    "trufflehog",
    "bandit/bandit-dojo-1.9.4.json",
    "bandit/bandit-dojo-1.9.4.sarif",
    "trivy/golden-secrets.json",
    "trivy/misconfigurations_and_secrets.json",
    "sarif/gitleaks_7.5.0.sarif",
    "sarif/njsscan.sarif",
    "sarif/bash-report.sarif",
    "sarif/taint-python-report.sarif",
];
/// Texts below the keys of secrets that are none, because reports and we use the same words for other things.
const WORDS: &[&str] = &["a secret"];

/// One place that is looked through, and what stands there.
type Places = Vec<(String, Vec<u8>)>;

struct Carrier {
    name: String,
    bytes: Vec<u8>,
}

fn carriers() -> Option<Vec<Carrier>> {
    let corpus = corpus()?;
    let ours = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/reports");
    let mut paths: Vec<PathBuf> = ["bandit.json", "bandit.sarif"].map(|name| ours.join(name)).into();
    for carrier in CARRIERS {
        let path = corpus.join(carrier);
        paths.extend(if path.is_dir() { files(&path) } else { vec![path] });
    }
    let named = paths.into_iter().map(|path| {
        let name = path.strip_prefix(&corpus).unwrap_or(path.strip_prefix(&ours).unwrap_or(&path));
        Carrier { name: name.to_str().unwrap().to_owned(), bytes: std::fs::read(&path).unwrap() }
    });
    Some(named.collect())
}

/// What Bandit quotes in its messages about passwords.
fn quoted(text: &str) -> impl Iterator<Item = String> + '_ {
    text.split("hardcoded password: '")
        .skip(1)
        .filter_map(|rest| {
            let end = rest.find('\'')?;
            Some(rest[..end].split("\\n").map(str::to_owned).collect::<Vec<_>>())
        })
        .flatten()
}

/// What in a line of code looks like a key, and how each of those begins: a part of a secret tells it, too.
fn parts(line: &str) -> Vec<String> {
    const BEGINNING: usize = 16;
    let of_a_key = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '+' | '/' | '-');
    let words = line.split(|letter| !of_a_key(letter)).filter(|word| word.len() >= BEGINNING);
    let keys = words.filter(|word| word.contains(|letter: char| letter.is_ascii_digit()));
    keys.flat_map(|key| [key.to_owned(), key[..BEGINNING].to_owned()]).collect()
}

fn secrets(carriers: &[Carrier]) -> BTreeSet<String> {
    let mut all = BTreeSet::from([PASSWORD.to_owned()]);
    for carrier in carriers {
        let text = String::from_utf8_lossy(&carrier.bytes);
        all.extend(secrets_of(&text));
        all.extend(quoted(&text));
    }
    // TruffleHog writes them in base64.
    let inner: Vec<String> = all.iter().filter_map(|secret| needles::decoded(secret)).collect();
    all.extend(inner.iter().flat_map(|text| text.lines()).map(str::to_owned));
    let parts: Vec<String> = all.iter().flat_map(|secret| parts(secret)).collect();
    all.extend(parts);
    all.retain(|secret| secret.len() >= LONG_ENOUGH && !WORDS.contains(&secret.as_str()));
    all
}

/// The keys under which readers want a number, a list or an object.
const EXACTING: &[&str] = &[
    "StartLine",
    "lineNumber",
    "line_number",
    "startLine",
    "SourceID",
    "SourceMetadata",
    "Results",
    "Secrets",
    "results",
    "runs",
    "locations",
];

/// The same reports, broken, with a secret where nothing expects a text: an error may quote what it met.
fn broken(carriers: &[Carrier]) -> Vec<Carrier> {
    let mut all = Vec::new();
    for Carrier { name, bytes } in carriers.iter().filter(|one| one.bytes.len() < ALONE) {
        let mut add = |how: &str, bytes: Vec<u8>| all.push(Carrier { name: format!("{how}/{name}"), bytes });
        add("cut", bytes[..bytes.len() * 2 / 3].to_vec());
        let text = String::from_utf8_lossy(bytes);
        let Some(secret) = secrets_of(&text).pop_first() else { continue };
        let secret = serde_json::to_string(&secret).unwrap();
        for key in EXACTING {
            let place = format!("\"{key}\":");
            if text.contains(&place) {
                add(key, text.replace(&place, &format!("{place} {secret}, \"x\":")).into_bytes());
            }
        }
        if let Some(items) = text.trim_start().strip_prefix('[') {
            add("item", format!("[{items}").replacen('{', &format!("{secret}, {{"), 2).into_bytes());
        }
        if let Some((before, after)) = text.rsplit_once("\": \"") {
            add("escape", format!("{before}\": \"\\q{after}").into_bytes());
        }
    }
    all
}

fn zipped(carriers: &[Carrier]) -> Vec<u8> {
    let files: Vec<(&str, &[u8])> =
        carriers.iter().map(|one| (one.name.as_str(), one.bytes.as_slice())).collect();
    zip(&files)
}

fn policy() -> String {
    let wanted =
        "require: { workflows: [ci.yml], scans: { fail_on: low, must_have: [gitleaks, trufflehog] } }";
    let text = POLICY.replacen("require: { workflows: [ci.yml] }", wanted, 1);
    assert_ne!(text, POLICY);
    format!("{text}scans: {{ fail_on: low, waive: {{ by: [team:acme/sre] }} }}\n")
}

/// Every finding of a file that the pull request changes stands beside its line.
async fn changes(s: &mut Scenario) {
    for path in ["conf/aws.tf", "conf/rsa.pk", "tests/api.py", "shop/checkout.py", "auth.py", "keys"] {
        let content = "a line\n".repeat(60);
        s.push("alice", &Push::file(BRANCH, "Change it", path, &content)).await;
    }
}

/// A job sends reports itself, and its answers are kept.
async fn sent(s: &Scenario, run: i64, name: &str, body: Vec<u8>) -> (String, Vec<u8>) {
    let token = s.fake.job_token(SHOP, run, AUDIENCE).unwrap();
    let answer = s.send_report(name, &token).body(body).send().await.unwrap();
    (format!("the answer to {name}"), answer.bytes().await.unwrap().to_vec())
}

/// Everything that anybody can read of the commit's reports, and of the program.
async fn pages(s: &Scenario) -> Places {
    let key = s.app.page_key.of(RepoId(seed::SHOP), &s.head().parse().unwrap());
    let page = format!("/reports/{}/{}?key={key}", seed::SHOP, s.head());
    let mut pages = Vec::new();
    for (name, path) in [
        ("the page", page.clone()),
        ("the page", format!("{page}&page=2")),
        ("the page", format!("{page}&tool=gitleaks")),
        ("the page", format!("{page}&tool=trufflehog")),
        ("the page", format!("{page}&state=waived")),
        ("the metrics", "/metrics".to_owned()),
    ] {
        let answer = s.read(&path).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), 200, "{path}");
        pages.push((name.to_owned(), answer.bytes().await.unwrap().to_vec()));
    }
    pages
}

/// Longer reports come in the zip only.
const ALONE: usize = 32 << 10;

/// The reports are sent alone, sent together, and left as an artifact of the same run.
async fn delivered(s: &mut Scenario, carriers: &[Carrier], alone: bool) -> Places {
    let run = s.ci_goes_on();
    let mut answers = Vec::new();
    for one in carriers.iter().filter(|one| alone && one.bytes.len() < ALONE) {
        answers.push(sent(s, run, &one.name.replace(['/', '.'], "-"), one.bytes.clone()).await);
    }
    let all = zipped(carriers);
    answers.push(sent(s, run, "all", all.clone()).await);
    s.fake.finish_run_with(SHOP, run, "success", &[("scans", &all)]).unwrap();
    s.settle().await;
    s.advance(Duration::from_secs(2));
    answers
}

/// Everything is done with these reports that can be done with any.
async fn told(s: &mut Scenario, carriers: &[Carrier]) -> Places {
    s.policy(&policy()).await;
    changes(s).await;
    let mut answers = delivered(s, carriers, true).await;
    s.comment("alice", "/promote staging").await;
    s.comment("alice", "/why").await;
    s.comment("bob", &format!("/waive {RULE} --until 2026-12-01 --reason \"It was rotated.\"")).await;
    answers.extend(pages(s).await);
    answers.extend(delivered(s, &broken(carriers), false).await);
    s.comment("alice", "/why").await;
    answers.extend(pages(s).await);
    answers
}

/// Every value, also unpacked, and every file beside the database, byte by byte.
async fn kept(s: &Scenario) -> Places {
    let mut kept = Vec::new();
    for (column, value) in database::every_value(&s.database).await {
        if let Ok((size, block)) = lz4_flex::block::uncompressed_size(&value)
            && size < 64 << 20
            && let Ok(unpacked) = lz4_flex::block::decompress(block, size)
        {
            kept.push((format!("unpacked: {column}"), unpacked));
        }
        kept.push((format!("the database: {column}"), value));
    }
    if let Some(file) = s.database.strip_prefix("sqlite://") {
        for path in files(Path::new(file).parent().unwrap()) {
            kept.push((format!("the file {}", path.display()), std::fs::read(path).unwrap()));
        }
    }
    kept
}

/// Everything that was ever sent to GitHub.
fn asked(s: &Scenario) -> Places {
    let requests = s.fake.requests().into_iter().map(|one| {
        let place = format!("GitHub: {} {}", one.method, one.path);
        (place, format!("{} {:?} {}", one.path, one.query, one.request_body).into_bytes())
    });
    requests.collect()
}

/// Looks for what has to be there in the same way as for what must not be: who finds nothing has to be looking.
fn seen(places: &Places, what: &str, begins: &str) {
    let needles = Needles::new([what.to_owned()]);
    let found =
        places.iter().any(|(place, bytes)| place.starts_with(begins) && !needles.found_in(bytes).is_empty());
    assert!(found, "{what} is not told in {begins}");
}

scenario!(no_secret_of_a_report_gets_anywhere, s => {
    let Some(carriers) = carriers() else { return };
    let secrets = secrets(&carriers);
    assert!(secrets.len() > 20, "only {} secrets were found in the corpus", secrets.len());
    let _overheard = Overheard::begin();
    let mut places = told(s, &carriers).await;
    tokio::task::spawn_blocking(|| tracing::trace!("every thread is heard")).await.unwrap();
    places.push(("the logs".to_owned(), overheard::text()));
    places.extend(kept(s).await);
    places.extend(asked(s));
    for (what, begins) in [
        (RULE, "unpacked: report"),
        ("gitleaks", "unpacked: evidence"),
        (RULE, "the database: "),
        (RULE, "GitHub: PATCH /repos/acme/shop/check-runs"),
        (RULE, "GitHub: PATCH /repos/acme/shop/issues/comments"),
        (RULE, "the page"),
        ("gitleaks", "the answer to gitleaks-gitleaks8_many-json"),
        ("countersign_", "the metrics"),
        ("answered a request", "the logs"),
        ("asked GitHub", "the logs"),
        ("every thread is heard", "the logs"),
    ] {
        seen(&places, what, begins);
    }
    let needles = Needles::new(secrets.iter().cloned());
    let mut leaks = BTreeSet::new();
    for (place, bytes) in &places {
        leaks.extend(needles.found_in(bytes).into_iter().map(|secret| format!("{place}: {secret}")));
    }
    let leaks: Vec<String> = leaks.into_iter().collect();
    assert!(leaks.is_empty(), "{} secrets are told:\n{}", leaks.len(), leaks.join("\n"));
});
