//! Whether the reports are there, and can be relied on.

use super::super::{Condition, ReportFact, State, Tally};
use super::{Gate, Judged, answers, few, tools, who, whos};
use crate::requirement::Code;

/// Nothing is decided before everything is read.
pub(super) fn pending(tally: &Tally) -> Option<Condition> {
    let pending = tally.pending;
    let title = "all reports are read".to_owned();
    let judged = Judged { title, actual: format!("{pending} to be read"), decided_by: Vec::new() };
    let sentence = format!("{pending} more to be fetched or read. Wait: this goes on by itself.");
    (pending > 0).then(|| judged.pending(Code::ReportPending, sentence))
}

/// Where nothing is named, there has to be something all the same.
pub(super) fn any(gate: &Gate, tally: &Tally) -> Option<Condition> {
    let is_one = |fact: &ReportFact| !matches!(fact.state, State::Withheld { .. });
    if !gate.must_have.is_empty() || gate.believed(tally).any(is_one) {
        return None;
    }
    let judged = Judged { title: "a report".to_owned(), actual: "none".to_owned(), decided_by: Vec::new() };
    let forks = of_forks(!tally.reports.is_empty() || !tally.of_forks.is_empty());
    let sentence = format!(
        "Nothing that was run on this commit brought a report{forks}. Run a scanner or the tests, and upload \
         what they write."
    );
    Some(judged.pending(Code::ReportMissing, sentence))
}

/// One that must be there. All of its name have to be right: of two, the broken one may be the one that
/// matters.
pub(super) fn named(gate: &Gate, tally: &Tally, name: &str) -> Condition {
    let called = gate.called(tally, name);
    let title = format!("report: {name}");
    let worst = called.iter().filter(|fact| is_broken(fact)).max_by_key(|fact| rank(&fact.state));
    if let Some(worst) = worst {
        let broken = called.iter().filter(|fact| is_broken(fact)).copied().collect::<Vec<_>>();
        let actual = worst.state.as_str().to_owned();
        return unreliable(Judged { title, actual, decided_by: tools(&broken) }, &broken, worst);
    }
    if called.is_empty() {
        let mut all = tally.reports.iter().chain(&tally.of_forks);
        let forks = of_forks(all.any(|fact| answers(fact, name)));
        let sentence = format!(
            "No report called `{name}` came of this commit{forks}. Run it on this commit, and upload what it \
             writes."
        );
        let judged = Judged { title, actual: "missing".to_owned(), decided_by: Vec::new() };
        return judged.pending(Code::ReportMissing, sentence);
    }
    let actual = if called.len() == 1 { "ok".to_owned() } else { format!("ok ({} reports)", called.len()) };
    let sentence = match let_through(&called) {
        Some(let_through) => let_through,
        None => format!("{} is there and can be relied on.", whos(&called)),
    };
    Judged { title, actual, decided_by: tools(&called) }.holds(sentence)
}

/// Whatever was not asked for by name may still hide what was asked for not to be there.
pub(super) fn reliable(gate: &Gate, tally: &Tally) -> Option<Condition> {
    let judged_above = |fact: &ReportFact| {
        (gate.forks || !fact.fork) && gate.must_have.iter().any(|name| answers(fact, name))
    };
    // What GitHub does not show is asked for only where it is named.
    let shown = |fact: &&ReportFact| !matches!(fact.state, State::Withheld { .. });
    let others =
        tally.reports.iter().filter(shown).filter(|fact| !judged_above(fact) && may_hide(gate, fact));
    let others: Vec<&ReportFact> = others.collect();
    let broken: Vec<&ReportFact> = others.iter().copied().filter(|fact| is_broken(fact)).collect();
    let title = "every other report can be relied on".to_owned();
    match broken.iter().max_by_key(|fact| rank(&fact.state)) {
        Some(worst) => {
            let actual = format!("{} of {} cannot", broken.len(), others.len());
            Some(unreliable(Judged { title, actual, decided_by: tools(&broken) }, &broken, worst))
        }
        None if others.is_empty() => None,
        None => {
            let judged = Judged { title, actual: "all".to_owned(), decided_by: tools(&others) };
            let sentence =
                let_through(&others).unwrap_or_else(|| format!("{} can be relied on.", whos(&others)));
            Some(judged.holds(sentence))
        }
    }
}

