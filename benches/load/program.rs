//! The real binary as a child, against a GitHub in this process.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use countersign::clock::Clock;
use countersign::github::fake::{Fake, auth, seed};

pub(crate) struct Program {
    _fake: Fake,
    pub(crate) address: String,
    pub(crate) ready_after: Duration,
    child: Child,
    _folder: tempfile::TempDir,
}

impl Program {
    pub(crate) async fn start(database: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let fake = Fake::sandbox(Clock::System).unwrap();
        let github = fake.start().await.unwrap();
        fake.set_urls(github.as_str(), github.as_str());
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let address = format!("127.0.0.1:{port}");
        let began = Instant::now();
        let child = Command::new(env!("CARGO_BIN_EXE_countersign"))
            .arg("serve")
            .env("COUNTERSIGN_LISTEN", &address)
            .env("COUNTERSIGN_DATABASE_URL", database)
            .env("COUNTERSIGN_GITHUB_API_URL", github.as_str())
            .env("COUNTERSIGN_GITHUB_WEB_URL", github.as_str())
            .env("COUNTERSIGN_GITHUB_APP_ID", seed::APP.to_string())
            .env("COUNTERSIGN_GITHUB_PRIVATE_KEY", auth::APP_KEY)
            .env("COUNTERSIGN_GITHUB_WEBHOOK_SECRET", seed::WEBHOOK_SECRET)
            .env("COUNTERSIGN_LOG_KEY_FILE", folder.path().join("log-key.pem"))
            .env("COUNTERSIGN_HIGH_WATER", folder.path().join("high-water"))
            .env("COUNTERSIGN_ATTESTATION_KEY_FILE", folder.path().join("attestation-key.pem"))
            .env("COUNTERSIGN_LOG", "error")
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let client = reqwest::Client::new();
        while client
            .get(format!("http://{address}/readyz"))
            .send()
            .await
            .is_ok_and(|answer| answer.status().is_success())
            .eq(&false)
        {
            assert!(began.elapsed() < Duration::from_secs(20), "the program did not start");
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        Self { _fake: fake, address, ready_after: began.elapsed(), child, _folder: folder }
    }

    /// Resident memory, in MiB.
    pub(crate) fn memory(&self) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap_or_default();
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap_or_default();
        let kib: f64 = line.split_whitespace().nth(1).and_then(|word| word.parse().ok()).unwrap_or_default();
        kib / 1024.0
    }

    /// The processor time it used so far, in seconds; Linux counts in hundredths.
    pub(crate) fn processor(&self) -> f64 {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap_or_default();
        let after_name = stat.rsplit(')').next().unwrap_or_default();
        let fields: Vec<f64> =
            after_name.split_whitespace().skip(11).take(2).filter_map(|word| word.parse().ok()).collect();
        fields.iter().sum::<f64>() / 100.0
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
