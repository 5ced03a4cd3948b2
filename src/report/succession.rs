//! Which of the reports that came of a commit count. Bad evidence does not vanish: it is only ever replaced.
//!
//! Whoever may write to a repository may delete an artifact, or run a job again that then uploads nothing. What was
//! there stays, until something of the same name or by the same tool came that can be relied on.

use super::{Origin, Way};

/// One report that is stored, as far as it matters here.
#[derive(Debug, Clone, PartialEq)]
pub struct Stored {
    /// The name it was uploaded under.
    pub bundle: String,
    /// Who wrote it.
    pub tool: String,
    /// About what.
    pub target: String,
    /// Whether it can be relied on, in part, or not.
    pub worth: Worth,
    /// Where it came from.
    pub origin: Origin,
}

/// How much a report is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Worth {
    /// It can be relied on.
    Whole,
    /// It looked at some of what it should have looked at.
    Part,
    /// It failed, or cannot be read.
    Nothing,
}

/// What becomes of one of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It counts.
    Counts,
    /// A later attempt of its run was read to its end and brought none like it. It counts, and satisfies nothing.
    LeftBehind,
    /// Another took its place.
    Replaced,
}

/// What becomes of this one, among all of its commit. `read` tells whether an attempt of a run was read to its end.
pub fn fate(one: &Stored, all: &[Stored], read: &dyn Fn(i64, i64) -> bool) -> Fate {
    let later_attempts = all.iter().filter(|other| is_later_attempt(other, one, read));
    let went_on = |attempt: i64| read(run(one), attempt);
    match one.worth {
        Worth::Whole | Worth::Part => {
            if later_attempts.clone().any(|other| other.worth == Worth::Whole && is_like(other, one)) {
                return Fate::Replaced;
            }
        }
        // The run as a whole could not be read, and since then it was.
        Worth::Nothing if is_of_the_run(one) => {
            if (one.origin.attempt + 1..=one.origin.attempt + ATTEMPTS).any(went_on) {
                return Fate::Replaced;
            }
        }
        Worth::Nothing => {
            if all.iter().any(|other| heals(other, one, read)) {
                return Fate::Replaced;
            }
        }
    }
    let later = (one.origin.attempt + 1..=one.origin.attempt + ATTEMPTS).any(went_on);
    if later { Fate::LeftBehind } else { Fate::Counts }
}

/// What an attempt of a run that is read again does to what stood there of it before.
pub fn is_replaced_by(one: &Stored, again: &[Stored], names: &[String]) -> bool {
    let uploaded_again = names.contains(&one.bundle);
    let in_its_place = |other: &&Stored| other.bundle == one.bundle && other.origin.entry == one.origin.entry;
    match one.worth {
        Worth::Whole | Worth::Part => uploaded_again,
        Worth::Nothing if is_of_the_run(one) => true,
        Worth::Nothing => again
            .iter()
            .any(|other| in_its_place(&other) || other.worth == Worth::Whole && takes_the_place(other, one)),
    }
}

/// GitHub has a run begun again at most 50 times.
const ATTEMPTS: i64 = 50;

fn run(one: &Stored) -> i64 {
    one.origin.run.map_or(0, |run| run.0)
}

fn is_of_the_run(one: &Stored) -> bool {
    one.origin.way == Way::Artifact && one.bundle.is_empty()
}

fn is_later_attempt(other: &Stored, one: &Stored, read: &dyn Fn(i64, i64) -> bool) -> bool {
    let attempt = other.origin.attempt;
    run(other) == run(one) && attempt > one.origin.attempt && read(run(other), attempt)
}

/// Uploaded under the same name, or of the same tool about the same.
fn is_like(other: &Stored, one: &Stored) -> bool {
    let same_name = (other.origin.way, &other.bundle) == (one.origin.way, &one.bundle);
    same_name || (&other.tool, &other.target) == (&one.tool, &one.target)
}

/// A newer one of the same workflow that can be relied on. What a fork's run brought mends nothing of ours.
fn heals(other: &Stored, one: &Stored, read: &dyn Fn(i64, i64) -> bool) -> bool {
    let newer = run(other) > run(one) || is_later_attempt(other, one, read);
    let ours = one.origin.fork || !other.origin.fork;
    let same_workflow = one.origin.workflow.is_some() && other.origin.workflow == one.origin.workflow;
    other.worth == Worth::Whole && newer && ours && same_workflow && takes_the_place(other, one)
}

