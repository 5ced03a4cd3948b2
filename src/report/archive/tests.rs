use std::io::{Cursor, Write as _};

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::*;
use crate::report::succession::tests::origin;
use crate::report::upload::{Upload, read};

/// JSON of this many bytes that is no report; it is looked through to its end all the same.
fn json(bytes: usize) -> Vec<u8> {
    let mut json = b"{\"nothing\":\"".to_vec();
    json.resize(bytes.saturating_sub(2), b' ');
    json.extend(b"\"}");
    json
}

fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in files {
        writer.start_file(*name, SimpleFileOptions::default()).unwrap();
        writer.write_all(content).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn unpack_within(bytes: &[u8], limits: Limits) -> Result<Unpacked, String> {
    let marker = Marker::new(&[7; 32]);
    unpack(&mut Cursor::new(bytes), "reports", &limits, &marker).map_err(|why| why.to_string())
}

fn unpacked(bytes: &[u8]) -> Result<Unpacked, String> {
    unpack_within(bytes, Limits::default())
}

/// The names that were refused.
fn refused(bytes: &[u8]) -> Vec<(String, String)> {
    unpacked(bytes).unwrap().refused.into_iter().map(|refused| (refused.entry, refused.why)).collect()
}

/// Replaces bytes wherever they stand.
fn patch(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let (mut patched, mut at) = (bytes.to_vec(), 0);
    while let Some(found) = patched[at..].windows(from.len()).position(|part| part == from) {
        patched[at + found..][..to.len()].copy_from_slice(to);
        at += found + to.len();
    }
    patched
}

/// Sets one byte of the header in the directory and of the file's own.
fn in_headers(bytes: &[u8], (central, local): (usize, usize), value: u8) -> Vec<u8> {
    let mut patched = bytes.to_vec();
    for (magic, offset) in [(b"PK\x01\x02", central), (b"PK\x03\x04", local)] {
        let at = patched.windows(4).position(|part| part == magic).unwrap();
        patched[at + offset] = value;
    }
    patched
}

#[test]
fn files_are_looked_at_and_folders_passed_over() {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    writer.add_directory("reports/", SimpleFileOptions::default()).unwrap();
    writer.start_file("reports/a.json", SimpleFileOptions::default()).unwrap();
    writer.write_all(b"{}").unwrap();
    let found = unpacked(&writer.finish().unwrap().into_inner()).unwrap();
    assert_eq!((found.others.count, found.refused.len()), (1, 0));
}

#[test]
fn one_file_needs_no_zip() {
    assert_eq!(unpacked(b"hello").unwrap().others.count, 1);
    assert_eq!(unpacked(b"").unwrap().others.count, 1);
}

#[test]
fn an_empty_zip_is_empty() {
    assert_eq!(unpacked(&zip(&[])).unwrap(), Unpacked::default());
}

#[test]
fn names_that_lead_elsewhere_are_refused() {
    for name in
        ["../x.json", "a/../../x.json", "a\\..\\x.json", "/etc/x.json", "\\x.json", "C:\\x.json", "a\u{1}b"]
    {
        let found = unpacked(&zip(&[("name", b"{}"), ("b.json", b"{}")]));
        assert_eq!(found.unwrap().others.count, 2);
        // Writers mend such names: it is put in by hand.
        let stand_in = "n".repeat(name.len());
        let bytes = zip(&[(&stand_in, b"{}"), ("b.json", b"{}")]);
        let found = unpacked(&patch(&bytes, stand_in.as_bytes(), name.as_bytes())).unwrap();
        assert_eq!((found.refused.len(), found.others.count), (1, 1), "{name:?}: {:?}", found.refused);
    }
}

#[test]
fn backslashes_are_slashes() {
    let bytes = patch(&zip(&[("a/b.json", b"{}")]), b"a/b.json", b"a\\b.json");
    assert_eq!(unpacked(&bytes).unwrap().others.count, 1);
}

#[test]
fn symbolic_links_and_devices_are_refused() {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    writer.add_symlink("link.json", "/etc/passwd", SimpleFileOptions::default()).unwrap();
    let bytes = writer.finish().unwrap().into_inner();
    assert!(refused(&bytes)[0].1.contains("symbolic link"));
    let mut fifo = bytes;
    let at = fifo.windows(4).position(|part| part == b"PK\x01\x02").unwrap();
    fifo[at + 40..at + 42].copy_from_slice(&0o010_644_u16.to_le_bytes());
    assert!(refused(&fifo)[0].1.contains("no ordinary file"));
}

#[test]
fn two_files_of_one_name_spoil_the_archive() {
    let bytes = patch(&zip(&[("one.json", b"{}"), ("two.json", b"[]")]), b"two.json", b"one.json");
    assert!(unpacked(&bytes).unwrap_err().contains("one.json"));
}

#[test]
fn what_is_encrypted_is_refused() {
    let bytes = in_headers(&zip(&[("a.json", b"{}")]), (8, 6), 1);
    assert!(refused(&bytes)[0].1.contains("encrypted"));
}

#[test]
fn an_unknown_compression_is_refused() {
    let bytes = in_headers(&zip(&[("a.json", b"{}")]), (10, 8), 97);
    assert_eq!(refused(&bytes).len(), 1);
}

#[test]
fn bytes_that_were_changed_are_refused() {
    let options = SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    writer.start_file("a.json", options).unwrap();
    writer.write_all(b"{\"findings\":1}").unwrap();
    let bytes = patch(&writer.finish().unwrap().into_inner(), b":1}", b":0}");
    assert_eq!(refused(&bytes).len(), 1, "{:?}", unpacked(&bytes));
}

#[test]
fn a_zip_that_is_cut_off_is_unreadable_wherever_it_is_cut() {
    let bytes = zip(&[("a.json", b"{}"), ("b.json", b"{}")]);
    for length in 4..bytes.len() {
        assert!(unpacked(&bytes[..length]).is_err(), "cut at {length}");
    }
}

#[test]
fn no_byte_of_a_zip_makes_it_panic() {
    let bytes = zip(&[("a.json", &json(200)), ("b.zip", &zip(&[("c.json", b"{}")]))]);
    for at in 0..bytes.len() {
        for value in [0, 1, 0x7f, 0x80, 0xff] {
            let mut changed = bytes.clone();
            changed[at] = value;
            drop(unpacked(&changed));
        }
    }
}

#[test]
fn what_comes_out_is_counted_and_not_what_is_declared() {
    let bomb = zip(&[("a.json", &json(600_000)), ("b.json", &json(600_000))]);
    assert!(bomb.len() < 5_000);
    let limits = Limits { artifact_bytes: 1_000_000, ..Limits::default() };
    assert!(unpack_within(&bomb, limits).unwrap_err().contains("zip bomb"));
    // The same, by headers that say there is hardly anything in it.
    let lying = patch(&bomb, &600_000_u32.to_le_bytes(), &10_u32.to_le_bytes());
    assert_ne!(lying, bomb);
    let found = unpack_within(&lying, limits);
    assert!(found.is_err() || found.unwrap().files.is_empty());
}

#[test]
fn too_many_files_are_refused_before_they_are_listed() {
    let files: Vec<(String, Vec<u8>)> = (0..30).map(|n| (format!("{n}.json"), b"{}".to_vec())).collect();
    let files: Vec<(&str, &[u8])> = files.iter().map(|(n, c)| (n.as_str(), c.as_slice())).collect();
    let limits = Limits { entries: 20, ..Limits::default() };
    assert!(unpack_within(&zip(&files), limits).unwrap_err().contains("more than 20 files"));
    // Nested ones count, too.
    let outer = zip(&[("a.zip", &zip(&files[..12])), ("b.zip", &zip(&files[12..24]))]);
    assert!(unpack_within(&outer, limits).unwrap_err().contains("more than 20 files"));
    // A directory that claims to be larger than it is.
    let mut liar = zip(&[("a.json", b"{}")]);
    let end = liar.len() - 22;
    liar[end + 8..end + 12].copy_from_slice(&[0xfe, 0xff, 0xfe, 0xff]);
    assert!(unpacked(&liar).is_err());
}

#[test]
fn a_zip_in_the_zip_is_read_and_one_in_that_is_not() {
    let inner = zip(&[("x.json", b"{}"), ("y.json", b"{}")]);
    assert_eq!(unpacked(&zip(&[("inner.zip", &inner)])).unwrap().others.count, 2);
    let found = unpacked(&zip(&[("outer.zip", &zip(&[("z.json", b"{}"), ("inner.zip", &inner)]))])).unwrap();
    assert_eq!(found.others.count, 1);
    assert_eq!(found.refused[0].entry, "outer.zip!/inner.zip");
    // What only claims to be one is looked at as any other file.
    assert_eq!(unpacked(&zip(&[("no.zip", b"hello")])).unwrap().others.count, 1);
    // A broken one is refused, and the rest is read.
    let found = unpacked(&zip(&[("inner.zip", &inner[..inner.len() - 3]), ("z.json", b"{}")])).unwrap();
    assert_eq!((found.others.count, found.refused.len()), (1, 1));
}

#[test]
fn a_bomb_in_a_zip_in_the_zip_spoils_all_of_it() {
    let bomb = zip(&[("a.json", &json(600_000)), ("b.json", &json(600_000))]);
    let limits = Limits { artifact_bytes: 1_000_000, ..Limits::default() };
    let found = unpack_within(&zip(&[("z.json", b"{}"), ("bomb.zip", &bomb)]), limits);
    assert!(found.unwrap_err().contains("zip bomb"));
}

#[test]
fn what_could_not_be_read_is_named() {
    let marker = Marker::new(&[7; 32]);
    let [report] = unreadable("Trivy results", "It has expired.", &marker).try_into().unwrap();
    assert_eq!(&*report.tool.name, "trivy-results");
    assert_eq!(report.state.why(), Some("It has expired."));
    assert_eq!(&*unreadable("…", "x", &marker)[0].tool.name, "artifact");
}

/// A report of Trivy's with one CRITICAL finding.
const TRIVY: &str = r#"{"SchemaVersion":2,"ArtifactName":"shop:1","ArtifactType":"container_image","Results":[{"Target":"shop:1 (debian 12.1)","Class":"os-pkgs","Type":"debian","Vulnerabilities":[{"VulnerabilityID":"CVE-2026-1","PkgName":"openssl","InstalledVersion":"1.0","Severity":"CRITICAL"}]}]}"#;

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    writer.write_all(bytes).unwrap();
    writer.finish().unwrap()
}

