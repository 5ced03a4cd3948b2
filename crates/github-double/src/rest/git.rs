//! Git data: trees with their files in them, and commits.

use serde_json::{Value, json};

use super::{Here, Reply};
use crate::git::{Making, Signature, Tree};
use crate::refused::{Act, Refused};
use crate::show::merged;
use crate::state::State;

/// `POST /repos/{owner}/{repo}/git/trees`
pub(super) fn make_tree(state: &mut State, here: &Here<'_>) -> Act<Reply> {
    let mut tree = match here.call.text("base_tree") {
        Some(sha) => state.objects.tree(sha)?,
        None => Tree::new(),
    };
    let entries = here.call.body.get("tree").and_then(Value::as_array);
    for entry in entries.ok_or_else(|| Refused::invalid("Invalid tree info"))? {
        let text = |name: &str| entry.get(name).and_then(Value::as_str);
        let (Some(path), Some("100644"), Some("blob"), Some(content)) =
            (text("path"), text("mode"), text("type"), text("content"))
        else {
            return Err(Refused::invalid("Must supply tree.path, tree.mode, tree.type and tree.content"));
        };
        let strange = |part: &str| matches!(part, "" | "." | "..") || part.eq_ignore_ascii_case(".git");
        if path.split('/').any(strange) {
            return Err(Refused::invalid(format!("tree.path contains a malformed path component: {path}")));
        }
        let blob = state.objects.store(content.as_bytes());
        tree.insert(path.to_owned(), blob);
    }
    let url = format!("{}/repos/{}/git", state.api_url, state.repo_by_id(here.repo)?.full_name(state));
    let entries: Vec<Value> = tree
        .iter()
        .map(|(path, sha)| json!({"path": path, "mode": "100644", "type": "blob", "sha": sha, "url": format!("{url}/blobs/{sha}")}))
        .collect();
    let sha = state.objects.keep_tree(tree);
    let shown = json!({"sha": sha, "url": format!("{url}/trees/{sha}"), "tree": entries, "truncated": false});
    Ok(Reply::with(201, shown))
}

/// `POST /repos/{owner}/{repo}/git/commits`
pub(super) fn make_commit(state: &mut State, here: &Here<'_>) -> Act<Reply> {
    let wanted = |name: &str| Refused::invalid(format!("\"{name}\" wasn't supplied."));
    let message = here.call.text("message").ok_or_else(|| wanted("message"))?.to_owned();
    let tree = state.objects.tree(here.call.text("tree").ok_or_else(|| wanted("tree"))?)?;
    let parents = here.call.body.get("parents").and_then(Value::as_array).into_iter().flatten();
    let parents: Vec<String> = parents.filter_map(Value::as_str).map(str::to_owned).collect();
    for parent in &parents {
        state.objects.get(parent)?;
    }
    let own = ["author", "committer"].iter().any(|name| here.call.body.get(*name).is_some());
    let person = state.our_signature(here.who)?;
    // GitHub signs what an App commits in nobody else's name.
    let verified = here.who.app.is_some() && !own;
    let people: (Signature, Signature) = (person.clone(), person);
    let sha = state.objects.make(Making { parents, people, message: &message, tree, verified });
    let repo = state.repo_by_id(here.repo)?;
    let commit = state.objects.get(&sha)?;
    let shown = state.show_commit(repo, commit);
    let inner = shown.get("commit").cloned().unwrap_or_default();
    let parents: Vec<Value> = commit.parents.iter().map(|sha| json!({ "sha": sha })).collect();
    let shown = merged(inner, json!({"sha": sha, "node_id": format!("C_{sha}"), "parents": parents}));
    Ok(Reply::with(201, shown))
}
