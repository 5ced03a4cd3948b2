//! What a reviewer decides from, as it is sent.

use insta::assert_snapshot;

use super::*;
use crate::audit::{Checkpoint, Receipt, empty_root, leaf_hash};
use crate::comment::samples::*;

#[test]
fn a_waiting_promotion_can_be_decided_from_its_check_run() {
    let shown = of_promotion(&waiting(1), None);
    assert_eq!(shown.name, "countersign/production");
    assert_eq!(shown.external_id, "1001:p2");
    assert_eq!(shown.status, CheckStatus::Completed(Conclusion::ActionRequired));
    assert_snapshot!(shown.title, @r#"Waiting for 2 approvals from team:acme/sre (1 of 2 so far)"#);
    assert_snapshot!(shown.summary, @r#"
    Everything else holds; it waits for 2 approvals from `team:acme/sre` &#40;1 of 2 so far). Who can act: any 1 more of `team:acme/sre`, not alice (who asked for it). They write `/approve p2` or `/reject p2 --reason "…"` in a comment. The buttons of this check do the same.

    |  | Requirement | What is so, and who can act | Code |
    | --- | --- | --- | --- |
    | ✅ | source | `3f2a9c1` is the head of pull request 7&#46; |  |
    | ✅ | workflow `ci.yml` | `ci.yml` succeeded on `3f2a9c1`. |  |
    | ⏳ | 2 approvals from `team:acme/sre` | 1 of 2 approvals: bob. *Who can act:* any 1 more of `team:acme/sre`, not alice (who asked for it). | `approvals_missing` |


    **p2 is exactly this**, and an approval counts for nothing else:

    - Commit: `3f2a9c1d00000000000000000000000000000001`, the head when it was asked for
    - Environment: `production`
    - Asked for by: alice, 2026-11-21 09:15 UTC
    - Reason: “fixes the checkout”
    - Policy: `b10b000000000000000000000000000000000002`
    - Expires: 2026-11-22 09:15 UTC
    "#);
    let buttons: Vec<_> = shown
        .buttons
        .iter()
        .map(|b| (b.label.as_str(), b.description.as_str(), b.identifier.as_str()))
        .collect();
    assert_eq!(buttons, [("Approve", "Vote for p2", APPROVE), ("Reject", "Vote against p2", REJECT)]);
}

#[test]
fn every_state_has_a_check_run() {
    let mut lines = Vec::new();
    for state in every_state() {
        let mut promotion = promotion(2, "production", state);
        if promotion.state.is_waiting() {
            promotion.requirements = blocked().requirements;
        }
        if promotion.state == State::AwaitingApproval {
            promotion.requirements = waiting(0).requirements;
        }
        let shown = of_promotion(&promotion, None);
        assert_eq!(!shown.buttons.is_empty(), promotion.state == State::AwaitingApproval);
        lines.push(format!("{:?} · {}", shown.status, shown.title));
    }
    assert_snapshot!(lines.join("\n"), @r#"
    InProgress · Blocked: ci.yml ended as failure on 3f2a9c1; 3f2a9c1 has not been deployed to staging; 2 approvals from team:acme/sre
    Completed(ActionRequired) · Waiting for 2 approvals from team:acme/sre
    InProgress · Approved: asking GitHub to deploy 3f2a9c1 to production
    InProgress · Deploying 3f2a9c1 to production
    Completed(Success) · Deployed 3f2a9c1 to production
    Completed(Failure) · Failed: The deployment workflow ended with failure. See its run, mend it, and ask again.
    Completed(Failure) · Rejected by carol
    Completed(Cancelled) · Cancelled by alice
    Completed(Cancelled) · Superseded: The head of the pull request is aaaaaaa now, not 3f2a9c1 as asked for; ask again for the new head.
    Completed(Cancelled) · Expired: nobody finished it in time
    "#);
}

#[test]
fn an_external_id_is_read_back_and_nothing_else_is() {
    let id = waiting(0).id();
    assert_eq!(parse_external_id(&id.to_string()), Some(id));
    for text in [
        "", ":", "1001", "1001:", "1001:2", "1001:p0", "+1001:p2", "01001:p2", "1001:p02", "1001:p2 ", "x:p2",
    ] {
        assert_eq!(parse_external_id(text), None, "{text:?}");
    }
}

#[test]
fn a_title_is_one_line_that_calls_nobody() {
    let sentence = format!("see @acme/sre\n\u{202e}now {}", "ä".repeat(200));
    let title = of_promotion(&promotion(2, "production", failed(&sentence)), None).title;
    assert!(title.starts_with("Failed: see @\u{200b}acme/sre \u{fffd}now ä"), "{title}");
    assert!(title.len() <= 255 && title.ends_with('…'), "{title}");
}

#[test]
fn buttons_fit_whatever_the_number() {
    let mut promotion = waiting(0);
    promotion.tuple.promotion.number = PromotionNumber(i64::MAX);
    for button in of_promotion(&promotion, None).buttons {
        assert!(button.label.len() <= 20 && button.description.len() <= 40 && button.identifier.len() <= 20);
    }
}

fn receipt() -> Receipt {
    Receipt {
        index: 41,
        leaf_hash: leaf_hash(b"an entry"),
        checkpoint: Checkpoint {
            origin: "countersign.example/log/acme".parse().unwrap(),
            size: 42,
            root: empty_root(),
        },
    }
}

#[test]
fn a_check_run_ends_with_where_the_log_says_the_same() {
    let public_url = "https://countersign.example/bot".parse().unwrap();
    let shown = of_promotion(&waiting(1), Some(&Proof::new(receipt(), Some(&public_url))));
    let (_, end) = shown.summary.split_once("- Expires: 2026-11-22 09:15 UTC\n").unwrap();
    assert_snapshot!(end, @r#"

    **In the log** `countersign.example/log/acme`, which anyone can verify:

    - Entry: [41](<https://countersign.example/bot/log/proof/41.tlog-proof>), leaf hash `g/jjpc4q6P6YCFFoOy42e3k/0Eq3wTIvMELnXBYUGDM=`
    - Checkpoint: size 42, root `47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=`
    "#);
    let shown = of_promotion(&waiting(1), Some(&Proof::new(receipt(), None)));
    assert!(shown.summary.contains("\n- Entry: 41, leaf hash `"), "{}", shown.summary);
}
