//! The conversation in the order of time: what was said, pushed, reviewed, deployed and merged.

use countersign_page::{Icon, icon};
use maud::{Markup, html};

use super::mark;
use super::pull::Thread;
use super::view::View;
use crate::comments::Comment;
use crate::deployments::Deployment;
use crate::git::Commit;
use crate::pull::{Merged, Review, Verdict};
use countersign_kernel::clock::Timestamp;

/// One thing that happened.
enum Happening<'s> {
    Said(&'s Comment),
    Reviewed(&'s Review),
    Pushed(Vec<&'s Commit>),
    Deployed(&'s Deployment),
    Merged(&'s Merged),
    Closed,
}

/// The description and everything since.
pub(super) fn draw(view: &View<'_>, thread: Thread<'_>) -> Markup {
    html! {
        ol.timeline {
            li id={ "issue-" (thread.issue.id) } { (view.description(thread.issue)) }
            @for (moment, happening) in happenings(view, thread) { (item(view, thread, moment, &happening)) }
        }
    }
}

fn happenings<'s>(view: &View<'s>, Thread { issue, pull }: Thread<'s>) -> Vec<(Timestamp, Happening<'s>)> {
    let here = |number: i64| number == issue.number;
    let comments = view.repo.comments.values().filter(|c| here(c.number));
    let mut all: Vec<_> = comments.map(|c| (c.created_at, Happening::Said(c))).collect();
    if let Some(pull) = pull {
        let shas = view.state.pull_commits(pull);
        let commits: Vec<&Commit> = shas.iter().filter_map(|s| view.state.objects.commits.get(s)).collect();
        all.extend(commits.iter().map(|c| (c.committer.date, Happening::Pushed(vec![*c]))));
        let reviews = view.repo.reviews.values().filter(|r| here(r.number));
        all.extend(reviews.map(|r| (r.submitted_at, Happening::Reviewed(r))));
        let ours = |d: &&Deployment| commits.iter().any(|commit| commit.sha == d.sha);
        let deployments = view.repo.deployments.values().filter(ours);
        all.extend(deployments.map(|d| (d.created_at, Happening::Deployed(d))));
        all.extend(pull.merged.iter().map(|m| (m.at, Happening::Merged(m))));
    }
    if pull.is_none_or(|pull| pull.merged.is_none()) {
        all.extend(issue.closed_at.map(|at| (at, Happening::Closed)));
    }
    all.sort_by_key(|(moment, _)| *moment);
    together(all)
}

/// Commits that one person pushed one after another are shown together.
fn together<'s>(all: Vec<(Timestamp, Happening<'s>)>) -> Vec<(Timestamp, Happening<'s>)> {
    let mut grouped: Vec<(Timestamp, Happening<'s>)> = Vec::new();
    for (moment, happening) in all {
        if let (Some((_, Happening::Pushed(before))), Happening::Pushed(more)) =
            (grouped.last_mut(), &happening)
            && before.last().map(|c| c.committer.user) == more.first().map(|c| c.committer.user)
        {
            before.extend(more);
        } else {
            grouped.push((moment, happening));
        }
    }
    grouped
}

fn item(view: &View<'_>, thread: Thread<'_>, moment: Timestamp, happening: &Happening<'_>) -> Markup {
    match happening {
        Happening::Said(comment) => view.comment(comment, thread.issue),
        Happening::Reviewed(review) => reviewed(view, thread, review),
        Happening::Pushed(commits) => pushed(view, moment, commits),
        Happening::Deployed(deployment) => deployed(view, deployment),
        Happening::Merged(merged) => html! {
            li.event.merge { span.dot.merged { (icon(Icon::Merge)) } p {
                (view.name(merged.by)) " merged commit " (view.sha(&merged.sha)) " " (view.ago(moment))
            } }
        },
        Happening::Closed => html! {
            li.event { span.dot.closed { (icon(Icon::Cross)) } p { "This was closed " (view.ago(moment)) } }
        },
    }
}

fn pushed(view: &View<'_>, moment: Timestamp, commits: &[&Commit]) -> Markup {
    let Some(first) = commits.first() else { return html! {} };
    let said = if commits.len() == 1 { "a commit".to_owned() } else { format!("{} commits", commits.len()) };
    html! {
        li.event id={ "commit-" (first.sha) } {
            span.dot { (icon(Icon::Commit)) }
            p {
                @match first.committer.user {
                    Some(id) => { (view.avatar(id)) " " (view.name(id)) }
                    None => { strong { (first.committer.name) } }
                }
                " pushed " (said) " " (view.ago(moment))
            }
            ul.commits {
                @for commit in commits {
                    li {
                        span.subject { (commit.headline()) }
                        @if let Some(mark) = view.commit_mark(&commit.sha) { (mark.draw()) }
                        (view.sha(&commit.sha))
                    }
                }
            }
        }
    }
}

fn deployed(view: &View<'_>, deployment: &Deployment) -> Markup {
    let state = deployment.latest().map_or("pending", |status| status.state.as_str());
    html! {
        li.event id={ "deployment-" (deployment.id) } {
            span.dot { (icon(Icon::Rocket)) }
            p {
                (view.avatar(deployment.creator)) " " (view.name(deployment.creator)) " deployed "
                (view.sha(&deployment.sha)) " to " a href={ "#environment-" (deployment.environment) } {
                    strong { (deployment.environment) }
                } " " (view.ago(deployment.created_at)) " "
                span.outcome { (mark::of_deployment(state).draw()) (super::environments::word(state)) }
            }
        }
    }
}

fn reviewed(view: &View<'_>, thread: Thread<'_>, review: &Review) -> Markup {
    let (class, mark, said) = match review.verdict {
        Verdict::Approved => ("dot open", Icon::Check, "approved these changes"),
        Verdict::ChangesRequested => ("dot closed", Icon::Cross, "requested changes"),
        Verdict::Commented => ("dot", Icon::Eye, "reviewed"),
        Verdict::Dismissed => ("dot", Icon::Dash, "left a review, since dismissed,"),
    };
    html! {
        li.event id={ "pullrequestreview-" (review.id) } {
            span class=(class) { (icon(mark)) }
            p {
                (view.avatar(review.user)) " " (view.name(review.user)) " " (view.badge(review.user, thread.issue))
                " " (said) " at " (view.sha(&review.commit_id)) " " (view.ago(review.submitted_at))
            }
            @if !review.body.is_empty() { div.box.review { (view.markdown(&review.body)) } }
        }
    }
}