/// Whether the gate looks at something that this report may not tell because it is broken. What a broken
/// report would have told, nobody knows, so any may have had findings.
fn may_hide(gate: &Gate, fact: &ReportFact) -> bool {
    let tests = !gate.ignore_tests && (answers(fact, "tests") || answers(fact, "junit"));
    let measured = gate.coverage_minimum.is_some() || gate.coverage_max_drop.is_some();
    gate.fail_on.is_some() || gate.known_exploited || tests || (measured && answers(fact, "coverage"))
}

fn unreliable(judged: Judged<'_>, broken: &[&ReportFact], worst: &ReportFact) -> Condition {
    let told: Vec<String> = broken.iter().map(|fact| describe(fact)).collect();
    let so = few(&told, told.len() as u64);
    let so = so.trim_end_matches('.');
    if matches!(worst.state, State::Withheld { .. }) {
        let name = &worst.tool.name;
        let sentence = format!(
            "{so}. Turn {name} on in the repository's settings and let the App read it, or take {name} out of `must_have`."
        );
        return judged.pending(Code::ReportMissing, sentence);
    }
    let next = "What it did not tell cannot be known. Mend it, and run its workflow again on this commit";
    let sentence = match &worst.id {
        Some(id) => format!("{so}. {next}, or let it through with /waive {id} --until DATE --reason \"…\"."),
        None => format!("{so}. {next}."),
    };
    match code(&worst.state) {
        Code::ReportMissing => judged.pending(Code::ReportMissing, sentence),
        code => judged.fails(code, sentence),
    }
}

/// It cannot be relied on, and nobody lets it through.
fn is_broken(fact: &ReportFact) -> bool {
    !fact.state.is_ok() && fact.waived_until.is_none()
}

/// Those of them that somebody lets through.
fn let_through(facts: &[&ReportFact]) -> Option<String> {
    let (broken, until): (Vec<&ReportFact>, Vec<_>) =
        facts.iter().filter_map(|fact| Some((*fact, fact.waived_until?))).unzip();
    let first = until.into_iter().min()?;
    Some(format!("{} cannot be relied on, and is let through until {first}.", whos(&broken)))
}

fn describe(fact: &ReportFact) -> String {
    let why = fact.state.why().map(|why| format!(" ({})", why.trim_end_matches('.'))).unwrap_or_default();
    let is = match fact.state {
        State::Ok => "is right",
        State::Partial { .. } => "looked at only a part",
        State::ScanFailed { .. } => "failed",
        State::Unreadable { .. } => "cannot be read",
        State::Missing => "is missing",
        State::Withheld { .. } => "is not shown to us",
    };
    format!("{} {is}{why}", who(fact))
}

fn code(state: &State) -> Code {
    match state {
        State::Ok => Code::Holds,
        State::Partial { .. } => Code::ReportPartial,
        State::ScanFailed { .. } => Code::ReportFailed,
        State::Unreadable { .. } => Code::ReportUnreadable,
        State::Missing | State::Withheld { .. } => Code::ReportMissing,
    }
}

/// How much of a report is lost.
fn rank(state: &State) -> u8 {
    match state {
        State::Ok => 0,
        State::Missing | State::Withheld { .. } => 1,
        State::Partial { .. } => 2,
        State::ScanFailed { .. } => 3,
        State::Unreadable { .. } => 4,
    }
}

fn of_forks(there: bool) -> &'static str {
    if there { " but from a fork's run, which does not count" } else { "" }
}
