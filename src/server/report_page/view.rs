//! The page itself.

use std::collections::BTreeSet;

use countersign_page::untrusted::{readable, web};
use countersign_page::{Frame, Mark};
use maud::{Markup, html};

use super::filter::{Filter, Is, PER_PAGE};
use crate::check_run::scans::{Gated, Judged, NAME, Overall, View, merged, overall, place, title};
use crate::clock::Timestamp;
use crate::db::judgement::Judgement;
use crate::ids::{CommitSha, RepoName};
use crate::report::{Changed, PassedOver, Problem, Reference, Row, Severity, Standing};
use crate::requirement::Verdict;

/// What is shown.
#[derive(Debug)]
pub(crate) struct Shown {
    pub(crate) repo: RepoName,
    pub(crate) commit: CommitSha,
    pub(crate) judgement: Option<Judgement>,
    pub(crate) now: Timestamp,
}

/// The whole document.
pub(crate) fn page(shown: &Shown, filter: &Filter) -> Markup {
    let body = html! {
        @match &shown.judgement {
            Some(judgement) => (judged(shown, judgement, filter)),
            None => {
                (header(shown, &html! {}))
                p { "Nothing is kept yet of how this commit is judged by its reports. Press " strong { "Scan again" }
                    " below the check run " code { (NAME) } ", and open this page again when it has ended." }
            }
        }
        footer { "Countersign. The address of this page is known only to whoever can see the check run." }
    };
    let title = format!("Reports of {} · {}", shown.commit.short(), shown.repo);
    let frame =
        Frame { title: &title, style: "../page.css", home: "../../", bar: html! {}, body, live: None };
    frame.document()
}

fn judged(shown: &Shown, judgement: &Judgement, filter: &Filter) -> Markup {
    let Judged { standing, gates, .. } = &judgement.judged;
    let view =
        View { standing, gates, page: None, changed: &Changed::default(), annotations: 0, now: shown.now };
    let (overall, title) = (overall(standing, gates), title(&view));
    html! {
        (header(shown, &html! {
            p.verdict data-is=(word(overall)) { (sign(overall).draw()) span { (readable(&title)) } }
            p.quiet { "As judged " time datetime=(judgement.at) title=(judgement.at) { (ago(judgement.at, shown.now)) }
                ". Whatever changes it writes the check run and this page anew." }
        }))
        (asked(gates))
        (reports(&standing.rows))
        (passed_over(&standing.passed_over))
        (findings(judgement, filter))
    }
}

fn passed_over(artifacts: &[PassedOver]) -> Markup {
    html! {
        @if !artifacts.is_empty() {
            section {
                h2 { "Files that are no reports" }
                p.quiet { "No format that is known here; they count for nothing." }
                ul {
                    @for PassedOver { artifact, files } in artifacts {
                        li {
                            code { (readable(artifact)) } ": " (files.count) @if files.count == 1 { " file: " } @else { " files: " }
                            @for (index, name) in files.named.iter().enumerate() {
                                @if index > 0 { ", " } code { (readable(name)) }
                            }
                            @if files.count > files.named.len() as u64 {
                                " and " (files.count - files.named.len() as u64) " more"
                            }
                        }
                    }
                }
            }
        }
    }
}

fn header(shown: &Shown, verdict: &Markup) -> Markup {
    html! {
        header {
            p.where { (shown.repo) " · commit " code title=(shown.commit) { (shown.commit.short()) } }
            h1 { "Reports" }
            (verdict)
        }
    }
}

/// How long ago, in one unit.
fn ago(then: Timestamp, now: Timestamp) -> String {
    let minutes = now.since(then).as_secs() / 60;
    let (count, unit) = match minutes {
        0 => return "less than a minute ago".to_owned(),
        1..60 => (minutes, "minute"),
        60..2880 => (minutes / 60, "hour"),
        _ => (minutes / 1440, "day"),
    };
    format!("{count} {unit}{} ago", if count == 1 { "" } else { "s" })
}

fn word(overall: Overall) -> &'static str {
    match overall {
        Overall::Ungated => "neutral",
        Overall::Passed => "passed",
        Overall::Waiting => "waiting",
        Overall::Blocked => "blocked",
    }
}