fn tape(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, content) in files {
        let mut header = tar::Header::new_ustar();
        header.set_size(content.len() as u64);
        builder.append_data(&mut header, name, *content).unwrap();
    }
    builder.into_inner().unwrap()
}

/// The states of what one file holds, and how often it was refused.
fn states(name: &str, bytes: &[u8]) -> (Vec<&'static str>, usize) {
    let found = unpacked(&zip(&[(name, bytes)])).unwrap();
    let reports = found.files.iter().flat_map(|(_, file)| &file.reports);
    (reports.map(|report| report.state.as_str()).collect(), found.refused.len())
}

#[test]
fn attack_2_what_is_meant_to_be_a_report_and_is_none_is_unreadable() {
    let behind = format!("{TRIVY}\n2026-11-21T09:00:00Z INFO done\n");
    let before = format!("2026-11-21T09:00:00Z INFO Need to update DB\n{TRIVY}");
    assert_eq!(states("trivy.json", TRIVY.as_bytes()), (vec!["ok"], 0));
    for (name, content) in [
        ("trivy.json", behind.as_str()),
        ("trivy.json", &before),
        ("out.json", &behind),
        ("out.json", &before),
    ] {
        assert_eq!(states(name, content.as_bytes()), (vec!["unreadable"], 0), "{name}: {content:.20}");
    }
    for (name, content) in [
        ("trivy.json", "Killed"),
        ("trivy.sarif", "<html><head><title>502 Bad Gateway</title></head></html>"),
        ("results.sarif", "null"),
        ("out/semgrep.json", "{}"),
        ("grype.json", "[1, 2]"),
        ("junit.xml", "<html/>"),
    ] {
        assert_eq!(states(name, content.as_bytes()), (vec![], 1), "{name}: {content}");
    }
}

