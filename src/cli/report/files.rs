//! The files that are named on the command line.

use std::fs::File;
use std::io::{self, Seek as _};
use std::path::{Path, PathBuf};

use crate::clock::Timestamp;
use crate::ids::CommitSha;
use crate::report::upload::{self, Upload};
use crate::report::{Baseline, Limits, Marker, Origin, PassedOver, Received, Way};

/// What was read of them.
#[derive(Debug, Default)]
pub(super) struct Files {
    /// Every report, in the order of the files.
    pub(super) reports: Vec<Received>,
    /// What stood beside them and is none.
    pub(super) passed_over: Vec<PassedOver>,
    /// What could not be read at all, and why.
    pub(super) problems: Vec<String>,
}

pub(super) fn read(paths: &[PathBuf], marker: &Marker, now: Timestamp) -> Files {
    let mut files = Files::default();
    for path in paths {
        let name = path.display().to_string();
        match open(path) {
            Ok(file) => files.take(file, &name, marker, now),
            Err(error) => files.problems.push(format!("{name} cannot be read: {error}")),
        }
    }
    files
}

/// A file that can be read twice: what comes in a pipe is put into one.
fn open(path: &Path) -> io::Result<File> {
    let mut file = if path == Path::new("-") { None } else { Some(File::open(path)?) };
    if let Some(file) = file.take_if(|file| file.metadata().is_ok_and(|about| about.is_file())) {
        return Ok(file);
    }
    let mut kept = tempfile::tempfile()?;
    match file {
        Some(mut pipe) => io::copy(&mut pipe, &mut kept)?,
        None => io::copy(&mut io::stdin().lock(), &mut kept)?,
    };
    kept.rewind()?;
    Ok(kept)
}

impl Files {
    fn take(&mut self, file: File, name: &str, marker: &Marker, now: Timestamp) {
        let limits = Limits::default();
        let upload = Upload { file, name: name.to_owned(), origin: origin(name, now), limits };
        let read = upload::read(upload, marker);
        if read.reports.is_empty() {
            self.problems.push(format!(
                "{name} holds no report of any format that is known. Look whether the tool wrote its report, and not its messages."
            ));
        } else if read.others.count > 0 {
            self.passed_over.push(PassedOver { artifact: name.to_owned(), files: read.others });
        }
        self.reports.extend(read.reports);
    }

    /// The same, as what others are compared with.
    pub(super) fn baselines(&self) -> Vec<Baseline> {
        let baseline = |received: &Received| Baseline {
            report: received.report.clone(),
            commit: received.origin.commit.clone(),
            at: received.origin.at,
        };
        let reliable = self.reports.iter().filter(|received| received.report.state.is_ok());
        reliable.map(baseline).collect()
    }
}

/// Of no commit: git writes zeros for none.
fn origin(name: &str, now: Timestamp) -> Origin {
    Origin {
        way: Way::Upload,
        commit: CommitSha::none(),
        run: None,
        attempt: 1,
        workflow: None,
        artifact: Some(name.to_owned()),
        entry: String::new(),
        sha256: String::new(),
        fork: false,
        url: None,
        at: now,
    }
}
