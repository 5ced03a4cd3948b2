//! What tests need and the project does not carry: GitHub's own descriptions and examples, real reports, PostgreSQL,
//! OpenSSL. For tests only.
//!
//! A test without its material is skipped and says so. Where a run has to prove something, that is a failure:
//! `COUNTERSIGN_REQUIRE` lists what may not be lacking, such as `postgres,openssl,shared`.

use std::path::{Path, PathBuf};

/// The project's folder.
const PROJECT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

/// Whether a test may not be skipped for lack of this.
#[expect(
    clippy::disallowed_methods,
    reason = "what a run of tests has to prove is no setting of the program"
)]
pub fn is_required(what: &str) -> bool {
    std::env::var("COUNTERSIGN_REQUIRE").is_ok_and(|list| names(&list, what))
}

/// A file or a folder of the shared material, such as `github/contract.jsonschema.json`. Without it, the test that
/// asks is skipped.
///
/// # Panics
/// When it is not there and `COUNTERSIGN_REQUIRE` names `shared`.
#[expect(clippy::disallowed_methods, reason = "where the material is is no setting of the program")]
pub fn shared(path: &str) -> Option<PathBuf> {
    // Beside the project, unless told where else; tests of several crates ask, each from its own folder.
    let folder = std::env::var_os("COUNTERSIGN_SHARED").unwrap_or_else(|| "../shared".into());
    look(&Path::new(PROJECT).join(folder), path, is_required("shared"))
}

fn names(list: &str, what: &str) -> bool {
    list.split(',').any(|one| one.trim() == what)
}

#[expect(clippy::print_stderr, reason = "says that a test was skipped")]
fn look(folder: &Path, path: &str, required: bool) -> Option<PathBuf> {
    let place = folder.join(path);
    if place.exists() {
        return Some(place);
    }
    assert!(!required, "COUNTERSIGN_REQUIRE names shared, and there is no {}", place.display());
    eprintln!("skipped: {} is not here (COUNTERSIGN_SHARED names its folder)", place.display());
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_required_is_listed_by_its_whole_name() {
        assert!(names("postgres,openssl,shared", "shared") && names(" shared ", "shared"));
        assert!(!names("postgres", "shared") && !names("unshared", "shared") && !names("", "shared"));
    }

    #[test]
    fn what_is_not_there_is_left_out_where_nobody_requires_it() {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        assert_eq!(look(here, "src/lib.rs", true), Some(here.join("src/lib.rs")));
        assert_eq!(look(here, "no/such/file", false), None);
    }

    #[test]
    #[should_panic(expected = "COUNTERSIGN_REQUIRE names shared")]
    fn what_is_required_and_not_there_is_a_failure() {
        look(Path::new(env!("CARGO_MANIFEST_DIR")), "no/such/file", true);
    }
}
