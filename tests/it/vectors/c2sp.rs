//! Reading the vectors: `name: value` lines under `# input` and `# expect`.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

/// One file of the vectors.
pub struct Vector {
    /// Its name, without folders and without `.txt`.
    pub name: String,
    fields: Vec<(String, String)>,
}

impl Vector {
    /// Reads the file at `path`, such as `trees/roots.txt`.
    pub fn read(path: &str) -> Self {
        Self::parse(&folder().join(path))
    }

    /// Every vector of a folder, by name.
    pub fn all(under: &str) -> Vec<Self> {
        let files = std::fs::read_dir(folder().join(under)).unwrap().map(|file| file.unwrap().path());
        let mut vectors: Vec<_> =
            files.filter(|path| path.is_file()).map(|path| Self::parse(&path)).collect();
        vectors.sort_by(|one, other| one.name.cmp(&other.name));
        vectors
    }

    fn parse(path: &Path) -> Self {
        let text = std::fs::read_to_string(path).unwrap();
        let fields = text.lines().filter(|line| !line.starts_with('#')).map(|line| {
            let (name, value) = line.split_once(':').unwrap();
            (name.to_owned(), value.trim_start_matches(' ').to_owned())
        });
        Self { name: path.file_stem().unwrap().to_str().unwrap().to_owned(), fields: fields.collect() }
    }

    /// Each value of this name.
    pub fn each<'v>(&'v self, name: &'v str) -> impl Iterator<Item = &'v str> {
        self.fields.iter().filter(move |(field, _)| field == name).map(|(_, value)| value.as_str())
    }

    pub fn get(&self, name: &str) -> &str {
        let field = self.fields.iter().find(|(field, _)| field == name);
        field.map_or_else(|| panic!("{} has no {name}", self.name), |(_, value)| value.as_str())
    }

    pub fn bytes(&self, name: &str) -> Vec<u8> {
        STANDARD.decode(self.get(name)).unwrap()
    }

    /// Whether the Go reference code takes it.
    pub fn go_accepts(&self) -> bool {
        match self.get("go") {
            "accept" => true,
            "reject" => false,
            other => panic!("{}: {other}", self.name),
        }
    }
}

/// Where cargo keeps the package: only cargo knows.
fn folder() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let host = output(Command::new("rustc").args(["--print", "host-tuple"]));
        let metadata = output(Command::new(env!("CARGO")).current_dir(env!("CARGO_MANIFEST_DIR")).args([
            "metadata",
            "--format-version=1",
            "--locked",
            "--filter-platform",
            host.trim(),
        ]));
        let metadata: serde_json::Value = serde_json::from_str(&metadata).unwrap();
        let mut packages = metadata["packages"].as_array().unwrap().iter();
        let package = packages.find(|package| package["name"] == "doubleentry").unwrap();
        let manifest = Path::new(package["manifest_path"].as_str().unwrap());
        manifest.parent().unwrap().join("tests/vectors/c2sp")
    })
}

fn output(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// A vector that was lost or changed would prove nothing.
#[test]
fn the_vectors_are_those_that_were_published() {
    let manifest = std::fs::read(folder().join("MANIFEST")).unwrap();
    let digest = |bytes: &[u8]| hex::encode(Sha256::digest(bytes));
    assert_eq!(digest(&manifest), "26ce82fc440332f616c5654d419ac729cfb0a524bc1fef77f6ea1fbfa4b26bc8");
    let manifest = String::from_utf8(manifest).unwrap();
    assert_eq!(manifest.lines().count(), 100);
    for line in manifest.lines() {
        let (expected, path) = line.split_once("  ").unwrap();
        assert_eq!(digest(&std::fs::read(folder().join(path)).unwrap()), expected, "{path}");
    }
}