/// The same as a sign: sign, word and colour are alike on all pages.
fn sign(overall: Overall) -> Mark {
    match overall {
        Overall::Ungated => Mark::Neutral,
        Overall::Passed => Mark::Passed,
        Overall::Waiting => Mark::Waiting,
        Overall::Blocked => Mark::Failed,
    }
}

fn asked(gates: &[Gated]) -> Markup {
    html! {
        @if !gates.is_empty() {
            section {
                h2 { "What is asked" }
                ul.asked {
                    @for asked in merged(gates) {
                        @let condition = asked.condition;
                            li {
                                (mark(condition.requirement.verdict).draw())
                                span {
                                    strong { (readable(&condition.title)) } ": " (readable(&condition.actual))
                                    span.quiet {
                                        " · "
                                        @if asked.everywhere { "every commit" } @else {
                                            @for (index, name) in asked.environments.iter().enumerate() {
                                                @if index > 0 { ", " } (name)
                                            }
                                        }
                                    }
                                    @if condition.requirement.verdict != Verdict::Holds {
                                        br; span.quiet { (readable(&condition.requirement.sentence)) }
                                    }
                                }
                            }
                    }
                }
            }
        }
    }
}

fn mark(verdict: Verdict) -> Mark {
    match verdict {
        Verdict::Holds => Mark::Passed,
        Verdict::Pending => Mark::Waiting,
        Verdict::Fails => Mark::Failed,
    }
}

fn reports(rows: &[Row]) -> Markup {
    let count = |row: &Row, severity: Severity| row.counts.get(&severity).copied().unwrap_or_default();
    html! {
        section {
            h2 { "Reports" span.count { (rows.len()) } }
            @if rows.is_empty() { p.quiet { "There is no report of this commit." } }
            @else {
                div.scroll { table.reports {
                    thead { tr {
                        th { "Report" } th { "State" }
                        @for severity in Severity::ALL { th.number { (severity.as_str()) } }
                    } }
                    tbody { @for row in rows { tr {
                        td data-label="Report" {
                            strong { (readable(&row.tool.name)) }
                            @if let Some(version) = &row.tool.version { " " (readable(version)) }
                            @if let Some(target) = &row.target { " " code { (readable(target)) } }
                            @if row.origin.fork { " · of a fork" }
                            br; (source(row))
                        }
                        td data-label="State" {
                            span.state data-is=(row.state.as_str()) { (row.state.as_str().replace('_', " ")) }
                            @for why in row.state.why().into_iter().chain(row.notes.iter().map(String::as_str)) {
                                br; span.quiet { (readable(why)) }
                            }
                        }
                        @for severity in Severity::ALL {
                            td.number data-label=(severity.as_str()) data-none[count(row, severity) == 0] {
                                (count(row, severity))
                            }
                        }
                    } } }
                } }
            }
        }
    }
}

/// Which file, with a link to the run.
fn source(row: &Row) -> Markup {
    let origin = &row.origin;
    let path = [origin.artifact.as_deref().unwrap_or_default(), &origin.entry].join("/");
    let path = readable(path.trim_matches('/'));
    html! {
        span.quiet {
            @match web(origin.url.as_deref()) {
                Some(url) => a href=(url) rel="noopener noreferrer nofollow" { (path) },
                None => (path),
            }
        }
    }
}

fn findings(judgement: &Judgement, filter: &Filter) -> Markup {
    let standing = &judgement.judged.standing;
    let fitting = filter.fitting(standing);
    let pages = fitting.len().div_ceil(PER_PAGE);
    let page = filter.page_of(pages);
    let first = (page - 1) * PER_PAGE;
    let here = fitting.get(first..fitting.len().min(first + PER_PAGE)).unwrap_or_default();
    html! {
        section {
            h2 #findings { "Findings" span.count { (fitting.len()) } }
            (form(standing, filter))
            @if judgement.left_out > 0 {
                p.quiet { (judgement.left_out) " more findings are counted in the check run, and not kept here." }
            }
            @if here.is_empty() { p.quiet { "Nothing fits." } }
            @else {
                table.findings {
                    thead { tr { th { "Severity" } th { "Finding" } th { "Where" } th { "Found by" } th { "State" } } }
                    tbody { @for (is, problem) in here { (finding(*is, problem)) } }
                }
                @if pages > 1 { (paging(filter, page, pages)) }
            }
        }
    }
}

