//! Good policies become the rules they say.

use std::time::Duration;

use super::{ALONE, SHOP, SMALLEST, parse};
use crate::policy::{Approvals, CheckRule, ParameterType, Source};

#[test]
fn the_shops_policy_means_what_it_says() {
    let policy = parse(SHOP);
    let production = &policy.environments[&"production".parse().unwrap()];
    let sources: Vec<String> = production.promote.from.iter().map(ToString::to_string).collect();
    assert_eq!(sources, ["default_branch", "tag:v*"]);
    let by: Vec<String> = production.promote.by.iter().map(ToString::to_string).collect();
    assert_eq!(by, ["team:acme/release", "user:alice"]);
    let after = &production.require.after[&"staging".parse().unwrap()];
    assert_eq!(after.soak, Some(Duration::from_mins(30)));
    assert_eq!(
        production.require.checks,
        [
            CheckRule { name: "build".to_owned(), app: None },
            CheckRule { name: "license/cla".to_owned(), app: Some("cla-assistant".to_owned()) },
        ]
    );
    let [rule] = production.approval_rules() else { panic!("one rule") };
    assert_eq!((rule.count, rule.separation_of_duties), (2, true));
    assert!(production.require.known_authors.contains("renovate@example.com"));
    assert_eq!(production.parameters["replicas"].allowed, ParameterType::Number { minimum: 1, maximum: 20 });
    let deploy = production.deploy.as_ref().unwrap();
    assert_eq!(deploy.workflow.as_str(), "cd.yml");
    assert_eq!(deploy.inputs["traffic"], "1.10", "a number keeps how it is written");
    assert_eq!(deploy.inputs["debug"], "false");
    assert_eq!(production.url.as_ref().unwrap().as_str(), "https://shop.example/");
}

#[test]
fn what_is_not_said_has_a_safe_meaning() {
    let policy = parse(SMALLEST);
    let preview = &policy.environments[&"preview".parse().unwrap()];
    assert_eq!(preview.promote.from, [Source::PullRequest]);
    assert_eq!(preview.expires, Duration::from_hours(24));
    assert_eq!(preview.require.approvals, Approvals::Unstated);
    assert!(preview.parameters.is_empty() && preview.deploy.is_none() && preview.url.is_none());
    let alone = parse(ALONE);
    assert_eq!(alone.environments[&"production".parse().unwrap()].require.approvals, Approvals::None);
}

#[test]
fn an_anchor_may_be_used_again() {
    let text = "
version: 1
environments:
  a: &rules
    promote: { from: [pull_request], by: [role:write] }
  b: *rules
";
    let policy = parse(text);
    assert_eq!(policy.environments[&"a".parse().unwrap()], policy.environments[&"b".parse().unwrap()]);
}
