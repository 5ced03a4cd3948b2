//! The ids of Semgrep's rules: in front of a rule's own id stands the folder of the file it is from, so that
//! the same rule has another id on every machine.

/// Where an absolute path begins, or the folders into which runners check out.
const ROOTS: &[&str] = &["tmp", "home", "root", "builds", "var", "opt", "usr", "github", "private", "Users"];
/// Folders that hold rules.
const FOLDERS: &[&str] = &["rules", "semgrep", "semgrep-rules", "semgrep_rules"];

/// The rule's id without the folder it is from, as far as that can be told. Ids of Semgrep's registry
/// (`python.lang.security.…`) stay whole.
pub(super) fn stable(id: &str) -> &str {
    let (first, _) = id.split_once('.').unwrap_or((id, ""));
    if ROOTS.contains(&first) {
        return behind_rules(id).unwrap_or_else(|| id.rsplit('.').next().unwrap_or(id));
    }
    let mut rest = id.trim_start_matches('.');
    while let Some((folder, inside)) = rest.split_once('.') {
        if !FOLDERS.contains(&folder) || inside.is_empty() {
            break;
        }
        rest = inside;
    }
    rest
}

/// What follows the last folder that holds rules.
fn behind_rules(id: &str) -> Option<&str> {
    let found = FOLDERS.iter().filter_map(|folder| {
        let folder = format!(".{folder}.");
        id.rfind(&folder).map(|start| start + folder.len())
    });
    id.get(found.max()?..).filter(|rest| !rest.is_empty())
}

#[cfg(test)]
mod tests {
    use super::stable;

    #[test]
    fn folders_are_taken_off_and_nothing_else() {
        for (written, rule) in [
            ("tmp.gen.json-load-any", "json-load-any"),
            ("home.runner.work.shop.shop.rules.python.weak-hash", "python.weak-hash"),
            ("rules.sast.dev.detect-cdn", "sast.dev.detect-cdn"),
            ("semgrep.rules.mine", "mine"),
            ("python.lang.security.audit.eval.eval", "python.lang.security.audit.eval.eval"),
            ("rules", "rules"),
            ("", ""),
        ] {
            assert_eq!(stable(written), rule);
        }
    }
}
