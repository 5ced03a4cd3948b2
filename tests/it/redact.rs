//! Erasing a person: nothing of them is left, the log verifies as before, and the work goes on.

use countersign::audit::{Decoded, Kind};
use countersign::db::audit::entries_from;
use countersign::db::evidence::unpack;
use countersign::db::redact::Erasure;
use countersign::github::fake::acts::code::Push;
use countersign::ids::UserId;
use countersign::trail::replay::replay;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::harness::acts::change;
use crate::harness::database::every_value;
use crate::harness::{SHOP, Scenario};
use crate::scenario;

/// Columns that number rows, which may be a small number that is also somebody's.
const COUNTERS: [&str; 10] =
    ["seq", "intent", "idx", "promotion", "number", "pull", "subject", "live", "last", "waiting"];
/// Words that people write in the stories below.
const WORDS: [&str; 4] = ["lemonade", "marmalade", "gingerbread", "buttermilk"];

fn number_of(s: &Scenario, login: &str) -> UserId {
    s.fake.with_state(|state| {
        UserId(state.users.values().find(|account| account.login == login).expect("an account").id)
    })
}

async fn erase(s: &Scenario, login: &str) -> Erasure {
    let now = s.clock.now();
    s.app.db.redact(number_of(s, login), "request 4711".to_owned(), now).await.unwrap()
}

/// Carol asks, pushes, votes both ways and cancels; others do so too.
async fn carols_story(s: &mut Scenario) {
    s.push_green("carol", &change("Add lemonade")).await;
    s.comment("carol", "/promote staging --reason \"more marmalade\"").await;
    s.deployment_ends("success").await;
    s.comment("alice", "/promote production --reason \"@carol wants gingerbread\"").await;
    s.comment("bob", "/reject --reason \"no buttermilk\"").await;
    s.comment("carol", "/promote production").await;
    s.comment("carol", "/approve").await;
    s.comment("carol", "/cancel").await;
    s.comment("alice", "/why").await;
    carol_brings_a_pull_request(s).await;
}

/// Opened, put into the merge queue and merged by carol alone.
async fn carol_brings_a_pull_request(s: &mut Scenario) {
    s.push("carol", &Push::file("shelf", "Add a shelf", "src/shelf.js", "// shelf\n")).await;
    let number = s.fake.open_pull(SHOP, "carol", ("shelf", "main"), "A shelf").unwrap();
    s.fake.enqueue(SHOP, "carol", number).unwrap();
    s.fake.merge(SHOP, "carol", number).unwrap();
    s.settle().await;
}

/// Where a value tells of a person: by their login as a word, or by their number.
fn tells_of(value: &[u8], login: &str, id: UserId) -> bool {
    let decoded = URL_SAFE_NO_PAD.decode(value).unwrap_or_default();
    let forms = [value.to_vec(), unpack(value).unwrap_or_default(), decoded];
    forms.iter().any(|form| {
        let text = String::from_utf8_lossy(form).to_lowercase();
        let mut words = text.split(|letter: char| !(letter.is_ascii_alphanumeric() || letter == '-'));
        text == id.to_string() || words.any(|word| word == login) || text.contains(&format!("\"id\":{id},"))
    })
}

async fn traces(s: &Scenario, login: &str) -> Vec<String> {
    let id = number_of(s, login);
    let values = every_value(&s.database).await;
    let counts = |column: &str| COUNTERS.contains(&column.split_once('.').unwrap().1);
    let telling = values.into_iter().filter(|(column, value)| !counts(column) && tells_of(value, login, id));
    let mut columns: Vec<String> = telling.map(|(column, _)| column).collect();
    columns.sort();
    columns.dedup();
    columns
}

