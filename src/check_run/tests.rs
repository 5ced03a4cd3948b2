use insta::assert_snapshot;

use super::*;
use crate::comment::samples::*;

#[test]
fn a_waiting_promotion_can_be_decided_from_its_check_run() {
    let shown = of_promotion(&waiting(1));
    assert_eq!(shown.name, "countersign/production");
    assert_eq!(shown.external_id, "1001:p2");
    assert_eq!(shown.status, CheckStatus::Completed(Conclusion::ActionRequired));
    assert_snapshot!(shown.title, @"");
    assert_snapshot!(shown.summary, @"");
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
        let shown = of_promotion(&promotion);
        assert_eq!(!shown.buttons.is_empty(), promotion.state == State::AwaitingApproval);
        lines.push(format!("{:?} · {}", shown.status, shown.title));
    }
    assert_snapshot!(lines.join("\n"), @"");
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
fn buttons_fit_whatever_the_number() {
    let mut promotion = waiting(0);
    promotion.tuple.promotion.number = PromotionNumber(i64::MAX);
    for button in of_promotion(&promotion).buttons {
        assert!(button.label.len() <= 20 && button.description.len() <= 40 && button.identifier.len() <= 20);
    }
}
