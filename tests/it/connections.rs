//! What connections that ask for nothing cost the real program.

#![cfg(target_os = "linux")]

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How many connect and say nothing.
const SILENT: usize = 400;
/// As many open files the program may have when it starts: fewer than connect.
const DESCRIPTORS: usize = 256;
/// What one of them may take, in KiB. It was 240 when each had routes of its own.
const EACH: usize = 40;

/// `countersign sandbox`, until it is dropped.
struct Program {
    child: Child,
    address: SocketAddr,
}

impl Program {
    fn start() -> Self {
        let free = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
        let [address, github] = free.map(|free| free.local_addr().unwrap());
        let few = format!(
            "ulimit -Sn {DESCRIPTORS}; exec \"$0\" sandbox --listen {address} --github-listen {github}"
        );
        let child = Command::new("sh")
            .args(["-c", &few, env!("CARGO_BIN_EXE_countersign")])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Self { child, address }
    }

    async fn answers(&self) -> bool {
        let client = reqwest::Client::builder().timeout(Duration::from_secs(5)).build().unwrap();
        client
            .get(format!("http://{}/healthz", self.address))
            .send()
            .await
            .is_ok_and(|answer| answer.status() == 200)
    }

    /// What it has in memory, in KiB.
    fn memory(&self) -> usize {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().split(' ').next().unwrap().parse().unwrap()
    }

    fn connections(&self) -> usize {
        let descriptors = std::fs::read_dir(format!("/proc/{}/fd", self.child.id())).unwrap();
        let linked = descriptors.filter_map(|one| std::fs::read_link(one.ok()?.path()).ok());
        linked.filter(|to| to.to_string_lossy().starts_with("socket:")).count()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test]
async fn idle_connections_cost_little_and_keep_nobody_out() {
    let program = Program::start();
    let start = Instant::now();
    while !program.answers().await {
        assert!(start.elapsed() < Duration::from_mins(1), "it does not start");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let (memory, before) = (program.memory(), program.connections());
    let silent: Vec<TcpStream> = (0..SILENT).map(|_| TcpStream::connect(program.address).unwrap()).collect();
    let start = Instant::now();
    while program.connections() < before + SILENT {
        assert!(start.elapsed() < Duration::from_secs(8), "{} of {SILENT}", program.connections() - before);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(program.answers().await);
    let each = program.memory().saturating_sub(memory) / SILENT;
    assert!(each < EACH, "{each} KiB for each connection");
    drop(silent);
}