fn form(standing: &Standing, filter: &Filter) -> Markup {
    let lists = [&standing.open, &standing.fixed, &standing.waived, &standing.suppressed, &standing.of_forks];
    let tools: BTreeSet<&str> =
        lists.into_iter().flatten().flat_map(|problem| problem.said.iter().map(|said| &*said.tool)).collect();
    let chosen = Severity::from_word(&filter.severity);
    html! {
        form method="get" action="#findings" {
            input type="hidden" name="key" value=(filter.key);
            label { "Severity" select name="severity" {
                option value="" { "all" }
                @for severity in Severity::ALL {
                    option value=(severity.as_str()) selected[chosen == Some(severity)] { (severity.as_str()) }
                }
            } }
            label { "Tool" select name="tool" {
                option value="" { "all" }
                @for tool in tools { option value=(tool) selected[filter.tool == tool] { (readable(tool)) } }
            } }
            label { "State" select name="state" {
                option value="" { "all" }
                option value="open" selected[filter.state == "open"] { "open" }
                @for is in Is::ALL {
                    option value=(is.as_str()) selected[filter.state == is.as_str()] { (is.words()) }
                }
            } }
            button.primary type="submit" { "Show" }
        }
    }
}

fn finding(is: Is, problem: &Problem) -> Markup {
    let finding = &problem.finding;
    let said = if finding.rule.title.trim().is_empty() { &finding.message } else { &finding.rule.title };
    let known = finding.advisory.as_deref();
    html! {
        tr {
            td data-label="Severity" {
                span.severity data-is=(problem.severity.as_str()) { (problem.severity.as_str()) }
            }
            td data-label="Finding" {
                @if let Some(package) = &finding.package {
                    strong { (readable(&package.name)) " " (readable(&package.version)) } " "
                }
                (named(problem))
                " " (readable(said))
                @if !finding.message.trim().is_empty() && finding.message.trim() != said.trim() {
                    br; span.quiet { (readable(&finding.message)) }
                }
                @if let Some(known) = known {
                    @if !known.fixed.is_empty() {
                        br; span.fix { "fixed in " (readable(&known.fixed.join(", "))) }
                    }
                    @if known.kev { " " span.loud { "known to be exploited" } }
                    @if let Some(epss) = known.epss { " " span.quiet { "EPSS " (format!("{:.1} %", epss * 100.0)) } }
                }
                @if let Some(true) = finding.secret.as_ref().and_then(|secret| secret.verified) {
                    " " span.loud { "it works" }
                }
                @if let Some(waiver) = &problem.waiver {
                    br; span.quiet {
                        "waived until " (waiver.until) " by " (readable(&waiver.by)) ": " (readable(&waiver.reason))
                    }
                }
                @if let Some(reason) = &finding.suppressed {
                    br; span.quiet { (readable(&reason.kind)) " " (readable(&reason.reason)) }
                }
            }
            td.place data-label="Where" { code { (readable(&place(problem))) } }
            td data-label="Found by" {
                @for (index, said) in problem.said.iter().enumerate() {
                    @if index > 0 { br; }
                    (readable(&said.tool))
                    @if said.severity != problem.severity { span.quiet { " says " (said.severity.as_str()) } }
                }
            }
            td data-label="State" { span.is data-is=(is.as_str()) { (is.words()) } }
        }
    }
}

/// Its name, with a link where there is more to read.
fn named(problem: &Problem) -> Markup {
    let id = html! { code { (readable(&problem.id)) } };
    html! {
        @match problem.reference() {
            Some(Reference::Public(url)) => a href=(url) rel="noopener noreferrer nofollow" { (id) },
            Some(Reference::Said { url, host }) => {
                a href=(url) rel="noopener noreferrer nofollow" { (id) } " " span.quiet { "(" (host) ")" }
            }
            None => (id),
        }
    }
}

fn paging(filter: &Filter, page: usize, pages: usize) -> Markup {
    html! {
        nav.paging aria-label="Pages" {
            @if page > 1 { a rel="prev" href={ (filter.at_page(page - 1)) "#findings" } { "← Earlier" } }
            span { "Page " (page) " of " (pages) }
            @if page < pages { a rel="next" href={ (filter.at_page(page + 1)) "#findings" } { "Later →" } }
        }
    }
}
