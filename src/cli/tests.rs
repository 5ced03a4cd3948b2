use clap::CommandFactory as _;

use super::*;

#[test]
fn the_command_line_is_sound() {
    Cli::command().debug_assert();
}

#[test]
fn every_command_has_its_place_in_the_help() {
    let help = Cli::command().render_long_help().to_string();
    for command in ["serve", "sandbox", "policy", "audit", "report", "migrate"] {
        assert!(help.contains(&format!("\n  {command} ")), "{command} in\n{help}");
    }
    assert!(Cli::try_parse_from(["countersign"]).is_err());
    assert!(Cli::try_parse_from(["countersign", "serve", "--no-such-flag"]).is_err());
    assert!(Cli::try_parse_from(["countersign", "policy", "check"]).is_ok());
    assert!(Cli::try_parse_from(["countersign", "audit", "verify", "--key", "x"]).is_err());
}

#[test]
fn a_sound_policy_is_told_in_plain_words() {
    let text = include_str!("../../tests/fixtures/policies/shop.yml");
    let policy = crate::policy::Policy::parse("shop.yml", text).unwrap();
    insta::assert_snapshot!(policy::summary("shop.yml", &policy), @r#"
    shop.yml is sound. It lets commits be promoted to 2 environments:

    production
      - `/promote production` may be written by the team acme/release or alice
      - the commit must be on the default branch or tagged v*
      - the workflow ci.yml must have succeeded on it
      - the workflow security.yml must have succeeded on it
      - the check build must have succeeded on it
      - the check license/cla of the App cla-assistant must have succeeded on it
      - it must have been live in staging for 30m
      - it needs 2 approvals by the team acme/sre; who asked or took part in the change does not count
      - `canary=…` may be true or false, and has to be given
      - `note=…` may be a word of at most 40 bytes
      - `region=…` may be eu or us, eu if it is not given
      - `replicas=…` may be a number from 1 to 20
      - then the workflow cd.yml deploys it
      - it is void after 1d

    staging
      - `/promote staging` may be written by everybody with the role write
      - the commit must be the head of the pull request or on the default branch
      - the workflow ci.yml must have succeeded on it
      - nobody has to approve
      - then the workflow cd.yml deploys it
      - it is void after 1d
    "#);
}
