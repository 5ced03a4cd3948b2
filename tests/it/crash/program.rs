//! The program as a child process.

use std::fs::{File, OpenOptions};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use countersign::github::fake::{auth, seed};
use url::Url;

use super::verdict::ORIGIN;

/// `countersign serve`, which may run or not.
pub struct Program {
    child: Option<Child>,
    address: String,
    database: String,
    api_url: Url,
    key: PathBuf,
    log: PathBuf,
    http: reqwest::Client,
}

impl Program {
    /// Not started yet; always the same address, database and key.
    pub fn new(folder: &Path, database: &str, api_url: &Url) -> Self {
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        Self {
            child: None,
            address: free.local_addr().unwrap().to_string(),
            database: database.to_owned(),
            api_url: api_url.clone(),
            key: folder.join("log.key"),
            log: folder.join("output"),
            http: reqwest::Client::new(),
        }
    }

    pub fn start(&mut self) {
        let output = || -> File { OpenOptions::new().create(true).append(true).open(&self.log).unwrap() };
        let child = Command::new(env!("CARGO_BIN_EXE_countersign"))
            .arg("serve")
            .env_clear()
            .env("COUNTERSIGN_LISTEN", &self.address)
            .env("COUNTERSIGN_DATABASE_URL", &self.database)
            .env("COUNTERSIGN_GITHUB_API_URL", self.api_url.as_str())
            .env("COUNTERSIGN_GITHUB_WEB_URL", self.api_url.as_str())
            .env("COUNTERSIGN_GITHUB_APP_ID", seed::APP.to_string())
            .env("COUNTERSIGN_GITHUB_PRIVATE_KEY", auth::APP_KEY)
            .env("COUNTERSIGN_GITHUB_WEBHOOK_SECRET", seed::WEBHOOK_SECRET)
            .env("COUNTERSIGN_LOG_KEY_FILE", &self.key)
            .env("COUNTERSIGN_ATTESTATION_KEY_FILE", self.key.with_extension("attestation"))
            .env("COUNTERSIGN_LOG_ORIGIN", ORIGIN)
            .env("COUNTERSIGN_HIGH_WATER", self.key.with_file_name("high-water"))
            .env("COUNTERSIGN_LEASE", "3")
            .env("COUNTERSIGN_LOG", "warn")
            .stdin(Stdio::null())
            .stdout(output())
            .stderr(output())
            .spawn()
            .unwrap();
        self.child = Some(child);
    }

    /// SIGKILL: it hears nothing and finishes nothing.
    pub fn kill(&mut self) {
        let mut child = self.child.take().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
    }

    /// SIGTERM: it finishes what it has begun.
    pub fn stops(&mut self) {
        let mut child = self.child.take().unwrap();
        let told = Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
        assert!(told.success());
        let began = Instant::now();
        loop {
            if let Some(status) = child.try_wait().unwrap() {
                assert!(status.success(), "{status}: {}", self.last_words());
                return;
            }
            assert!(began.elapsed() < Duration::from_secs(30), "it does not stop: {}", self.last_words());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Waits until it answers.
    pub async fn answers(&self) {
        let url = format!("http://{}/healthz", self.address);
        while !self.http.get(&url).send().await.is_ok_and(|answer| answer.status().is_success()) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// The checkpoint it serves, if there is one.
    pub async fn checkpoint(&self) -> Option<String> {
        let answer = self.http.get(format!("http://{}/log/checkpoint", self.address)).send().await.ok()?;
        if !answer.status().is_success() {
            return None;
        }
        answer.text().await.ok()
    }

    /// Notes every checkpoint it serves; for ever.
    pub async fn serves(&self, served: &mut Vec<String>) {
        loop {
            let note = self.checkpoint().await;
            served.extend(note.filter(|note| served.last() != Some(note)));
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    pub fn webhook(&self) -> Url {
        format!("http://{}/github/webhook", self.address).parse().unwrap()
    }

    /// The file with the key that signs the log.
    pub fn key(&self) -> &Path {
        &self.key
    }

    /// The end of what it said.
    pub fn last_words(&self) -> String {
        let output = self.output();
        let lines: Vec<&str> = output.lines().collect();
        lines[lines.len().saturating_sub(30)..].join("\n")
    }

    /// What it said in all its lives.
    pub fn output(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