/// The same file of the same artifact, any of an artifact of which nothing could be read, or the same tool: what a report
/// that cannot be read is about is seldom known.
fn takes_the_place(other: &Stored, one: &Stored) -> bool {
    let same_name = (other.origin.way, &other.bundle) == (one.origin.way, &one.bundle);
    let same_file = one.origin.entry.is_empty() || other.origin.entry == one.origin.entry;
    let same_tool = other.tool == one.tool && (one.target.is_empty() || other.target == one.target);
    same_name && same_file || same_tool
}

#[cfg(test)]
pub(super) mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use proptest::prelude::*;

    use super::*;
    use crate::clock::Timestamp;
    use crate::ids::{CommitSha, RunId};

    fn stored(run: i64, attempt: i64, (bundle, entry): (&str, &str), tool: &str, worth: Worth) -> Stored {
        Stored {
            bundle: bundle.to_owned(),
            tool: tool.to_owned(),
            target: String::new(),
            worth,
            origin: Origin { run: Some(RunId(run)), attempt, entry: entry.to_owned(), ..origin(bundle) },
        }
    }

    /// An artifact of that name, of the first attempt of run 1.
    pub(in crate::report) fn origin(artifact: &str) -> Origin {
        Origin {
            way: Way::Artifact,
            commit: CommitSha::none(),
            run: Some(RunId(1)),
            attempt: 1,
            workflow: Some("ci.yml".to_owned()),
            artifact: Some(artifact.to_owned()),
            entry: String::new(),
            sha256: String::new(),
            fork: false,
            url: None,
            at: Timestamp(0),
        }
    }

    fn fate_of(one: &Stored, others: &[Stored]) -> Fate {
        let mut all = others.to_vec();
        all.push(one.clone());
        // Two attempts of run 1 were read, and one of each other run.
        fate(one, &all, &|run, attempt| attempt == 1 || run == 1 && attempt == 2)
    }

    #[test]
    fn attack_12_what_could_not_be_read_is_healed_by_what_can_and_by_nothing_else() {
        let broken = stored(1, 1, ("scans", "trivy.json"), "trivy", Worth::Nothing);
        assert_eq!(fate_of(&broken, &[]), Fate::LeftBehind, "attempt 2 brought nothing like it");
        let good = |run, attempt, place, tool| stored(run, attempt, place, tool, Worth::Whole);
        for healing in [
            good(1, 2, ("scans", "trivy.json"), "sarif"),
            good(1, 2, ("other", "x.json"), "trivy"),
            good(2, 1, ("scans", "trivy.json"), "trivy"),
        ] {
            assert_eq!(fate_of(&broken, std::slice::from_ref(&healing)), Fate::Replaced, "{healing:?}");
            for worth in [Worth::Part, Worth::Nothing] {
                let no_better = Stored { worth, ..healing.clone() };
                assert_eq!(fate_of(&broken, &[no_better]), Fate::LeftBehind);
            }
            let mut elsewhere = healing.clone();
            elsewhere.origin.workflow = Some("mine.yml".to_owned());
            let mut forked = healing.clone();
            forked.origin.fork = true;
            for other in [elsewhere, forked] {
                assert_eq!(fate_of(&broken, &[other]), Fate::LeftBehind);
            }
        }
        let earlier = good(1, 1, ("scans", "fs.json"), "trivy");
        assert_eq!(fate_of(&broken, &[earlier]), Fate::LeftBehind, "what came with it says nothing of it");
    }

    #[test]
    fn a_good_report_gives_way_to_a_later_one_like_it_that_is_as_good() {
        let good = stored(1, 1, ("scans", "a.json"), "trivy", Worth::Whole);
        let later = stored(1, 2, ("scans", "b.json"), "grype", Worth::Whole);
        assert_eq!(fate_of(&good, std::slice::from_ref(&later)), Fate::Replaced);
        assert_eq!(fate_of(&good, &[Stored { worth: Worth::Nothing, ..later }]), Fate::LeftBehind);
        let other_run = stored(2, 1, ("scans", "a.json"), "trivy", Worth::Whole);
        let alone = stored(3, 1, ("scans", "a.json"), "trivy", Worth::Whole);
        assert_eq!(fate_of(&alone, &[other_run]), Fate::Counts);
    }

    #[test]
    fn a_run_that_could_not_be_read_is_forgotten_once_it_was() {
        let whole_run = stored(1, 1, ("", ""), "workflow-run", Worth::Nothing);
        assert_eq!(fate_of(&whole_run, &[]), Fate::Replaced);
        let other = stored(2, 1, ("", ""), "workflow-run", Worth::Nothing);
        assert_eq!(fate_of(&other, &[]), Fate::Counts);
        assert!(is_replaced_by(&other, &[], &[]), "the same attempt was read again");
    }

    #[test]
    fn reading_a_run_again_forgets_nothing_that_is_no_longer_there() {
        let names = ["scans".to_owned()];
        let broken = stored(1, 1, ("scans", "trivy.json"), "trivy", Worth::Nothing);
        let good = stored(1, 1, ("scans", "semgrep.sarif"), "semgrep", Worth::Whole);
        assert!(!is_replaced_by(&broken, &[], &[]), "the artifact was deleted");
        assert!(!is_replaced_by(&broken, std::slice::from_ref(&good), &names), "the file was");
        let mended = Stored { worth: Worth::Whole, ..broken.clone() };
        assert!(is_replaced_by(&broken, &[mended], &names));
        assert!(!is_replaced_by(&good, &[], &[]), "its findings stay");
        assert!(is_replaced_by(&good, &[], &names));
    }

    /// By file: in which attempts of which runs.
    type Marks = [BTreeSet<(i64, i64)>; 3];

    /// What one reading of a run brings: of each file nothing, one that can be read, or one that cannot.
    type Reading = (i64, bool, [Option<bool>; 3]);

    fn reading() -> impl Strategy<Value = Reading> {
        (1_i64..4, any::<bool>(), any::<[Option<bool>; 3]>())
    }

    proptest! {
        // Against a model that knows only what was read, of each file by itself: whatever is deleted, left out or read again.
        #[test]
        fn what_was_seen_broken_stays_until_one_like_it_is_whole(readings in prop::collection::vec(reading(), 1..12)) {
            let (mut all, mut attempts) = (Vec::<Stored>::new(), BTreeMap::<i64, i64>::new());
            let (mut broken, mut whole): (Marks, Marks) = Default::default();
            for (run, again, files) in readings {
                let attempt = attempts.entry(run).or_insert(0);
                *attempt += i64::from(!again || *attempt == 0);
                let attempt = *attempt;
                let brought: Vec<Stored> = files.iter().enumerate().filter_map(|(file, whole)| {
                    let worth = if (*whole)? { Worth::Whole } else { Worth::Nothing };
                    let (name, tool) = (format!("artifact {file}"), format!("tool {file}"));
                    Some(stored(run, attempt, (&name, "report.json"), &tool, worth))
                }).collect();
                let names: Vec<String> = brought.iter().map(|one| one.bundle.clone()).collect();
                let here = |one: &Stored| one.origin.run == Some(RunId(run)) && one.origin.attempt == attempt;
                all.retain(|one| !here(one) || !is_replaced_by(one, &brought, &names));
                all.extend(brought);
                for (file, read) in files.iter().enumerate() {
                    let at = (run, attempt);
                    match read {
                        Some(false) => { whole[file].remove(&at); broken[file].insert(at); }
                        Some(true) => { broken[file].remove(&at); whole[file].insert(at); }
                        None => {}
                    }
                }
                let read = |run: i64, attempt: i64| attempts.get(&run).is_some_and(|last| attempt <= *last);
                for file in 0..3 {
                    // Runs and attempts are in the order of their numbers: any later one that is whole heals.
                    let healed = |at: &(i64, i64)| whole[file].iter().any(|later| later > at);
                    let stays = broken[file].iter().any(|at| !healed(at));
                    let tool = format!("tool {file}");
                    let bad = all.iter().filter(|one| one.tool == tool && one.worth == Worth::Nothing);
                    let counts = bad.filter(|one| fate(one, &all, &read) != Fate::Replaced).count();
                    prop_assert_eq!(counts > 0, stays, "{:?} {:?}", broken[file], all);
                }
            }
        }
    }
}
