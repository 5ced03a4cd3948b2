//! Commits, trees and files, and how commits are related.

use std::collections::{BTreeMap, BTreeSet};

use sha1::{Digest, Sha1};

use super::refused::{Act, Refused};
use countersign_kernel::clock::Timestamp;

/// Paths and the ids of the files' contents.
pub type Tree = BTreeMap<String, String>;

/// Who wrote or committed, as git has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// The name in the commit; anybody can write anything here.
    pub name: String,
    /// The address in the commit; anybody can write anything here.
    pub email: String,
    /// The account GitHub found for the address, if it found one.
    pub user: Option<i64>,
    /// The date in the commit; the client chose it.
    pub date: Timestamp,
}

/// A commit.
#[derive(Debug, Clone)]
pub struct Commit {
    /// Its id: 40 hexadecimal digits, made from everything below.
    pub sha: String,
    /// What it follows on; two for a merge.
    pub parents: Vec<String>,
    /// Who wrote it.
    pub author: Signature,
    /// Who committed it.
    pub committer: Signature,
    /// Its message.
    pub message: String,
    /// All files as of this commit.
    pub tree: Tree,
    /// Whether GitHub signed it.
    pub verified: bool,
}

/// What a commit is made of.
#[derive(Debug)]
pub struct Making<'a> {
    /// What it follows on; none begins a history.
    pub parents: Vec<String>,
    /// Who wrote it, and who committed it.
    pub people: (Signature, Signature),
    /// Its message.
    pub message: &'a str,
    /// All files.
    pub tree: Tree,
    /// Whether GitHub signs it.
    pub verified: bool,
}

impl Commit {
    /// The first line of the message.
    pub fn headline(&self) -> &str {
        self.message.lines().next().unwrap_or_default()
    }

    /// The id of its tree.
    pub fn tree_sha(&self) -> String {
        tree_id(&self.tree)
    }
}

/// Commits and files by their ids.
#[derive(Debug, Clone, Default)]
pub struct Objects {
    /// Commits by id.
    pub commits: BTreeMap<String, Commit>,
    /// Contents by id.
    pub blobs: BTreeMap<String, Vec<u8>>,
    /// Trees that were made without a commit yet, by id.
    pub trees: BTreeMap<String, Tree>,
}

/// How two commits stand to each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison {
    /// The best commit that both have.
    pub merge_base: String,
    /// What only the head has, oldest first.
    pub ahead: Vec<String>,
    /// How many commits only the base has.
    pub behind: usize,
}

impl Comparison {
    /// GitHub's word: `identical`, `ahead`, `behind` or `diverged`.
    pub fn status(&self) -> &'static str {
        match (self.ahead.is_empty(), self.behind == 0) {
            (true, true) => "identical",
            (false, true) => "ahead",
            (true, false) => "behind",
            (false, false) => "diverged",
        }
    }
}

impl Objects {
    /// Keeps a file's content and gives its id.
    pub fn store(&mut self, content: &[u8]) -> String {
        let id = object_id("blob", content);
        self.blobs.insert(id.clone(), content.to_vec());
        id
    }

    /// Keeps a commit and gives its id.
    pub fn commit(
        &mut self,
        parents: Vec<String>,
        people: (Signature, Signature),
        message: &str,
        tree: Tree,
    ) -> String {
        self.make(Making { parents, people, message, tree, verified: false })
    }

    /// Keeps a commit, signed by GitHub or not, and gives its id.
    pub fn make(&mut self, making: Making<'_>) -> String {
        let Making { parents, people: (author, committer), message, tree, verified } = making;
        let message = message.to_owned();
        let mut commit = Commit { sha: String::new(), parents, author, committer, message, tree, verified };
        commit.sha = object_id("commit", encode(&commit).as_bytes());
        let sha = commit.sha.clone();
        self.commits.insert(sha.clone(), commit);
        sha
    }

    /// Keeps a tree and gives its id.
    pub fn keep_tree(&mut self, tree: Tree) -> String {
        let id = tree_id(&tree);
        self.trees.insert(id.clone(), tree);
        id
    }

    /// A tree by its id, whether it is a commit's or waits for one.
    pub fn tree(&self, sha: &str) -> Act<Tree> {
        let of_commit = || self.commits.values().map(|commit| &commit.tree).find(|tree| tree_id(tree) == sha);
        let found = self.trees.get(sha).or_else(of_commit);
        found.cloned().ok_or_else(|| Refused::invalid("The tree parameter is not a valid tree"))
    }

    /// A commit by its full id.
    pub fn get(&self, sha: &str) -> Act<&Commit> {
        let missing = || Refused::invalid(format!("No commit found for SHA: {sha}"));
        self.commits.get(sha).ok_or_else(missing)
    }

    /// The commit and everything before it.
    pub fn ancestors(&self, sha: &str) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        let mut waiting = vec![sha.to_owned()];
        while let Some(next) = waiting.pop() {
            if let Some(commit) = self.commits.get(&next)
                && found.insert(next)
            {
                waiting.extend(commit.parents.iter().cloned());
            }
        }
        found
    }

    /// Whether `earlier` is `later` or comes before it.
    pub fn is_ancestor(&self, earlier: &str, later: &str) -> bool {
        self.ancestors(later).contains(earlier)
    }

    /// How `head` stands to `base`; refused if they have nothing in common.
    pub fn compare(&self, base: &str, head: &str) -> Act<Comparison> {
        let (of_base, of_head) = (self.ancestors(base), self.ancestors(head));
        let common: BTreeSet<&String> = of_base.intersection(&of_head).collect();
        let best = common.iter().max_by_key(|sha| self.ancestors(sha).len());
        let merge_base = best.map(|sha| (**sha).clone()).ok_or_else(Refused::not_found)?;
        let mut ahead: Vec<String> = of_head.difference(&of_base).cloned().collect();
        ahead.sort_by_key(|sha| (self.ancestors(sha).len(), sha.clone()));
        Ok(Comparison { merge_base, ahead, behind: of_base.difference(&of_head).count() })
    }

    /// A file as of a commit.
    pub fn file<'a>(&'a self, commit: &'a Commit, path: &str) -> Option<(&'a str, &'a [u8])> {
        let id = commit.tree.get(path)?;
        Some((id.as_str(), self.blobs.get(id)?.as_slice()))
    }
}

fn tree_id(tree: &Tree) -> String {
    let listing: Vec<String> = tree.iter().map(|(path, blob)| format!("{blob} {path}\n")).collect();
    object_id("tree", listing.concat().as_bytes())
}

/// Git's way to name an object.
pub fn object_id(kind: &str, content: &[u8]) -> String {
    let mut hash = Sha1::new();
    hash.update(format!("{kind} {}\0", content.len()));
    hash.update(content);
    hex::encode(hash.finalize())
}

fn encode(commit: &Commit) -> String {
    let parents: Vec<String> = commit.parents.iter().map(|p| format!("parent {p}\n")).collect();
    let parents = parents.concat();
    let person = |s: &Signature| format!("{} <{}> {} +0000", s.name, s.email, s.date.seconds());
    format!(
        "tree {}\n{parents}author {}\ncommitter {}\n\n{}",
        commit.tree_sha(),
        person(&commit.author),
        person(&commit.committer),
        commit.message
    )
}
