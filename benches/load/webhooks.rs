//! Acknowledged webhooks: each is durable before its 202.

use std::time::{Duration, Instant};

use countersign::github::fake::{seed, webhooks::signature};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::program::Program;

/// How long each number of connections is held.
const FOR: Duration = Duration::from_secs(5);
/// The size of a body, in bytes: that of GitHub's own `issue_comment` examples.
const SIZE: usize = 12 * 1024;

pub(crate) async fn measure(program: &Program, connections: usize) {
    let body = body();
    let before = program.processor();
    let began = Instant::now();
    let tasks: Vec<_> = (0..connections)
        .map(|number| tokio::spawn(post(program.address.clone(), body.clone(), number, connections)))
        .collect();
    let mut times = Vec::new();
    for task in tasks {
        times.extend(task.await.unwrap());
    }
    let lasted = began.elapsed().as_secs_f64();
    times.sort_unstable();
    let count = times.len();
    let at = |share: f64| {
        let index = ((count as f64 - 1.0) * share) as usize;
        times.get(index).copied().unwrap_or_default().as_secs_f64() * 1e3
    };
    println!(
        "  {connections:>3} connections: {:>6.0} webhooks/s, p50 {:>6.2} ms, p99 {:>6.2} ms, {:>4.0} µs of processor each (handling included)",
        count as f64 / lasted,
        at(0.5),
        at(0.99),
        (program.processor() - before) / count as f64 * 1e6,
    );
}

/// A comment that is no command, on a repository of its own per size of load.
fn body() -> Vec<u8> {
    let mut body = json!({
        "action": "created",
        "issue": { "number": 1, "pull_request": {}, "body": "" },
        "comment": { "id": 1, "body": "Looks good.", "created_at": "2026-11-21T09:00:00Z", "user": { "id": 1, "login": "alice" } },
        "repository": { "id": seed::SHOP, "full_name": "acme/shop", "default_branch": "main" },
        "installation": { "id": seed::INSTALLATION },
        "sender": { "id": 1, "login": "alice", "type": "User" },
    });
    let missing = SIZE - body.to_string().len();
    let text: String =
        "The quick brown fox jumps over the lazy dog. ".chars().cycle().take(missing).collect();
    *body.pointer_mut("/issue/body").unwrap() = text.into();
    body.to_string().into_bytes()
}

async fn post(address: String, body: Vec<u8>, number: usize, of: usize) -> Vec<Duration> {
    let signature = signature(seed::WEBHOOK_SECRET, &body);
    let mut stream = TcpStream::connect(&address).await.unwrap();
    stream.set_nodelay(true).unwrap();
    let began = Instant::now();
    let mut times = Vec::new();
    let mut answer = vec![0; 4096];
    while began.elapsed() < FOR {
        let head = format!(
            "POST /github/webhook HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\nX-GitHub-Event: issue_comment\r\nX-GitHub-Delivery: bench-{of}-{number}-{}\r\nX-Hub-Signature-256: {signature}\r\nContent-Length: {}\r\n\r\n",
            times.len(),
            body.len()
        );
        let sent = Instant::now();
        let mut request = head.into_bytes();
        request.extend_from_slice(&body);
        stream.write_all(&request).await.unwrap();
        let read = stream.read(&mut answer).await.unwrap();
        assert!(
            answer.get(..read).is_some_and(|answer| answer.starts_with(b"HTTP/1.1 202")),
            "{}",
            String::from_utf8_lossy(answer.get(..read).unwrap_or_default())
        );
        times.push(sent.elapsed());
    }
    times
}
