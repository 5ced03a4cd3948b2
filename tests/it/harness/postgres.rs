//! A throw-away PostgreSQL of this test run, when `initdb` and `postgres` are on the machine.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use sqlx::Connection as _;

static SERVER: OnceLock<Option<Server>> = OnceLock::new();
static DATABASES: AtomicU64 = AtomicU64::new(0);
/// Whether a commit must survive the machine: no test asks for that, but what is measured may. Read once.
pub static DURABLE: AtomicBool = AtomicBool::new(false);

struct Server {
    socket: PathBuf,
    _folder: tempfile::TempDir,
}

/// A fresh database; none when there is no PostgreSQL here and nobody requires one.
pub async fn fresh_database() -> Option<String> {
    let server = tokio::task::spawn_blocking(|| SERVER.get_or_init(start)).await.unwrap().as_ref()?;
    let name = format!("t{}_{}", std::process::id(), DATABASES.fetch_add(1, Ordering::SeqCst));
    let mut conn = sqlx::PgConnection::connect(&server.url("postgres")).await.unwrap();
    sqlx::raw_sql(sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}"))).execute(&mut conn).await.unwrap();
    conn.close().await.unwrap();
    Some(server.url(&name))
}

/// A copy of a database that nobody is connected to.
pub async fn copy_of(url: &str) -> String {
    let server = SERVER.get().unwrap().as_ref().unwrap();
    let original = url.split(['/', '?']).nth(3).unwrap();
    let name = format!("t{}_{}", std::process::id(), DATABASES.fetch_add(1, Ordering::SeqCst));
    let mut conn = sqlx::PgConnection::connect(&server.url("postgres")).await.unwrap();
    let sql = format!("CREATE DATABASE {name} TEMPLATE {original}");
    sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut conn).await.unwrap();
    conn.close().await.unwrap();
    server.url(&name)
}

fn start() -> Option<Server> {
    let Some(bin) = find() else {
        let required = countersign_material::is_required("postgres");
        assert!(
            !required,
            "COUNTERSIGN_REQUIRE=postgres, and neither PATH nor /usr/lib/postgresql has initdb and postgres"
        );
        eprintln!("skipped: no initdb and postgres on this machine, so nothing is tested on PostgreSQL");
        return None;
    };
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    std::fs::create_dir(&data).unwrap();
    let me = give_to_nobody(folder.path(), &data);
    let init = as_user(me, &bin.join("initdb"))
        .args(["--auth=trust", "--username=countersign", "--encoding=UTF8", "--no-sync", "-D"])
        .arg(&data)
        .output()
        .unwrap();
    assert!(init.status.success(), "initdb: {}", String::from_utf8_lossy(&init.stderr));
    run(me, &bin, &data, folder.path());
    let server = Server { socket: folder.path().to_owned(), _folder: folder };
    server.wait();
    Some(server)
}

/// The server lives as long as this process holds its pipe: it dies with the tests, however they end, and takes
/// its gigabytes with it.
fn run(me: Me, bin: &Path, data: &Path, socket: &Path) {
    let script = r#"
        "$@" >"$LOG" 2>&1 & pid=$!
        cat >/dev/null
        kill -INT $pid; wait $pid
        rm -rf "$DATA""#;
    let mut shell = as_user(me, Path::new("/bin/sh"));
    shell.args(["-c", script, "sh"]).arg(bin.join("postgres")).arg("-D").arg(data).arg("-k").arg(socket);
    let durable = if DURABLE.load(Ordering::Relaxed) { "on" } else { "off" };
    shell.args(["-c", &format!("fsync={durable}"), "-c", &format!("full_page_writes={durable}")]);
    for setting in ["listen_addresses=", "max_connections=300", "shared_buffers=64MB"] {
        shell.args(["-c", setting]);
    }
    let child = shell.env("LOG", socket.join("log")).env("DATA", data).stdin(Stdio::piped()).spawn().unwrap();
    std::mem::forget(child);
}

impl Server {
    fn url(&self, database: &str) -> String {
        format!("postgres://countersign@localhost/{database}?host={}", self.socket.display())
    }

    fn wait(&self) {
        let began = Instant::now();
        while !self.socket.join(".s.PGSQL.5432").exists() {
            assert!(began.elapsed() < Duration::from_secs(30), "PostgreSQL did not start");
            std::thread::sleep(Duration::from_millis(20));
        }
        std::thread::sleep(Duration::from_millis(200));
    }
}

fn find() -> Option<PathBuf> {
    let on_path = std::env::var_os("PATH")?;
    let mut places: Vec<PathBuf> = std::env::split_paths(&on_path).collect();
    if let Ok(versions) = std::fs::read_dir("/usr/lib/postgresql") {
        places.extend(versions.flatten().map(|version| version.path().join("bin")));
    }
    places.into_iter().find(|place| place.join("initdb").exists() && place.join("postgres").exists())
}

/// PostgreSQL refuses to run as root; then it runs as nobody.
#[derive(Clone, Copy, PartialEq)]
enum Me {
    Root,
    Somebody,
}

fn give_to_nobody(folder: &Path, data: &Path) -> Me {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
    if std::fs::metadata(folder).unwrap().uid() != 0 {
        return Me::Somebody;
    }
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o777)).unwrap();
    chown(data, Some(65534), Some(65534)).unwrap();
    Me::Root
}

fn as_user(me: Me, program: &Path) -> Command {
    if me == Me::Somebody {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]).arg(program);
    command
}
