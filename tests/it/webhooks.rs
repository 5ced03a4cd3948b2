//! Every payload that GitHub documents is taken in, and none of them crashes anything or is given up on.

use std::path::{Path, PathBuf};

use countersign::github::fake::seed::{INSTALLATION, SHOP as SHOP_ID, WEBHOOK_SECRET};
use countersign::github::fake::webhooks::{Delivery, signature};
use serde_json::{Value, json};

use crate::harness::Scenario;
use crate::scenario;

/// A body as GitHub would post it, signed.
fn signed(number: i64, event: &str, content_type: &str, body: Vec<u8>) -> Delivery {
    let guid = format!("00000000-0000-4000-9000-{number:012}");
    let headers = [
        ("Content-Type", content_type.to_owned()),
        ("X-GitHub-Event", event.to_owned()),
        ("X-GitHub-Delivery", guid.clone()),
        ("X-Hub-Signature-256", signature(WEBHOOK_SECRET, &body)),
    ];
    Delivery {
        id: number,
        guid,
        event: event.to_owned(),
        action: None,
        installation: None,
        repository: None,
        headers: headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
        body,
        redelivery: false,
        created_at: countersign::clock::Timestamp(0),
    }
}

fn json_files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "json"));
    files.retain(|file| file.file_name().is_some_and(|name| name != "index.json"));
    files.sort();
    files
}

/// The event is the first word of the file's name.
fn event_of(file: &Path) -> String {
    let name = file.file_name().unwrap().to_str().unwrap();
    name.split('.').next().unwrap().to_owned()
}

fn payload(file: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap()
}

impl Scenario {
    async fn takes_in(&mut self, files: &[PathBuf], change: impl Fn(&mut Value)) {
        for (number, file) in (1..).zip(files) {
            let event = event_of(file);
            let mut payload = payload(file);
            change(&mut payload);
            let text = payload.to_string();
            let form =
                url::form_urlencoded::Serializer::new(String::new()).append_pair("payload", &text).finish();
            let as_json = signed(2 * number, &event, "application/json", text.into_bytes());
            let as_form =
                signed(2 * number + 1, &event, "application/x-www-form-urlencoded", form.into_bytes());
            for delivery in [as_json, as_form] {
                assert_eq!(self.deliver(&delivery).await, 202, "{}", file.display());
            }
        }
        // The harness looks at the end: nothing was buried, and nothing is left.
        self.calms_down().await;
    }
}

scenario!(every_published_example_is_handled_or_ignored, s => {
    let Some(examples) = countersign_material::shared("github/webhook-examples") else { return };
    let files = json_files(&examples);
    assert!(files.len() > 150, "{}", files.len());
    s.takes_in(&files, |payload| {
        // Most examples come from repositories' own hooks; deliveries to an App name its installation.
        if payload["installation"].is_null() {
            payload["installation"] = json!({ "id": INSTALLATION });
        }
    })
    .await;
});

scenario!(our_own_examples_are_handled_as_if_they_were_about_the_shop, s => {
    let files = json_files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/webhooks"));
    assert!(files.len() > 15, "{}", files.len());
    s.takes_in(&files, |payload| {
        payload["installation"]["id"] = json!(INSTALLATION);
        payload["repository"]["id"] = json!(SHOP_ID);
    })
    .await;
});

scenario!(an_example_of_an_event_nobody_knows_is_acknowledged_and_forgotten, s => {
    let body = json!({ "action": "imagined", "repository": { "id": SHOP_ID } }).to_string().into_bytes();
    let delivery = signed(1, "never_heard_of", "application/json", body);
    assert_eq!(s.deliver(&delivery).await, 202);
    let mut conn = s.app.db.read().await.unwrap();
    assert!(!countersign::db::inbox::knows(&mut conn, &delivery.guid.parse().unwrap()).await.unwrap());
});
