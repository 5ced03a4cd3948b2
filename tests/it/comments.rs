//! Talking: which comments are commands, and what the bot's one comment says.

use std::time::Duration;

use countersign::github::fake::seed;
use pulldown_cmark::{Event, Parser, Tag, TagEnd};

use crate::harness::SHOP;
use crate::harness::acts::one_approval;
use crate::scenario;

scenario!(an_edited_command_is_recorded_and_changes_nothing, s => {
    let asked = s.comment("alice", "/promote staging --dry-run").await;
    s.fake.edit_comment(SHOP, "alice", asked, "/promote staging").unwrap();
    s.settle().await;
    s.fake.edit_comment(SHOP, "bob", asked, "/approve").unwrap();
    s.settle().await;
    s.fake.delete_comment(SHOP, "bob", asked).unwrap();
    s.settle().await;
    assert_eq!(s.refusals().await, ["comment_changed"; 3]);
    assert_eq!(s.promotions().await, 0);
});

scenario!(a_vote_stands_although_its_comment_is_rewritten, s => {
    s.policy(&one_approval()).await;
    s.staged().await;
    let remark = s.comment("bob", "Looks good").await;
    s.comment("alice", "/promote production").await;
    s.fake.edit_comment(SHOP, "alice", remark, "/approve").unwrap();
    s.settle().await;
    assert_eq!(s.missing(2).await, ["approvals_missing"], "nobody approved: alice put that into bob's mouth");
    s.comment("bob", "/approve").await;
    s.deployment_ends("success").await;
});

scenario!(only_what_somebody_says_is_a_command, s => {
    let before = s.trail().await;
    for body in [
        "> /promote staging",
        "```\n/promote staging\n```",
        "    /promote staging",
        "<!-- hidden -->\n/promote staging",
        "Shall we?\n/promote staging",
        "I would /promote staging now",
        "- /promote staging",
        "/lgtm",
        "/deploy staging please, other bot",
    ] {
        let said = s.comment("alice", body).await;
        assert_eq!(s.reactions(said), Vec::<String>::new(), "{body:?}");
    }
    assert_eq!(s.trail().await, before);
    assert_eq!(s.replies_on(1), Vec::<String>::new());
});

scenario!(bots_are_not_listened_to, s => {
    let said = s.comment("github-actions[bot]", "/promote staging").await;
    assert_eq!(s.reactions(said), Vec::<String>::new());
    assert_eq!((s.promotions().await, s.replies_on(1)), (0, vec![]));
});

scenario!(a_bot_that_the_policy_names_may_ask_and_not_vote, s => {
    s.policy(&one_approval().replace("by: [role:write]", "by: [role:write, 'user:github-actions[bot]']")).await;
    s.comment("github-actions[bot]", "/promote staging").await;
    s.deployment_ends("success").await;
    s.comment("github-actions[bot]", "/promote production").await;
    s.comment("github-actions[bot]", "/approve").await;
    assert_eq!(s.refusal().await, "not_an_approver");
    s.comment("bob", "/approve").await;
    s.deployment_ends("success").await;
});

scenario!(several_commands_are_carried_out_in_turn, s => {
    let said = s.comment("alice", "\n/promote production --reason \"soon\"\n/promote staging\n/why p1\n/cancel p1\nThanks!").await;
    assert_eq!(s.reactions(said), ["eyes", "rocket"]);
    assert_eq!((s.state(1).await, s.state(2).await), ("cancelled".to_owned(), "deploying".to_owned()));
    s.deployment_ends("success").await;
});

scenario!(what_the_answer_says_was_asked, s => {
    s.asked_for_production("alice").await;
    s.comment("bob", "/status staging\n/lgtm\n/reject p2 --reason \"no\"").await;
    assert_eq!(s.state(2).await, "rejected");
    assert!(s.reply().contains("/reject p2"), "{}", s.reply());
    assert!(!s.reply().contains("/lgtm"), "what another bot was told is not what we did: {}", s.reply());
});

scenario!(there_is_one_status_comment_and_it_is_edited_in_place, s => {
    s.comment("alice", "/promote staging").await;
    let first = s.reply();
    let id = ours(s);
    s.deployment_ends("success").await;
    s.comment("bob", "/status").await;
    assert_ne!(s.reply(), first);
    assert_eq!(ours(s), id);
});

scenario!(a_deleted_status_comment_is_written_again, s => {
    s.comment("alice", "/promote production").await;
    let id = ours(s);
    s.fake.delete_comment(SHOP, "alice", id).unwrap();
    s.settle().await;
    s.comment("alice", "/why").await;
    assert_ne!(ours(s), id);
    assert!(s.reply().contains("not_yet_deployed"), "{}", s.reply());
});

scenario!(what_somebody_writes_into_our_comment_is_not_believed, s => {
    s.asked_for_production("alice").await;
    let truth = s.reply();
    let lie = truth.replace("approvals_missing", "holds") + "\n\nAPPROVED by @bob and @carol";
    s.fake.edit_comment(SHOP, "alice", ours(s), &lie).unwrap();
    s.settle().await;
    assert_eq!(s.missing(2).await, ["approvals_missing"]);
    s.comment("bob", "/approve").await;
    assert!(!s.reply().contains("APPROVED by"), "{}", s.reply());
    assert_eq!(s.missing(2).await, ["approvals_missing"]);
});

