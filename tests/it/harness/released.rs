//! What a released version left behind: its schema, and the rows that it stored.

use std::fs::read_to_string;
use std::path::{Path, PathBuf};

use countersign::clock::Timestamp;
use serde_json::Value;
use sqlx::migrate::Migrator;

use super::database::by_hand;

/// A release, with the newest migration it had.
#[derive(Clone, Copy, Debug)]
pub struct Release {
    pub version: &'static str,
    newest: i64,
}

/// The first one.
pub const V0_1_0: Release = Release { version: "0.1.0", newest: 20_261_121_160_200 };

impl Release {
    /// Where what it stored is kept.
    pub fn folder(self) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/stored").join(self.version)
    }

    /// The moment at which it stopped.
    pub fn now(self) -> Timestamp {
        Timestamp::parse(read_to_string(self.folder().join("now")).unwrap().trim()).unwrap()
    }

    /// The policy that its story ended under.
    pub fn policy(self) -> String {
        read_to_string(self.folder().join("countersign.yml")).unwrap()
    }

    /// The rows that it stored in each table, a JSON object each.
    pub fn tables(self) -> Vec<(String, Vec<Value>)> {
        let mut tables: Vec<_> = std::fs::read_dir(self.folder().join("tables"))
            .unwrap()
            .map(|file| {
                let path = file.unwrap().path();
                let rows = read_to_string(&path).unwrap();
                let rows = rows.lines().map(|row| serde_json::from_str(row).unwrap()).collect();
                (path.file_stem().unwrap().to_str().unwrap().to_owned(), rows)
            })
            .collect();
        tables.sort_by(|one, other| one.0.cmp(&other.0));
        tables
    }

    /// A database as it made one, with no row in it.
    pub async fn makes(self, url: &str) {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
        let own = folder.join(if url.starts_with("sqlite:") { "sqlite" } else { "postgres" });
        let mut all = Vec::new();
        for folder in [folder, own] {
            all.extend(Migrator::new(folder).await.unwrap().iter().cloned());
        }
        all.retain(|migration| migration.version <= self.newest);
        all.sort_by_key(|migration| migration.version);
        let migrator = Migrator::with_migrations(all);
        if url.starts_with("sqlite:") {
            let pool = sqlx::SqlitePool::connect(&format!("{url}?mode=rwc")).await.unwrap();
            migrator.run(&pool).await.unwrap();
            pool.close().await;
        } else {
            let pool = sqlx::PgPool::connect(url).await.unwrap();
            migrator.run(&pool).await.unwrap();
            pool.close().await;
        }
    }

    /// A database as it left it.
    pub async fn leaves(self, url: &str) {
        self.makes(url).await;
        let sqlite = url.starts_with("sqlite:");
        let mut sql = "BEGIN;\n".to_owned();
        for (table, rows) in self.tables() {
            for row in &rows {
                sql += &insert(&table, row, sqlite);
            }
        }
        by_hand(url, &(sql + "COMMIT;")).await.unwrap();
    }
}

fn insert(table: &str, row: &Value, sqlite: bool) -> String {
    let row = row.as_object().unwrap();
    let columns: Vec<&str> = row.keys().map(String::as_str).collect();
    let values: Vec<String> = row.values().map(|value| literal(value, sqlite)).collect();
    format!("INSERT INTO {table} ({}) VALUES ({});\n", columns.join(", "), values.join(", "))
}

fn literal(value: &Value, sqlite: bool) -> String {
    match value {
        Value::Null => "NULL".to_owned(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => format!("'{}'", text.replace('\'', "''")),
        Value::Object(bytes) => {
            let hex = bytes["hex"].as_str().unwrap();
            if sqlite { format!("x'{hex}'") } else { format!("'\\x{hex}'") }
        }
        Value::Bool(_) | Value::Array(_) => panic!("no column holds {value}"),
    }
}