#[test]
fn attack_2_what_is_compressed_by_itself_is_read() {
    let one = gzip(TRIVY.as_bytes());
    let many = gzip(&tape(&[("a/trivy.json", TRIVY.as_bytes()), ("readme.md", b"hello")]));
    for (name, bytes) in [("trivy.json.gz", &one), ("scans.tgz", &many), ("scans.tar.gz", &many)] {
        assert_eq!(states(name, bytes), (vec!["ok"], 0), "{name}");
        assert_eq!(
            states(name, &bytes[..bytes.len() / 2]).1,
            usize::from(name.contains("trivy")),
            "{name}, cut off"
        );
    }
    // By itself, as an upload is.
    assert_eq!(unpacked(&one).unwrap().files[0].1.reports.len(), 1);
    assert_eq!(unpacked(&many).unwrap().others.named, ["reports!/readme.md"]);
    // A dump of a database is none, and is not unpacked.
    assert_eq!(states("dump.sql.gz", &gzip(&vec![b'x'; 1_000_000])), (vec![], 0));
}

#[test]
fn a_bomb_that_is_compressed_by_itself_is_one_more_file_that_is_none() {
    let bomb = gzip(&vec![b' '; 70 << 20]);
    assert_eq!(states("data.json.gz", &bomb), (vec![], 0));
    assert_eq!(states("trivy.json.gz", &bomb), (vec![], 1));
}

