//! What the policy promises, beyond what one file of it can show.

use super::Policy;

mod parsing;
mod problems;
mod deciding;
mod rights;
mod properties;
mod schema;
mod stored;
pub(crate) mod world;

const SHOP: &str = include_str!("../../../tests/fixtures/policies/shop.yml");
const SMALLEST: &str = include_str!("../../../tests/fixtures/policies/smallest.yml");
const ALONE: &str = include_str!("../../../tests/fixtures/policies/alone.yml");

fn parse(text: &str) -> Policy {
    Policy::parse("countersign.yml", text).unwrap_or_else(|problems| {
        let rendered: Vec<String> = problems.iter().map(|problem| problem.render(text, false)).collect();
        panic!("{}", rendered.join("\n"))
    })
}