scenario!(a_near_miss_is_corrected, s => {
    let said = s.comment("alice", "/promte staging").await;
    assert_eq!(s.reactions(said), ["eyes", "confused"]);
    assert!(s.reply().contains("/promote"), "{}", s.reply());
    let said = s.comment("alice", "/promote staging --raeson x").await;
    assert_eq!(s.reactions(said), ["eyes", "confused"]);
    assert!(s.reply().contains("--reason"), "{}", s.reply());
    assert_eq!(s.promotions().await, 0);
});

scenario!(what_is_missing_is_said_by_code_and_by_name, s => {
    s.asked_for_production("alice").await;
    s.comment("bob", "/approve").await;
    s.comment("alice", "/why").await;
    for word in ["p2", "production", "approvals_missing", "sre"] {
        assert!(s.reply().contains(word), "{word}: {}", s.reply());
    }
    let check = s.fake.check_named(SHOP, &s.head(), "countersign/production").unwrap();
    assert_eq!(check.conclusion.as_deref(), Some("action_required"));
    assert!(check.summary.unwrap().contains("approvals_missing"));
    let labels: Vec<String> = check.buttons.into_iter().map(|button| button.identifier).collect();
    assert_eq!(labels, ["approve", "reject"]);
    s.comment("carol", "/approve").await;
    s.deployment_ends("success").await;
    let check = s.fake.check_named(SHOP, &s.head(), "countersign/production").unwrap();
    assert_eq!((check.conclusion.as_deref(), check.buttons.len()), (Some("success"), 0));
});

scenario!(every_end_is_told, s => {
    s.asked_for_production("alice").await;
    s.comment("carol", "/reject --reason \"the orders table is locked\"").await;
    assert!(s.reply().contains("carol") && s.reply().contains("rejected"), "{}", s.reply());
    s.comment("alice", "/promote production").await;
    s.comment("alice", "/cancel").await;
    assert!(s.reply().contains("cancelled"), "{}", s.reply());
    s.comment("dave", "/promote production").await;
    assert!(s.reply().contains("requester_not_allowed"), "{}", s.reply());
});

scenario!(hostile_text_does_nothing, s => {
    let hostile = "@bob @acme/sre <!-- --> <img src=https://evil.example/i> [click](https://evil.example) \
        ![i](https://evil.example/i.png) </details> ``` | a | #1 https://evil.example &#64;carol";
    s.comment("alice", &format!("/promote production --reason \"{hostile}\"")).await;
    s.comment("alice", &format!("/promote staging {hostile}")).await;
    s.comment("alice", "/promote @bob").await;
    s.comment("alice", "/why").await;
    let check = s.fake.check_named(SHOP, &s.head(), "countersign/production").unwrap();
    for written in [s.reply(), check.summary.unwrap()] {
        harmless(&written);
    }
});

/// Nothing in it mentions, links, loads or structures what a person wrote.
fn harmless(markdown: &str) {
    let mut in_code = false;
    let mut text = String::new();
    let options = pulldown_cmark::Options::ENABLE_TABLES | pulldown_cmark::Options::ENABLE_GFM;
    for event in Parser::new_ext(markdown, options) {
        match event {
            Event::Start(Tag::CodeBlock(_)) => in_code = true,
            Event::End(TagEnd::CodeBlock) => in_code = false,
            Event::Text(words) if !in_code => text.push_str(&words),
            Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                assert!(!dest_url.contains("evil"), "{dest_url}: {markdown}");
            }
            Event::Html(html) | Event::InlineHtml(html) => {
                assert!(!html.contains("evil") && !html.contains("@bob"), "{html}: {markdown}");
            }
            _ => text.push(' '),
        }
    }
    for word in ["@bob", "@acme", "@carol", "https://evil"] {
        assert!(!text.contains(word), "{word}: {text}");
    }
}

/// The id of the bot's one comment on pull request 1.
fn ours(s: &crate::harness::Scenario) -> i64 {
    s.fake.with_state(|state| {
        let comments = &state.repo(SHOP).unwrap().comments;
        let ours: Vec<i64> = comments
            .values()
            .filter(|comment| comment.number == 1 && comment.app == Some(seed::APP))
            .map(|c| c.id)
            .collect();
        assert_eq!(ours.len(), 1, "one status comment");
        ours[0]
    })
}

scenario!(a_command_that_arrives_long_after_it_was_written_is_not_obeyed, s => {
    s.staged().await;
    s.comment("alice", "/promote production").await;
    s.fake.comment(SHOP, "bob", 1, "/approve").unwrap();
    let missed = s.fake.take_deliveries();
    s.advance(Duration::from_hours(1));
    for delivery in &missed {
        s.deliver(delivery).await;
    }
    s.settle().await;
    assert_eq!(s.refusal().await, "arrived_late");
    assert_eq!(s.missing(2).await, ["approvals_missing"]);
});