#[test]
fn what_people_upload_beside_reports_claims_nothing() {
    let page: &[u8] = b"<!doctype html><title>Report</title>";
    let picture: &[u8] = b"\x89PNG\r\n\x1a\n\0\0";
    let files: &[(&str, &[u8])] = &[
        ("index.html", page),
        ("data/a.png", picture),
        ("trace.zip", b"no zip"),
        ("summary.json", br#"{"total":{"lines":{"pct":81.2}}}"#),
        ("coverage-final.json", br#"{"src/a.js":{"path":"src/a.js"}}"#),
        ("main.js", b"export {}"),
        ("app.tar.gz", &gzip(&tape(&[("bin/app", b"\x7fELF\0")]))),
        ("events.ndjson", b"{\"a\":1}\n{\"b\":2}\n"),
        ("log.txt", b"12:00 started"),
        ("LICENSE", b"MIT"),
    ];
    let bytes = zip(files);
    let read_as = |artifact: &str| {
        let (file, name, origin) = (Cursor::new(&bytes), artifact.to_owned(), origin(artifact));
        read(Upload { file, name, origin, limits: Limits::default() }, &Marker::new(&[7; 32]))
    };
    for artifact in [
        "playwright-report",
        "playwright-results",
        "blob-report-1",
        "coverage",
        "coverage-report",
        "lcov-report",
        "allure-results",
        "allure-report",
        "test-results",
        "test-report",
        "junit-results",
        "jest-results",
        "cypress-screenshots",
        "cypress-videos",
        "screenshots",
        "storybook-static",
        "dist",
        "build",
        "build-artifacts",
        "bundle",
        "site",
        "github-pages",
        "docs",
        "wheels",
        "sdist",
        "binaries",
        "app-release",
        "debug-apk",
        "ipa",
        "nuget-packages",
        "jars",
        "target",
        "node_modules",
        "logs",
        "benchmark-results",
        "lighthouse-report",
        "size-report",
        "e2e-traces",
        "docker-image",
        "terraform-plan",
    ] {
        let read = read_as(artifact);
        assert_eq!(
            (read.reports.len(), read.claims, read.others.count),
            (0, 0, 10),
            "{artifact}: {:?}",
            read.reports
        );
    }
    for artifact in ["trivy", "semgrep-results", "codeql_output", "gitleaks report"] {
        let read = read_as(artifact);
        assert_eq!((read.reports.len(), read.claims), (1, 1), "{artifact}");
        assert_eq!(read.reports[0].report.state.as_str(), "unreadable");
    }
}

#[test]
fn a_sparse_file_in_a_tape_archive_is_as_long_as_it_is_read() {
    let mut header = tar::Header::new_gnu();
    header.set_path("trivy.json").unwrap();
    header.set_entry_type(tar::EntryType::GNUSparse);
    header.set_size(512);
    let gnu = header.as_gnu_mut().unwrap();
    gnu.sparse[0].offset = *b"00000000000\0";
    gnu.sparse[0].numbytes = *b"00000001000\0";
    // The rest is a hole, of a tebibyte.
    gnu.sparse[1].offset = [0x80, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0];
    gnu.sparse[1].numbytes = *b"00000000000\0";
    gnu.realsize = [0x80, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0];
    header.set_cksum();
    let mut tape = header.as_bytes().to_vec();
    tape.extend([b' '; 512]);
    tape.extend([0; 1024]);
    let found = unpacked(&zip(&[("scans.tgz", &gzip(&tape))])).unwrap();
    assert_eq!((found.files.len(), found.refused.len()), (0, 1), "{found:?}");
}
