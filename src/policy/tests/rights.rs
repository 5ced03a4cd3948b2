//! Everybody a person has to be compared with is looked up.

use super::world::policy;
use crate::policy::principals;

#[test]
fn all_principals_of_an_environment_are_looked_up() {
    let policy = policy();
    let production = policy.environment(&"production".parse().unwrap()).unwrap();
    let names: Vec<String> = principals(production).iter().map(ToString::to_string).collect();
    assert_eq!(names, ["user:alice", "team:acme/release", "team:acme/sre"]);
}
