//! What cannot be known is not guessed.

use countersign::github::fake::faults::Fault;

use crate::harness::SHOP;
use crate::scenario;

const WITHOUT_MARK: &str = "name: Deploy
on:
  workflow_dispatch:
    inputs:
      environment: { required: true, type: string }
      countersign_id: { required: false, type: string }
jobs:
  deploy:
    runs-on: ubuntu-latest
    steps:
      - run: ./deploy.sh
";

scenario!(a_dispatch_whose_outcome_cannot_be_known_says_so, s => {
    s.fake.push_file(SHOP, "bob", "main", (".github/workflows/cd.yml", WITHOUT_MARK)).unwrap();
    s.settle().await;
    s.fake.fail_next("POST", "/repos/*/*/actions/workflows/*/dispatches", Fault::ApplyThenDrop);
    s.comment("alice", "/promote staging").await;
    s.calms_down().await;
    assert_eq!(s.dispatched().len(), 1, "it is not dispatched again");
    let trail = s.trail().await;
    assert!(trail.iter().any(|line| line.ends_with("effect.result dispatch_workflow unknown outcome_unknown")), "{trail:#?}");
    assert!(trail.iter().any(|line| line.ends_with("promotion.failed unknown outcome_unknown")), "{trail:#?}");
    assert_eq!(s.deployments("staging"), ["error"]);
});

scenario!(a_dispatch_that_never_gets_an_answer_ends_unknown, s => {
    s.fake.fail_times("POST", "/repos/*/*/actions/workflows/*/dispatches", Fault::DropBefore, 12);
    s.comment("alice", "/promote staging").await;
    s.calms_down().await;
    assert_eq!(s.dispatched().len(), 0);
    let trail = s.trail().await;
    assert!(trail.iter().any(|line| line.ends_with("effect.result dispatch_workflow unknown outcome_unknown")), "{trail:#?}");
    assert_eq!(s.deployments("staging"), ["error"]);
});
