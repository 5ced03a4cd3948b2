//! The one comment of an issue or pull request, edited in place.

use url::Url;

use crate::comment::answer::Answer;
use crate::comment::overview::live_table;
use crate::comment::pages::Pages;
use crate::comment::prose::{login, time};
use crate::comment::requirements::table;
use crate::comment::standing::{badge, facts, next, subject};
use crate::ids::{IssueNumber, Repo, RepoId};
use crate::markdown::{Markdown, Untrusted, cut_to_bytes};
use crate::promotion::Promotion;

/// GitHub takes 65,536 characters; so many bytes are always fewer.
const LONGEST: usize = 60_000;
const LONGEST_OPEN: usize = 30_000;
const LONGEST_ENDED: usize = 8_000;
const LONGEST_LIVE: usize = 5_000;
const LONGEST_ANSWER: usize = 8_000;
const LONGEST_EARLIER: usize = 7_000;
const LONGEST_COMMAND: usize = 200;
const MOST_PROMOTIONS: usize = 10;
const MOST_ANSWERS: usize = 5;

/// Everything the status comment shows.
#[derive(Debug, Clone, Copy)]
pub struct StatusView<'a> {
    /// Where.
    pub repo: &'a Repo,
    /// On which issue or pull request.
    pub subject: IssueNumber,
    /// What was asked for here, newest first; ten are shown.
    pub promotions: &'a [Promotion],
    /// What is live in the repository, whoever asked for it.
    pub live: &'a [Promotion],
    /// What was said here, newest first; five are shown.
    pub answers: &'a [Answer],
    /// Where GitHub's pages are, such as `https://github.com`; without it there are fewer links.
    pub web_url: Option<&'a Url>,
}

/// The comment: what is open, what came of the rest, what is live, and the last answers.
///
/// At most 60,000 bytes; its first line is the [`marker`].
pub fn status_comment(view: &StatusView<'_>) -> String {
    let sections = [
        cut_to_bytes(open(view), LONGEST_OPEN),
        cut_to_bytes(ended(view), LONGEST_ENDED),
        cut_to_bytes(live(view), LONGEST_LIVE),
        answers(view),
        footer(),
    ];
    let shown = sections.into_iter().filter(|section| !section.is_empty());
    let body = cut_to_bytes(Markdown::join(shown, "\n\n"), LONGEST);
    format!("{}\n\n{body}\n", marker(view.repo.id, view.subject))
}

/// The hidden line by which our comment is found again.
pub fn marker(repo: RepoId, subject: IssueNumber) -> String {
    format!("<!-- countersign:status {repo}/{subject} -->")
}

impl<'a> StatusView<'a> {
    fn pages(&self) -> Pages<'a> {
        Pages { repo: self.repo, site: self.web_url }
    }

    fn promotions(&self, open: bool) -> impl Iterator<Item = &'a Promotion> {
        self.promotions.iter().take(MOST_PROMOTIONS).filter(move |one| one.state.is_open() == open)
    }
}

fn open(view: &StatusView<'_>) -> Markdown {
    if view.promotions.is_empty() {
        return Markdown::from(
            "### Nothing was asked for here yet\n\nWrite `/promote ENV` to ask for a promotion.",
        );
    }
    Markdown::join(view.promotions(true).map(|promotion| open_section(promotion, view)), "\n\n")
}

fn open_section(promotion: &Promotion, view: &StatusView<'_>) -> Markdown {
    Markdown::from("### ")
        .with(subject(promotion, &view.pages()))
        .with(" is ")
        .with(badge(&promotion.state))
        .with("\n\n")
        .with(next(promotion, &view.pages()))
        .with(table(&promotion.requirements))
        .with("\n<details><summary>What exactly was asked for</summary>")
        .with(facts(promotion))
        .with("\n</details>")
}

fn ended(view: &StatusView<'_>) -> Markdown {
    let lines: Vec<Markdown> = view.promotions(false).map(|promotion| ended_line(promotion, view)).collect();
    if lines.is_empty() {
        return Markdown::new();
    }
    Markdown::from("### Finished\n\n").with(Markdown::join(lines, "\n"))
}

fn ended_line(promotion: &Promotion, view: &StatusView<'_>) -> Markdown {
    Markdown::from("- ")
        .with(badge(&promotion.state))
        .with(" · **")
        .with(subject(promotion, &view.pages()))
        .with("** · ")
        .with(next(promotion, &view.pages()))
}

fn live(view: &StatusView<'_>) -> Markdown {
    if view.live.is_empty() {
        return Markdown::new();
    }
    let pages = view.pages();
    Markdown::from("### Live now").with(live_table(view.live, |_| pages))
}

fn answers(view: &StatusView<'_>) -> Markdown {
    let Some((latest, earlier)) = view.answers.split_first() else { return Markdown::new() };
    let shown = Markdown::from("### Latest answers\n\n").with(cut_to_bytes(said(latest), LONGEST_ANSWER));
    let earlier: Vec<Markdown> = earlier.iter().take(MOST_ANSWERS - 1).map(said).collect();
    if earlier.is_empty() {
        return shown;
    }
    let earlier = cut_to_bytes(Markdown::join(earlier, "\n\n---\n\n"), LONGEST_EARLIER);
    shown.with("\n\n<details><summary>Earlier answers</summary>\n\n").with(earlier).with("\n\n</details>")
}

fn said(answer: &Answer) -> Markdown {
    Markdown::from("**")
        .with(login(&answer.asker))
        .with("** · ")
        .with(Untrusted::new(&answer.asked).at_most(LONGEST_COMMAND).code())
        .with(" · ")
        .with(time(answer.at))
        .with("\n\n")
        .with(Markdown::stored(answer.markdown.trim().to_owned()))
}

fn footer() -> Markdown {
    Markdown::from("---\n\n<sub>Countersign keeps this comment up to date. `/help` lists the commands.</sub>")
}
