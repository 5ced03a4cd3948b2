//! Who is who: avatars, badges, and the people one can act as.

use axum::extract::{Path, State};
use axum::response::IntoResponse;
use http::header;
use maud::{Markup, html};
use serde::Deserialize;

use super::Page;
use super::view::{FORM, View};
use crate::account::{Membership, User};
use crate::comments::Issue;
use crate::repo::Role;

/// The colours of avatars; the stylesheet has the same.
const COLOURS: [&str; 6] = ["#0a7a5c", "#b35900", "#7d4cdb", "#b0306a", "#2563b8", "#5b6b1f"];

/// How many people can be acted as; the stylesheet knows as many.
const MOST: usize = 8;

/// What a page's address may say after the `?`.
#[derive(Debug, Deserialize)]
pub(super) struct Wish {
    /// As whom one acted last, for browsers without the script.
    #[serde(rename = "as")]
    pub(super) person: Option<String>,
}

/// Somebody one can act as.
pub(super) struct Person<'s> {
    /// Their account.
    pub(super) user: &'s User,
    /// Their part in one word: `author`, their team, or what they may do.
    pub(super) part: String,
}

impl<'s> View<'s> {
    /// Everybody one can act as, in the order their accounts were made.
    pub(super) fn cast(&self, issue: Option<&Issue>) -> Vec<Person<'s>> {
        let people = self.state.users.values().filter(|user| !user.is_bot());
        let known = people.map(|user| Person { user, part: self.part(user, issue) });
        known.take(MOST).collect()
    }

    fn part(&self, user: &User, issue: Option<&Issue>) -> String {
        if issue.is_some_and(|issue| issue.user == user.id) {
            return "author".to_owned();
        }
        let mut teams = self.state.teams.values();
        let team = teams.find(|team| team.members.get(&user.id) == Some(&Membership::Active));
        if let Some(team) = team {
            return team.slug.clone();
        }
        match self.state.role(self.repo, user.id) {
            Role::None => "stranger",
            Role::Read | Role::Triage => "reader",
            Role::Write => "writer",
            Role::Maintain => "maintainer",
            Role::Admin => "admin",
        }
        .to_owned()
    }

    /// A user's picture: their first letter on their colour.
    pub(super) fn avatar(&self, id: i64) -> Markup {
        let login = self.state.account_login(id);
        let bot = self.state.users.get(&id).is_some_and(User::is_bot);
        let letter = login.chars().next().unwrap_or('?').to_ascii_uppercase();
        let class = if bot { "avatar bot".to_owned() } else { format!("avatar tone-{}", tone(id)) };
        html! { span class=(class) aria-hidden="true" { (letter) } }
    }

    /// A user's name, with GitHub's label if it is a bot.
    pub(super) fn name(&self, id: i64) -> Markup {
        let login = self.state.account_login(id);
        let bot = self.state.users.get(&id).is_some_and(User::is_bot);
        html! {
            strong.login { (login.strip_suffix("[bot]").unwrap_or(login)) }
            @if bot { " " span.label { "bot" } }
        }
    }

    /// The badge beside a comment: the author, or a member of the organisation.
    pub(super) fn badge(&self, id: i64, issue: &Issue) -> Markup {
        let organization = self.state.organizations.get(&self.repo.owner);
        let member =
            organization.and_then(|o| o.members.get(&id)).is_some_and(|(m, _)| *m == Membership::Active);
        html! {
            @if issue.user == id { span.label { "Author" } }
            @else if member { span.label { "Member" } }
        }
    }

    /// The switch that says as whom everything on the page is done.
    pub(super) fn switch(&self, cast: &[Person<'_>], chosen: Option<&str>) -> Markup {
        let chosen = cast.iter().position(|p| Some(p.user.login.as_str()) == chosen).unwrap_or(0);
        html! {
            fieldset.switch {
                legend { "Act as" }
                @for (place, person) in cast.iter().enumerate() {
                    span.person {
                        input type="radio" name="as" form=(FORM) id={ "as-" (place) }
                            value=(person.user.login) checked[place == chosen];
                        label for={ "as-" (place) } {
                            (self.avatar(person.user.id))
                            span { b { (person.user.login) } " " small { (person.part) } }
                        }
                    }
                }
            }
        }
    }
}

/// `GET /avatars/{id}`: the same picture for those who find its address in the API.
pub(super) async fn picture(State(page): State<Page>, Path(id): Path<i64>) -> impl IntoResponse {
    let letter = page.fake.with_state(|state| state.account_login(id).chars().next().unwrap_or('?'));
    let colour = COLOURS.get(tone(id)).unwrap_or(&"#57606a");
    let drawing = html! {
        svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 40" width="40" height="40" {
            circle cx="20" cy="20" r="20" fill=(colour) {}
            text x="20" y="26" text-anchor="middle" font-family="sans-serif" font-size="17" fill="#fff" {
                (letter.to_ascii_uppercase())
            }
        }
    };
    ([(header::CONTENT_TYPE, "image/svg+xml")], drawing.0)
}

/// Which of the colours is somebody's own.
fn tone(id: i64) -> usize {
    id.unsigned_abs().try_into().unwrap_or(0_usize) % COLOURS.len()
}

/// The name of whoever is chosen; the stylesheet shows the right one.
pub(super) fn chosen_name(cast: &[Person<'_>]) -> Markup {
    html! {
        @for (place, person) in cast.iter().enumerate() {
            span class={ "when-" (place) } { (person.user.login) }
        }
    }
}
