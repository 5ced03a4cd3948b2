//! The files and folders that a run's results are in.

use serde::Deserialize;

use super::result::ArtifactLocation;
use super::rule::few;
use super::seen::Where;
use crate::report::input::Result;
use crate::report::input::json::Json;
use crate::report::input::loose::One;
use crate::report::{Draft, Place, Text, relative};

/// `artifacts` and `originalUriBaseIds` of a run, as far as they have been read.
#[derive(Debug, Default)]
pub(super) struct Files {
    artifacts: Option<Vec<(Text, Option<Text>)>>,
    folders: Option<Vec<Folder>>,
}

#[derive(Debug)]
struct Folder {
    name: Box<str>,
    uri: Box<str>,
    inside: Option<Box<str>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Artifact<'a> {
    #[serde(borrow)]
    location: One<ArtifactLocation<'a>>,
}

/// Names of the repository's root: what is relative to them is relative to it.
const ROOTS: &[&str] = &["%SRCROOT%", "SRCROOT", "ROOTPATH", "%ROOTPATH%", "PROJECTROOT", "REPOROOT"];
const ARTIFACTS: usize = 1_000_000;
const FOLDERS: usize = 1_000;
/// Folders within folders beyond this number are a circle.
const NESTED: usize = 8;

impl Files {
    /// Reads `artifacts` (section 3.14.15).
    pub(super) fn read_artifacts(&mut self, json: &mut Json<'_>, draft: &mut Draft) -> Result<()> {
        let all = self.artifacts.get_or_insert_default();
        json.list(|json| {
            let location = json.read::<One<Artifact<'_>>>()?.0.location.0;
            let base = location.uri_base_id.some().map(|base| draft.text(base));
            all.push((draft.text(location.uri.some().unwrap_or_default()), base));
            few(all.len(), ARTIFACTS, "artifacts")
        })
    }

    /// Reads `originalUriBaseIds` (section 3.14.14).
    pub(super) fn read_folders(&mut self, json: &mut Json<'_>) -> Result<()> {
        let all = self.folders.get_or_insert_default();
        json.object(|json, name| {
            let location = json.read::<One<ArtifactLocation<'_>>>()?.0;
            let uri = location.uri.some().unwrap_or_default().into();
            let inside = location.uri_base_id.some().map(Into::into);
            all.push(Folder { name: name.into(), uri, inside });
            few(all.len(), FOLDERS, "folders")
        })
    }

    /// Whether everything is known that it takes to tell where this is.
    pub(super) fn know(&self, place: &Where) -> bool {
        let file = !place.uri.is_empty() || self.artifacts.is_some();
        let folder = match &place.base {
            Some(base) => self.folders.is_some() || matches!(&**base, "%SRCROOT%" | "ROOTPATH"),
            None => true,
        };
        file && folder
    }

    /// Where it is in the repository.
    pub(super) fn place(&self, draft: &mut Draft, written: &Where) -> Option<Place> {
        let (mut uri, mut base) = (&*written.uri, written.base.as_deref());
        if uri.is_empty() {
            let index = usize::try_from(written.index?).ok()?;
            let (at, inside) = self.artifacts.as_ref()?.get(index)?;
            (uri, base) = (at, inside.as_deref().or(base));
        }
        let path = decoded(uri);
        let folder = base.map(|base| self.folder(base)).unwrap_or_default();
        let path = if folder.is_empty() || path.starts_with('/') || path.contains("://") {
            path
        } else {
            format!("{folder}/{path}")
        };
        let place = crate::report::place(draft, &path, written.line)?;
        Some(Place {
            end_line: written.end_line,
            column: written.column.filter(|column| *column > 0),
            ..place
        })
    }

    /// The path of a folder below the repository's root, as far as that can be told: an absolute folder
    /// somewhere is taken to be the root.
    fn folder(&self, name: &str) -> String {
        let mut path = String::new();
        let mut name = Some(name);
        for _ in 0..NESTED {
            let Some(folder) =
                name.and_then(|name| self.folders.as_ref()?.iter().find(|it| *it.name == *name))
            else {
                break;
            };
            let uri = decoded(&folder.uri);
            let uri = uri.trim();
            if uri.contains(':') || uri.starts_with('/') {
                let below = relative(uri);
                let whole = uri.trim_start_matches("file:").trim_matches('/');
                if below != whole && !ROOTS.contains(&&*folder.name) {
                    path = format!("{below}/{path}");
                }
                break;
            }
            path = format!("{}/{path}", uri.trim_matches('/'));
            name = folder.inside.as_deref();
        }
        relative(&path)
    }
}

/// Percent-encoding taken off (RFC 3986, section 2.1). What is no encoding stands as it is.
fn decoded(uri: &str) -> String {
    if !uri.contains('%') {
        return uri.to_owned();
    }
    let mut bytes = Vec::with_capacity(uri.len());
    let mut rest = uri.as_bytes();
    while let [first, after @ ..] = rest {
        let byte = match (first, after) {
            (b'%', [high, low, ..]) => digit(*high).zip(digit(*low)).map(|(high, low)| high * 16 + low),
            _ => None,
        };
        bytes.push(byte.unwrap_or(*first));
        rest = after.get(if byte.is_some() { 2 } else { 0 }..).unwrap_or_default();
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn digit(letter: u8) -> Option<u8> {
    char::from(letter).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodings_are_taken_off() {
        assert_eq!(decoded("a%20b/%C3%A9.c"), "a b/é.c");
        assert_eq!(decoded("100%/%zz%4"), "100%/%zz%4");
    }

    #[test]
    fn folders_are_found_below_the_root() {
        let folder = |name: &str, uri: &str, inside: Option<&str>| Folder {
            name: name.into(),
            uri: uri.into(),
            inside: inside.map(Into::into),
        };
        let files = Files {
            artifacts: None,
            folders: Some(vec![
                folder("PROJECTROOT", "file://build.example.com/work/", None),
                folder("SRCROOT", " src/", Some("PROJECTROOT")),
                folder("WEB", "file:///home/runner/work/shop/shop/web/", None),
                folder("HOME", "file:///Users/me/shop/", None),
                folder("CIRCLE", "x/", Some("CIRCLE")),
            ]),
        };
        assert_eq!(files.folder("SRCROOT"), "src");
        assert_eq!(files.folder("WEB"), "web");
        assert_eq!(files.folder("HOME"), "");
        assert_eq!(files.folder("%SRCROOT%"), "");
        assert!(files.folder("CIRCLE").len() < 20);
    }
}
