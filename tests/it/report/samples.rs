//! Small reports, and zips of them.

use std::io::{Cursor, Write as _};

use countersign::report::Received;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::harness::{SHOP, Scenario};
use countersign::db;
use countersign::github::fake::seed;
use countersign::ids::RepoId;

/// A scan that looked and found nothing.
pub const CLEAN: &str = r#"{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"CodeQL"}},"invocations":[{"executionSuccessful":true}],"results":[]}]}"#;

/// A scan that found one thing, in the file that is named.
pub fn one_finding(tool: &str, file: &str) -> String {
    format!(
        r#"{{"version":"2.1.0","runs":[{{"tool":{{"driver":{{"name":"{tool}"}}}},"results":[{{"ruleId":"sql-injection","level":"error","message":{{"text":"Data of the request ends up in SQL"}},"locations":[{{"physicalLocation":{{"artifactLocation":{{"uri":"{file}"}},"region":{{"startLine":3}}}}}}]}}]}}]}}"#
    )
}

pub fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in files {
        writer.start_file(*name, SimpleFileOptions::default()).unwrap();
        writer.write_all(content).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

impl Scenario {
    /// CI runs on the head of pull request 1 and leaves these artifacts; everything that follows happens.
    pub async fn ci_leaves(&mut self, artifacts: &[(&str, &[u8])]) -> i64 {
        let run = self.ci_goes_on();
        self.fake.finish_run_with(SHOP, run, "success", artifacts).unwrap();
        self.settle().await;
        run
    }

    /// CI runs on the head of pull request 1.
    pub fn ci_goes_on(&mut self) -> i64 {
        let head = self.head();
        let run = self.fake.start_ci(SHOP, "alice", "ci.yml", &head).unwrap();
        self.fake.begin_run(SHOP, run).unwrap();
        run
    }

    /// Every report of the head of pull request 1.
    pub async fn reports(&self) -> Vec<Received> {
        let mut conn = self.app.db.read().await.unwrap();
        let head = self.head().parse().unwrap();
        db::report::of_commit(&mut conn, RepoId(seed::SHOP), &head).await.unwrap()
    }

    /// The same in short: `tool state artifact/entry`.
    pub async fn reports_in_short(&self) -> Vec<String> {
        let short = |one: &Received| {
            let (origin, report) = (&one.origin, &one.report);
            let artifact = origin.artifact.as_deref().unwrap_or("-");
            format!("{} {} {artifact}/{}", report.tool.name, report.state.as_str(), origin.entry)
        };
        self.reports().await.iter().map(short).collect()
    }
}