scenario!(nothing_is_left_of_whoever_is_erased, s => {
    carols_story(s).await;
    let before = traces(s, "carol").await;
    for column in ["answer.document", "delivery.body", "disclosure.text", "evidence.body", "head.login", "introduced.login", "introduced.merged_by_login", "promotion.document", "promotion.requester", "push.login"] {
        assert!(before.iter().any(|one| one == column), "{column} in {before:?}");
    }
    let erasure = erase(s, "carol").await;
    assert!(erasure.erased.disclosures > 3 && erasure.erased.evidence > 1, "{erasure:?}");
    assert_eq!((erasure.stays.open_promotions, erasure.stays.unfinished), (0, 0));
    assert!(erasure.stays.pushes > 0);
    let numbers = ["head.pusher", "introduced.author", "introduced.enqueued_by", "introduced.merged_by", "introduced.pusher", "push.pusher"];
    assert_eq!(traces(s, "carol").await, numbers, "nobody may approve what they brought");
    assert!(traces(s, "bob").await.contains(&"disclosure.text".to_owned()), "others are still told of");

    let report = replay(&mut s.app.db.read().await.unwrap()).await.unwrap();
    assert!(report.redacted > 0 && report.missing.is_empty() && report.different.is_empty(), "{report:?}");

    let mut conn = s.app.db.read().await.unwrap();
    let entry = entries_from(&mut conn, erasure.index, 1).await.unwrap().remove(0);
    drop(conn);
    let said = Decoded::parse(&entry.body).unwrap().entry;
    assert_eq!((said.kind, said.erased, said.actors.len()), (Kind::ErasurePerformed.into(), Some(erasure.erased), 0));
    assert!(said.reason.is_some());
    assert_eq!(erase(s, "carol").await.erased.disclosures, 0, "a second time there is nothing more");

    s.comment("alice", "/promote production").await;
    s.comment("carol", "/approve p4").await;
    assert_eq!(s.refusals().await.last().unwrap(), "separation_of_duties", "carol pushed this commit");
});

scenario!(the_space_that_the_rows_had_is_overwritten, s => {
    let Some(file) = s.database.strip_prefix("sqlite://").map(str::to_owned) else { return };
    carols_story(s).await;
    erase(s, "carol").await;
    for name in [file.clone(), format!("{file}-wal")] {
        let bytes = std::fs::read(&name).unwrap_or_default();
        let found = bytes.windows(5).filter(|window| window.eq_ignore_ascii_case(b"carol")).count();
        assert_eq!(found, 0, "{name}");
    }
});

scenario!(an_open_promotion_is_not_broken, s => {
    s.staged().await;
    s.comment("alice", "/promote production").await;
    s.comment("carol", "/approve").await;
    for login in ["carol", "alice"] {
        assert_eq!(erase(s, login).await.stays.open_promotions, 1, "{login}");
    }
    s.comment("bob", "/approve").await;
    assert_eq!(s.state(2).await, "deploying", "carol's vote still counts");
    s.deployment_ends("success").await;
});

scenario!(the_reason_must_not_name_them, s => {
    s.staged().await;
    for reason in ["alice asked", "the account 1001"] {
        let id = number_of(s, "alice");
        let reason = reason.replace("1001", &id.to_string());
        let refused = s.app.db.redact(id, reason, s.clock.now()).await.unwrap_err();
        assert!(refused.to_string().contains("without"), "{refused}");
    }
});

scenario!(no_entry_holds_a_login_a_word_or_an_address, s => {
    carols_story(s).await;
    let people: Vec<(String, i64)> = s.fake.with_state(|state| {
        state.users.values().map(|account| (account.login.to_lowercase(), account.id)).collect()
    });
    let mut conn = s.app.db.read().await.unwrap();
    let entries = entries_from(&mut conn, 0, 10_000).await.unwrap();
    drop(conn);
    assert!(entries.len() > 20);
    for entry in entries {
        let text = String::from_utf8(entry.body).unwrap().to_lowercase();
        let words: Vec<&str> = text.split(|letter: char| !letter.is_ascii_alphanumeric()).collect();
        for (login, _) in &people {
            assert!(!words.contains(&login.as_str()), "{login} in {text}");
        }
        assert!(WORDS.iter().all(|word| !words.contains(word)) && !text.contains('@'), "{text}");
    }
});
